"""The way of a venue into the register: what it has reached, and what it waits for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Stage(StrEnum):
    """What a venue reaches, one after another."""

    # The catalog has it.
    KNOWN = "known"
    # A source may speak for one of its halls.
    REGISTERED = "registered"
    # That source has a key that may sign batches.
    KEYED = "keyed"
    # Something about it was entered.
    HEARD = "heard"
    # A closed day of it was as whole as is promised.
    WHOLE_DAY = "whole_day"
    # Its vendor's system is certified.
    CERTIFIED = "certified"


STAGES: tuple[Stage, ...] = tuple(Stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is known of a venue's way."""

    venue_id: int
    venue: str
    venue_name: str
    city: str
    region: str
    organisation: str
    # Names of the sources that may speak for it, and their vendors' codes; may be empty.
    sources: tuple[str, ...]
    vendors: tuple[str, ...]
    keyed_since: datetime | None
    heard_since: datetime | None
    whole_day: date | None

    def reached(self, certified: Iterable[str]) -> Stage:
        """Give the last stage that it has reached without leaving one out."""
        have = (
            True,
            bool(self.sources),
            self.keyed_since is not None,
            self.heard_since is not None,
            self.whole_day is not None,
            not set(self.vendors).isdisjoint(certified),
        )
        reached = Stage.KNOWN
        for stage, is_there in zip(STAGES, have, strict=True):
            if not is_there:
                break
            reached = stage
        return reached


def waits_for(reached: Stage) -> Stage | None:
    """Give the stage that comes next; None after the last."""
    place = STAGES.index(reached) + 1
    return STAGES[place] if place < len(STAGES) else None


def funnel(reached: Iterable[Stage]) -> dict[Stage, int]:
    """Say how many venues have come at least so far, stage by stage."""
    places = [STAGES.index(each) for each in reached]
    return {
        stage: sum(place >= number for place in places)
        for number, stage in enumerate(STAGES)
    }
