"""A ticketing system as its vendor sees it: what it sent, its keys, what was not entered."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from ekino.own.model.cinema import ENDS_SOON, ON_LINE_WITHIN, LightState

# Days that a vendor looks back; a workbench with single requests is another page.
SENT_DAYS = 7
# Keys on one page; a vendor's largest chain has a few hundred tills.
KEYS_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One installation, and what it sent lately; None is not for the reader to know."""

    source_id: int
    code: str
    name: str
    is_active: bool
    may_announce: bool
    allowed_delay_s: int
    halls: int
    venues: int
    heard_at: datetime | None
    batches: int | None
    events: int | None
    entered: int | None
    refused: int | None

    def state(self, at: datetime) -> LightState:
        """Say whether it is heard."""
        if not self.is_active:
            return LightState.ENDED
        if self.heard_at is None:
            return LightState.NEVER
        return (
            LightState.ON_LINE if at - self.heard_at <= ON_LINE_WITHIN else LightState.QUIET
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKey:
    """A key of a source."""

    source: str
    is_active: bool
    key_id: str
    kind: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None
    heard_at: datetime | None
    batches: int | None

    def state(self, at: datetime) -> str:
        """`revoked`, `ended`, `ahead`, `ends_soon` or `valid`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.valid_until <= at:
            return "ended"
        if self.valid_from > at:
            return "ahead"
        return "ends_soon" if self.valid_until <= at + ENDS_SOON else "valid"


# What a key's state may be called.
KEY_STATES = ("revoked", "ended", "ahead", "ends_soon", "valid")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDay:
    """What one source sent on one day."""

    source_id: int
    day: date
    batches: int
    events: int
    entered: int
    refused: int

    @property
    def again(self) -> int:
        """Events that had been entered before: sending twice is safe."""
        return self.events - self.entered - self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedGroup:
    """Events of one source that were not entered for one cause."""

    source: str
    outcome: str
    events: int
    last_at: datetime
    detail: str | None


def by_day(sent: Iterable[SentDay]) -> list[SentDay]:
    """Add up what sources sent, each once however often it was read; the latest day first."""
    days: dict[date, SentDay] = {}
    for each in {(each.source_id, each.day): each for each in sent}.values():
        before = days.get(each.day)
        days[each.day] = (
            each
            if before is None
            else replace(
                before,
                batches=before.batches + each.batches,
                events=before.events + each.events,
                entered=before.entered + each.entered,
                refused=before.refused + each.refused,
            )
        )
    return [days[day] for day in sorted(days, reverse=True)]
