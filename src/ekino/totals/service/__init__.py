"""What others may ask of totals: to follow, to begin again, to group, to show the day."""

import threading
from datetime import date, datetime, timedelta
from typing import Any

from ekino.db.database import Database, Role
from ekino.kernel.moments import Clock, now
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country
from ekino.totals.model.groups import Dimension, Groups, verify_span
from ekino.totals.service.films import compare_films, read_film, read_films
from ekino.totals.service.periods import read_box_office, read_calendar
from ekino.totals.service.trade import trade_of
from ekino.totals.store import board as board_store
from ekino.totals.store import fold as fold_store
from ekino.totals.store import groups as groups_store

__all__ = [
    "FOLD_ENTRIES_MAX",
    "LatestBoard",
    "compare_films",
    "follow",
    "read_board",
    "read_box_office",
    "read_calendar",
    "read_film",
    "read_films",
    "read_groups",
    "read_lag",
    "rebuild",
    "trade_of",
]

# Entries folded in one transaction: about a tenth of a second of work.
FOLD_ENTRIES_MAX = 20_000
# Entries of one step of a rebuild. Nobody waits for it, and a showing that sold for a week is
# written once a step: the larger the step, the fewer rows are written twice.
REBUILD_ENTRIES_MAX = 1_000_000


def follow(db: Database, *, entries_max: int = FOLD_ENTRIES_MAX) -> int:
    """
    Fold the next entries into the totals, and give how many there were.

    Any number of followers may run at once: they take turns at the follower's row.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        return fold_store.fold_next(tx, entries_max=entries_max)
        # From here the entries are counted; a crash before it counts none of them.


def rebuild(db: Database, *, is_dry_run: bool = False) -> int:
    """
    Compute every total again from position 0 and give how many entries there were.

    One transaction: readers see the old totals until the new ones are whole.
    """
    folded = 0
    try:
        with db.transaction(Role.FOLLOWER) as tx:
            fold_store.forget(tx)
            while count := fold_store.fold_next(tx, entries_max=REBUILD_ENTRIES_MAX):
                folded += count
            if is_dry_run:
                raise _TakenBack
    except _TakenBack:
        pass
    return folded


class _TakenBack(Exception):
    """Raised at the end of a dry run, so that nothing stays."""


def read_groups(
    db: Database,
    *,
    by: tuple[Dimension, ...],
    from_date: date | None = None,
    to_date: date | None = None,
) -> Groups:
    """
    Group tickets and takings by any of the dimensions, over business dates [from, to).

    Currencies are never mixed: each row is of one currency. Position and rows come from one
    snapshot, so the figures are those of `as_of` exactly.
    """
    verify_span(from_date, to_date)
    with db.transaction(Role.READER) as tx:
        groups_store.take_snapshot(tx)
        as_of, at, size = groups_store.read_as_of(tx)
        rows = groups_store.read_groups(tx, by, from_date, to_date)
    wanted = {dimension.name.lower() for dimension in by}
    return Groups(
        as_of=as_of,
        at=at,
        register_size=size,
        rows=[_row(row, wanted) for row in rows],
    )


_NAMES = {"region_name": "region", "film_title": "film", "venue_name": "venue"}
_FIGURES = ("currency", "tickets", "gross_minor", "fees_minor", "showings")


def _row(row: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    """Leave out what was not asked for; add the takings with fees."""
    shown = {
        name: value
        for name, value in row.items()
        if _NAMES.get(name, name) in wanted or name in _FIGURES
    }
    shown["gross_with_fees_minor"] = shown["gross_minor"] + shown["fees_minor"]
    if "sales_channel" in wanted:
        # A showing sells through several channels: it is no channel's own.
        shown.pop("showings", None)
    return shown


def read_lag(db: Database) -> tuple[int, int]:
    """Give (entries counted, register size)."""
    with db.transaction(Role.READER) as tx:
        as_of, _, size = groups_store.read_as_of(tx)
    return as_of, size


def read_board(db: Database, country: Country, *, at: datetime) -> Board:
    """Give everything the live page shows of a country's business day, from one snapshot."""
    with db.transaction(Role.READER) as tx:
        return board_store.read_board(tx, country, at=at)


class LatestBoard:
    """
    A country's board, read at most once in `fresh_s` however many ask.

    Pages and streams share one: a full house costs the database no more than one reader.
    """

    def __init__(
        self, db: Database, country: Country, *, fresh_s: float, clock: Clock = now
    ) -> None:
        """Read `country`'s day by `clock`; an answer is given again for `fresh_s` seconds."""
        self._db = db
        self._country = country
        self._fresh = timedelta(seconds=fresh_s)
        self._clock = clock
        self._board: Board | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Board:
        """Give the board, read just now or a moment ago."""
        # Whoever waits here is handed what the one before has read.
        with self._lock:
            at = self._clock()
            if self._board is None or at - self._board.at >= self._fresh:
                self._board = read_board(self._db, self._country, at=at)
            return self._board
