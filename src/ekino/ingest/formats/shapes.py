"""
Shapes: a dataclass says what an XML element holds, and that is its grammar, reader and writer.

Each field of a shape is made by one of the functions below; their order is the order of the
children in the file. From the same fields the reference pages are written.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, NoReturn, TypeVar, cast

from ekino.ingest.formats.forms import Form
from ekino.ingest.formats.refusals import problem_at
from ekino.ingest.formats.xml import Element, Tree
from ekino.kernel.errors import Malformed, Problem

# Problems told of one file; whoever has more mends these first.
FILE_PROBLEMS_MAX = 100
_KEY = "ekino.shape"
T = TypeVar("T")


class Kind(Enum):
    """How a field stands in the element."""

    ATTRIBUTE = "attribute"
    TEXT = "element"
    VALUED = "element with the attribute valore"
    ROWS = "elements"
    OTHERS = "any other attribute"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a shape."""

    kind: Kind
    # As the file has it.
    name: str = ""
    # What it means, for the reference pages.
    words: str = ""
    form: Form | None = None
    # Of elements: the shape of each, and how many there may be (None: any number).
    shape: Any = None
    least: int = 1
    most: int | None = 1
    # The versions of the format that have it; empty for all.
    only: tuple[str, ...] = ()
    # Names a person: looked at for the grammar's sake, and forgotten at once.
    is_personal: bool = False
    # The dataclass field's own name and default, filled in by `parts_of`.
    field: str = ""
    default: Any = None


def attribute(name: str, form: Form, words: str, **rest: Any) -> Any:
    """Declare an attribute; with a `default` it may be missing."""
    return _declare(Part(Kind.ATTRIBUTE, name, words, form, **_without(rest)), rest)


def text_of(name: str, form: Form, words: str, **rest: Any) -> Any:
    """Declare a child that holds one text; with a `default` it may be missing."""
    return _declare(Part(Kind.TEXT, name, words, form, **_without(rest)), rest)


def valued(name: str, form: Form, words: str, **rest: Any) -> Any:
    """Declare an empty child whose attribute `valore` holds the value, or means `default`."""
    return _declare(Part(Kind.VALUED, name, words, form, **_without(rest)), rest)


def row_of(shape: Any, words: str, **rest: Any) -> Any:
    """Declare one child of a shape; with a `default` it may be missing."""
    return _declare(
        Part(Kind.ROWS, shape.ELEMENT, words, shape=shape, **_without(rest)), rest
    )


def rows_of(shape: Any, words: str, *, least: int = 0, only: tuple[str, ...] = ()) -> Any:
    """Declare any number of children of a shape, from `least`: a tuple."""
    part = Part(
        Kind.ROWS,
        shape.ELEMENT,
        words,
        shape=shape,
        least=least,
        most=None,
        only=only,
    )
    return field(default=(), metadata={_KEY: part})


def others(words: str) -> Any:
    """Declare where attributes go that the shape does not know: pairs, in order of names."""
    return field(default=(), metadata={_KEY: Part(Kind.OTHERS, words=words)})


def line_of() -> Any:
    """Declare the line that the element began on: told in problems, no part of the value."""
    return field(default=0, compare=False, repr=False, metadata={_KEY: Part(Kind.LINE)})


def _without(rest: dict[str, Any]) -> dict[str, Any]:
    return {name: rest[name] for name in ("only", "is_personal") if name in rest}


def _declare(part: Part, rest: dict[str, Any]) -> Any:
    if part.is_personal:
        # Never kept: whatever the file says, the value is None.
        least = 0 if "default" in rest else 1
        part = dataclasses.replace(part, least=least)
        return field(init=False, default=None, repr=False, metadata={_KEY: part})
    if "default" in rest:
        # Of an empty child it is the attribute that may be missing, not the child.
        least = 1 if part.kind is Kind.VALUED else 0
        part = dataclasses.replace(part, least=least, default=rest["default"])
        return field(default=rest["default"], metadata={_KEY: part})
    if part.only:
        return field(default=None, metadata={_KEY: part})
    return field(metadata={_KEY: part})


@lru_cache(maxsize=256)
def parts_of(shape: Any, version: str = "") -> tuple[Part, ...]:
    """Give the parts of a shape in their order, in one version of the format ("": in any)."""
    return tuple(
        dataclasses.replace(part, field=each.name)
        for each in dataclasses.fields(shape)
        if (part := each.metadata.get(_KEY)) is not None
        and (not version or not part.only or version in part.only)
    )


@lru_cache(maxsize=256)
def _plan(
    shape: Any, version: str
) -> tuple[dict[str, Part], tuple[Part, ...], str | None, str | None]:
    """Sort a shape's parts: attributes by name, content, the fields of others and of the line."""
    parts = parts_of(shape, version)
    by_kind = {part.kind: part.field for part in parts}
    return (
        {part.name: part for part in parts if part.kind is Kind.ATTRIBUTE},
        tuple(part for part in parts if part.kind in _CONTENT),
        by_kind.get(Kind.OTHERS),
        by_kind.get(Kind.LINE),
    )


