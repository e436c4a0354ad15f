"""Alarms: what is asked, from when it was seen until it had been over for a while."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ekino.feeds.model.judging import Finding
from ekino.feeds.model.states import Kind

# What is over must stay over for so long before an alarm closes, and what comes back within this
# time opens the same alarm again: a line that flaps is told of once.
CLOSE_AFTER = timedelta(minutes=10)
REOPEN_WITHIN = timedelta(hours=1)
# Facts that are running numbers, where they are numbers (`first` may also be a day): a line of a
# shared system crosses cinemas, and two numbers of it tell how much the others sell.
RUNNING_NUMBERS = frozenset({"first", "number"})


@dataclass(frozen=True, slots=True)
class Name:
    """What an alarm is about: there is at most one open by each name."""

    kind: Kind
    source_id: int
    # 0: the source as a whole.
    venue_id: int
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An alarm that is open, or was closed lately."""

    last_seen_at: datetime
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What becomes of alarms after one look."""

    opened: Mapping[Name, Finding]
    # Closed lately, and come back.
    reopened: Mapping[Name, Finding]
    seen: Sequence[Name]
    closed: Sequence[Name]


def without_numbers(facts: Mapping[str, object]) -> dict[str, object]:
    """Give an alarm's facts for whoever neither runs nor makes its source: no running number."""
    return {
        name: fact
        for name, fact in facts.items()
        if name not in RUNNING_NUMBERS or not isinstance(fact, int)
    }


def named(
    source_id: int, findings: Iterable[Finding], *, is_one_venue: bool
) -> dict[Name, Finding]:
    """
    Give what is asked by its name.

    A source that speaks for several venues and is silent is asked once, and not for each.
    """
    asked: dict[Name, Finding] = {}
    for finding in findings:
        if not finding.is_asked:
            continue
        is_whole = finding.kind is Kind.SILENT and not is_one_venue
        name = Name(
            finding.kind,
            source_id,
            0 if is_whole else finding.venue_id,
            finding.subject,
        )
        known = asked.get(name)
        if known is None or finding.known_at < known.known_at:
            asked[name] = finding
    return asked


def step(
    known: Mapping[Name, Known], asked: Mapping[Name, Finding], *, now: datetime
) -> Changes:
    """Lay what is asked now beside the alarms there are."""
    opened: dict[Name, Finding] = {}
    reopened: dict[Name, Finding] = {}
    seen: list[Name] = []
    for name, finding in asked.items():
        alarm = known.get(name)
        if alarm is None or (
            alarm.closed_at is not None and now - alarm.closed_at > REOPEN_WITHIN
        ):
            opened[name] = finding
        elif alarm.closed_at is not None:
            reopened[name] = finding
        else:
            seen.append(name)
    closed = [
        name
        for name, alarm in known.items()
        if alarm.closed_at is None
        and name not in asked
        and now - alarm.last_seen_at >= CLOSE_AFTER
    ]
    return Changes(opened=opened, reopened=reopened, seen=seen, closed=closed)
