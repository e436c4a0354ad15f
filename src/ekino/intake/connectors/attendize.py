"""Attendize over its REST API: every event, then every attendee, page after page."""

from datetime import UTC, datetime
from typing import Any

from ekino.ingest.formats import attendize, readings
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.model import Connector, Cursor, Look, in_scope
from ekino.kernel.errors import Refused

# Pages of events; twenty on each.
EVENT_PAGES_MAX = 250


class AttendizePuller:
    """
    Reads one account.

    Attendize sends no webhooks and lists no changes: every round reads all attendees.
    """

    def __init__(self, connector: Connector, asker: Asker, memory: dict[str, Any]) -> None:
        """Take what to read, who asks, and what is remembered from one look to the next."""
        if not connector.currency or not connector.timezone:
            detail = (
                "Attendize names neither currency nor zone: its source speaks for venues of "
                "one currency and one zone"
            )
            raise Refused(detail, code="venues_differ")
        self._connector = connector
        self._asker = asker
        self._events: dict[int, attendize.Event] = memory.setdefault("events", {})

    def look_at(self, subject: str) -> Look:
        """Read nothing: there are no webhooks."""
        del subject
        return Look()

    def look(self, cursor: Cursor) -> Look:
        """Read the next page of attendees."""
        page = int(cursor.get("page", 1))
        begun = str(cursor.get("begun") or datetime.now(UTC).isoformat())
        answer = self._asker.get("/api/attendees", (("page", str(page)),))
        found = readings.decode(attendize.ATTENDEES, answer.body, attendize.SYSTEM)
        named = [
            each
            for each in found.attendees
            if in_scope(self._connector.events, str(each.event_id))
        ]
        if page == 1 or any(each.event_id not in self._events for each in named):
            self._ask_events()
        reading = attendize.read_attendees(
            named,
            self._events,
            prefix=self._connector.code,
            currency=self._connector.currency,
            timezone=self._connector.timezone,
        )
        if page < found.last_page:
            step = {"page": page + 1, "begun": begun}
            return Look(readings=[reading], cursor=step, is_done=False)
        return Look(readings=[reading], read_until=datetime.fromisoformat(begun))

    def _ask_events(self) -> None:
        for page in range(1, EVENT_PAGES_MAX + 1):
            answer = self._asker.get("/api/events", (("page", str(page)),))
            found = readings.decode(attendize.EVENTS, answer.body, attendize.SYSTEM)
            self._events.update({each.id: each for each in found.events})
            if page >= found.last_page:
                return
