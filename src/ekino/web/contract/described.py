"""The OpenAPI document as people read it: operations, bodies, and the shapes they are made of."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_COMPONENT = "#/components/schemas/"
# What stands in a schema's place when anything may come.
ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object."""

    name: str
    is_required: bool
    # In the words of JSON Schema, such as `string (date-time)`; names of shapes among them.
    words: str
    # The shapes that `words` names.
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema that has a name."""

    name: str
    description: str
    members: tuple[Member, ...]
    # What it is when it has no members.
    words: str


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent or answered."""

    media_type: str
    # The shape it is; "" for one that has no name.
    shape: str
    # Of a body that has no name.
    members: tuple[Member, ...]
    words: str
    # JSON; "" where there is none.
    example: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One way to be answered."""

    number: int
    description: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the address, of the query, or a header."""

    name: str
    place: str
    is_required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one address."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    is_signed: bool
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: tuple[Answered, ...]

    @property
    def shapes(self) -> set[str]:
        """The shapes that it names itself, without those they are made of."""
        bodies = [] if self.body is None else [self.body]
        bodies += [body for each in self.answers for body in each.bodies]
        return {
            name
            for body in bodies
            for name in (
                body.shape,
                *(shape for member in body.members for shape in member.shapes),
            )
            if name
        }


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Give every operation, by address."""
    return [
        _operation(path, method, operation)
        for path, methods in sorted(document["paths"].items())
        for method, operation in methods.items()
    ]


def shapes(document: Mapping[str, Any], named: set[str]) -> list[Shape]:
    """Give shapes by name, and all that these are made of, in the document's order."""
    known: Mapping[str, Any] = document["components"]["schemas"]
    wanted, reached = set(named), set[str]()
    while wanted:
        name = wanted.pop()
        reached.add(name)
        found = _shape(name, known[name])
        inside = {each for member in found.members for each in member.shapes}
        wanted |= (inside | set(_names_in(found.words, known))) - reached
    return [_shape(name, schema) for name, schema in known.items() if name in reached]


def _names_in(words: str, known: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        word for word in words.replace("[", " ").replace("]", " ").split() if word in known
    )


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    members = _members(schema)
    words = "" if members else words_of(schema)
    return Shape(name, schema.get("description", ""), members, words)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    parameters = operation.get("parameters", [])
    sent = [
        _body(media_type, content)
        for media_type, content in operation.get("requestBody", {})
        .get("content", {})
        .items()
    ]
    return Operation(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        is_signed=any(each["name"] == "Signature" for each in parameters),
        parameters=tuple(
            Parameter(
                each["name"],
                each["in"],
                each.get("required", False),
                words_of(each["schema"]),
            )
            for each in parameters
        ),
        body=sent[0] if sent else None,
        answers=tuple(
            Answered(
                int(number),
                answer["description"],
                tuple(
                    _body(media_type, content)
                    for media_type, content in answer.get("content", {}).items()
                ),
            )
            for number, answer in sorted(operation["responses"].items())
        ),
    )


def _body(media_type: str, content: Mapping[str, Any]) -> Body:
    schema = content.get("schema", {})
    shape = str(schema.get("$ref", "")).removeprefix(_COMPONENT)
    example = content.get("example")
    return Body(
        media_type=media_type,
        shape=shape,
        members=() if shape else _members(schema),
        words=words_of(schema),
        example=""
        if example is None
        else json.dumps(example, indent=1, ensure_ascii=False),
    )


def _members(schema: Mapping[str, Any]) -> tuple[Member, ...]:
    required = schema.get("required", ())
    return tuple(
        Member(name, name in required, words_of(each), tuple(_shapes_in(each)))
        for name, each in schema.get("properties", {}).items()
    )


def _shapes_in(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].removeprefix(_COMPONENT)
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _shapes_in(each)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _shapes_in(schema[name])
    for each in schema.get("properties", {}).values():
        yield from _shapes_in(each)


def words_of(schema: Mapping[str, Any]) -> str:
    """Say in the words of JSON Schema what may stand there."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_COMPONENT)
    if "const" in schema:
        return f'"{schema["const"]}"'
    if "enum" in schema:
        return " | ".join(f'"{each}"' for each in schema["enum"])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " | ".join(dict.fromkeys(words_of(each) for each in several))
    kind = schema.get("type", "")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    return " | ".join(_kind_words(each, schema) for each in kinds if each) or ANYTHING


def _kind_words(kind: str, schema: Mapping[str, Any]) -> str:
    if kind == "array":
        return f"array of [ {words_of(schema.get('items', {}))} ]{_bounds(schema)}"
    if kind == "object":
        inside = schema.get("properties", {})
        if inside:
            parts = (f"{name}: {words_of(each)}" for name, each in inside.items())
            return f"{{ {', '.join(parts)} }}"
        more = schema.get("additionalProperties")
        return f"object of {words_of(more)}" if isinstance(more, dict) else "object"
    of_format = f" ({schema['format']})" if kind == "string" and "format" in schema else ""
    return f"{kind}{of_format}{_bounds(schema) if kind != 'null' else ''}"


def _bounds(schema: Mapping[str, Any]) -> str:
    signs = (
        ("minimum", "≥"), ("maximum", "≤"), ("minLength", "length ≥"), ("maxLength", "length ≤"),
        ("maxItems", "count ≤"),
    )  # fmt: skip
    found = [f"{sign} {schema[name]}" for name, sign in signs if name in schema]
    return f" {', '.join(found)}" if found else ""
