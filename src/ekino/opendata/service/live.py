"""The running day's regions: moved every quarter of an hour, in coarse steps."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.moments import Clock, now
from ekino.opendata.model import periods
from ekino.opendata.model.choice import choose_day
from ekino.opendata.model.figures import Published, Steps, below
from ekino.opendata.service.parameters import limits_on
from ekino.opendata.service.publish import domestic, failed_in, place_of
from ekino.opendata.store import publish as store
from ekino.opendata.store.publish import LiveFigure
from ekino.totals import service as totals
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country, Figures, RegionDay

_DAY = timedelta(days=1)
# Pages read the running day's regions again after so long; they move by the quarter hour.
FRESH_S = 5.0


def slot_of(at: datetime, every_minutes: int) -> datetime:
    """Give the last instant at which regions moved."""
    return at.replace(
        minute=at.minute // every_minutes * every_minutes, second=0, microsecond=0
    )


def move_live(db: Database, country: Country, *, at: datetime) -> None:
    """
    Move the running day's regions to where they stand, if this step has not been taken.

    Figures are rounded down to steps of more than the threshold, and move at the full
    quarter hour only: two readings never enclose fewer tickets than may be shown, and no
    reading tells the moment at which a ticket was sold.
    """
    day = country.today(at)
    limits = limits_on(day)
    steps = Steps.live(limits, country.currency)
    as_of, _ = totals.read_lag(db)
    slot_at = slot_of(at, limits.live_every_minutes)
    with db.transaction(Role.FOLLOWER) as tx:
        next_date = store.lock_progress(tx, place_of(country))
        if any(
            each.admissions is not None and each.at >= slot_at
            for each in store.read_live_figures(tx, day)
        ):
            # One choice a step. A region that joined those shown now would do so beside a choice
            # that hid another behind it.
            return
        sold = store.read_sold(tx, place_of(country), day, day + _DAY).get(day, [])
        month = periods.month(day)
        by_month = store.read_by_month(tx, month.first_date)
        if next_date is None or next_date <= month.first_date:
            # Which regions this month tells by whole months alone is not settled before its first
            # day is published; till then as its first day will settle it.
            by_month = frozenset(failed_in(tx, periods.month(month.first_date - _DAY)))
        chosen = choose_day(sold, limits, by_month=by_month)
        figures: dict[str, Published | None] = {}
        for region, group in chosen.groups.items():
            admissions = below(group.admissions, steps.admissions)
            gross_minor = below(group.gross_minor, steps.takings_minor)
            if region not in chosen.shown or not admissions or not gross_minor:
                figures[region] = None
                continue
            points = 100 * domestic(sold, region).gross_minor // group.gross_minor
            figures[region] = Published(
                admissions,
                gross_minor,
                # In whole percent: a share told finer would tell the takings finer too.
                gross_minor * points // 100 if region in chosen.shares else None,
                len(group.parts),
            )
        store.put_live_figures(
            tx,
            day,
            figures,
            at=at,
            slot_at=slot_at,
            as_of=as_of,
        )


def read_live(db: Database, day: date) -> dict[str, LiveFigure]:
    """Give the running day's regions by code, as everybody is told them."""
    with db.transaction(Role.READER) as tx:
        return {each.region: each for each in store.read_live_figures(tx, day)}


class PublicBoard:
    """The live page's board with its regions as everybody is told them."""

    def __init__(
        self, db: Database, read_board: Callable[[], Board], *, clock: Clock = now
    ) -> None:
        """Put what is published in the place of the exact regions of `read_board`."""
        self._db = db
        self._read_board = read_board
        self._clock = clock
        self._lock = threading.Lock()
        self._live: dict[str, LiveFigure] = {}
        self._read_at: datetime | None = None
        self._day: date | None = None
        # The exact board last seen, and what became of it: one for all who ask at once.
        self._last: tuple[Board, Board] | None = None

    def __call__(self) -> Board:
        """Give the board that everybody may see."""
        board = self._read_board()
        with self._lock:
            live = self._fresh(board.business_date)
            if self._last is None or self._last[0] is not board:
                self._last = (board, public(board, live))
            return self._last[1]

    def _fresh(self, day: date) -> dict[str, LiveFigure]:
        at = self._clock()
        is_old = self._read_at is None or (at - self._read_at).total_seconds() >= FRESH_S
        if is_old or day != self._day:
            self._live, self._day, self._read_at = read_live(self._db, day), day, at
            self._last = None
        return self._live


def public(board: Board, live: dict[str, LiveFigure]) -> Board:
    """Give a board whose regions say what is published of them, and nothing else."""
    moved = [each.at for each in live.values()]
    return replace(
        board,
        regions=tuple(_public(region, live.get(region.code)) for region in board.regions),
        regions_at=max(moved, default=None),
    )


def _public(region: RegionDay, told: LiveFigure | None) -> RegionDay:
    is_told = told is not None and told.admissions is not None
    is_sold = told is not None or region.figures != Figures()
    return replace(
        region,
        figures=Figures(told.admissions or 0, told.gross_minor or 0, 0)
        if told
        else Figures(),
        domestic_minor=told.domestic_minor if told else None,
        is_withheld=is_sold and not is_told,
    )
