"""alf.io over its API: the tickets and the log of scans of each event that is named."""

from datetime import UTC, datetime
from typing import Any

from ekino.ingest.formats import alfio, readings
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.model import Connector, Cursor, Look


class AlfioPuller:
    """
    Reads the events of one organisation.

    alf.io answers an event's tickets at once and has no filter for what changed: every round reads
    all of them, one event a look.
    """

    def __init__(self, connector: Connector, asker: Asker, memory: dict[str, Any]) -> None:
        """Take what to read, and who asks; nothing is remembered."""
        del memory
        self._connector = connector
        self._asker = asker

    def look_at(self, subject: str) -> Look:
        """Read the event that an extension of alf.io named."""
        if subject not in self._connector.events:
            return Look()
        return self._read(subject)

    def look(self, cursor: Cursor) -> Look:
        """Read the next event."""
        events = self._connector.events
        place = int(cursor.get("event", 0))
        begun = str(cursor.get("begun") or datetime.now(UTC).isoformat())
        if place >= len(events):
            return Look(cursor={})
        look = self._read(events[place])
        if place + 1 < len(events):
            look.cursor, look.is_done = {"event": place + 1, "begun": begun}, False
        else:
            look.read_until = datetime.fromisoformat(begun)
        return look

    def _read(self, slug: str) -> Look:
        root, read_at = f"/api/v1/admin/event/{slug}", datetime.now(UTC)
        stats = self._asker.get(f"{root}/stats")
        tickets = self._asker.get(f"{root}/download-attendees")
        scans = self._asker.get(f"{root}/check-in-log")
        reading = alfio.read_tickets(
            readings.decode(alfio.TICKETS, tickets.body, alfio.SYSTEM),
            readings.decode(alfio.EVENT, stats.body, alfio.SYSTEM),
            readings.decode(alfio.SCANS, scans.body, alfio.SYSTEM),
            prefix=self._connector.code,
            read_at=read_at,
        )
        return Look(readings=[reading])
