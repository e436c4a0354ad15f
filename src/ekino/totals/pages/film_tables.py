"""Tables of films as values: the list, and one film's days, weekends, languages and hours."""

import re
from dataclasses import replace

from ekino.totals.model.day import Country, ratio
from ekino.totals.model.film import FilmPage, RunLine, WeekendLine
from ekino.totals.model.films import FilmList, ListedFilm
from ekino.totals.pages.period_table import film_path
from ekino.ui import formats
from ekino.ui.genres import genre_names
from ekino.ui.languages import Language
from ekino.ui.tables import Cell, Column, Kind, Row, Table

LIST_COLUMNS = (
    Column("film", "boxoffice.film", Kind.TEXT, is_head=True),
    Column("film_code", "boxoffice.film_code", Kind.TEXT),
    Column("origin", "boxoffice.origin", Kind.TEXT),
    Column("countries", "boxoffice.countries", Kind.TEXT),
    Column("genres", "film.genres", Kind.TEXT),
    Column("distributor", "boxoffice.distributor", Kind.TEXT),
    Column("certificate", "boxoffice.certificate", Kind.TEXT),
    Column("age_mark", "boxoffice.age_mark", Kind.TEXT),
    Column("running_time_min", "film.running_time_min", Kind.COUNT),
    Column("release_date", "boxoffice.release_date", Kind.DATE),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("takings_per_showing", "boxoffice.takings_per_showing", Kind.MONEY),
    Column("admissions_per_showing", "boxoffice.admissions_per_showing", Kind.DECIMAL),
    Column("first_day", "film.first_day", Kind.DATE),
    Column("last_day", "film.last_day", Kind.DATE),
)
_LIST_ONLY_IN_FILES = frozenset(
    {
        "film_code",
        "origin",
        "countries",
        "genres",
        "distributor",
        "certificate",
        "age_mark",
        "running_time_min",
        "first_day",
    }
)
_WEEKENDS_ONLY_IN_FILES = frozenset({"first_day"})
DAY_COLUMNS = (
    Column("date", "calendar.date", Kind.DATE, is_head=True),
    Column("weekday", "calendar.weekday", Kind.TEXT),
    Column("day_of_release", "boxoffice.day_of_release", Kind.COUNT),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("change", "boxoffice.change", Kind.CHANGE),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("takings_per_showing", "boxoffice.takings_per_showing", Kind.MONEY),
    Column("venues", "boxoffice.venues", Kind.COUNT),
    Column("occupancy", "boxoffice.occupancy", Kind.SHARE),
    Column("takings_share", "boxoffice.takings_share", Kind.SHARE),
    Column("showings_share", "boxoffice.showings_share", Kind.SHARE),
    Column("takings_to_date", "boxoffice.takings_to_date", Kind.MONEY),
    Column("admissions_to_date", "boxoffice.admissions_to_date", Kind.COUNT),
)
WEEKEND_COLUMNS = (
    Column("weekend", "film.weekend", Kind.TEXT, is_head=True),
    Column("number", "film.weekend_number", Kind.COUNT),
    Column("first_day", "film.weekend_first_day", Kind.DATE),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("change", "boxoffice.change", Kind.CHANGE),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("takings_per_showing", "boxoffice.takings_per_showing", Kind.MONEY),
    Column("venues", "boxoffice.venues", Kind.COUNT),
    Column("takings_per_venue", "boxoffice.takings_per_venue", Kind.MONEY),
    Column("occupancy", "boxoffice.occupancy", Kind.SHARE),
    Column("takings_to_date", "boxoffice.takings_to_date", Kind.MONEY),
    Column("admissions_to_date", "boxoffice.admissions_to_date", Kind.COUNT),
)
LANGUAGE_COLUMNS = (
    Column("language", "film.language", Kind.TEXT, is_head=True),
    Column("language_code", "film.language_code", Kind.TEXT),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("showings_share", "boxoffice.showings_share", Kind.SHARE),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("takings_share", "boxoffice.takings_share", Kind.SHARE),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("occupancy", "boxoffice.occupancy", Kind.SHARE),
)
HOUR_COLUMNS = (
    Column("hour", "film.hour", Kind.TEXT, is_head=True),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("showings_share", "film.hour_share", Kind.SHARE),
    Column("places", "film.places", Kind.COUNT),
)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


def list_table(
    films: FilmList, chosen: tuple[ListedFilm, ...], country: Country, language: Language
) -> Table:
    """Give films as a table with every column it has, largest takings first."""
    ranked = sorted(chosen, key=lambda each: (-each.figures.gross_minor, each.film.film_id))
    return Table(
        name="films",
        columns=LIST_COLUMNS,
        rows=tuple(_list_row(each, country, language) for each in ranked),
        currency=country.currency,
        timezone=country.timezone,
        as_of=films.as_of,
        at=films.as_of_at,
    )


def on_page(table: Table) -> Table:
    """Give a table with the columns that a page has room for."""
    hidden = {"weekends": _WEEKENDS_ONLY_IN_FILES, "": _LIST_ONLY_IN_FILES}
    shown = tuple(
        each for each in table.columns if each.name not in hidden.get(table.part, ())
    )
    return replace(table, columns=shown)


