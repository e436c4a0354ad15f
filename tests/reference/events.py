"""docs/reference/events.md: every field of every event that a source may send."""

from collections.abc import Iterator
from typing import get_args

import msgspec
from msgspec import inspect

from ekino.ingest import wire
from reference.markdown import code, number, page, table


def events() -> str:
    """Write the page."""
    kinds = [
        each for union in (wire.TicketEvent, wire.ShowingEvent) for each in get_args(union)
    ]
    parts = [describe(kind) for kind in kinds]
    receipt = describe(wire.FiscalReceipt)
    return page(
        "Events",
        'The body of `POST /v1/batches` is `{"events": […]}` in JSON.\n'
        "Each event is an object whose `kind` says what happened; a field that is not listed"
        " here is refused, so that a typo cannot be lost.\n"
        "Instants are RFC 3339 with an offset; amounts are whole minor units of the venue's"
        " currency; texts hold no control characters.",
        *parts,
        receipt,
    )


def describe(kind: type[msgspec.Struct]) -> str:
    """Write one kind of event: its promise, its fields."""
    struct = inspect.type_info(kind)
    if not isinstance(struct, inspect.StructType):
        raise TypeError(kind)
    title = str(struct.tag) if struct.tag is not None else "fiscal_receipt"
    rows = [
        (code(field.encode_name), "yes" if field.required else "", type_words(field.type))
        for field in struct.fields
    ]
    promise = (kind.__doc__ or "").strip()
    return f"## {title}\n\n{promise}\n\n" + table(("Field", "Required", "Is"), rows)


def type_words(kind: inspect.Type) -> str:
    """Write a field's type and bounds in a few words."""
    match kind:
        case inspect.StrType():
            return " ".join(
                ("text", *bounds(kind.min_length, kind.max_length, "characters"))
            )
        case inspect.IntType():
            return " ".join(("whole number", *bounds(kind.ge, kind.le, "")))
        case inspect.DateTimeType():
            return "instant"
        case inspect.LiteralType():
            return ", ".join(code(value) for value in kind.values)
        case inspect.UnionType():
            return type_words(
                next(each for each in kind.types if not isinstance(each, inspect.NoneType))
            )
        case inspect.DictType():
            of = f"{type_words(kind.key_type)} → {type_words(kind.value_type)}"
            return " ".join((of, *bounds(None, kind.max_length, "names")))
        case inspect.StructType():
            return "[fiscal_receipt](#fiscal_receipt)"
    raise TypeError(kind)


def bounds(least: object, most: object, unit: str) -> Iterator[str]:
    """Write the bounds there are."""
    if least is not None and most is not None:
        yield f"{number(least)} … {number(most)} {unit}".strip()
    elif most is not None:
        yield f"≤ {number(most)} {unit}".strip()
    elif least is not None:
        yield f"≥ {number(least)} {unit}".strip()
