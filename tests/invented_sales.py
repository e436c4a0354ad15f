"""Invented sales of a few regions over some weeks, and what the rule publishes of them."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from ekino.opendata.model import choice
from ekino.opendata.model.limits import Limits
from ekino.opendata.model.periods import film_week, month

LIMITS = Limits()
FIRST = date(2026, 10, 22)  # A Thursday; the month turns in the second week.
Atom = tuple[date, str, int, str]


def invent(seed: int, *, days: int = 14) -> dict[date, list[choice.Sold]]:
    """Invent each day's sales: large and tiny regions, giants and villages among venues."""
    dice = random.Random(seed)
    venues: list[tuple[int, str, float]] = []
    for number in range(dice.randrange(3, 8)):
        for _ in range(dice.choice((1, 2, 4, 5, 6, 8))):
            venues.append((len(venues), f"R{number}", dice.choice((1, 2, 3, 3, 9))))
    films = [
        (number, dice.choice((("kk",), ("ru",), ("kk", "ru"))), dice.random() < 0.4)
        for number in range(dice.randrange(2, 7))
    ]
    return {
        FIRST + timedelta(days=day): [
            choice.Sold(
                region, venue, film, language, is_domestic, tickets, tickets * 1_500
            )
            for venue, region, weight in venues
            for film, languages, is_domestic in films
            for language in languages
            if dice.random() < 0.6
            for tickets in [int(dice.expovariate(1 / (4 * weight)))]
            if tickets
        ]
        for day in range(days)
    }


@dataclass
class Tables:
    """Every table there is: sums by name, as sets of atoms."""

    national: list[frozenset[Atom]] = field(default_factory=list)
    published: dict[str, frozenset[Atom]] = field(default_factory=dict)
    withheld: dict[str, frozenset[Atom]] = field(default_factory=dict)


def tables(
    sales: dict[date, list[choice.Sold]],
    *,
    choose_day: Callable[..., choice.DayChoice] = choice.choose_day,
    choose_month: Callable[..., choice.MonthChoice] = choice.choose_month,
    choose_films: Callable[..., frozenset[tuple[str, int]]] = choice.choose_films,
) -> Tables:
    """Publish days, months, domestic parts and film weeks as the service does, in order."""
    found = Tables()
    by_month: set[str] = set()
    days: dict[date, choice.DayChoice] = {}
    for day, sold in sales.items():
        if day.day == 1 and days:
            by_month = {
                r for past in days.values() for r in past.groups.keys() - past.passes
            }
        days[day] = choose_day(sold, LIMITS, by_month=by_month)
        found.national.extend(_national(day, sold))
        for name, atoms, is_told in _regions(day, sold, days[day]):
            (found.published if is_told else found.withheld)[name] = atoms
    for first in {month(day).first_date for day in days}:
        own_days = {
            day: each for day, each in days.items() if month(day).first_date == first
        }
        chosen = choose_month(own_days, LIMITS)
        for region in {r for each in own_days.values() for r in each.groups}:
            atoms = _atoms(own_days, sales, region)
            is_told = region in chosen.own | chosen.summed
            (found.published if is_told else found.withheld)[f"{first:%m} {region}"] = atoms
    _add_weeks(found, sales, days, choose_films)
    return found


def _add_weeks(
    found: Tables,
    sales: dict[date, list[choice.Sold]],
    days: dict[date, choice.DayChoice],
    choose_films: Callable[..., frozenset[tuple[str, int]]],
) -> None:
    for week in {film_week(day) for day in days}:
        own = {day: each for day, each in days.items() if film_week(day) == week}
        sold = [row for day in own for row in sales[day]]
        shown = choose_films(sold, LIMITS, known=choice.known_rows(sales, own))
        for region, film in {(row.region, row.film_id) for row in sold}:
            atoms = _atoms(own, sales, region, film)
            is_told = (region, film) in shown
            target = found.published if is_told else found.withheld
            target[f"week {week} {region} film {film}"] = atoms


def _national(day: date, sold: list[choice.Sold]) -> Iterator[frozenset[Atom]]:
    lines = defaultdict(set)
    for each in sold:
        lines[each.film_id, each.language].add(_atom(day, each))
    yield from map(frozenset, lines.values())


def _regions(
    day: date, sold: list[choice.Sold], chosen: choice.DayChoice
) -> Iterator[tuple[str, frozenset[Atom], bool]]:
    for region in chosen.groups:
        rows = [each for each in sold if each.region == region]
        yield (
            f"{day} {region}",
            frozenset(_atom(day, r) for r in rows),
            region in chosen.shown,
        )
        if len({each.is_domestic for each in rows}) == 1 and region in chosen.shown:
            # The only part there is equals the published total.
            continue
        for is_domestic in (True, False):
            part = frozenset(_atom(day, r) for r in rows if r.is_domestic is is_domestic)
            if part:
                yield f"{day} {region} {is_domestic}", part, region in chosen.shares


def _atoms(
    days: dict[date, choice.DayChoice],
    sales: dict[date, list[choice.Sold]],
    region: str,
    film: int | None = None,
) -> frozenset[Atom]:
    return frozenset(
        _atom(day, each)
        for day in days
        for each in sales[day]
        if each.region == region and film in (None, each.film_id)
    )


def _atom(day: date, sold: choice.Sold) -> Atom:
    return day, sold.region, sold.film_id, sold.language
