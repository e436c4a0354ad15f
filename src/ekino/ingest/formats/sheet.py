"""
Sheets of tickets, CSV or XLSX, as the person who runs a small cinema keeps them.

One row is one ticket, or `count` alike. Heads are known in three languages; a row that cannot
be read is named with its line and its column and sinks no other. A row of sums at the end, where
there is one, must fit.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
    Total,
    Unmapped,
    code_of,
    fit,
    malformed,
    spread,
    verify_size,
)
from ekino.ingest.formats.grid import Grid, is_workbook, read_csv, read_xlsx
from ekino.ingest.formats.sheet_values import (
    Cell,
    Unreadable,
    read_amount,
    read_clock,
    read_count,
    read_day,
    read_moment,
    text_of,
)
from ekino.ingest.formats.sheet_words import (
    BY_SPELLING,
    CHANNELS,
    HAPPENINGS,
    HEADS,
    LANGUAGES,
    PAYMENTS,
    TOTALS,
    fold,
)
from ekino.kernel.bounds import CODE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from ekino.kernel.errors import Problem
from ekino.kernel.moments import zone

NAME = "sheet"
# A row with fewer heads that we know is no row of heads: two may stand in any sentence.
HEADS_MIN = 3
# Places on sale at one showing.
CAPACITY_MAX = 1_000_000
_REQUIRED = tuple(head.name for head in HEADS if head.is_required)

_FIX = {
    "row_has_more_cells": "Take out what stands to the right of the last column.",
    "cell_missing": "Fill in the cell.",
    "date_unreadable": "Write the day as 26.11.2026.",
    "time_unreadable": "Write the time as 19:30.",
    "amount_unreadable": "Write the amount as 2500 or 2500,50.",
    "amount_ambiguous": "Write 1500 or 1,50: without a sign between thousands.",
    "amount_negative": "Write a return as a row of its own, with `refund` under What happened.",
    "amount_too_large": "Correct the amount.",
    "count_unreadable": "Write a whole number.",
    "word_unknown": "Use one of the words of the template.",
    "price_missing": "Give the price of a ticket, or the takings of the row; 0 is a free ticket.",
    "price_and_takings_differ": "Price × tickets must be the takings of the row.",
    "ticket_given_twice": "Give each ticket number once.",
    "refund_names_no_ticket": "Give the number of the ticket that was given back.",
    "seat_sold_twice": "Give each place of a showing once, or return the first sale.",
    "text_too_long": "Shorten it.",
}  # fmt: skip


@dataclass(slots=True)
class _State:
    """What earlier rows did."""

    facts: Facts
    timezone: str
    showings: dict[str, Showing] = field(default_factory=dict)
    # Ticket → its sale, while it is not given back.
    live: dict[str, Sale] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    # Tickets that the sheet gives a number: only the number says which of them comes back.
    numbered: set[str] = field(default_factory=set)
    # (showing, price …) → how many tickets alike there were.
    alike: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    tickets: int = 0
    gross_minor: int = 0
    total: tuple[str, int | None, int | None] | None = None


def count_heads(cells: Sequence[Cell]) -> int:
    """Say how many cells of a row are heads of ours, each counted once."""
    names = {BY_SPELLING.get(fold(text_of(cell))) for cell in cells if text_of(cell)}
    names.discard(None)
    return len(names) if names.issuperset(("date", "film")) else 0


def read(content: bytes, *, currency: str, timezone: str) -> Facts:
    """
    Read a sheet; moments are local to `timezone`, amounts are whole units of `currency`.

    Raises `Malformed` when the sheet as a whole cannot be taken: encoding, delimiter, a cut end,
    columns that lack, sums that do not fit, a workbook beyond its bounds.
    """
    verify_size(content)
    reader: Callable[..., Grid] = read_xlsx if is_workbook(content) else read_csv
    grid = reader(content, count_heads, heads_min=HEADS_MIN)
    facts = Facts(format=NAME, version=_version(grid), currency=currency)
    names = _columns(grid, facts)
    state = _State(facts, timezone)
    for number, cells in grid.rows:
        _read_row(state, names, number, cells)
    _verify_end(grid, names)
    _verify_total(state)
    return facts


def _version(grid: Grid) -> str:
    return grid.encoding if not grid.delimiter else f"{grid.encoding} {grid.delimiter!r}"


def _columns(grid: Grid, facts: Facts) -> list[str]:
    """Name each column; one that is not known is told, and one given twice is refused."""
    names: list[str] = []
    for place, cell in enumerate(grid.head, start=1):
        text = text_of(cell)
        name = BY_SPELLING.get(fold(text), "")
        if name and name in names:
            detail = f"column {place} {text!r} is given twice"
            raise malformed("head", "column_given_twice", detail, "Keep one of the two.")
        if text and not name:
            facts.counts["columns_unknown"] += 1
            facts.problems.append(
                Problem(
                    pointer=f"head/{text[:CODE_CHARACTERS_MAX]}",
                    code="column_unknown",
                    detail=f"column {text[:CODE_CHARACTERS_MAX]!r} is not read",
                    fix="Rename it as in the template if it should be.",
                )
            )
        names.append(name)
    missing = [name for name in _REQUIRED if name not in names]
    if "price" not in names and "takings" not in names:
        missing.append("price")
    if missing:
        detail = f"the sheet lacks the columns {', '.join(missing)}"
        raise malformed(
            "head", "columns_missing", detail, "Keep the heads of the template."
        )
    return names


def _verify_end(grid: Grid, names: Sequence[str]) -> None:
    """Refuse a file whose last line stops in the middle: what came after it is not there."""
    if grid.is_ended or not grid.rows:
        return
    number, cells = grid.rows[-1]
    if len(cells) < len(names):
        detail = f"the last line has {len(cells)} cells of {len(names)} and no line end"
        fix = "Send the file again, whole."
        raise malformed(f"line {number}", "file_truncated", detail, fix)


def _read_row(state: _State, names: Sequence[str], number: int, cells: list[Cell]) -> None:
    facts, place = state.facts, f"line {number}"
    facts.counts["rows"] += 1
    row = {name: cell for name, cell in zip(names, cells, strict=False) if name}
    first = next((text_of(cell) for cell in cells if text_of(cell)), "")
    try:
        if fold(first) in TOTALS:
            _take_total(state, row, place)
            return
        if len(cells) > len(names) and any(text_of(each) for each in cells[len(names) :]):
            raise _Wrong("", "row_has_more_cells", "the row has more cells than the head")
        _take_row(state, row, place)
    except _Wrong as error:
        facts.counts["rows_wrong"] += 1
        raw = json.dumps([text_of(cell) for cell in cells], ensure_ascii=False)
        facts.problems.append(
            Problem(
                pointer=f"{place}/{error.column}" if error.column else place,
                code=error.code,
                detail=str(error),
                fix=_FIX[error.code],
            )
        )
        facts.unmapped.append(
            Unmapped(place=place, raw=raw, reason=error.code, words=str(error))
        )


class _Wrong(ValueError):
    """A row that cannot be taken, with the column that says why."""

    def __init__(self, column: str, code: str, message: str) -> None:
        super().__init__(message)
        self.column, self.code = column, code


def _get(row: dict[str, Cell], name: str, read_cell: Callable[[Cell], Any]) -> Any:
    """Read a cell by its column's name; `_Wrong` names the column."""
    try:
        return read_cell(row.get(name))
    except Unreadable as error:
        raise _Wrong(name, error.code, str(error)) from error


