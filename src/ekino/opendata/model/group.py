"""Groups of venues' figures, and the rule of which may be shown to everybody."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ekino.opendata.model.limits import Limits

# Whose sales two venues are: each of the two may subtract its own.
TOP_VENUES = 2


class Part(NamedTuple):
    """What one venue contributed to something."""

    venue_id: int
    admissions: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class Group:
    """What some venues contributed together; one part for each that sold a ticket."""

    parts: tuple[Part, ...] = ()

    @property
    def admissions(self) -> int:
        """Tickets of all venues."""
        return sum(part.admissions for part in self.parts)

    @property
    def gross_minor(self) -> int:
        """Takings of all venues, in minor units."""
        return sum(part.gross_minor for part in self.parts)

    @property
    def is_empty(self) -> bool:
        """Say whether nobody contributed anything."""
        return not self.parts


def gather(parts: Iterable[Part]) -> Group:
    """Add up parts by venue; a venue whose sales were all taken back contributes nothing."""
    admissions: defaultdict[int, int] = defaultdict(int)
    gross: defaultdict[int, int] = defaultdict(int)
    for part in parts:
        admissions[part.venue_id] += part.admissions
        gross[part.venue_id] += part.gross_minor
    return Group(
        tuple(
            Part(venue_id, admissions[venue_id], gross[venue_id])
            for venue_id in sorted(admissions)
            if admissions[venue_id] or gross[venue_id]
        )
    )


def together(groups: Iterable[Group]) -> Group:
    """Give several groups as one."""
    return gather(part for group in groups for part in group.parts)


def may_show(group: Group, limits: Limits) -> bool:
    """
    Say whether a group gives nobody away.

    It has `tickets_min` tickets of `venues_min` venues, and the two largest make up at most
    `top_share_max` of its takings. Sources: the threshold and (n, k) rules of the ESSNet
    handbook on statistical disclosure control.
    """
    sellers = [part for part in group.parts if part.admissions > 0]
    if group.admissions < limits.tickets_min or len(sellers) < limits.venues_min:
        return False
    takings = sorted((max(part.gross_minor, 0) for part in group.parts), reverse=True)
    # Where everybody enters for nothing there are no takings to dominate.
    return sum(takings[:TOP_VENUES]) <= limits.top_share * sum(takings)


def hides(groups: Iterable[Group], limits: Limits) -> bool:
    """
    Say whether withheld groups hide behind their sum, which anybody can work out.

    There are at least two, their sum itself may be shown, and no one of them makes up so
    much of it that the sum is nearly its figure.
    """
    members = [group for group in groups if not group.is_empty]
    whole = together(members)
    takings = sum(max(group.gross_minor, 0) for group in members)
    largest = max((group.gross_minor for group in members), default=0)
    tickets = sum(max(group.admissions, 0) for group in members)
    most = max((group.admissions for group in members), default=0)
    return (
        len(members) > 1
        and may_show(whole, limits)
        and largest <= limits.top_share * takings
        and most <= limits.top_share * tickets
    )
