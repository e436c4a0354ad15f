"""`/calendar`: a year of business days as a heat map, with its table and files."""

from datetime import date
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound
from ekino.kernel.moments import Clock, now
from ekino.totals import service
from ekino.totals.model.calendar import CalendarYear, Measure
from ekino.totals.model.day import Country
from ekino.totals.model.periods import PeriodKind, period_of, read_period
from ekino.totals.pages.words import name_period
from ekino.ui import formats
from ekino.ui.languages import Language
from ekino.ui.navigation import Step
from ekino.ui.tables import Cell, Column, Kind, Row, Table, split_suffix
from ekino.ui.templates import Templates

COLUMNS = (
    Column("date", "calendar.date", Kind.DATE, is_head=True),
    Column("weekday", "calendar.weekday", Kind.TEXT),
    Column("holiday", "calendar.holiday", Kind.TEXT),
    Column("takings", "boxoffice.takings", Kind.MONEY),
    Column("change", "boxoffice.change", Kind.CHANGE),
    Column("domestic_share", "boxoffice.domestic_share", Kind.SHARE),
    Column("admissions", "boxoffice.admissions", Kind.COUNT),
    Column("average_ticket", "boxoffice.average_ticket", Kind.MONEY),
    Column("showings", "boxoffice.showings", Kind.COUNT),
    Column("films", "calendar.films", Kind.COUNT),
)


def routes(
    db: Database, country: Country, templates: Templates, *, clock: Clock = now
) -> list[BaseRoute]:
    """Give the public pages of the calendar; each answers `.csv`, `.xlsx` and `.json` too."""
    pages = _Pages(db, country, templates, clock)
    return [
        Route("/calendar", pages.this_year, name="calendar"),
        Route("/calendar.{suffix}", pages.this_year, name="calendar_file"),
        Route("/calendar/{year}", pages.show, name="calendar_year"),
    ]


class _Pages:
    def __init__(
        self, db: Database, country: Country, templates: Templates, clock: Clock
    ) -> None:
        self._db, self._country = db, country
        self._templates, self._clock = templates, clock
        self._trade = service.trade_of(country.code)

    def this_year(self, request: Request) -> Response:
        """Show the year of the present business date."""
        suffix = request.path_params.get("suffix")
        if suffix is not None and split_suffix(f"calendar.{suffix}")[1] is None:
            raise NotFound(f"there is no {suffix!r} of the calendar", code="not_found")
        return self._answer(request, self._country.today(self._clock()).year, suffix)

    def show(self, request: Request) -> Response:
        """Show one year."""
        name, suffix = split_suffix(request.path_params["year"])
        try:
            period = read_period(PeriodKind.YEAR, name, self._trade)
        except NotFound as error:
            if suffix or "text/html" not in request.headers.get("accept", "text/html"):
                raise
            today = self._country.today(self._clock())
            return self._templates.respond(
                request,
                "totals/tables/missing.html",
                status_code=404,
                trail=(Step("/calendar", key="nav.box_office"),),
                kind=PeriodKind.YEAR,
                asked=name[:40],
                problem=error.problems[0],
                example=period_of(PeriodKind.YEAR, today, self._trade),
            )
        return self._answer(request, period.first.year, suffix)

    def _answer(self, request: Request, year: int, suffix: str | None) -> Response:
        language = self._templates.language(request)
        asked = request.query_params.get("by", "")
        measure = Measure(asked) if asked in set(Measure) else Measure.TAKINGS
        read = service.read_calendar(
            self._db, self._country, year, measure=measure, at=self._clock()
        )
        table = make_table(read, language)
        title = self._templates.text(request, "calendar.title", year=year)
        if suffix:
            return self._templates.respond_table(request, table, suffix, title=title)
        return self._templates.respond(
            request,
            "totals/tables/calendar.html",
            trail=(Step("/", key="nav.today"),),
            title=title,
            calendar=read,
            table=table.sorted_by(request.query_params.get("sort"), language),
            years=self._years(read),
            now=[
                period_of(kind, read.today, self._trade)
                for kind in (
                    PeriodKind.DAY,
                    PeriodKind.WEEKEND,
                    PeriodKind.MONTH,
                    PeriodKind.YEAR,
                )
            ],
            name_period=partial(name_period, language=language),
            name_month=partial(formats.month_name, language=language),
            weekdays=formats.weekday_letters(language),
        )

    def _years(self, calendar: CalendarYear) -> list[int]:
        """Give the years that the register reaches, and the one shown."""
        span = calendar.span
        first = span.first.year if span.first else calendar.year
        last = max(span.last.year if span.last else calendar.year, calendar.today.year)
        return sorted({calendar.year, *range(max(first, last - 9), last + 1)})


def make_table(calendar: CalendarYear, language: Language) -> Table:
    """Give a year's days as a table."""
    return Table(
        name=f"calendar-{calendar.year}",
        columns=COLUMNS,
        rows=tuple(_row(calendar, each.day, language) for each in calendar.own_days),
        currency=calendar.country.currency,
        timezone=calendar.country.timezone,
        as_of=calendar.as_of,
        at=calendar.as_of_at,
    )


def _row(calendar: CalendarYear, day: date, language: Language) -> Row:
    known = calendar.days[day]
    return {
        "date": Cell(day, href=f"/day/{day}"),
        "weekday": formats.weekday(day, language),
        "holiday": holiday_name(calendar, day, language),
        "takings": known.figures.gross_minor,
        "change": calendar.change(day),
        "domestic_share": known.domestic_share,
        "admissions": known.figures.admissions,
        "average_ticket": known.figures.average_minor,
        "showings": known.showings,
        "films": known.films,
    }


def holiday_name(calendar: CalendarYear, day: date, language: Language) -> str | None:
    """Name a public holiday in a reader's language; None on other days."""
    return calendar.holidays.get(day, {}).get(language)