def _text(row: dict[str, Cell], name: str, *, most: int = CODE_CHARACTERS_MAX) -> str:
    text = " ".join(text_of(row.get(name)).split())
    if len(text) > most or not text.isprintable():
        message = f"{text[:40]!r} is longer than {most} characters, or cannot be printed"
        raise _Wrong(name, "text_too_long", message)
    return text


def _word(row: dict[str, Cell], name: str, words: Any, default: str) -> str:
    text = text_of(row.get(name))
    if not text:
        return default
    found = words.get(fold(text))
    if found is None:
        raise _Wrong(name, "word_unknown", f"{text[:40]!r} is none of the words known here")
    return str(found)


def _has(row: dict[str, Cell], name: str) -> bool:
    return bool(text_of(row.get(name)))


def _take_row(state: _State, row: dict[str, Cell], place: str) -> None:
    for name in _REQUIRED:
        if not _has(row, name):
            raise _Wrong(name, "cell_missing", "the cell is empty")
    showing = _showing(state, row, place)
    count = _get(row, "count", read_count) if _has(row, "count") else 1
    prices = _prices(row, count, state.facts.currency)
    happening = _word(row, "happening", HAPPENINGS, "sold")
    numbers = _tickets(state, row, showing, prices)
    if happening == "sold":
        _sell(state, row, place, showing, list(zip(numbers, prices, strict=True)))
    else:
        _reverse(state, row, place, showing, happening, prices)
    sign = 1 if happening == "sold" else -1
    state.tickets += sign * count
    state.gross_minor += sign * sum(prices)


