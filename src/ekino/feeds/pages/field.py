"""The field of days as it is shown: in each cell a sign and a sentence, and where it leads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import quote

from ekino.feeds.model.board import CLOSED_DAY, NOTHING_KNOWN, WHOLE_PPM, DayCell, DayRow
from ekino.feeds.model.states import State
from ekino.feeds.pages.tables import Words
from ekino.ui import formats

# Readable without colours; a day that is not whole says how much of it there is, in percent.
_SIGNS: Mapping[str, str] = {
    NOTHING_KNOWN: "·",
    CLOSED_DAY: "·",
    State.ON_LINE: "✓",
    State.LATE: "…",
    State.SILENT: "0",
    State.SUSPENDED: "‖",
}
_EXCUSED = "~"
_NOT_WHOLE = "!"
# States of which a vendor's cell does not say how many feeds they are.
_PLAIN = frozenset({NOTHING_KNOWN, CLOSED_DAY, State.ON_LINE.value})
_PPM_PERCENT = WHOLE_PPM // 100


@dataclass(frozen=True, slots=True)
class Square:
    """One day of a row, ready to be written; without an address nothing is known of it."""

    look: str
    sign: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Band:
    """One row of the field."""

    name: str
    note: str
    # Of a vendor: where its feeds are.
    href: str
    squares: tuple[Square, ...]


def bands(words: Words, rows: Iterable[DayRow], *, by: str) -> list[Band]:
    """Lay rows out for a reader: a thousand cells share a few dozen sentences."""
    path, language = words.side.path, words.desk.templates.language(words.request)

    @cache
    def day_of(day: date) -> str:
        return formats.day_and_weekday(day, language)

    @cache
    def sentence(state: str, ppm: int | None, *, is_excused: bool) -> str:
        if not state:
            return words("feeds.nothing_known")
        said = [words(f"feeds.state.{state}")]
        if ppm is not None:
            said.append(formats.percent(ppm / WHOLE_PPM, language))
        if is_excused:
            said.append(words("feeds.excused"))
        return ", ".join(said)

    def square(row: DayRow, cell: DayCell) -> Square:
        if not cell.source:
            return Square("none", "·", words("feeds.nothing_known"), "")
        is_counted = by == "vendor" and cell.state not in _PLAIN
        said = sentence(cell.state, cell.completeness_ppm, is_excused=cell.is_excused)
        return Square(
            "excused" if cell.is_excused else cell.state or "none",
            str(cell.feeds - cell.on_line) if is_counted else sign(cell),
            f"{row.name}, {day_of(cell.day)}: {said}",
            words.side.source(cell.source, venue=cell.venue, day=cell.day.isoformat()),
        )

    return [
        Band(
            row.name,
            row.note,
            f"{path}?vendor={quote(row.code, safe='')}" if by == "vendor" else "",
            tuple(square(row, cell) for cell in row.cells),
        )
        for row in rows
    ]


def sign(cell: DayCell) -> str:
    """Give what stands in a cell."""
    if cell.is_excused:
        return _EXCUSED
    if cell.state in _SIGNS:
        return _SIGNS[cell.state]
    if cell.completeness_ppm is None:
        return _NOT_WHOLE
    return str(cell.completeness_ppm // _PPM_PERCENT)
