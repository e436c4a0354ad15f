"""A day's programme: which film every hall of the country shows, and when."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random

from msgspec import Struct

from ekino_demo.country.calendar import at, is_weekend
from ekino_demo.country.films import Film, Version, films
from ekino_demo.country.places import Cinema, Hall, cinemas
from ekino_demo.country.prices import price_list
from ekino_demo.dice import dice

HOUR_MIN = 60
# Trailers before the film, and time to empty and clean the hall after it.
_BEFORE_AND_AFTER_MIN = 30
# Starts are written in steps of five minutes.
_STEP_MIN = 5
# After midnight, in the cinemas that show at night; the last one ends after daybreak, and all
# of them belong to the business date of the evening before.
_NIGHT_STARTS_MIN = tuple(24 * HOUR_MIN + each for each in (25, 110, 205, 290, 345))
_EVENING_HOUR = 17
_LATE_HOUR = 21
_MORNING_HOUR = 13
_ADULT_MARKS = ("18+", "21+")
_3D_SHARE = 0.3
_FORMATS_3D = ("Animation", "Sci-Fi")

# Of a hundred viewers, how many follow a film in Kazakh; the rest of them, in Russian.
_KAZAKH_PERCENT = {
    "KZ-75": 42, "KZ-71": 52, "KZ-79": 66, "KZ-35": 34, "KZ-39": 22, "KZ-59": 20,
    "KZ-55": 28, "KZ-63": 36, "KZ-11": 32, "KZ-10": 58, "KZ-15": 70, "KZ-23": 78,
    "KZ-27": 60, "KZ-47": 78, "KZ-31": 66, "KZ-61": 84, "KZ-43": 84, "KZ-19": 62,
    "KZ-33": 64, "KZ-62": 56,
}  # fmt: skip


class Showing(Struct, frozen=True, kw_only=True):
    """One film version, one hall, one start."""

    venue: str
    # Unique in its venue, for ever.
    code: str
    hall: str
    version: str
    starts_at: datetime
    format: str
    capacity: int
    # By name, in tiyn.
    prices: dict[str, int]
    # How strongly it draws viewers, beside others of the same day; no unit.
    pull: float


def _fit(film: Film, hour: int) -> float:
    """Say how well a film suits an hour of the day, 0 … 1."""
    if film.age_mark in _ADULT_MARKS and hour < _EVENING_HOUR:
        return 0.0
    match film.drawn_to:
        case "family":
            return 1.0 if hour < _EVENING_HOUR else 0.35 if hour < _LATE_HOUR else 0.0
        case "evening":
            return 0.45 if hour < _MORNING_HOUR else 0.8 if hour < _EVENING_HOUR else 1.0
        case "late":
            return 1.0 if hour >= _LATE_HOUR else 0.5
        case _:
            return 0.9


# How full halls are by the hour of the start, from 0 to 23; the peak is at seven and eight.
_DRAW_OF_HOUR = (
    .34, .26, .22, .20, .18, .16, .10, .10, .16, .20, .26, .34,
    .44, .50, .54, .58, .66, .80, .96, 1.0, .94, .78, .60, .46,
)  # fmt: skip


def _pull(film: Film, cinema: Cinema, hall: Hall, starts_at: datetime) -> float:
    weekend = 1.35 if is_weekend(starts_at.date()) else 1.0
    return float(
        film.popularity**1.15
        * _DRAW_OF_HOUR[starts_at.hour]
        * weekend
        * hall.capacity**0.6
        * (1.25 if len(cinema.halls) > 4 else 0.8)  # noqa: PLR2004 - a multiplex
    )


def _draw_film(
    roll: Random,
    hour: int,
    shown: Counter[str],
    hall_number: int,
    on_show: tuple[Film, ...],
) -> Film:
    """Draw what a hall shows next: popular films more often, the same film less and less."""
    # The largest hall is for the films that fill it.
    keenness = 1.35 if hall_number == 1 else 0.9
    weights = [
        film.popularity**keenness * _fit(film, hour) / (1 + 0.8 * shown[film.code])
        for film in on_show
    ]
    return roll.choices(on_show, weights)[0]


def _draw_version(roll: Random, film: Film, region: str) -> Version:
    kazakh = _KAZAKH_PERCENT[region]
    weights = []
    for version in film.versions:
        weight = float(kazakh if version.reads == "kk" else 100 - kazakh)
        # Subtitles and voice-over are for the few who look for them.
        weights.append(weight * (0.12 if version.kind == "subtitled" else 1))
    return roll.choices(film.versions, weights)[0]


def _starts_of_hall(
    roll: Random,
    cinema: Cinema,
    hall: Hall,
    shown: Counter[str],
    on_show: tuple[Film, ...],
) -> list[tuple[int, Film]]:
    """Give (minutes after midnight, film) one after another, from opening time on."""
    number = int(hall.code)
    is_large = len(cinema.halls) > 3  # noqa: PLR2004 - a cinema people come to from afar
    minute = (9 * HOUR_MIN + 30 if is_large else 11 * HOUR_MIN) + 20 * (number % 5)
    minute += roll.randrange(0, 50, _STEP_MIN)
    last = (23 * HOUR_MIN + 35) if is_large else 22 * HOUR_MIN
    starts = []
    while minute <= last:
        film = _draw_film(roll, minute // HOUR_MIN, shown, number, on_show)
        shown[film.code] += 1
        starts.append((minute, film))
        minute += film.running_time_min + _BEFORE_AND_AFTER_MIN
        minute += -minute % _STEP_MIN + roll.choice((0, 0, 5, 10, 20))
    if number <= cinema.night_halls:
        busy_until = minute
        for start in _NIGHT_STARTS_MIN:
            if start >= busy_until:
                film = _draw_film(roll, _LATE_HOUR, shown, number, on_show)
                starts.append((start, film))
                busy_until = start + film.running_time_min + _BEFORE_AND_AFTER_MIN
    return starts


def _programme_of_cinema(
    cinema: Cinema, day: date, seed: int, on_show: tuple[Film, ...]
) -> list[Showing]:
    roll = dice("programme", seed, day.isoformat(), cinema.code)
    shown: Counter[str] = Counter()
    programme = []
    for hall in cinema.halls:
        for minutes, film in _starts_of_hall(roll, cinema, hall, shown, on_show):
            starts_at = at(day, minutes=minutes)
            is_3d = film.genres[0] in _FORMATS_3D and roll.random() < _3D_SHARE
            form = "3D" if is_3d else "2D"
            programme.append(
                Showing(
                    venue=cinema.code,
                    code=f"{day:%y%m%d}-{hall.code}-{starts_at:%H%M}",
                    hall=hall.code,
                    version=_draw_version(roll, film, cinema.region).code,
                    starts_at=starts_at,
                    format=form,
                    capacity=hall.capacity,
                    prices=price_list(cinema, starts_at, form=form),
                    pull=_pull(film, cinema, hall, starts_at) * roll.uniform(0.6, 1.4),
                )
            )
    return programme


@lru_cache(maxsize=4)
def programme_of(day: date, seed: int) -> tuple[Showing, ...]:
    """
    Give every showing of a business date, over all halls of all cinemas.

    The same day and seed give the same programme. Showings after midnight are in it: they
    belong to the evening before.
    """
    return tuple(
        showing
        for cinema in cinemas()
        for showing in _programme_of_cinema(cinema, day, seed, films())
    )


def earlier_programme_of(
    day: date, seed: int, on_show: tuple[Film, ...]
) -> tuple[Showing, ...]:
    """Give every showing that the connected cinemas had on an earlier business date."""
    return tuple(
        showing
        for cinema in cinemas()
        if cinema.is_connected
        for showing in _programme_of_cinema(cinema, day, seed, on_show)
    )


def ends_at(showing: Showing, film: Film) -> datetime:
    """Give the instant at which the hall is empty again."""
    return showing.starts_at + timedelta(
        minutes=film.running_time_min + _BEFORE_AND_AFTER_MIN
    )
