"""Venues: the list of them, and one venue with its halls and its schedule; no takings."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.opendata import service
from ekino.opendata.pages.region_tables import on_page, venues_table
from ekino.opendata.pages.words import Site, chosen, date_asked, film_cell
from ekino.opendata.service import VenueView
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Table, Value, split_suffix

KINDS = ("cinema", "concert_hall", "theatre", "open_air")
STATES = ("on_line", "silent", "unconnected")
# Longer words than any name of a venue.
WORDS_MAX = 80
# How far ahead and back a schedule is shown.
DAYS_AROUND = 7

SCHEDULE_COLUMNS = (
    Column("starts_at", "places.starts", Kind.TEXT),
    Column("film", "films.film", Kind.TEXT, is_head=True),
    Column("film_code", "boxoffice.film_code", Kind.TEXT),
    Column("hall", "places.hall", Kind.TEXT),
    Column("language", "places.language", Kind.TEXT),
    Column("format", "places.format", Kind.TEXT),
    Column("age_mark", "places.age_mark", Kind.TEXT),
    Column("capacity", "places.capacity", Kind.COUNT),
    Column("price_from", "places.price_from", Kind.MONEY),
    Column("price_to", "places.price_to", Kind.MONEY),
)


def routes(site: Site) -> list[BaseRoute]:
    """Give the pages `/venues` and `/venue/{code}`, and their tables as files; public."""

    def venues(request: Request) -> Response:
        """List venues by region, kind, state and words."""
        return _venues(site, request, None)

    def venues_file(request: Request) -> Response:
        """Give the list as a file."""
        return _venues(site, request, request.path_params["suffix"])

    def venue(request: Request) -> Response:
        """Show one venue."""
        return _venue(site, request)

    return [
        Route("/venues", venues, name="venues"),
        Route("/venues.{suffix}", venues_file, name="venues_file"),
        Route("/venue/{code}", venue, name="venue"),
    ]


def _venues(site: Site, request: Request, suffix: str | None) -> Response:
    at = site.clock()
    language = site.templates.language(request)
    words = request.query_params.get("q", "")[:WORDS_MAX].strip()
    region = request.query_params.get("region", "")[:WORDS_MAX]
    kind = chosen(request, "kind", KINDS, "")
    state = chosen(request, "state", STATES, "")
    found, regions = service.list_venues(
        site.db,
        site.country,
        at=at,
        region=region or None,
        kind=kind or None,
        words=words or None,
    )
    counts = {each: sum(v.state(at) == each for v in found) for each in STATES}
    shown = [venue for venue in found if not state or venue.state(at) == state]
    table = venues_table(shown, at=at, part="", country=site.country, language=language)
    table = table.sorted_by(request.query_params.get("sort"), language)
    if suffix in SUFFIXES:
        title = site.templates.text(request, "places.venues.title")
        return site.templates.respond_table(request, table, suffix or "", title=title)
    return site.templates.respond(
        request,
        "opendata/venues.html",
        trail=(Step("/", key="nav.today"), Step("/regions", key="nav.regions")),
        country=site.country,
        table=on_page(table),
        found=len(shown),
        counts=counts,
        regions=sorted(regions, key=lambda each: each.name(language)),
        kinds=KINDS,
        states=STATES,
        words=words,
        region=region,
        kind=kind,
        state=state,
    )


def _venue(site: Site, request: Request) -> Response:
    code, suffix = split_suffix(request.path_params["code"])
    at = site.clock()
    today = site.country.today(at)
    day = date_asked(request) or today
    day = min(
        max(day, today - timedelta(days=DAYS_AROUND)), today + timedelta(days=DAYS_AROUND)
    )
    view = service.read_venue_view(site.db, site.country, code, day, at=at)
    language = site.templates.language(request)
    schedule = schedule_table(view, site.country.currency, language, name=f"{code}-{day}")
    schedule = schedule.sorted_by(request.query_params.get("sort"), language)
    if suffix:
        return site.templates.respond_table(
            request, schedule, suffix, title=view.venue.name
        )
    region = view.venue.region(language)
    return site.templates.respond(
        request,
        "opendata/venue.html",
        trail=(
            Step("/", key="nav.today"),
            Step("/regions", key="nav.regions"),
            Step(f"/region/{view.venue.region_code}", words=region),
        ),
        country=site.country,
        view=view,
        state=view.venue.state(at),
        heard_s=(at - view.venue.last_recorded_at).total_seconds()
        if view.venue.last_recorded_at
        else None,
        region=region,
        schedule=on_page(schedule),
        day=day,
        days=[today + timedelta(days=number) for number in range(-1, DAYS_AROUND)],
        today=today,
    )


def schedule_table(
    view: VenueView, currency: str, language: Language, *, name: str
) -> Table:
    """Give a venue's announced showings of a day; prices where they were announced."""
    rows: list[dict[str, Value | Cell]] = [
        {
            "starts_at": formats.clock(showing.starts_at, view.venue.timezone, language),
            "film": film_cell(
                showing.film, showing.titles, showing.original_language, language
            ),
            "film_code": showing.film,
            "hall": showing.hall,
            "language": showing.language
            + (f" ({showing.subtitle_language})" if showing.subtitle_language else ""),
            "format": showing.format,
            "age_mark": showing.age_mark,
            "capacity": showing.capacity,
            "price_from": min(showing.prices.values(), default=None),
            "price_to": max(showing.prices.values(), default=None),
        }
        for showing in view.showings
    ]
    return Table(
        name=name,
        columns=SCHEDULE_COLUMNS,
        rows=tuple(rows),
        currency=currency,
        timezone=view.venue.timezone,
    )
