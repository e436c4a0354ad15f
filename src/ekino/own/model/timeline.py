"""A hall's evening as a drawing: each showing where it stands between opening and night."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ekino.kernel.moments import zone
from ekino.own.model.cinema import HallDay, Showing

# In minutes since local midnight of the business date; a drawing is never narrower.
_OPENS = 9 * 60
_CLOSES = 24 * 60
_HOUR = 60
# Percent.
_WHOLE = 100
# Hours between two marks.
MARKS_EVERY_H = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A showing's place in the drawing, in percent of its width."""

    showing: Showing
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One hall's showings."""

    hall: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes of a cinema, the full hours under them, and where the present is."""

    lanes: tuple[Lane, ...]
    # (hour of the clock, percent).
    marks: tuple[tuple[int, float], ...]
    # None while the day has not begun or is over.
    now: float | None


def draw(halls: Sequence[HallDay], day: date, timezone: str, *, at: datetime) -> Timeline:
    """Lay a day's showings out, from the first full hour to the last that any needs."""
    local = zone(timezone)

    def minute(instant: datetime) -> int:
        moment = instant.astimezone(local)
        return (moment.date() - day).days * 1440 + moment.hour * 60 + moment.minute

    showings = [each for hall in halls for each in hall.showings]
    begin = min([_OPENS, *(minute(each.starts_at) for each in showings)]) // _HOUR * _HOUR
    ends = [minute(each.starts_at + timedelta(minutes=each.minutes)) for each in showings]
    end = -(-max([_CLOSES, *ends]) // _HOUR) * _HOUR
    width = end - begin

    def percent(value: float) -> float:
        return round(100 * (value - begin) / width, 2)

    now = percent(minute(at))
    return Timeline(
        lanes=tuple(
            Lane(
                hall.hall,
                tuple(
                    Span(
                        each,
                        percent(minute(each.starts_at)),
                        round(100 * each.minutes / width, 2),
                    )
                    for each in hall.showings
                ),
            )
            for hall in halls
        ),
        marks=tuple(
            (hour % 24, percent(hour * _HOUR))
            for hour in range(begin // _HOUR, end // _HOUR)
            if hour % MARKS_EVERY_H == 0
        ),
        now=now if 0 <= now <= _WHOLE else None,
    )
