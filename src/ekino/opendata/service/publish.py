"""Publishing: each closed day, month, year and film week once, in order, and never again."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.kernel.moments import day_begins
from ekino.opendata.model import periods
from ekino.opendata.model.choice import (
    DayChoice,
    Sold,
    choose_day,
    choose_films,
    choose_month,
    known_rows,
)
from ekino.opendata.model.figures import Published, Steps, add_up, nearest
from ekino.opendata.model.group import Group, gather, together
from ekino.opendata.model.limits import Limits
from ekino.opendata.model.periods import PeriodKind
from ekino.opendata.service.parameters import limits_on
from ekino.opendata.store import publish as store
from ekino.opendata.store.publish import Place, RegionFigure
from ekino.totals.model.day import Country

_DAY = timedelta(days=1)
# Past days are published when nothing came for any of them for so long, looking at so many of
# the newest entries: an evening's entries of ten minutes, a quiet day's of hours.
QUIET_FOR = timedelta(seconds=60)
NEWEST_ENTRIES = 5_000


def place_of(country: Country) -> Place:
    """Say of whose venues figures are asked."""
    return Place(country.code, country.currency)


def closes_at(country: Country, day: date) -> datetime:
    """Give the instant from which a day's figures may be published."""
    ends_at = day_begins(day + _DAY, country.timezone, country.day_starts_hour)
    return ends_at + timedelta(hours=limits_on(day).closing_hours)


def publish_next(db: Database, country: Country, *, at: datetime) -> int:
    """
    Publish the next day that is closed, with the week, month and year that end with it.

    Gives 1 when a day was published and 0 when none is due, or when totals lack something that
    was recorded before it closed: what is published can never be put right. Any number may run
    at once: they take turns at the row that says how far publishing has come.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        day = store.lock_progress(tx, place_of(country))
        if day is None or closes_at(country, day) > at:
            return 0
        if store.is_behind(tx, closes_at(country, day)):
            return 0
        limits = limits_on(day)
        steps = Steps.closed(limits, country.currency)
        _publish_day(tx, country, day, limits, steps)
        if periods.film_week(day + _DAY) == day + _DAY:
            _publish_week(tx, country, periods.film_week(day), limits, steps)
        month = periods.month(day)
        if month.past_end == day + _DAY:
            _publish_month(tx, country, month, limits, steps)
        if periods.year(day).past_end == day + _DAY:
            _publish_year(tx, periods.year(day))
        store.forget_live_figures(tx, day)
        store.move_progress(tx, day + _DAY)
        return 1
        # From here the day is published for ever; a crash before it publishes nothing.


def is_due(db: Database, country: Country, *, at: datetime) -> bool:
    """Say whether some day is over for long enough to be published."""
    with db.transaction(Role.READER) as tx:
        day = store.read_progress(tx) or store.read_first_date(tx, place_of(country))
    return day is not None and closes_at(country, day) <= at


def is_quiet(db: Database, country: Country, *, at: datetime) -> bool:
    """
    Say whether nothing came lately for days that could be published.

    A cinema that has just been connected uploads its weeks before: what is published in the
    middle of that could never be put right.
    """
    today = country.today(at)
    last = country.today(at - timedelta(hours=limits_on(today).closing_hours)) - _DAY
    with db.transaction(Role.READER) as tx:
        newest = store.read_newest_of_past(tx, last, entries=NEWEST_ENTRIES)
    return newest is None or at - newest >= QUIET_FOR


def _publish_day(
    tx: Connection[Any], country: Country, day: date, limits: Limits, steps: Steps
) -> None:
    sold = store.read_sold(tx, place_of(country), day, day + _DAY).get(day, [])
    month = periods.month(day)
    if day == month.first_date:
        store.insert_by_month(tx, day, failed_in(tx, periods.month(day - _DAY)))
    by_month = store.read_by_month(tx, month.first_date)
    chosen = choose_day(sold, limits, by_month=by_month)
    store.insert_region_figures(
        tx,
        PeriodKind.DAY,
        [
            RegionFigure(
                day,
                region,
                region in chosen.passes,
                len(group.parts),
                publish(chosen, region, domestic(sold, region), steps),
            )
            for region, group in sorted(chosen.groups.items())
        ],
    )


def failed_in(tx: Connection[Any], month: periods.Period) -> set[str]:
    """Give the regions that on some day of a month would have given somebody away."""
    lines = store.read_region_figures(tx, PeriodKind.DAY, month.first_date, month.past_end)
    return {line.region for line in lines if not line.passes}


def domestic(sold: Iterable[Sold], region: str) -> Group:
    """Give what films that the country produced took in a region."""
    return gather(row.part for row in sold if row.region == region and row.is_domestic)


def publish(
    chosen: DayChoice, region: str, domestic_part: Group, steps: Steps
) -> Published | None:
    """Round a chosen region's figures; None for one that is withheld."""
    if region not in chosen.shown:
        return None
    group = chosen.groups[region]
    is_share_told = region in chosen.shares
    return Published(
        nearest(group.admissions, steps.admissions),
        nearest(group.gross_minor, steps.takings_minor),
        nearest(domestic_part.gross_minor, steps.takings_minor) if is_share_told else None,
        len(group.parts),
    )


