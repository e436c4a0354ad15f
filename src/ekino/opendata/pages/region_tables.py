"""The tables of regions and venues, as the page and its files hold them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from urllib.parse import quote

from ekino.opendata.model.figures import Published
from ekino.opendata.pages.words import film_cell
from ekino.opendata.service import RegionsView, RegionView, VenuePlace
from ekino.totals.model.day import Country, ratio
from ekino.ui.languages import Language
from ekino.ui.tables import SUPPRESSED, Cell, Column, Kind, Table, Value

# What only files hold: names change with the reader's language, codes do not.
ONLY_IN_FILES = frozenset({"region_code", "film_code", "venue_code"})


def on_page(table: Table) -> Table:
    """Give a table as the page shows it: without the codes that files hold for programs."""
    shown = tuple(each for each in table.columns if each.name not in ONLY_IN_FILES)
    return replace(table, columns=shown)


REGION_COLUMNS = (
    Column("region", "places.region", Kind.TEXT, is_head=True),
    Column("region_code", "film.region_code", Kind.TEXT),
    Column("takings", "places.takings", Kind.MONEY),
    Column("admissions", "places.admissions", Kind.COUNT),
    Column("average", "places.average", Kind.MONEY),
    Column("per_hall", "places.per_hall", Kind.MONEY),
    Column("domestic_share", "places.domestic", Kind.SHARE),
    Column("halls", "places.halls", Kind.COUNT),
    Column("venues", "places.venues", Kind.COUNT),
    Column("on_line", "places.on_line", Kind.COUNT),
)

DAY_COLUMNS = (
    Column("day", "places.day", Kind.DATE, is_head=True),
    Column("takings", "places.takings", Kind.MONEY),
    Column("admissions", "places.admissions", Kind.COUNT),
    Column("average", "places.average", Kind.MONEY),
    Column("domestic_share", "places.domestic", Kind.SHARE),
    Column("venues", "places.selling", Kind.COUNT),
)
FILM_COLUMNS = (
    Column("film", "films.film", Kind.TEXT, is_head=True),
    Column("film_code", "boxoffice.film_code", Kind.TEXT),
    Column("showings", "places.showings", Kind.COUNT),
    Column("venues", "places.venues", Kind.COUNT),
    Column("languages", "places.languages", Kind.TEXT),
)
VENUE_COLUMNS = (
    Column("venue", "places.venue", Kind.TEXT, is_head=True),
    Column("venue_code", "places.venue_code", Kind.TEXT),
    Column("region", "places.region", Kind.TEXT),
    Column("region_code", "film.region_code", Kind.TEXT),
    Column("city", "places.city", Kind.TEXT),
    Column("halls", "places.halls", Kind.COUNT),
    Column("capacity", "places.capacity", Kind.COUNT),
    Column("last_heard", "places.last_heard", Kind.CLOCK),
)


def regions_table(
    view: RegionsView,
    country: Country,
    first: date,
    past_end: date,
    language: Language,
    *,
    whole: str,
    at: datetime,
) -> Table:
    """Give every region's figures of a span, largest takings first; `whole` names the nation."""
    ranked = sorted(
        view.regions,
        key=lambda place: (-_gross(view.figures.get(place.code)), place.code),
    )
    admissions, gross_minor = view.nation
    rows: list[dict[str, Value | Cell]] = []
    for place in ranked:
        told = view.figures.get(place.code)
        is_withheld = place.code in view.figures and told is None
        rows.append(
            {
                "region": Cell(place.name(language), href=f"/region/{place.code}"),
                "region_code": place.code,
                **_figures(told, place.halls, is_withheld=is_withheld),
                "halls": place.halls,
                "venues": place.venues,
                "on_line": place.on_line,
            }
        )
    halls = sum(place.halls for place in view.regions)
    total: dict[str, Value | Cell] = {
        "region": whole,
        "region_code": None,
        "takings": gross_minor,
        "admissions": admissions,
        "average": ratio(gross_minor, admissions),
        "per_hall": ratio(gross_minor, halls),
        "domestic_share": None,
        "halls": halls,
        "venues": sum(place.venues for place in view.regions),
        "on_line": sum(place.on_line for place in view.regions),
    }
    return Table(
        name=f"regions-{first}-{past_end}",
        columns=REGION_COLUMNS,
        rows=tuple(rows),
        total=total,
        currency=country.currency,
        timezone=country.timezone,
        as_of=view.as_of,
        at=view.moved_at or at,
    )


