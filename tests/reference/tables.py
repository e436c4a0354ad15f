"""docs/reference/tables.md: the public tables, their addresses and their columns."""

from pathlib import Path

from ekino import web
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues
from public_tables import TABLES
from reference.markdown import page, table

_KINDS = {
    "text": "text",
    "count": "whole number",
    "money": "whole minor units; the column ends in `_minor` in CSV and JSON",
    "share": "part of one",
    "change": "relative change: 0.084 is +8.4%",
    "decimal": "number",
    "date": "business date, ISO 8601",
    "clock": "instant",
}


def tables() -> str:
    """Write the page: one table of columns a public table."""
    text = Catalogues(Path(web.__path__[0]) / "locale").text
    parts = []
    for name, (address, columns) in TABLES.items():
        rows = [
            (f"`{each.name}`", text(Language.EN, each.title), _KINDS[each.kind.value])
            for each in columns
        ]
        head = ("Column", "Title", "Holds")
        parts.append(f"## {name}\n\n`{address}`\n\n" + table(head, rows))
    return page(
        "Public tables",
        "Every table of figures is a page and three files: put `.csv`, `.xlsx` or `.json` behind"
        " the path.\n"
        "A column that was published stays, under its name; new ones may come.\n"
        "`?lang=kk`, `ru` or `en` chooses titles of films and words; `?sort=-takings` sorts.\n"
        "JSON says `as_of`, the position of the register that the figures speak of.",
        *parts,
    )
