"""
What SIAE's documents share on their way to facts: tickets, events, promoters keep their meaning.

A ticket is known by system, card and number in LOG and in LTA alike, so either may come first.
Amounts are in cents of the euro, and the reader says so when another currency is asked for.
"""

import json
from datetime import date, datetime, time
from typing import Any

from ekino.ingest.formats.facts import Facts, FilmName, Showing, Unmapped, malformed
from ekino.kernel.moments import zone

CURRENCY = "EUR"
# What stands for a seat where seats have no numbers.
UNNUMBERED = frozenset({"", "UNICO", "POSTO UNICO"})
# Full price: the kind of title that is no concession begins with it.
_FULL_PRICE = "I"


def begin(name: str, version: str, currency: str) -> Facts:
    """Begin the facts of a file; `currency_differs` unless euros are asked for."""
    if currency != CURRENCY:
        raise malformed(
            "",
            "currency_differs",
            f"amounts of SIAE are cents of the euro, and {currency} is asked for",
            "Hand the file in for venues whose currency is EUR.",
        )
    return Facts(format=name, version=version, currency=currency)


def showing_code(venue: str, day: date, clock: time) -> str:
    """Name an event as SIAE's documents agree on it: venue, date and time."""
    return f"{venue}.{day:%Y%m%d}.{clock:%H%M}"


def ticket_code(key: tuple[str, str, int]) -> str:
    """Name a title by system, card and number."""
    return f"{key[0]}.{key[1]}.{key[2]}"


class Showings:
    """The events of a file, each told once."""

    def __init__(self, result: Facts, timezone: str) -> None:
        """Tell them into `result`, in the venue's zone."""
        self._result = result
        self._zone = zone(timezone)
        self._films: dict[str, FilmName] = {}

    def moment(self, day: date, clock: time) -> datetime:
        """Give a local moment of the file."""
        return datetime.combine(day, clock, self._zone)

    def tell(self, place: str, of: Any, organiser: str, capacity: int | None = None) -> str:
        """Tell an event when it is first met; a second title of it is kept aside."""
        code = showing_code(of.venue, of.day, of.clock)
        film = FilmName(title=of.title, format=of.genre, distributor=organiser)
        known = self._films.setdefault(code, film)
        if known is film:
            self._result.showings.append(
                Showing(
                    place=place,
                    code=code,
                    venue=of.venue,
                    hall="",
                    starts_at=self.moment(of.day, of.clock),
                    film=film,
                    capacity=capacity,
                )
            )
        elif known != film:
            self._result.unmapped.append(
                Unmapped(
                    place=place,
                    raw=json.dumps(
                        [film.title, film.format, organiser], ensure_ascii=False
                    ),
                    reason="event_named_otherwise",
                    words=f"{code} is {known.title!r} above; the title is counted to that.",
                )
            )
        return code


def place_of(line: int, number: int, element: str) -> str:
    """Say where something stands: its line, or its number where the document has no lines."""
    return f"line {line}" if line else f"{element} {number}"


def seat_of(seat: str) -> str:
    """Give a seat's number; "" where seats have none."""
    return "" if seat.upper() in UNNUMBERED else seat


def concession_of(title_class: str) -> str:
    """Give the kind of title where it is none at the full price."""
    return "" if title_class.startswith(_FULL_PRICE) else title_class
