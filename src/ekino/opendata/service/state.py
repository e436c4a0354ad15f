"""How the system is and was: measured every minute, told by the bar and by the incident."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import Clock, day_begins, now, zone
from ekino.opendata.model import state as model
from ekino.opendata.model.state import Bar, Component, State
from ekino.opendata.service.live import move_live
from ekino.opendata.service.publish import is_due, is_quiet, place_of, publish_next
from ekino.opendata.store import state as store
from ekino.opendata.store.state import CoverageDay, Incident, VendorRow
from ekino.totals.model.day import Country

# Entries looked at in one transaction: about a tenth of a second of work.
FOLD_ENTRIES_MAX = 50_000
COVERAGE_DAYS_MAX = 400
INCIDENTS_MAX = 100
# A day that is due is published after so long even when its past still trickles in.
WAITED_MAX = timedelta(minutes=30)
_LOOK_AGAIN = timedelta(seconds=20)

# Says whether the web answers, and how old the published checkpoint is in seconds (None: none).
Probe = Callable[[], tuple[bool, float | None]]


class Recorder:
    """What is done every minute: measure, note coverage, move the live regions, publish."""

    def __init__(self, country: Country, probe: Probe, *, clock: Clock = now) -> None:
        """Record for one country; `probe` looks at what is outside the database."""
        self._country = country
        self._probe = probe
        self._clock = clock
        self._minute: datetime | None = None
        # Since when a day has been due, and until when nobody need look again.
        self._due_since: datetime | None = None
        self._look_at: datetime | None = None

    def _may_publish(self, db: Database, at: datetime) -> bool:
        """Say whether a day is due and nobody is uploading its past; looks twice a minute."""
        if self._look_at is not None and at < self._look_at:
            return False
        if not is_due(db, self._country, at=at):
            self._due_since, self._look_at = None, at + _LOOK_AGAIN
            return False
        self._due_since = self._due_since or at
        has_waited = at - self._due_since >= WAITED_MAX
        if has_waited or is_quiet(db, self._country, at=at):
            return True
        self._look_at = at + _LOOK_AGAIN
        return False

    def follow(self, db: Database) -> int:
        """Do what is due and give how many days were published or entries were looked at."""
        at = self._clock()
        if self._may_publish(db, at):
            if count := publish_next(db, self._country, at=at):
                return count
            # Totals are behind, however long it has waited.
            self._look_at = at + _LOOK_AGAIN
        minute = at.replace(second=0, microsecond=0)
        if minute == self._minute:
            return 0
        record_minute(db, self._country, at=at, probe=self._probe)
        move_live(db, self._country, at=at)
        while follow_changes(db, self._country):
            pass
        self._minute = minute
        return 0


def follow_changes(
    db: Database, country: Country, *, entries_max: int = FOLD_ENTRIES_MAX
) -> int:
    """Count what was put right among the register's next entries, and give how many there were."""
    with db.transaction(Role.FOLLOWER) as tx:
        return store.fold_changes(tx, entries_max=entries_max, timezone=country.timezone)
        # From here the entries are counted; a crash before it counts none of them.


def record_minute(db: Database, country: Country, *, at: datetime, probe: Probe) -> None:
    """Note how each component is, and how far the register reaches, under this minute."""
    is_web_up, checkpoint_age_s = probe()
    day = country.today(at)
    begins_at = day_begins(day, country.timezone, country.day_starts_hour)
    with db.transaction(Role.FOLLOWER) as tx:
        found = model.measure(
            store.read_lags(tx),
            at=at,
            is_web_up=is_web_up,
            checkpoint_age_s=checkpoint_age_s,
        )
        minute_at = at.replace(second=0, microsecond=0)
        store.put_measurements(tx, found, minute_at=minute_at)
        store.put_coverage(tx, place_of(country), day, begins_at=begins_at, at=at)
        store.forget_measurements(tx, at - timedelta(days=model.BARS_DAYS + 1))


@dataclass(frozen=True, slots=True)
class ComponentState:
    """A component as the page of the state shows it."""

    component: Component
    state: State
    lag_s: float | None
    measured_at: datetime | None
    bars: list[Bar]

    @property
    def share_up(self) -> float | None:
        """The share of the measured minutes in which it was up."""
        return model.share_up(self.bars)


@dataclass(frozen=True, slots=True)
class SystemState:
    """Everything that the page of the state shows."""

    at: datetime
    components: list[ComponentState]
    vendors: list[VendorRow]
    incidents: list[Incident]

    @property
    def is_all_up(self) -> bool:
        """Say whether every component is up."""
        return all(each.state is State.UP for each in self.components)


def read_state(db: Database, country: Country, *, at: datetime) -> SystemState:
    """Give how each component is, and how its last ninety days were."""
    today = at.astimezone(zone(country.timezone)).date()
    since = at - timedelta(days=model.BARS_DAYS)
    with db.transaction(Role.READER) as tx:
        latest = {
            row.component: row
            for row in store.read_now(tx, since=at - model.MEASURED_WITHIN)
        }
        days: defaultdict[str, dict[date, tuple[int, int]]] = defaultdict(dict)
        for component, day, measured, up in store.read_bars(
            tx, since=since, timezone=country.timezone
        ):
            days[component][day] = (measured, up)
        vendors = store.read_vendors(tx)
        incidents = store.list_incidents(tx, since=since, rows_max=INCIDENTS_MAX)
    components = []
    for component in Component:
        row = latest.get(component.value)
        state = State.NOT_MEASURED if row is None else State.UP if row.is_up else State.DOWN
        components.append(
            ComponentState(
                component,
                state,
                row.lag_s if row else None,
                row.minute_at if row else None,
                model.bars(days[component.value], today=today),
            )
        )
    return SystemState(at, components, vendors, incidents)


def read_coverage(db: Database) -> list[CoverageDay]:
    """Give coverage and what was put right, by day, newest first."""
    with db.transaction(Role.READER) as tx:
        return store.read_coverage(tx, days_max=COVERAGE_DAYS_MAX)


def note_incident(
    db: Database,
    component: str,
    *,
    begins_at: datetime,
    ends_at: datetime | None,
    words: dict[str, str],
) -> int:
    """Note an interruption in the words of three languages, and give its number."""
    known = model.read_component(component)
    with db.transaction(Role.OFFICE) as tx:
        return store.insert_incident(
            tx, known.value, begins_at=begins_at, ends_at=ends_at, words=words
        )


def end_incident(db: Database, incident_id: int, *, ends_at: datetime) -> None:
    """Say when an interruption was over; `NotFound` when there is no such."""
    with db.transaction(Role.OFFICE) as tx:
        if not store.end_incident(tx, incident_id, ends_at):
            detail = f"there is no incident {incident_id}"
            raise NotFound(detail, code="incident_not_found")
