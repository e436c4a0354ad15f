"""What was published of regions and of films in regions, for any span of days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psycopg import Connection

from ekino.db.database import Database, Role
from ekino.kernel.moments import now
from ekino.opendata.model import periods
from ekino.opendata.model.figures import Published, add_up
from ekino.opendata.model.periods import Period, PeriodKind
from ekino.opendata.store import publish as store
from ekino.opendata.store.publish import FilmFigure, RegionFigure
from ekino.totals import service as totals
from ekino.totals.model.day import Country
from ekino.totals.model.groups import Groups, verify_span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RegionsOf:
    """What is published of a span: the regions where something was sold."""

    # Every day before it is published; None while nothing is.
    published_until: date | None
    # None: withheld. A region without sales in the span has no line.
    regions: dict[str, Published | None]

    def is_whole(self, past_end: date) -> bool:
        """Say whether every day of a span that ends here is published."""
        return self.published_until is not None and past_end <= self.published_until


def read_regions(
    db: Database, first: date, past_end: date, *, region: str | None = None
) -> RegionsOf:
    """
    Give what is published of regions for the business dates from `first` to before `past_end`.

    The span is made of whole years, months and days that were published; a region one of
    whose parts is withheld is withheld. Nothing here is computed from sales: an answer that
    was given once is given again, whatever came later.
    """
    with db.transaction(Role.READER) as tx:
        until = store.read_progress(tx)
        told = min(past_end, until) if until else first
        parts = list(periods.cover(first, told)) if told > first else []
        lines = _read_parts(tx, parts, region)
    by_region: defaultdict[str, list[Published | None]] = defaultdict(list)
    for line in lines:
        by_region[line.region].append(line.figures)
    return RegionsOf(until, {code: add_up(each) for code, each in by_region.items()})


def _read_parts(
    tx: Connection[Any], parts: Iterable[Period], region: str | None
) -> list[RegionFigure]:
    """Give the lines of some periods; neighbours of one kind are read at once."""
    runs: list[tuple[PeriodKind, date, date]] = []
    for part in parts:
        if runs and runs[-1][0] is part.kind and runs[-1][2] == part.first_date:
            runs[-1] = (part.kind, runs[-1][1], part.past_end)
        else:
            runs.append((part.kind, part.first_date, part.past_end))
    return [
        line
        for kind, first, past_end in runs
        for line in store.read_region_figures(tx, kind, first, past_end, region=region)
    ]


def read_region_days(
    db: Database, first: date, past_end: date, *, region: str
) -> list[RegionFigure]:
    """Give what is published of one region's days in a span, newest last."""
    with db.transaction(Role.READER) as tx:
        return store.read_region_figures(tx, PeriodKind.DAY, first, past_end, region=region)


@dataclass(frozen=True, slots=True)
class FilmRegion:
    """What everybody is told of a film in a region."""

    region: str
    # Over the film weeks that are published; None when none is.
    admissions: int | None
    gross_minor: int | None
    # Of how many of the film's weeks in this region the figures speak, and how many there were.
    weeks_told: int
    weeks: int


def read_film_regions(
    db: Database, film_id: int, from_date: date, to_date: date
) -> tuple[FilmRegion, ...]:
    """
    Give what is published of a film by region, for the film weeks in [from_date, to_date).

    A week runs from Thursday and is published once it is over. In a week in which a region's
    figure would give a cinema away it is withheld, and the sum is of the other weeks:
    `weeks_told` of `weeks`. Largest takings first; regions that are told nothing of come last.
    """
    with db.transaction(Role.READER) as tx:
        lines = store.read_film_figures(tx, film_id, periods.film_week(from_date), to_date)
    by_region: defaultdict[str, list[FilmFigure]] = defaultdict(list)
    for line in lines:
        by_region[line.region].append(line)
    found = [_film_region(region, own) for region, own in by_region.items()]
    return tuple(sorted(found, key=lambda each: (-(each.gross_minor or 0), each.region)))


def _film_region(region: str, lines: list[FilmFigure]) -> FilmRegion:
    told = [line for line in lines if line.admissions is not None]
    return FilmRegion(
        region,
        sum(line.admissions or 0 for line in told) if told else None,
        sum(line.gross_minor or 0 for line in told) if told else None,
        len(told),
        len(lines),
    )


def read_public_groups(
    db: Database,
    country: Country,
    *,
    is_by_day: bool,
    from_date: date | None,
    to_date: date | None,
) -> Groups:
    """
    Answer a question about regions' totals as everybody is answered: as published.

    Without a beginning or an end the span reaches as far as anything is published. Rows
    stand in order of day and code: an order by takings would tell what is withheld.
    """
    as_of, size = totals.read_lag(db)
    with db.transaction(Role.READER) as tx:
        until = store.read_progress(tx)
        begun = store.read_first_published(tx)
    if until is None or begun is None:
        return Groups(as_of=as_of, at=now(), register_size=size, rows=[])
    first = max(from_date or begun, begun)
    past_end = max(first, min(to_date or until, until))
    verify_span(first, max(past_end, first + _DAY))
    if is_by_day:
        with db.transaction(Role.READER) as tx:
            lines = store.read_region_figures(tx, PeriodKind.DAY, first, past_end)
        told = [(line.first_date, line.region, line.figures) for line in lines]
    else:
        regions = read_regions(db, first, past_end).regions
        told = [(first, code, each) for code, each in sorted(regions.items())]
    with db.transaction(Role.READER) as tx:
        names = store.read_region_names(tx, country.code)
    rows = [
        {
            "region": region,
            "region_name": names.get(region, region),
            **({"day": day} if is_by_day else {}),
            "currency": country.currency,
            "tickets": figures.admissions if figures else None,
            "gross_minor": figures.gross_minor if figures else None,
            # Fees are told of the nation only.
            "fees_minor": None,
            "gross_with_fees_minor": None,
            "suppressed": figures is None,
        }
        for day, region, figures in told
    ]
    return Groups(
        as_of=as_of, at=now(), register_size=size, rows=rows, published_until=until
    )


def read_published_until(db: Database) -> date | None:
    """Give the day before which every day is published; None while nothing is."""
    with db.transaction(Role.READER) as tx:
        return store.read_progress(tx)
