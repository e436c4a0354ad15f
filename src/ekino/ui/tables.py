"""A table of figures as one value: the page shows it, and every file beside the page is it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from fractions import Fraction

from ekino.ui import formats
from ekino.ui.collation import sort_key
from ekino.ui.languages import Language


class Kind(StrEnum):
    """What a column holds, which says how it is written and how it is sorted."""

    TEXT = "text"
    COUNT = "count"
    # Whole minor units of the table's currency.
    MONEY = "money"
    # A part of one: 0.334 is 33,4 %.
    SHARE = "share"
    # A relative change: 0.084 is +8,4 %.
    CHANGE = "change"
    # A number with one digit after the point.
    DECIMAL = "decimal"
    DATE = "date"
    # An instant, shown in the table's zone.
    CLOCK = "clock"


class Withheld(Enum):
    """A figure that is there and is not given: it would give somebody away."""

    SUPPRESSED = "suppressed"


SUPPRESSED = Withheld.SUPPRESSED
# None is shown as a dash: there is no figure.
Value = str | int | Fraction | float | Decimal | date | datetime | Withheld | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with what a page adds to it; files hold the value alone."""

    value: Value
    href: str = ""
    # ISO 639, where the words are of another language than the page.
    lang: str = ""
    # (look, key of the message): a word in a frame after the value.
    badge: tuple[str, str] | None = None
    # A second, smaller line, in words.
    note: str = ""


Row = Mapping[str, Value | Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its name is for programs and never changes once it was published."""

    name: str
    # Key of the message at its head.
    title: str
    kind: Kind
    # The column that names the row, for readers of screens.
    is_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns, as of a position; every row has a value for every column's name."""

    # Stem of its files' names.
    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    currency: str = ""
    timezone: str = "UTC"
    # Position of the register, and the instant, that the figures speak of.
    as_of: int | None = None
    at: datetime | None = None
    # Which table of its page this is, where a page has several; part of its files' addresses.
    part: str = ""
    # The column it is sorted by, with a minus for the largest first; "" as it came.
    order: str = field(default="")

    def sorted_by(self, asked: str | None, language: Language) -> "Table":
        """Sort by a column's name, `-name` for the largest first; anything else does nothing."""
        order = asked or ""
        name = order.removeprefix("-")
        if name not in {column.name for column in self.columns}:
            return self
        known = [row for row in self.rows if _is_known(row[name])]
        others = [row for row in self.rows if not _is_known(row[name])]
        known.sort(key=lambda row: _rank(value_of(row[name]), language))
        if order.startswith("-"):
            known.reverse()
        return replace(self, rows=(*known, *others), order=order)

    def order_after(self, column: Column) -> str:
        """Give the order that a press on a column's head asks for."""
        first, second = column.name, f"-{column.name}"
        if column.kind not in {Kind.TEXT, Kind.DATE, Kind.CLOCK}:
            # Who presses on a figure wants to see the largest.
            first, second = second, first
        return second if self.order == first else first

    def aria_sort(self, column: Column) -> str:
        """Say how a column is sorted, in ARIA's words; "" when it is not."""
        by_order = {column.name: "ascending", f"-{column.name}": "descending"}
        return by_order.get(self.order, "")


def value_of(cell: Value | Cell) -> Value:
    """Give the value of a cell, whether a page adds something to it or not."""
    return cell.value if isinstance(cell, Cell) else cell


def _is_known(cell: Value | Cell) -> bool:
    value = value_of(cell)
    return value is not None and not isinstance(value, Withheld)


def _rank(value: Value, language: Language) -> tuple[object, ...]:
    if isinstance(value, str):
        return sort_key(value, language)
    return (value,)


def write_value(value: Value, column: Column, table: Table, *, language: Language) -> str:
    """Write a value as readers of a language read it; the page has a word for a withheld one."""
    if value is None or isinstance(value, Withheld):
        return formats.NOTHING
    if isinstance(value, datetime):
        return (
            formats.day_short(value, table.timezone, language)
            + formats.NO_BREAK_SPACE
            + formats.clock(value, table.timezone, language)
        )
    if isinstance(value, date):
        return formats.day_numeric(value, language)
    if isinstance(value, str):
        return value
    return _write_number(value, column.kind, table.currency, language)


def _write_number(
    value: Fraction | float | Decimal, kind: Kind, currency: str, language: Language
) -> str:
    if kind is Kind.MONEY:
        return formats.money(Fraction(value), currency, language)
    if kind is Kind.SHARE:
        return formats.percent(Fraction(value), language)
    if kind is Kind.CHANGE:
        return formats.signed_percent(Fraction(value), language)
    if kind is Kind.DECIMAL:
        return formats.one_digit(Fraction(value), language)
    return formats.number(int(value), language)


SUFFIXES = ("csv", "xlsx", "json")


def split_suffix(text: str) -> tuple[str, str | None]:
    """Part what an address names from the file it is wanted as: ("2026-11-22", "csv")."""
    stem, dot, suffix = text.rpartition(".")
    return (stem, suffix) if dot and suffix in SUFFIXES else (text, None)