def name_film(listed: ListedFilm, country: Country, language: Language) -> Cell:
    """Name a film in a reader's language, with a link, its origin, distributor and age mark."""
    title, title_language = listed.film.title(language)
    origin = listed.film.origin(country.code)
    note = " · ".join(part for part in (listed.distributor, listed.age_mark) if part)
    return Cell(
        title,
        href=film_path(listed.code),
        lang=title_language or "",
        badge=(origin.value, f"origin.{origin.value}"),
        note=note,
    )


def _list_row(listed: ListedFilm, country: Country, language: Language) -> Row:
    figures, showings = listed.figures, listed.film.showings
    return {
        "film": name_film(listed, country, language),
        "film_code": listed.code,
        "origin": listed.film.origin(country.code).value,
        "countries": " ".join(listed.film.countries) or None,
        "genres": genre_names(listed.genres, language) or None,
        "distributor": listed.distributor,
        "certificate": listed.certificate,
        "age_mark": listed.age_mark,
        "running_time_min": listed.running_time_min,
        "release_date": listed.release_date,
        "takings": figures.gross_minor,
        "admissions": figures.admissions,
        "average_ticket": figures.average_minor,
        "showings": showings,
        "takings_per_showing": ratio(figures.gross_minor, showings),
        "admissions_per_showing": ratio(figures.admissions, showings),
        "first_day": listed.first_day,
        "last_day": listed.last_day,
    }


def film_tables(page: FilmPage, language: Language) -> dict[str, Table]:
    """Give a film's tables by part: days, weekends, languages, hours."""
    return {
        "days": _table(page, "days", DAY_COLUMNS, _day_rows(page, language)),
        "weekends": _table(
            page, "weekends", WEEKEND_COLUMNS, _weekend_rows(page, language)
        ),
        "languages": _table(
            page, "languages", LANGUAGE_COLUMNS, _language_rows(page, language)
        ),
        "hours": _table(page, "hours", HOUR_COLUMNS, _hour_rows(page)),
    }


def _table(
    page: FilmPage, part: str, columns: tuple[Column, ...], rows: tuple[Row, ...]
) -> Table:
    # The name of a file is read by every system there is.
    name = _NOT_IN_NAMES.sub("-", page.listed.code)
    return Table(
        name=f"film-{name}-{part}",
        part=part,
        columns=columns,
        rows=rows,
        currency=page.country.currency,
        timezone=page.country.timezone,
        as_of=page.as_of,
        at=page.as_of_at,
    )


def _day_rows(page: FilmPage, language: Language) -> tuple[Row, ...]:
    return tuple(_day_row(line, language) for line in reversed(page.lines))


def _day_row(line: RunLine, language: Language) -> Row:
    day = line.day
    return {
        "date": Cell(day.day, href=f"/day/{day.day}"),
        "weekday": formats.weekday(day.day, language),
        "day_of_release": line.day_of_release,
        "takings": day.figures.gross_minor,
        "change": line.change,
        "admissions": day.figures.admissions,
        "average_ticket": day.figures.average_minor,
        "showings": day.showings,
        "takings_per_showing": ratio(day.figures.gross_minor, day.showings),
        "venues": day.venues,
        "occupancy": ratio(day.figures.admissions, day.capacity),
        "takings_share": day.takings_share,
        "showings_share": day.showings_share,
        "takings_to_date": line.to_date.gross_minor,
        "admissions_to_date": line.to_date.admissions,
    }


def _weekend_rows(page: FilmPage, language: Language) -> tuple[Row, ...]:
    return tuple(_weekend_row(line, language) for line in page.weekends)


def _weekend_row(line: WeekendLine, language: Language) -> Row:
    period, figures = line.period, line.figures
    return {
        "weekend": Cell(
            formats.days_between(period.first, period.last, language), href=period.path
        ),
        "number": line.number,
        "first_day": period.first,
        "takings": figures.gross_minor,
        "change": line.change,
        "admissions": figures.admissions,
        "average_ticket": figures.average_minor,
        "showings": line.showings,
        "takings_per_showing": ratio(figures.gross_minor, line.showings),
        "venues": line.venues,
        "takings_per_venue": ratio(figures.gross_minor, line.venues),
        "occupancy": ratio(figures.admissions, line.capacity),
        "takings_to_date": line.to_date.gross_minor,
        "admissions_to_date": line.to_date.admissions,
    }


def _language_rows(page: FilmPage, language: Language) -> tuple[Row, ...]:
    gross = sum(each.figures.gross_minor for each in page.languages)
    showings = sum(each.showings for each in page.languages)
    return tuple(
        {
            "language": formats.language_name(each.language, language),
            "language_code": each.language,
            "showings": each.showings,
            "showings_share": ratio(each.showings, showings),
            "takings": each.figures.gross_minor,
            "takings_share": ratio(each.figures.gross_minor, gross),
            "admissions": each.figures.admissions,
            "average_ticket": each.figures.average_minor,
            "occupancy": ratio(each.figures.admissions, each.capacity),
        }
        for each in page.languages
    )


def _hour_rows(page: FilmPage) -> tuple[Row, ...]:
    showings = sum(each.showings for each in page.hours)
    # From six in the morning on, as the business day goes.
    starts = page.country.day_starts_hour
    in_order = sorted(page.hours, key=lambda each: (each.hour - starts) % 24)
    return tuple(
        {
            "hour": f"{each.hour:02}:00",
            "showings": each.showings,
            "showings_share": ratio(each.showings, showings),
            "places": each.capacity,
        }
        for each in in_order
    )