_CONTENT = frozenset({Kind.TEXT, Kind.VALUED, Kind.ROWS})


class Wrong(Exception):
    """One element cannot be read; whoever reads the rows around it goes on with the next."""

    def __init__(self, line: int, path: str, code: str, words: tuple[str, str]) -> None:
        """Say where, by which name, why, and how to mend it."""
        super().__init__(code)
        detail, fix = words
        self.problem = problem_at(
            place=f"line {line}", code=code, detail=f"{path}: {detail}", fix=fix
        )


@dataclass(slots=True)
class Reading:
    """What happened while a document was read."""

    version: str
    problems: list[Problem] = field(default_factory=list)
    # Places where the file named a person; what it said is gone.
    persons: int = 0


def read_document(tree: Tree, shape: type[T], reading: Reading) -> T:
    """
    Read a tree as a document of a shape, or refuse it whole with everything that is wrong.

    Codes: root_wrong, element_missing, element_unexpected, element_out_of_order,
    element_given_twice, attribute_missing, attribute_unknown, value_wrong, text_unexpected.
    """
    element: str = cast("Any", shape).ELEMENT
    document: Any = None
    try:
        if tree.root.name != element:
            raise Wrong(
                tree.root.line,
                tree.root.name[:64],
                "root_wrong",
                (
                    f"the root is to be {element}",
                    "Give a file of this format, or name its own.",
                ),
            )
        document = _read(tree.root, shape, reading)
    except Wrong as wrong:
        reading.problems.append(wrong.problem)
    if reading.problems or document is None:
        refuse(reading.problems)
    whole: T = document
    return whole


def refuse(problems: Sequence[Problem]) -> NoReturn:
    """Refuse a file for what is wrong with it: the first thing names it."""
    first = problems[0]
    more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
    detail = f"{first.pointer}: {first.detail}{more}"
    raise Malformed(detail, problems=problems[:FILE_PROBLEMS_MAX], code=first.code)


def _read(element: Element, shape: Any, reading: Reading) -> Any:
    attributes, content, others_field, line_field = _plan(shape, reading.version)
    values: dict[str, Any] = {}
    _read_attributes(element, attributes, values, reading, others_field)
    _read_content(element, content, values, reading)
    if line_field is not None:
        values[line_field] = element.line
    return shape(**values)


def _read_attributes(
    element: Element,
    parts: dict[str, Part],
    values: dict[str, Any],
    reading: Reading,
    others_field: str | None,
) -> None:
    given = element.attributes
    for name, part in parts.items():
        text = given.get(name)
        if text is not None:
            _keep(part, text, element, values, reading)
        elif part.least:
            raise Wrong(
                element.line,
                element.name,
                "attribute_missing",
                (f"the attribute {name} is missing", f"Give {name}: {part.words}."),
            )
    unknown = given.keys() - parts.keys()
    if not unknown:
        return
    if others_field is None:
        name = min(unknown)[:64]
        raise Wrong(
            element.line,
            element.name,
            "attribute_unknown",
            (
                f"the attribute {name} is not in version {reading.version}",
                f"Leave {name} out, or send the version that has it.",
            ),
        )
    values[others_field] = tuple(sorted((name, given[name]) for name in unknown))


def _keep(
    part: Part, text: str, element: Element, values: dict[str, Any], reading: Reading
) -> None:
    """Keep what a text stands for; what names a person is counted and forgotten."""
    if part.form is None or (part.is_personal and not part.form.choices):
        reading.persons += bool(text.strip())
        return
    try:
        value = part.form.read(text)
    except ValueError as error:
        raise Wrong(
            element.line,
            element.name,
            "value_wrong",
            (f"{part.name}: {error}", f"Write {part.name} as {part.form.words}."),
        ) from error
    if not part.is_personal:
        values[part.field] = value


def _read_content(
    element: Element, parts: tuple[Part, ...], values: dict[str, Any], reading: Reading
) -> None:
    children = element.children
    if (parts or not children) and element.text.strip():
        _unexpected_text(element)
    index, count = 0, len(children)
    for part in parts:
        first = index
        while index < count and children[index].name == part.name:
            index += 1
        found = children[first:index]
        if len(found) < part.least:
            if index < count and all(each.name != children[index].name for each in parts):
                _left_over(element, parts, children[index])
            _absent(element, part, children[index:])
        if part.most is not None and len(found) > part.most:
            raise Wrong(
                found[part.most].line,
                element.name,
                "element_given_twice",
                (f"{part.name} stands here more than once", f"Give {part.name} once."),
            )
        if found:
            _read_found(part, found, values, reading)
    if index < count:
        _left_over(element, parts, children[index])


