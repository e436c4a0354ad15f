"""The trade's columns: a period's table as one value, for the page and for files."""

from dataclasses import replace
from urllib.parse import quote

from ekino.totals.model.box_office import BoxOffice, FilmRun, Line
from ekino.totals.model.periods import PeriodKind
from ekino.ui.languages import Language
from ekino.ui.tables import Cell, Column, Kind, Row, Table, Value

# Names of published columns are for ever: tests/vectors/public_columns.txt only grows.
_BEFORE_TAKINGS = (
    Column("rank", "boxoffice.rank", Kind.COUNT),
    Column("rank_before", "boxoffice.rank_before", Kind.COUNT),
    Column("film", "boxoffice.film", Kind.TEXT, is_head=True),
    Column("film_code", "boxoffice.film_code", Kind.TEXT),
    Column("origin", "boxoffice.origin", Kind.TEXT),
    Column("countries", "boxoffice.countries", Kind.TEXT),
    Column("distributor", "boxoffice.distributor", Kind.TEXT),
    Column("certificate", "boxoffice.certificate", Kind.TEXT),
    Column("age_mark", "boxoffice.age_mark", Kind.TEXT),
    Column("release_date", "boxoffice.release_date", Kind.DATE),
)
_DAY = Column("day_of_release", "boxoffice.day_of_release", Kind.COUNT)
_WEEK = Column("week_of_release", "boxoffice.week_of_release", Kind.COUNT)
_TAKINGS = Column("takings", "boxoffice.takings", Kind.MONEY)
_CHANGE = Column("change", "boxoffice.change", Kind.CHANGE)
_TAKINGS_SHARE = Column("takings_share", "boxoffice.takings_share", Kind.SHARE)
_SHOWINGS = Column("showings", "boxoffice.showings", Kind.COUNT)
_SHOWINGS_SHARE = Column("showings_share", "boxoffice.showings_share", Kind.SHARE)
_ADMISSIONS = Column("admissions", "boxoffice.admissions", Kind.COUNT)
_AVERAGE = Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY)
_PER_SHOWING = Column("takings_per_showing", "boxoffice.takings_per_showing", Kind.MONEY)
_SEATED = Column("admissions_per_showing", "boxoffice.admissions_per_showing", Kind.DECIMAL)
_VENUES = Column("venues", "boxoffice.venues", Kind.COUNT)
_PER_VENUE = Column("takings_per_venue", "boxoffice.takings_per_venue", Kind.MONEY)
_OCCUPANCY = Column("occupancy", "boxoffice.occupancy", Kind.SHARE)
_TO_DATE = Column("takings_to_date", "boxoffice.takings_to_date", Kind.MONEY)
_SEEN_TO_DATE = Column("admissions_to_date", "boxoffice.admissions_to_date", Kind.COUNT)
COLUMNS = (
    *_BEFORE_TAKINGS,
    _TAKINGS,
    _CHANGE,
    _TAKINGS_SHARE,
    _SHOWINGS,
    _SHOWINGS_SHARE,
    _ADMISSIONS,
    _AVERAGE,
    _PER_SHOWING,
    _SEATED,
    _VENUES,
    _PER_VENUE,
    _OCCUPANCY,
    _DAY,
    _WEEK,
    _TO_DATE,
    _SEEN_TO_DATE,
)
# What counts service fees when a reader asks for them has another name: one word, one meaning.
_OF_TAKINGS = frozenset(
    column.name
    for column in (
        _TAKINGS,
        _CHANGE,
        _TAKINGS_SHARE,
        _AVERAGE,
        _PER_SHOWING,
        _PER_VENUE,
        _TO_DATE,
    )
)
_WITH_FEES = "_with_fees"
# Said on the page by the film's cell, or by a link away.
_ONLY_IN_FILES = frozenset(
    {
        "film_code",
        "origin",
        "countries",
        "distributor",
        "certificate",
        "age_mark",
        "release_date",
        "admissions_per_showing",
    }
)


