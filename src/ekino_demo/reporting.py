"""What the country's systems report: who they are, and what their days came to."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from ekino_demo.books import Day
from ekino_till import Declared

# As many as the register takes in one report.
DAYS_MAX = 40
# A system that is switched off says so for less than the seven days that may be said.
RESTS_FOR = timedelta(days=6)

# By business date, what a cinema's books say.
DaysOf = Callable[[str], Mapping[date, Day]]


class Declaring:
    """
    Gives the days of one source's reports: called for each, and told when it was answered.

    A day is over when another business date has begun and nothing waits in the spool; from
    then on it is final, and declared until a report with it was answered.
    """

    def __init__(
        self,
        venues: Iterable[str],
        days_of: DaysOf,
        *,
        waiting: Callable[[], int],
        today: Callable[[], date],
    ) -> None:
        """Take the cinemas that the source speaks for, and what says how things stand."""
        self._venues = tuple(venues)
        self._days_of = days_of
        self._waiting = waiting
        self._today = today
        self._said: list[Declared] = []
        self._settled: set[Declared] = set()

    def __call__(self) -> Sequence[Declared]:
        """Give today's days, then those that are over, then what is sold ahead."""
        is_sent = not self._waiting()
        today = self._today()
        days = [
            (day, venue, sums)
            for venue in self._venues
            for day, sums in self._days_of(venue).items()
        ]
        days.sort(key=lambda each: each[:2])
        over = [
            declared(venue, day, sums, is_final=True)
            for day, venue, sums in days
            if day < today and is_sent
        ]
        running = [declared(venue, day, sums) for day, venue, sums in days if day == today]
        ahead = [declared(venue, day, sums) for day, venue, sums in days if day > today]
        fresh = [each for each in over if each not in self._settled]
        self._said = [*running, *fresh, *ahead][:DAYS_MAX]
        return self._said

    def answered(self) -> None:
        """Say that the register has answered the latest report."""
        self._settled.update(each for each in self._said if each.is_final)


def declared(venue: str, day: date, sums: Day, *, is_final: bool = False) -> Declared:
    """Turn a day of the books into what a report says of it."""
    return Declared(
        venue=venue,
        business_date=day.isoformat(),
        tickets=sums.tickets,
        gross_minor=sums.gross_minor,
        refunds=sums.refunds,
        is_final=is_final,
    )


def report_without_spool(
    software: Mapping[str, str],
    *,
    at: datetime,
    days: Sequence[Declared],
    resting_until: datetime | None = None,
) -> bytes:
    """Write the report of a system that sends what it has at once, and numbers by venue."""
    body: dict[str, object] = {
        "software": dict(software),
        "sent_at": at.isoformat(),
        "waiting_events": 0,
        "next_sequence": 1,
        "days": [each.to_wire() for each in days],
    }
    if resting_until is not None:
        body["resting_until"] = resting_until.isoformat()
    return json.dumps(body).encode()