def _read_found(
    part: Part, found: list[Element], values: dict[str, Any], reading: Reading
) -> None:
    match part.kind:
        case Kind.ROWS if part.is_personal:
            _read(found[0], part.shape, reading)
            reading.persons += 1
        case Kind.ROWS if part.most == 1:
            values[part.field] = _read(found[0], part.shape, reading)
        case Kind.ROWS:
            values[part.field] = tuple(_rows(part, found, reading))
        case Kind.VALUED:
            values[part.field] = _value_of(part, found[0], reading)
        case _:
            only = found[0]
            if only.children or only.attributes:
                raise _not_plain(only)
            _keep(part, only.text, only, values, reading)


def _rows(part: Part, found: list[Element], reading: Reading) -> Iterator[Any]:
    """Read many rows; a wrong one is told, and the others are looked at all the same."""
    for row in found:
        try:
            yield _read(row, part.shape, reading)
        except Wrong as wrong:
            reading.problems.append(wrong.problem)
            if len(reading.problems) >= FILE_PROBLEMS_MAX:
                refuse(reading.problems)


def _value_of(part: Part, element: Element, reading: Reading) -> Any:
    if element.children or element.text:
        raise _not_plain(element)
    values: dict[str, Any] = {}
    least = 1 if part.default is None else 0
    inner = dataclasses.replace(part, name="valore", kind=Kind.ATTRIBUTE, least=least)
    _read_attributes(element, {"valore": inner}, values, reading, None)
    return values.get(part.field, part.default)


def _not_plain(element: Element) -> Wrong:
    return Wrong(
        element.line,
        element.name,
        "element_unexpected",
        (
            "it holds more than one value",
            f"Give {element.name} its value, and nothing else.",
        ),
    )


def _unexpected_text(element: Element) -> NoReturn:
    raise Wrong(
        element.line,
        element.name,
        "text_unexpected",
        (
            f"the text {element.text.strip()[:64]!r} stands between elements",
            "Put it into the element that it belongs to.",
        ),
    )


def _absent(element: Element, part: Part, rest: list[Element]) -> NoReturn:
    """Tell a missing child from one that stands in the wrong place."""
    if any(child.name == part.name for child in rest):
        raise Wrong(
            rest[0].line,
            element.name,
            "element_out_of_order",
            (
                f"{rest[0].name[:64]} stands where {part.name} is to be",
                f"Give the children in their order: {part.name} comes first.",
            ),
        )
    raise Wrong(
        element.line,
        element.name,
        "element_missing",
        (f"{part.name} is missing", f"Give {part.name}: {part.words}."),
    )


def _left_over(element: Element, parts: tuple[Part, ...], child: Element) -> NoReturn:
    if any(part.name == child.name for part in parts):
        raise Wrong(
            child.line,
            element.name,
            "element_out_of_order",
            (
                f"{child.name} stands after what it has to stand before",
                "Give the children in the order of the format.",
            ),
        )
    raise Wrong(
        child.line,
        element.name,
        "element_unexpected",
        (
            f"{child.name[:64]} does not belong here",
            f"Leave {child.name[:64]} out; {element.name} has no such child.",
        ),
    )


def write_element(value: Any, version: str = "") -> Element:
    """
    Give a value of a shape as the element that is read back as the same value.

    Raises `Malformed` (value_wrong) for what the format cannot say.
    """
    attributes: dict[str, str] = {}
    children: list[Element] = []
    for part in parts_of(cast("Any", type(value)), version):
        held = getattr(value, part.field)
        match part.kind:
            case Kind.OTHERS:
                attributes.update(held)
            case Kind.LINE:
                pass
            case Kind.ROWS:
                rows = held if part.most is None else (held,)
                children.extend(
                    write_element(row, version) for row in rows if row is not None
                )
            case _ if part.is_personal:
                if part.least:
                    _write_part(part, "", attributes, children)
            case _ if held is None or (held == "" and part.default == ""):
                _verify_optional(part)
            case _:
                _write_part(part, _written(part, held), attributes, children)
    return Element(type(value).ELEMENT, attributes, children)


def _verify_optional(part: Part) -> None:
    if part.least:
        refuse([_unsayable(part, "it is missing")])


def _written(part: Part, value: Any) -> str:
    if part.form is None:
        return ""
    try:
        return part.form.write(value)
    except (ValueError, AttributeError) as error:
        refuse([_unsayable(part, str(error))])


def _unsayable(part: Part, why: str) -> Problem:
    words = part.form.words if part.form else part.words
    return problem_at(
        place=part.name,
        code="value_wrong",
        detail=f"{part.name}: {why}",
        fix=f"Give {words}.",
    )


def _write_part(
    part: Part, text: str, attributes: dict[str, str], children: list[Element]
) -> None:
    if part.kind is Kind.ATTRIBUTE:
        attributes[part.name] = text
    elif part.kind is Kind.VALUED:
        children.append(Element(part.name, {"valore": text}))
    else:
        children.append(Element(part.name, {}, [], text))