def columns(*, with_fees: bool) -> tuple[Column, ...]:
    """Give the columns of files, in their order."""
    return tuple(_with_fees(column) for column in COLUMNS) if with_fees else COLUMNS


def _with_fees(column: Column) -> Column:
    if column.name not in _OF_TAKINGS:
        return column
    return replace(column, name=column.name + _WITH_FEES)


def file_table(box_office: BoxOffice, language: Language, *, total: str) -> Table:
    """Give a period's table with every column it has; `total` names its last line."""
    suffix = "-with-fees" if box_office.with_fees else ""
    return Table(
        name=f"{box_office.period.kind}-{box_office.period.name}{suffix}",
        columns=columns(with_fees=box_office.with_fees),
        rows=tuple(_row(box_office, line, language) for line in box_office.lines),
        total={**_row(box_office, box_office.total_line, language), "film": total},
        currency=box_office.country.currency,
        timezone=box_office.country.timezone,
        as_of=box_office.as_of,
        at=box_office.as_of_at,
    )


def page_table(box_office: BoxOffice, language: Language, *, total: str) -> Table:
    """Give the same table with the columns that a page has room for."""
    is_day = box_office.period.kind is PeriodKind.DAY
    hidden = _ONLY_IN_FILES | {"week_of_release" if is_day else "day_of_release"}
    whole = file_table(box_office, language, total=total)
    shown = tuple(column for column in whole.columns if column.name not in hidden)
    return replace(whole, columns=shown)


def film_path(code: str) -> str:
    """Give the permanent address of a film's page."""
    return f"/film/{quote(code, safe='')}"


def film_cell(run: FilmRun, box_office: BoxOffice, language: Language) -> Cell:
    """Name a film in a reader's language, with a link, its origin, distributor and age mark."""
    title, title_language = run.film.title(language)
    origin = run.film.origin(box_office.country.code)
    note = " · ".join(part for part in (run.distributor, run.age_mark) if part)
    return Cell(
        title,
        href=film_path(run.code),
        lang=title_language or "",
        badge=(origin.value, f"origin.{origin.value}"),
        note=note,
    )


def _row(box_office: BoxOffice, line: Line, language: Language) -> Row:
    row: dict[str, Value | Cell] = {
        **_release(box_office, line, language),
        "rank": line.rank,
        "rank_before": line.rank_before,
        "day_of_release": line.day_of_release,
        "week_of_release": line.week_of_release,
        "takings": line.takings_minor,
        "change": line.change,
        "takings_share": line.takings_share,
        "showings": line.showings,
        "showings_share": line.showings_share,
        "admissions": line.admissions,
        "average_ticket": line.average_minor,
        "takings_per_showing": line.per_showing_minor,
        "admissions_per_showing": line.admissions_per_showing,
        "venues": line.venues,
        "takings_per_venue": line.per_venue_minor,
        "occupancy": line.occupancy,
        "takings_to_date": line.takings_to_date_minor,
        "admissions_to_date": line.admissions_to_date,
    }
    if not box_office.with_fees:
        return row
    return {
        name + _WITH_FEES if name in _OF_TAKINGS else name: value
        for name, value in row.items()
    }


def _release(
    box_office: BoxOffice, line: Line, language: Language
) -> dict[str, Value | Cell]:
    run = line.run
    if run is None:
        return {
            "film": "",
            "film_code": None,
            "origin": None,
            "countries": None,
            "distributor": None,
            "certificate": None,
            "age_mark": None,
            "release_date": None,
        }
    return {
        "film": film_cell(run, box_office, language),
        "film_code": run.code,
        "origin": line.origin.value if line.origin else None,
        "countries": " ".join(run.film.countries) or None,
        "distributor": run.distributor,
        "certificate": run.certificate,
        "age_mark": run.age_mark,
        "release_date": run.release_date,
    }
