"""Hi.Events over its REST API: every order, then every attendee, of each event that is named."""

from datetime import UTC, datetime
from typing import Any

from ekino.ingest.formats import hi_events, readings
from ekino.ingest.formats.readings import Reading
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.model import Connector, Cursor, Look
from ekino.kernel.errors import NotFound

# The most that Hi.Events gives on a page.
PAGE_ROWS_MAX = 100
_ORDERS, _ATTENDEES = "orders", "attendees"


class HiEventsPuller:
    """
    Reads the events of one account.

    The list has no filter for what changed, so every round reads all of it, page after page: what
    a round misses because a page moved under it, the next one finds.
    """

    def __init__(self, connector: Connector, asker: Asker, memory: dict[str, Any]) -> None:
        """Take what to read, who asks, and what is remembered from one look to the next."""
        self._connector = connector
        self._asker = asker
        self._events: dict[str, hi_events.Event] = memory

    def look_at(self, subject: str) -> Look:
        """Read nothing: a webhook of Hi.Events names no order by an address of its API."""
        del subject
        return Look()

    def look(self, cursor: Cursor) -> Look:
        """Read the next page: first the orders of an event, then its attendees' scans."""
        events = self._connector.events
        place = int(cursor.get("event", 0))
        rows = str(cursor.get("rows", _ORDERS))
        page = int(cursor.get("page", 1))
        begun = str(cursor.get("begun") or datetime.now(UTC).isoformat())
        if place >= len(events):
            return Look(cursor={})
        path = f"/api/events/{events[place]}/{rows}"
        answer = self._asker.get(
            path,
            (
                ("page", str(page)),
                ("per_page", str(PAGE_ROWS_MAX)),
                # The order in which they were made does not change while pages are read.
                ("sort_by", "created_at"),
                ("sort_direction", "asc"),
            ),
        )
        event = self._event(events[place], page)
        reading, meta = self._read(rows, answer.body, event)
        if page < meta.last_page:
            step = {"event": place, "rows": rows, "page": page + 1}
        elif rows == _ORDERS:
            step = {"event": place, "rows": _ATTENDEES, "page": 1}
        elif place + 1 < len(events):
            step = {"event": place + 1, "rows": _ORDERS, "page": 1}
        else:
            read_until = datetime.fromisoformat(begun)
            return Look(readings=[reading], cursor={}, read_until=read_until)
        return Look(readings=[reading], cursor={**step, "begun": begun}, is_done=False)

    def _read(
        self, rows: str, body: bytes, event: hi_events.Event
    ) -> tuple[Reading, hi_events.Meta]:
        prefix = self._connector.code
        if rows == _ORDERS:
            orders = readings.decode(hi_events.ORDERS, body, hi_events.SYSTEM)
            return (
                hi_events.read_orders(orders.orders, event, prefix=prefix),
                orders.meta,
            )
        found = readings.decode(hi_events.ATTENDEES, body, hi_events.SYSTEM)
        return (
            hi_events.read_check_ins(found.attendees, event, prefix=prefix),
            found.meta,
        )

    def _event(self, name: str, page: int) -> hi_events.Event:
        known = self._events.get(name)
        if known is None or page == 1:
            try:
                answer = self._asker.get(f"/api/events/{name}")
            except NotFound:
                if known is None:
                    raise
                return known
            found = readings.decode(hi_events.EVENT, answer.body, hi_events.SYSTEM)
            known = self._events[name] = found.event
        return known