def _prices(row: dict[str, Cell], count: int, currency: str) -> list[int]:
    def read_money(cell: Cell) -> int:
        return read_amount(cell, currency)

    if not _has(row, "price") and not _has(row, "takings"):
        raise _Wrong("price", "price_missing", "the row has neither a price nor takings")
    if not _has(row, "price"):
        return spread(_get(row, "takings", read_money), count)
    price = _get(row, "price", read_money)
    if _has(row, "takings"):
        takings = _get(row, "takings", read_money)
        if takings != price * count:
            message = f"{count} tickets at {price} are not {takings} minor units"
            raise _Wrong("takings", "price_and_takings_differ", message)
    return [int(price)] * count


def _showing(state: _State, row: dict[str, Cell], place: str) -> Showing:
    day, clock = _get(row, "date", read_day), _get(row, "time", read_clock)
    starts_at = datetime.combine(day, clock, tzinfo=zone(state.timezone))
    language = _text(row, "language")
    film = FilmName(
        certificate=_text(row, "certificate"),
        title=_text(row, "film", most=TEXT_CHARACTERS_MAX),
        language=LANGUAGES.get(fold(language), language),
        format=_text(row, "format"),
    )
    venue, hall = _text(row, "venue", most=TEXT_CHARACTERS_MAX), _text(row, "hall")
    code = code_of("f-", fold(venue), fold(hall), starts_at.isoformat(), fold(film.text))
    known = state.showings.get(code)
    if known is None:
        capacity = None
        if _has(row, "capacity"):
            capacity = _get(
                row, "capacity", lambda cell: read_count(cell, most=CAPACITY_MAX)
            )
        known = Showing(
            place=place, code=code, venue=venue, hall=hall, starts_at=starts_at, film=film,
            capacity=capacity,
        )  # fmt: skip
    return known


def _tickets(
    state: _State, row: dict[str, Cell], showing: Showing, prices: Sequence[int]
) -> list[str]:
    """
    Name the row's tickets: by their number, their place, or by how many alike came before.

    A file handed in again with one more row names the earlier tickets as before.
    """
    number = _text(row, "ticket")
    if number:
        if len(prices) == 1:
            return [fit(number, "t-")]
        return [fit(f"{number}/{each}", "t-") for each in range(1, len(prices) + 1)]
    place = [_text(row, name) for name in ("section", "row", "seat")]
    if place[2] and len(prices) == 1:
        ticket = code_of("t-", showing.code, *place)
        if ticket in state.taken and ticket not in state.live:
            # The place was given back and sold once more.
            state.alike[ticket,] += 1
            ticket = code_of("t-", showing.code, *place, str(state.alike[ticket,]))
        return [ticket]
    found = []
    concession, channel = _text(row, "concession"), _text(row, "channel")
    for price in prices:
        key = (showing.code, price, fold(concession), fold(channel))
        state.alike[key] += 1
        words = (showing.code, str(price), *key[2:], str(state.alike[key]))
        found.append(code_of("t-", *words))
    return found


def _sell(
    state: _State,
    row: dict[str, Cell],
    place: str,
    showing: Showing,
    tickets: Sequence[tuple[str, int]],
) -> None:
    for ticket, _ in tickets:
        if ticket in state.taken:
            is_seat = not _has(row, "ticket")
            code = "seat_sold_twice" if is_seat else "ticket_given_twice"
            raise _Wrong("seat" if is_seat else "ticket", code, "it stands above already")

    def read_money(cell: Cell) -> int:
        return read_amount(cell, state.facts.currency) if text_of(cell) else 0

    sold_at = showing.starts_at
    if _has(row, "sold_at"):
        sold_at = _get(row, "sold_at", read_moment).replace(tzinfo=zone(state.timezone))
    else:
        state.facts.counts["sold_at_missing"] += len(tickets)
    more: dict[str, Any] = {
        "fee_minor": _get(row, "fee", read_money),
        "discount_minor": _get(row, "discount", read_money),
        "sales_channel": _word(row, "channel", CHANNELS, "box_office"),
        "payment": _word(row, "payment", PAYMENTS, "other"),
        "is_synthetic": len(tickets) > 1,
        **{
            name: _text(row, name)
            for name in ("section", "row", "seat", "concession", "season_ticket")
        },
    }
    if len(tickets) > 1:
        more |= {"row": "", "seat": ""}
    for ticket, price in tickets:
        sale = Sale(
            place=place, showing=showing.code, ticket=ticket, sold_at=sold_at,
            price_minor=price, currency=state.facts.currency, **more,
        )  # fmt: skip
        state.facts.sales.append(sale)
        state.live[ticket] = sale
        state.taken.add(ticket)
        if _has(row, "ticket"):
            state.numbered.add(ticket)
    if showing.code not in state.showings:
        state.showings[showing.code] = showing
        state.facts.showings.append(showing)
    state.facts.counts["tickets_sold"] += len(tickets)


