"""Showings of the last day and a bit, hall by hall: read once an hour, then only what changed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.feeds.model.halls import Hall, Spans, spans_of
from ekino.feeds.store import rounds as store
from ekino.feeds.store.rounds import Pair, ShowingRow

_HOUR = timedelta(hours=1)
# Showings that changed since the last look; where more did, all are read.
CHANGED_MAX = 5_000


class Playbill:
    """
    Remembers what is on, so that a round asks only for what it cannot know.

    A showing that has sold a ticket has, whatever comes; those that began since a hall's last
    sale are asked about in every round. What is announced, moved or cancelled is known by the
    catalog's revision; with other rights, and with every hour, it begins anew.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        # Since and until when, and under which rights.
        self._read: tuple[datetime, datetime, int] | None = None
        self._revision = -1
        self._places: dict[int, list[tuple[Pair, Hall]]] = {}
        self.halls: dict[Pair, dict[str, Hall]] = {}
        # When showings are on; a showing of this hour that has not begun is among them.
        self.spans: dict[Pair, Spans] = {}

    def look(self, tx: Connection[Any], since: datetime, at: datetime) -> None:
        """Come to know what is on in [since, at], and what it has sold."""
        of_catalog, of_rights = store.read_revisions(tx)
        until = at.replace(minute=0, second=0, microsecond=0) + _HOUR
        changed: list[ShowingRow] | None = None
        if self._read == (since, until, of_rights):
            changed = self._changed(tx, since, until, of_catalog)
        if changed is None:
            self.halls, self.spans, self._places = {}, {}, {}
            self._put(store.list_showings(tx, since, until))
        elif changed:
            self._take_out(row.showing_id for row in changed)
            self._put(row for row in changed if row.is_on)
        self._read, self._revision = (since, until, of_rights), of_catalog
        self._note_sales(tx, at)

    def _changed(
        self, tx: Connection[Any], since: datetime, until: datetime, revision: int
    ) -> list[ShowingRow] | None:
        """Give showings that changed since the last look; None where they are too many."""
        if revision == self._revision:
            return []
        found = store.list_showings_changed(
            tx, self._revision, since, until, limit=CHANGED_MAX + 1
        )
        return found if len(found) <= CHANGED_MAX else None

    def _put(self, rows: Iterable[ShowingRow]) -> None:
        touched: set[Pair] = set()
        for row in rows:
            pair = (row.source_id, row.venue_id)
            halls = self.halls.setdefault(pair, {})
            hall = halls.get(row.hall)
            if hall is None:
                hall = halls[row.hall] = Hall(row.hall)
            hall.put((row.starts_at, row.showing_id), is_sold=row.is_sold)
            self._places.setdefault(row.showing_id, []).append((pair, hall))
            touched.add(pair)
        self._span(touched)

    def _take_out(self, showing_ids: Iterable[int]) -> None:
        touched: set[Pair] = set()
        for showing_id in set(showing_ids):
            for pair, hall in self._places.pop(showing_id, ()):
                hall.take_out(showing_id)
                touched.add(pair)
        self._span(touched)

    def _span(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            halls = self.halls[pair].values()
            self.spans[pair] = spans_of(at for hall in halls for at, _ in hall.starts)

    def _note_sales(self, tx: Connection[Any], at: datetime) -> None:
        """Come to a moment: move every hall there, and ask what of the unsold was sold since."""
        asked: dict[tuple[int, int], Hall] = {}
        for (source_id, _), halls in self.halls.items():
            for hall in halls.values():
                hall.move(at)
                for _, showing_id in hall.quiet:
                    asked[showing_id, source_id] = hall
        for showing_id, source_id in store.list_sold(tx, asked):
            hall = asked[showing_id, source_id]
            hall.sell(showing_id)
            hall.move(at)
