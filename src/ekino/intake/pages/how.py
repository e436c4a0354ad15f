"""How one person hands a cinema's tickets in by hand: the steps, and the sheets that they show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ekino.ingest.formats.sheet_template import head_in
from ekino.ingest.formats.sheet_words import HEAD_OF

Text = Callable[..., str]
# In the order in which they are taken; each has words under `how.<step>`.
STEPS = (
    "begin", "template", "fill", "save", "hand_in", "read", "names", "mend", "refund", "counts",
)  # fmt: skip
_COLUMNS = (
    "date", "time", "hall", "film", "language", "ticket", "count", "price", "payment",
    "happening",
)  # fmt: skip
# What a village writes in its own language: film, its language, card, cash, refund.
_WRITTEN: Mapping[str, tuple[str, str, str, str, str]] = MappingProxyType(
    {
        "kk": ("Дала", "қазақша", "карта", "қолма-қол", "қайтару"),
        "ru": ("Степь", "казахский", "карта", "наличные", "возврат"),
        "en": ("The Steppe", "Kazakh", "card", "cash", "refund"),
    }
)
# Buttons, fields and heads that the words name, by the name they have there.
_NAMED = (
    "files", "choose_file", "send", "entered", "already", "to_mend", "waiting", "names", "rows",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the reader's words; `sheet` is what it shows, "" for nothing."""

    name: str
    title: str
    words: str
    sheet: str


def steps(language: str, text: Text) -> list[Step]:
    """Give every step in a language."""
    named: dict[str, str] = {name: text(f"intake.{name}") for name in _NAMED}
    named |= {
        "template_xlsx": text("intake.template.xlsx"),
        "template_csv": text("intake.template.csv"),
        "save": text("intake.names.save"),
        "no_source": text("intake.no_source"),
        "feed": text("feeds.title.cinema"),
        "ambiguous": text("intake.problem.amount_ambiguous"),
        "otherwise": text("intake.problem.ticket_reported_otherwise"),
        "line": text("intake.line", number=3),
        "film": _WRITTEN[language][0],
        "refund": _WRITTEN[language][4],
        **{f"column_{name}": head_in(HEAD_OF[name], language) for name in _COLUMNS},
        "column_takings": head_in(HEAD_OF["takings"], language),
        "column_sold_at": head_in(HEAD_OF["sold_at"], language),
    }
    return [
        Step(
            name,
            text(f"how.{name}.title", **named),
            text(f"how.{name}", **named),
            sheet(name, language),
        )
        for name in STEPS
    ]


def sheet(step: str, language: str) -> str:
    """Give the sheet that a step shows, as CSV; "" for a step that shows none."""
    film, spoken, card, cash, refund = _WRITTEN[language]

    def row(ticket: str, count: str, price: str, payment: str, happening: str = "") -> str:
        cells = ("24.11.2026", "19:30", "1", film, spoken, ticket, count, price, payment)
        return ";".join((*cells, happening))

    rows = {
        "fill": [
            row("A-1", "", "2500", card),
            row("A-2", "", "1.800", cash),
            row("", "3", "1500", cash),
        ],
        "mend": [
            row("A-1", "", "2500", card),
            row("A-2", "", "1800", cash),
            row("", "3", "1500", cash),
        ],
        "refund": [row("A-1", "", "2500", card, refund)],
    }.get(step)
    if rows is None:
        return ""
    heads = ";".join(head_in(HEAD_OF[name], language) for name in _COLUMNS)
    return "\n".join((heads, *rows)) + "\n"