def _reverse(
    state: _State,
    row: dict[str, Cell],
    place: str,
    showing: Showing,
    happening: str,
    prices: Sequence[int],
) -> None:
    """Undo a ticket by its number, or the last alike that this file sold and has not undone."""
    number = _text(row, "ticket")
    chosen: list[tuple[str, int]] = []
    if number:
        chosen = [(fit(number, "t-"), prices[0])] if len(prices) == 1 else []
    else:
        seat = _text(row, "seat")
        alike = [
            sale
            for sale in reversed(state.live.values())
            if sale.showing == showing.code
            and sale.ticket not in state.numbered
            and (sale.seat, sale.row) == (seat, _text(row, "row"))
        ]
        for price in prices:
            match = next((each for each in alike if each.price_minor == price), None)
            if match is None:
                break
            alike.remove(match)
            chosen.append((match.ticket, price))
    if len(chosen) != len(prices):
        message = "nothing in this file says which ticket it was"
        raise _Wrong("ticket", "refund_names_no_ticket", message)
    at = showing.starts_at
    if _has(row, "sold_at"):
        at = _get(row, "sold_at", read_moment).replace(tzinfo=zone(state.timezone))
    for ticket, price in chosen:
        sale = state.live.pop(ticket, None)
        state.facts.reversals.append(
            Reversal(
                place=place,
                showing=showing.code,
                ticket=ticket,
                # No earlier than its sale, where the sheet gives no time.
                at=max(at, sale.sold_at + timedelta(seconds=1)) if sale else at,
                kind=ReversalKind(happening),
                price_minor=price,
                reason=_text(row, "reason"),
            )
        )
    if showing.code not in state.showings:
        state.showings[showing.code] = showing
        state.facts.showings.append(showing)
    state.facts.counts[f"tickets_{happening}"] += len(prices)


def _take_total(state: _State, row: dict[str, Cell], place: str) -> None:
    """Note the row of sums: tickets under their head, money under price or takings."""
    tickets = _get(row, "count", lambda cell: read_count(cell, most=CAPACITY_MAX * 100))\
        if _has(row, "count") else None  # fmt: skip
    column = "takings" if _has(row, "takings") else "price"
    gross = None
    if _has(row, column):
        gross = _get(row, column, lambda cell: read_amount(cell, state.facts.currency))
    if state.total is not None:
        raise malformed(
            place, "totals_given_twice", "two rows of sums", "Keep the last one."
        )
    state.total = (place, tickets, gross)
    state.facts.counts["rows_of_sums"] += 1


def _verify_total(state: _State) -> None:
    """Refuse a sheet whose own sums are others than those of its rows."""
    if state.total is None:
        return
    place, tickets, gross = state.total
    facts = state.facts
    facts.totals.append(
        Total(
            place=place,
            tickets=state.tickets if tickets is None else tickets,
            gross_minor=state.gross_minor if gross is None else gross,
            currency=facts.currency,
        )
    )
    if facts.counts["rows_wrong"]:
        # They cannot be compared before the rows are mended; then they are.
        return
    for what, said, is_ in (
        ("tickets", tickets, state.tickets),
        ("takings in minor units", gross, state.gross_minor),
    ):
        if said is not None and said != is_:
            detail = f"the row of sums says {said} {what}, the rows above add up to {is_}"
            fix = "Correct the rows or the sums: a row may be missing."
            raise malformed(place, "totals_differ", detail, fix)
