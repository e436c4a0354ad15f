"""Out of the register: events of some days as they were sent, and a venue's nightly summaries."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from ekino.db.database import Database, Role
from ekino.ingest.formats import comscore
from ekino.ingest.wire import raw_events
from ekino.intake.store import exports as store
from ekino.kernel.errors import NotFound
from ekino.register import service as register

# Entries read in one question.
_ENTRIES_AT_ONCE = 5_000


def read_events(
    db: Database,
    *,
    from_date: date,
    to_date: date,
    venue: str | None = None,
    source: str | None = None,
) -> Iterator[dict[str, Any]]:
    """
    Give the events of showings of these business dates, `[from, to)`, in the register's order.

    Each is as its sender wrote it, its own number included; one at a time, however many.
    """
    after = -1
    while True:
        with db.transaction(Role.READER) as tx:
            found = store.list_entries(
                tx,
                after=after,
                from_date=from_date,
                to_date=to_date,
                venue=venue,
                source=source,
                limit=_ENTRIES_AT_ONCE,
            )
            bodies = register.read_bodies(tx, {batch_no for _, batch_no, _ in found})
        raws = {batch_no: raw_events(body) for batch_no, body in bodies.items()}
        for position, batch_no, ordinal in found:
            yield msgspec.json.decode(raws[batch_no][ordinal])
            after = position
        if len(found) < _ENTRIES_AT_ONCE:
            return


def nightly_files(
    db: Database, venue: str, *, from_date: date, to_date: date
) -> Iterator[bytes]:
    """
    Give a venue's summary of each business date of `[from, to)`, a file a day.

    Raises `NotFound` when there is no such venue.
    """
    with db.transaction(Role.READER) as tx:
        currency = store.find_currency(tx, venue)
        if currency is None:
            detail = f"the catalog has no venue {venue!r}"
            raise NotFound(detail, code="venue_not_found")
        rows = store.sum_halls(tx, venue=venue, from_date=from_date, to_date=to_date)
    day = from_date
    while day < to_date:
        lines = [
            comscore.Line(
                hall=row.hall,
                certificate=row.certificate,
                title=row.title,
                showings=row.showings,
                admissions=row.admissions,
                gross_minor=row.gross_minor,
            )
            for row in rows
            if row.day == day
        ]
        document = comscore.nightly(
            venue, day, lines, sent_day=day + timedelta(days=1), currency=currency
        )
        yield comscore.serialise(document)
        day += timedelta(days=1)
