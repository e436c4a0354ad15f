"""How the generated pages are written: a note on where they come from, tables, anchors."""

from collections.abc import Iterable, Sequence

GENERATED = (
    "<!-- Generated from the code by `make docs`; change the code, not this page. -->"
)


def page(title: str, *paragraphs: str) -> str:
    """Put a page together from its title and its paragraphs."""
    return "\n\n".join((f"# {title}", GENERATED, *paragraphs)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; a bar inside a cell does not end it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
        for line in lines
    )


def code(value: object) -> str:
    """Write something as code; nothing stays nothing."""
    return f"`{value}`" if str(value) else ""


def number(value: object) -> str:
    """Write a number with spaces in its thousands, anything else as code."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", "\u00a0")
    return code(value)
