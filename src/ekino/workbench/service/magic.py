"""Reads a test register's batches, in which some values are refused because they ask for it."""

from ekino.ingest.model import Outcome
from ekino.ingest.sales import Contents, open_batch
from ekino.ingest.wire import Event, MalformedEvent, Sold
from ekino.workbench.model.magic import REFUSED_PRICES_MINOR, TAKEN_ROW, TAKEN_SEAT


def open_test_batch(body: bytes) -> Contents:
    """Read a batch as the live register does, and refuse the sales with a magic value."""
    contents = open_batch(body)
    events = [_refused(each) or each for each in contents.events]
    if not any(isinstance(each, MalformedEvent) for each in events):
        return contents
    return Contents(contents.count, contents.kept, None, events)


def _refused(event: Event | MalformedEvent) -> MalformedEvent | None:
    if not isinstance(event, Sold):
        return None
    if event.price_minor in REFUSED_PRICES_MINOR:
        return MalformedEvent(
            field="price_minor",
            detail=f"a price of {event.price_minor} is refused in the test register",
            outcome=Outcome.REFUSED_IN_TEST,
        )
    if (event.row, event.seat) == (TAKEN_ROW, TAKEN_SEAT):
        return MalformedEvent(
            field="seat",
            detail=f"row {event.row} seat {event.seat} is always sold in the test register",
            outcome=Outcome.SEAT_ALREADY_SOLD,
        )
    return None
