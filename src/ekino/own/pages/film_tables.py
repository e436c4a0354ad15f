"""The tables of a distributor's and a producer's pages, each one value for page and files."""

from collections.abc import Callable, Hashable
from urllib.parse import quote

from ekino.own.model.films import FilmShowing, Nation, Run, add, group, run_of
from ekino.own.pages.counter import title_cell
from ekino.own.service.films import Screening, Slate
from ekino.totals.model.day import Country
from ekino.ui.formats import language_name
from ekino.ui.languages import Language
from ekino.ui.tables import Cell, Column, Kind, Row, Table, Value

_RUN = (
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("takings", "own.takings", Kind.MONEY),
    Column("showings", "own.showings", Kind.COUNT),
    Column("occupancy", "own.occupancy", Kind.SHARE),
    Column("per_showing", "own.per_showing", Kind.DECIMAL),
    Column("average", "own.average", Kind.MONEY),
)


def _run(run: Run) -> dict[str, Value | Cell]:
    return {
        "admissions": run.figures.admissions,
        "takings": run.figures.gross_minor,
        "showings": run.showings,
        "occupancy": run.occupancy,
        "per_showing": run.per_showing,
        "average": run.figures.average_minor,
    }


_FILMS = (
    Column("film", "own.film", Kind.TEXT, is_head=True),
    Column("released", "own.released", Kind.DATE),
    *_RUN,
    Column("share_of_showings", "own.share_of_showings", Kind.SHARE),
    Column("share_of_takings", "own.share_of_takings", Kind.SHARE),
    Column("venues", "own.venues", Kind.COUNT),
    Column("change", "own.change", Kind.CHANGE),
)


def films(
    slate: Slate, country: Country, language: Language, *, path: str, name: str, whole: str
) -> Table:
    """Give the films of a span, the largest takings first."""
    ranked = sorted(slate.films, key=lambda each: -each[1].figures.gross_minor)
    return Table(
        name=name,
        part="films",
        columns=_FILMS,
        rows=tuple(
            {
                "film": title_cell(
                    film.titles,
                    film.original_language,
                    language,
                    href=f"{path}/film/{quote(film.code, safe='')}",
                ),
                "released": film.release_date,
                **_shares(run, slate.nation),
                "venues": run.venues,
            }
            for film, run in ranked
        ),
        total={
            "film": whole,
            "released": None,
            **_shares(add([run for _, run in slate.films]), slate.nation),
            "venues": None,
        },
        currency=country.currency,
        timezone=country.timezone,
        as_of=slate.as_of,
        at=slate.as_of_at,
    )


def _shares(run: Run, nation: Nation) -> dict[str, Value | Cell]:
    return {
        **_run(run),
        "share_of_showings": run.share_of_showings(nation),
        "share_of_takings": run.share_of_takings(nation),
        "change": run.change,
    }


def of_film(
    screening: Screening, country: Country, language: Language, *, whole: str
) -> tuple[Table, ...]:
    """Give a film's run by cinema, region, language and hour, and showing by showing."""

    def venue(showing: FilmShowing) -> dict[str, Value | Cell]:
        return {
            "venue": Cell(showing.venue_name, note=showing.city),
            "region": _region(showing, language),
        }

    return (
        _table(
            screening,
            country,
            "venues",
            _VENUE,
            lambda each: each.venue,
            venue,
            whole=whole,
        ),
        _table(
            screening,
            country,
            "regions",
            (Column("region", "own.region", Kind.TEXT, is_head=True),),
            lambda each: each.region,
            lambda each: {"region": _region(each, language)},
            whole=whole,
        ),
        _table(
            screening,
            country,
            "languages",
            (Column("language", "own.language", Kind.TEXT, is_head=True),),
            lambda each: each.language,
            lambda each: {"language": language_name(each.language, language)},
            whole=whole,
        ),
        _table(
            screening,
            country,
            "hours",
            (Column("hour", "own.starts_hour", Kind.TEXT, is_head=True),),
            lambda each: each.hour,
            lambda each: {"hour": f"{each.hour:02}:00"},
            whole=whole,
            by_key=True,
        ),
        _showings(screening, country, language),
    )


_VENUE = (
    Column("venue", "own.venue", Kind.TEXT, is_head=True),
    Column("region", "own.region", Kind.TEXT),
)


def _region(showing: FilmShowing, language: Language) -> str:
    names = showing.region_names
    return names.get(language.value) or next(iter(names.values()), showing.region)


def _table(
    screening: Screening,
    country: Country,
    part: str,
    heads: tuple[Column, ...],
    key: Callable[[FilmShowing], Hashable],
    head: Callable[[FilmShowing], dict[str, Value | Cell]],
    *,
    whole: str,
    by_key: bool = False,
) -> Table:
    """Group a film's showings, the largest takings first, or in the order of the key."""
    groups = [
        (name, showings[0], run_of(showings))
        for name, showings in group(screening.showings, key).items()
    ]
    if by_key:
        groups.sort(key=lambda each: str(each[0]).zfill(2))
    else:
        groups.sort(key=lambda each: -each[2].figures.gross_minor)
    share = Column("share", "own.share_of_own", Kind.SHARE)
    rows: list[Row] = [
        {**head(first), **_run(run), "share": _part(run, screening.run)}
        for _, first, run in groups
    ]
    return Table(
        name=f"{part}-{screening.film.code}",
        part=part,
        columns=(*heads, *_RUN, share),
        rows=tuple(rows),
        total={
            **dict.fromkeys((column.name for column in heads), None),
            heads[0].name: whole,
            **_run(screening.run),
            "share": _part(screening.run, screening.run),
        },
        currency=country.currency,
        timezone=country.timezone,
        as_of=screening.as_of,
        at=screening.as_of_at,
    )


def _part(run: Run, whole: Run) -> Value:
    return run.share_of_takings(Nation(whole.figures.gross_minor, whole.showings))


_SHOWINGS = (
    Column("starts_at", "own.starts_at", Kind.CLOCK),
    Column("venue", "own.venue", Kind.TEXT, is_head=True),
    Column("hall", "own.hall", Kind.TEXT),
    Column("language", "own.language", Kind.TEXT),
    Column("format", "own.format", Kind.TEXT),
    Column("capacity", "own.capacity", Kind.COUNT),
    Column("admissions", "own.admissions", Kind.COUNT),
    Column("occupancy", "own.occupancy", Kind.SHARE),
    Column("average", "own.average", Kind.MONEY),
    Column("takings", "own.takings", Kind.MONEY),
)


def _showings(screening: Screening, country: Country, language: Language) -> Table:
    return Table(
        name=f"showings-{screening.film.code}",
        part="showings",
        columns=_SHOWINGS,
        rows=tuple(
            {
                "starts_at": each.starts_at,
                "venue": Cell(each.venue_name, note=each.city),
                "hall": each.hall,
                "language": language_name(each.language, language),
                "format": each.format,
                "capacity": each.capacity,
                "admissions": each.admissions,
                "occupancy": each.occupancy,
                "average": each.figures.average_minor,
                "takings": each.gross_minor,
            }
            for each in screening.showings
        ),
        currency=country.currency,
        timezone=country.timezone,
        as_of=screening.as_of,
        at=screening.as_of_at,
    )