def _gross(told: Published | None) -> int:
    return told.gross_minor if told else -1


def _figures(told: Published | None, halls: int, *, is_withheld: bool) -> dict[str, Value]:
    if told is None:
        nothing: Value = SUPPRESSED if is_withheld else None
        return {
            "takings": nothing,
            "admissions": nothing,
            "average": nothing,
            "per_hall": nothing,
            "domestic_share": nothing,
        }
    share = told.domestic_share
    return {
        "takings": told.gross_minor,
        "admissions": told.admissions,
        "average": ratio(told.gross_minor, told.admissions),
        "per_hall": Fraction(told.gross_minor, halls) if halls else None,
        "domestic_share": SUPPRESSED if share is None else share,
    }


def days_table(view: RegionView, country: Country) -> Table:
    """Give a region's published days, newest first."""
    rows: list[dict[str, Value]] = []
    for line in view.days:
        figures = _figures(line.figures, 0, is_withheld=True)
        rows.append(
            {
                "day": line.first_date,
                "takings": figures["takings"],
                "admissions": figures["admissions"],
                "average": figures["average"],
                "domestic_share": figures["domestic_share"],
                "venues": line.venues,
            }
        )
    return Table(
        name=f"{view.region.code}-days",
        columns=DAY_COLUMNS,
        rows=tuple(rows),
        currency=country.currency,
        timezone=country.timezone,
        part="days",
    )


def films_table(
    view: RegionView, country: Country, language: Language, *, at: datetime
) -> Table:
    """Give the films announced in a region today: the schedule, and no figure of sales."""
    rows: list[dict[str, Value | Cell]] = []
    for film in view.films:
        kind = "domestic" if film.is_domestic else "foreign"
        badge = (kind, f"origin.{kind}") if film.is_stated else None
        rows.append(
            {
                "film": film_cell(
                    film.film, film.titles, film.original_language, language, badge=badge
                ),
                "film_code": film.film,
                "showings": film.showings,
                "venues": film.venues,
                "languages": ", ".join(film.languages),
            }
        )
    return Table(
        name=f"{view.region.code}-films-{country.today(at)}",
        columns=FILM_COLUMNS,
        rows=tuple(rows),
        timezone=country.timezone,
        at=at,
        part="films",
    )


def venues_table(
    venues: Iterable[VenuePlace],
    *,
    at: datetime,
    part: str,
    country: Country,
    language: Language | None = None,
) -> Table:
    """Give venues with their halls and how they report; with their regions in a language."""
    of_regions = {"region", "region_code"} if language is None else set()
    columns = tuple(each for each in VENUE_COLUMNS if each.name not in of_regions)
    rows: list[dict[str, Value | Cell]] = []
    for venue in venues:
        state = venue.state(at)
        row: dict[str, Value | Cell] = {
            "venue": Cell(
                venue.name,
                href=f"/venue/{quote(venue.code, safe='')}",
                badge=(f"venue-{state}", f"places.state.{state}"),
            ),
            "venue_code": venue.code,
            "region_code": venue.region_code,
            "city": venue.city,
            "halls": venue.halls,
            "capacity": venue.capacity,
            "last_heard": venue.last_recorded_at,
        }
        if language is not None:
            row["region"] = Cell(
                venue.region(language), href=f"/region/{venue.region_code}"
            )
        rows.append(row)
    return Table(
        name="venues",
        columns=columns,
        rows=tuple(rows),
        timezone=country.timezone,
        at=at,
        part=part,
    )
