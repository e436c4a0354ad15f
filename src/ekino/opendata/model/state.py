"""How the system is: its components, what a lag means, and bars of ninety days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ekino.kernel.errors import Problem, Refused

# As many days as a page's width shows, and as long as minutes are kept.
BARS_DAYS = 90
# A component that lags more is not up; seconds.
LAG_MAX_S = 60.0
# A checkpoint is made every second or two; a minute without one is noticed.
CHECKPOINT_AGE_MAX_S = 60.0
# After so long without a measurement nobody knows how a component is.
MEASURED_WITHIN = timedelta(minutes=3)
# A day is good from this share of its measured minutes.
_GOOD, _FAIR = 0.999, 0.95
# Followers that have not begun stand at 1970.
_BEGUN_YEAR = 2000


class Component(StrEnum):
    """A part of the system that may be up while others are not."""

    WEB = "web"
    INGEST = "ingest"
    DATABASE = "database"
    TOTALS = "totals"
    TICKETS = "tickets"
    LOG = "log"
    CHECKPOINTS = "checkpoints"


class State(StrEnum):
    """How a component is, or how a day was."""

    UP = "up"
    # Some of the day.
    PARTLY = "partly"
    DOWN = "down"
    NOT_MEASURED = "not_measured"


class Measurement(NamedTuple):
    """How a component was in one minute; `lag_s` where it can lag."""

    component: Component
    is_up: bool
    lag_s: float | None


class Lags(NamedTuple):
    """How old the newest entry is, and how far each follower is behind it."""

    register_size: int
    newest_at: datetime | None
    totals_lag: int
    totals_at: datetime
    tickets_lag: int
    tickets_at: datetime
    log_lag: int
    log_at: datetime


def measure(
    lags: Lags, *, at: datetime, is_web_up: bool, checkpoint_age_s: float | None
) -> list[Measurement]:
    """Give each component's measurement; that it can be asked at all says the database is up."""
    followers = {
        Component.TOTALS: (lags.totals_lag, lags.totals_at),
        Component.TICKETS: (lags.tickets_lag, lags.tickets_at),
        Component.LOG: (lags.log_lag, lags.log_at),
    }
    found = [
        Measurement(Component.WEB, is_web_up, None),
        # Batches enter by the web, so it is up while that answers and the database writes.
        Measurement(Component.INGEST, is_web_up, _age(lags.newest_at, at)),
        Measurement(Component.DATABASE, is_up=True, lag_s=None),
    ]
    for component, (behind, moved_at) in followers.items():
        if behind > 0 and moved_at.year < _BEGUN_YEAR:
            # It has never run: there is no instant to count from.
            found.append(Measurement(component, is_up=False, lag_s=None))
            continue
        lag_s = (_age(moved_at, at) or 0.0) if behind > 0 else 0.0
        found.append(Measurement(component, lag_s <= LAG_MAX_S, lag_s))
    # A log in which nothing changed needs no new checkpoint.
    is_fresh = checkpoint_age_s is not None and (
        checkpoint_age_s <= CHECKPOINT_AGE_MAX_S or lags.log_lag == 0
    )
    found.append(Measurement(Component.CHECKPOINTS, is_fresh, checkpoint_age_s))
    return found


def _age(moment: datetime | None, at: datetime) -> float | None:
    return None if moment is None else max(0.0, (at - moment).total_seconds())


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of a component: how much of it was measured, and how much of that was good."""

    day: date
    measured: int
    up: int

    @property
    def state(self) -> State:
        """Say how the day was."""
        if not self.measured:
            return State.NOT_MEASURED
        share = self.up / self.measured
        return (
            State.UP if share >= _GOOD else State.PARTLY if share >= _FAIR else State.DOWN
        )


def bars(days: Mapping[date, tuple[int, int]], *, today: date) -> list[Bar]:
    """Give the last BARS_DAYS days, oldest first, from (minutes measured, minutes up)."""
    first = today - timedelta(days=BARS_DAYS - 1)
    dates = (first + timedelta(days=number) for number in range(BARS_DAYS))
    return [Bar(day, *days.get(day, (0, 0))) for day in dates]


def share_up(of: Iterable[Bar]) -> float | None:
    """Give the share of measured minutes in which a component was up; None: none measured."""
    listed = list(of)
    measured = sum(bar.measured for bar in listed)
    return sum(bar.up for bar in listed) / measured if measured else None


def read_component(text: str) -> Component:
    """Read a component's name; `Refused` names what there is."""
    try:
        return Component(text)
    except ValueError as error:
        detail = f"there is no component {text!r}"
        problem = Problem(
            pointer="component",
            code="component_unknown",
            detail=detail,
            fix="Use one of " + ", ".join(Component) + ".",
        )
        raise Refused(detail, problems=[problem], code="component_unknown") from error
