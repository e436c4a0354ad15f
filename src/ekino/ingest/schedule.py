"""The catalog and the rights as the writer remembers them between groups."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.service import ShowingRef
from ekino.ingest.effects import Verdict
from ekino.ingest.judging import Sender
from ekino.ingest.model import Outcome
from ekino.ingest.wire import ShowingAnnounced, ShowingCancelled, ShowingMoved
from ekino.kernel.moments import to_text

# Showings that are remembered; at about half a kilobyte each this is a hundred megabytes, and
# four months of a country's schedule.
SHOWINGS_REMEMBERED_MAX = 200_000
SENDERS_REMEMBERED_MAX = 20_000


class RememberedSchedule:
    """
    The catalog for one writer: asked once a showing, forgotten when the catalog changes.

    Used by one thread, inside its transaction; `begin` comes first in each.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._tx: Connection[Any] | None = None
        # Of the catalog, as it is remembered; −1 when nothing is.
        self.revision = -1
        self._showings: dict[tuple[str, str], ShowingRef] = {}
        self._venues: set[str] = set()
        # Whether a showing that is not remembered may be there all the same.
        self._is_partial = True

    def begin(self, tx: Connection[Any], revision: int) -> None:
        """Forget what may be stale when the catalog is at another revision now."""
        self._tx = tx
        if revision != self.revision or len(self._showings) > SHOWINGS_REMEMBERED_MAX:
            self.forget()
            self.revision = revision

    def forget(self) -> None:
        """Forget everything: after a rollback, what was announced has not happened."""
        self.revision = -1
        self._is_partial = True
        self._showings.clear()
        self._venues.clear()

    def prepare(self, keys: Iterable[tuple[str, str]]) -> None:
        """Ask for all showings that a group names, in one question."""
        # From here on, what is not remembered is not there.
        self._is_partial = False
        missing = [key for key in keys if key not in self._showings]
        if missing and self._tx is not None:
            self._showings.update(catalog.find_showings(self._tx, missing))

    def knows(self, keys: Iterable[tuple[str, str]]) -> bool:
        """Whether all these showings are remembered."""
        return all(key in self._showings for key in keys)

    def find(self, venue: str, showing: str) -> ShowingRef | None:
        """Give a showing, or None."""
        key = (venue, showing)
        if self._is_partial and key not in self._showings and self._tx is not None:
            self._showings.update(catalog.find_showings(self._tx, [key]))
        return self._showings.get(key)

    def knows_venue(self, venue: str) -> bool:
        """Whether there is such a venue."""
        if venue not in self._venues and self._tx is not None:
            self._venues |= catalog.find_venues(self._tx, [venue])
        return venue in self._venues

    def change(
        self, event: ShowingAnnounced | ShowingMoved | ShowingCancelled, sender: Sender
    ) -> ShowingRef | Verdict:
        """Announce, move or cancel a showing, or say why not."""
        if self._tx is None:
            message = "begin comes first"
            raise RuntimeError(message)
        if not sender.may_announce:
            detail = "This source may not change the schedule."
            return Verdict(Outcome.SOURCE_MAY_NOT_ANNOUNCE, "kind", detail)
        row = self._allowed(self._tx, event, sender)
        if isinstance(row, Verdict):
            return row
        revision = catalog.take_revision(self._tx)
        if revision != self.revision + 1:
            # Whoever changed the catalog since we looked was waited for just now: look again.
            self.forget()
            row = self._allowed(self._tx, event, sender)
        # Nobody else can change it before we commit, so what we remember is what there is.
        self.revision = revision
        if isinstance(row, Verdict):
            return row
        changed = catalog.change_showing(
            self._tx, row, revision=revision, announced_by=sender.source_id
        )
        self._showings[event.venue, event.showing] = changed
        return changed

    def _allowed(
        self,
        tx: Connection[Any],
        event: ShowingAnnounced | ShowingMoved | ShowingCancelled,
        sender: Sender,
    ) -> dict[str, Any] | Verdict:
        """Give the showing as the event leaves it, or say why it may not."""
        known = self.find(event.venue, event.showing)
        row = (
            self._announced(event, known)
            if isinstance(event, ShowingAnnounced)
            else self._changed(event, known)
        )
        if isinstance(row, Verdict):
            return row
        hall_id = catalog.find_hall(tx, event.venue, row["hall"])
        if hall_id is None:
            detail = f"Venue {event.venue!r} has no hall {row['hall']!r}."
            return Verdict(Outcome.HALL_NOT_IN_CATALOG, "hall", detail)
        if hall_id not in sender.hall_ids:
            detail = f"This source may not speak for hall {row['hall']!r}."
            return Verdict(Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL, "hall", detail)
        if not catalog.has_version(tx, row["version"]):
            detail = f"The catalog has no film version {row['version']!r}."
            return Verdict(Outcome.FILM_VERSION_NOT_IN_CATALOG, "film_version", detail)
        return row

    @staticmethod
    def _announced(
        event: ShowingAnnounced, known: ShowingRef | None
    ) -> dict[str, Any] | Verdict:
        if known is not None:
            detail = f"Venue {event.venue!r} has a showing {event.showing!r} already."
            return Verdict(Outcome.SHOWING_ALREADY_ANNOUNCED, "showing", detail)
        return {
            "venue": event.venue,
            "code": event.showing,
            "hall": event.hall,
            "version": event.film_version,
            "starts_at": to_text(event.starts_at),
            "format": event.format,
            "capacity": event.capacity,
            "prices": event.prices,
            "state": "announced",
        }

    @staticmethod
    def _changed(
        event: ShowingMoved | ShowingCancelled, known: ShowingRef | None
    ) -> dict[str, Any] | Verdict:
        if known is None:
            detail = f"Venue {event.venue!r} has no showing {event.showing!r}."
            return Verdict(Outcome.SHOWING_NOT_IN_CATALOG, "showing", detail)
        if known.state == "cancelled":
            detail = f"Showing {event.showing!r} is cancelled."
            return Verdict(Outcome.SHOWING_ALREADY_CANCELLED, "showing", detail)
        row = {
            "venue": event.venue,
            "code": event.showing,
            "hall": known.hall_code,
            "version": known.version_code,
            "starts_at": to_text(known.starts_at),
            "format": known.format,
            "capacity": known.capacity,
            "prices": known.prices,
            "state": "announced",
        }
        if isinstance(event, ShowingCancelled):
            return {**row, "state": "cancelled"}
        if event.starts_at is not None:
            row["starts_at"] = to_text(event.starts_at)
        if event.hall is not None:
            # Another hall has other places, unless the source says how many are on sale.
            row["hall"], row["capacity"] = event.hall, None
        if event.capacity is not None:
            row["capacity"] = event.capacity
        return row


class RememberedSenders:
    """Keys and rights for one writer, asked once and forgotten when access changes."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        # Of keys and rights, as they are remembered.
        self.revision = -1
        self._senders: dict[str, tuple[access.Key, Sender] | None] = {}

    def begin(self, revision: int) -> None:
        """Forget what may be stale when keys or rights are at another revision now."""
        if revision != self.revision or len(self._senders) > SENDERS_REMEMBERED_MAX:
            self._senders.clear()
            self.revision = revision

    def recall(self, key_id: str) -> tuple[access.Key, Sender] | None:
        """Give a key and what its source may do as they are remembered, or None."""
        return self._senders.get(key_id)

    def find(self, tx: Connection[Any], key_id: str) -> tuple[access.Key, Sender] | None:
        """Give a key and what its source may do, as this transaction sees it."""
        if key_id not in self._senders:
            key = access.find_key_within(tx, key_id)
            self._senders[key_id] = (
                None
                if key is None or key.source_id is None
                else (
                    key,
                    Sender(
                        source_id=key.source_id,
                        key_id=key_id,
                        hall_ids=access.read_halls(tx, key.source_id),
                        may_announce=bool(key.may_announce),
                    ),
                )
            )
        return self._senders[key_id]
