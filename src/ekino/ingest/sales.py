"""Sales by the column: most of a country's evening, judged a batch at a time and not a ticket."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from ekino.ingest.wire import Event, MalformedEvent, Sold, decode_batch
from ekino.register.service import compress, decompress, sale_details

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_S = 86_400
_SECOND_US = 1_000_000

_COLUMNS = attrgetter(
    "ticket", "venue", "showing", "happened_at", "price_minor", "fee_minor", "sales_channel"
)


class Sales(NamedTuple):
    """A batch that holds nothing but sales, as columns of one length, in its order."""

    tickets: tuple[str, ...]
    # The showings named, each once, as pairs of a venue's and a showing's code; and which of
    # them each sale is for.
    showings: tuple[tuple[str, str], ...]
    showing_numbers: list[int]
    # Microseconds since 2000-01-01 UTC, as PostgreSQL keeps them.
    happened_at_us: list[int]
    # What of each entry is known before it has a position, encoded for the register.
    details: list[bytes]


@dataclass(slots=True, weakref_slot=True)
class Contents:
    """
    What a batch holds, as little of it as its way to the register needs.

    The events of a batch of sales are let go as soon as their columns are there: sixteen
    such batches are more than a processor's cache, and walking through them again costs more
    than reading the few that somebody asks for a second time.
    """

    # How many events.
    count: int
    # The body as it is kept: (encoding, bytes).
    kept: tuple[str, bytes]
    # None when there is anything but sales.
    sales: Sales | None
    _events: Sequence[Event | MalformedEvent] | None = field(repr=False)

    @property
    def events(self) -> Sequence[Event | MalformedEvent]:
        """The events, in order."""
        if self._events is None:
            self._events = decode_batch(decompress(*self.kept))
        return self._events


def open_batch(body: bytes) -> Contents:
    """Read a batch; `Malformed` when the body is none at all."""
    events = decode_batch(body)
    sales = _sales_of(events)
    return Contents(len(events), compress(body), sales, events if sales is None else None)


def _sales_of(events: Sequence[Event | MalformedEvent]) -> Sales | None:
    if set(map(type, events)) != {Sold}:
        return None
    tickets, venues, showings, moments, prices, fees, channels = zip(
        *map(_COLUMNS, events), strict=True
    )
    happened_at_us = [
        # Half the price of (moment − epoch) // microsecond, and exact.
        (past.days * _DAY_S + past.seconds) * _SECOND_US + past.microseconds
        for past in [moment - _EPOCH for moment in moments]
    ]
    numbers: dict[tuple[str, str], int] = {}
    showing_numbers = [
        numbers.setdefault(showing, len(numbers))
        for showing in zip(venues, showings, strict=True)
    ]
    return Sales(
        tickets,
        tuple(numbers),
        showing_numbers,
        happened_at_us,
        sale_details(happened_at_us, prices, fees, channels, tickets),
    )


class FreshSales:
    """
    What one group has sold by the column, so that its later events find it.

    Nothing is kept of a ticket but its position: the event behind it is looked up when
    somebody asks, which is seldom.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._positions: dict[int, dict[str, int]] = {}
        self._firsts: list[int] = []
        self._runs: list[Contents] = []

    def take(
        self, source_id: int, sales: Sales, first_position: int, contents: Contents
    ) -> bool:
        """Note a batch's sales, each at its position; False, and nothing, if one is known."""
        count = contents.count
        fresh = dict(
            zip(sales.tickets, range(first_position, first_position + count), strict=True)
        )
        if len(fresh) != count:
            return False
        known = self._positions.get(source_id)
        if known is None:
            self._positions[source_id] = fresh
        elif known.keys().isdisjoint(fresh):
            known.update(fresh)
        else:
            return False
        self._firsts.append(first_position)
        self._runs.append(contents)
        return True

    def find(self, source_id: int, ticket: str) -> tuple[int, Sold] | None:
        """Give a ticket's position and the event that sold it, or None."""
        position = self._positions.get(source_id, {}).get(ticket)
        if position is None:
            return None
        run = bisect_right(self._firsts, position) - 1
        event = self._runs[run].events[position - self._firsts[run]]
        return (position, event) if isinstance(event, Sold) else None