def _publish_month(
    tx: Connection[Any],
    country: Country,
    month: periods.Period,
    limits: Limits,
    steps: Steps,
) -> None:
    lines = store.read_region_figures(tx, PeriodKind.DAY, month.first_date, month.past_end)
    sold = store.read_sold(tx, place_of(country), month.first_date, month.past_end)
    days = _as_published(sold, lines, limits)
    chosen = choose_month(days, limits)
    found: list[RegionFigure] = []
    for region in sorted({line.region for line in lines}):
        group = together(
            each.groups[region] for each in days.values() if region in each.groups
        )
        figures = None
        if region in chosen.summed:
            figures = add_up(line.figures for line in lines if line.region == region)
        elif region in chosen.own:
            figures = Published(
                nearest(group.admissions, steps.admissions),
                nearest(group.gross_minor, steps.takings_minor),
                None,
                len(group.parts),
            )
        passes = region in chosen.summed or region in chosen.own
        venues = len(group.parts)
        found.append(RegionFigure(month.first_date, region, passes, venues, figures))
    store.insert_region_figures(tx, PeriodKind.MONTH, found)


def _publish_year(tx: Connection[Any], year: periods.Period) -> None:
    """Publish a year's regions: the sums of months that are all published, and no others."""
    lines = store.read_region_figures(tx, PeriodKind.MONTH, year.first_date, year.past_end)
    found = []
    for region in sorted({line.region for line in lines}):
        own = [line for line in lines if line.region == region]
        figures = add_up(line.figures for line in own)
        venues = max(line.venues for line in own)
        found.append(
            RegionFigure(year.first_date, region, figures is not None, venues, figures)
        )
    store.insert_region_figures(tx, PeriodKind.YEAR, found)


def _publish_week(
    tx: Connection[Any], country: Country, first: date, limits: Limits, steps: Steps
) -> None:
    past_end = first + 7 * _DAY
    lines = store.read_region_figures(tx, PeriodKind.DAY, first, past_end)
    sold = store.read_sold(tx, place_of(country), first, past_end)
    days = _as_published(sold, lines, limits)
    rows = [row for day in days for row in sold.get(day, ())]
    shown = choose_films(rows, limits, known=known_rows(sold, days))
    figures: dict[tuple[str, int], Published | None] = {}
    for region, film_id in {(row.region, row.film_id) for row in rows}:
        group = gather(
            row.part for row in rows if (row.region, row.film_id) == (region, film_id)
        )
        figures[region, film_id] = (
            Published(
                nearest(group.admissions, steps.admissions),
                nearest(group.gross_minor, steps.takings_minor),
                None,
                len(group.parts),
            )
            if (region, film_id) in shown
            else None
        )
    store.insert_film_figures(tx, first, figures)


def _as_published(
    sold: Mapping[date, list[Sold]], lines: Iterable[RegionFigure], limits: Limits
) -> dict[date, DayChoice]:
    """
    Give the days as they were published, with the groups as they stand now.

    What came after a day was published moves no line of it; only its groups are newer.
    """
    by_day: dict[date, list[RegionFigure]] = {}
    for line in lines:
        by_day.setdefault(line.first_date, []).append(line)
    days = {}
    for day, own in by_day.items():
        now = choose_day(sold.get(day, ()), limits)
        named = {line.region for line in own}
        days[day] = DayChoice(
            {region: group for region, group in now.groups.items() if region in named},
            now.pieces,
            frozenset(line.region for line in own if line.passes),
            frozenset(line.region for line in own if line.figures is not None),
            frozenset(
                line.region
                for line in own
                if line.figures is not None and line.figures.domestic_minor is not None
            ),
        )
    return days
