"""Paper: a document set by Typst from values, the same values giving the same bytes."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import as_file, files


def set_paper(name: str, values: Mapping[str, object]) -> bytes:
    """
    Give `paper/<name>.typ` set with these values, as PDF/UA-1.

    Values go in as JSON and are shown as text: nothing in them is read as markup. No font of
    the machine is used, and the date is one of the values.
    """
    import typst  # noqa: PLC0415 - 80 MB that only paper needs

    data = json.dumps(values, ensure_ascii=False, sort_keys=True)
    pdf: bytes = typst.compile(
        _source(name),
        sys_inputs={"data": data},
        pdf_standards=["ua-1"],
        ignore_system_fonts=True,
    )
    return pdf


@cache
def _source(name: str) -> bytes:
    with as_file(files("ekino.archive") / "paper" / f"{name}.typ") as path:
        return path.read_bytes()


def parts_chart(parts: list[tuple[int, str]]) -> str:
    """Draw parts of a whole as one bar: (amount, colour) from left to right."""
    whole = sum(max(amount, 0) for amount, _ in parts) or 1
    at, bars = 0.0, []
    for amount, colour in parts:
        width = 1000 * max(amount, 0) / whole
        bars.append(f'<rect x="{at:.2f}" width="{width:.2f}" height="34" fill="{colour}"/>')
        at += width
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 34">'
        f'<rect width="1000" height="34" fill="#eef1f4"/>{"".join(bars)}</svg>'
    )
