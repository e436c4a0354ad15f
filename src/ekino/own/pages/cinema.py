"""The pages of a cinema: its day, and what the register was told of its last days."""

from collections import Counter as Tally
from datetime import date, timedelta
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.permissions import Permission
from ekino.own.model.benchmark import BENCHMARK_DAYS, PEERS_MIN, Measure
from ekino.own.model.cinema import REPORT_DAYS, ReportDay, Venue
from ekino.own.model.timeline import draw
from ekino.own.pages import cinema_tables as tables
from ekino.own.pages.counter import Counter, organisation_ids, parse_day, read_day
from ekino.own.service import cinema as service
from ekino.ui.navigation import Step
from ekino.ui.tables import Table, split_suffix

# Refused events shown one by one; the groups above them count them all.
REFUSALS_SHOWN_MAX = 200
# More cinemas than this are chosen from a list, fewer by links.
LINKS_MAX = 5


def routes(counter: Counter) -> list[BaseRoute]:
    """Give the addresses of a cinema."""
    cinema = _Cinema(counter)
    return [
        Route("/cinema", cinema.show, methods=["GET"]),
        Route("/cinema.{suffix}", cinema.show_file, methods=["GET"]),
        Route("/cinema/reports", cinema.reports, methods=["GET"]),
        Route("/cinema/reports.{suffix}", cinema.reports_file, methods=["GET"]),
        Route("/cinema/reports/{day}", cinema.report, methods=["GET"]),
    ]


class _Cinema:
    """Pages for whoever runs cinemas."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def _venues(self, request: Request) -> list[Venue]:
        """Give the cinemas of the one who asks; the only way to a cinema here."""
        _, grants = self._counter.grants(request, Permission.SEE_OWN_VENUES)
        return service.list_venues(self._counter.db, organisation_ids(grants))

    def _chosen(self, request: Request, venues: list[Venue]) -> Venue:
        return service.choose(venues, request.query_params.get("venue", ""))

    def _day(self, request: Request) -> tuple[list[Venue], service.Day]:
        venues = self._venues(request)
        venue = self._chosen(request, venues)
        at = self._counter.clock()
        day = read_day(request, "date", venue.today(at))
        return venues, service.read_day(self._counter.db, venue, day, at=at)

    def show(self, request: Request) -> Response:
        """Show today by hall, who speaks for the cinema, and where it stands."""
        if not self._venues(request):
            return self._counter.respond(request, "own/no_venue.html")
        venues, day = self._day(request)
        language = self._counter.templates.language(request)
        return self._counter.respond(
            request,
            "own/cinema.html",
            venues=venues,
            venue=day.venue,
            day=day,
            halls=self._counter.sorted(request, tables.halls(day)),
            showings=self._counter.sorted(request, tables.showings(day, language)),
            timeline=draw(day.halls, day.business_date, day.venue.timezone, at=day.at),
            measures=list(Measure),
            peers_min=PEERS_MIN,
            benchmark_days=BENCHMARK_DAYS,
            links_max=LINKS_MAX,
        )

    def show_file(self, request: Request) -> Response:
        """Give a table of the page as a file."""
        _, day = self._day(request)
        language = self._counter.templates.language(request)
        return self._counter.respond_file(
            request,
            (tables.halls(day), tables.showings(day, language)),
            request.path_params["suffix"],
            title=day.venue.name,
        )

    def _reports(
        self, request: Request
    ) -> tuple[list[Venue], Venue, list[ReportDay], Table]:
        venues = self._venues(request)
        venue = self._chosen(request, venues)
        at = self._counter.clock()
        last = read_day(request, "until", venue.today(at))
        reports, as_of, folded_at = service.read_reports(self._counter.db, venue, last)
        table = tables.reports(venue, reports, as_of, folded_at, at=at)
        return venues, venue, reports, self._counter.sorted(request, table)

    def reports(self, request: Request) -> Response:
        """Show, day by day, what was received, entered and refused, and how long is left."""
        if not self._venues(request):
            return self._counter.respond(request, "own/no_venue.html", trail=_TRAIL)
        venues, venue, reports, table = self._reports(request)
        return self._counter.respond(
            request,
            "own/reports.html",
            trail=_trail(venue),
            venues=venues,
            venue=venue,
            table=table,
            reports=reports,
            causes=_causes(reports),
            at=self._counter.clock(),
            days=REPORT_DAYS,
            links_max=LINKS_MAX,
            earlier=min(each.business_date for each in reports) - timedelta(days=1),
        )

    def reports_file(self, request: Request) -> Response:
        """Give the days as a file."""
        _, venue, _, table = self._reports(request)
        return self._counter.respond_file(
            request,
            (table,),
            request.path_params["suffix"],
            title=venue.name,
        )

    def report(self, request: Request) -> Response:
        """Show one day: its showings, and each event that was not entered with its fix."""
        text, suffix = split_suffix(request.path_params["day"])
        day = parse_day(text)
        venues = self._venues(request)
        venue = self._chosen(request, venues)
        reports, as_of, folded_at = service.read_reports(
            self._counter.db, venue, day, days=1
        )
        report = reports[0]
        language = self._counter.templates.language(request)
        shown = tables.report_showings(venue, report, language, as_of, folded_at)
        if suffix:
            return self._counter.respond_file(request, (shown,), suffix, title=venue.name)
        return self._counter.respond(
            request,
            "own/report.html",
            trail=(*_trail(venue), _reports_step(venue)),
            venue=venue,
            report=report,
            table=self._counter.sorted(request, shown),
            causes=_causes(reports),
            refusals=report.refusals[:REFUSALS_SHOWN_MAX],
            at=self._counter.clock(),
            today=venue.today(self._counter.clock()),
        )


_TRAIL = (Step("/cinema", key="own.cinema"),)


def _trail(venue: Venue) -> tuple[Step, ...]:
    return (Step(f"/cinema?venue={quote(venue.code, safe='')}", words=venue.name),)


def _reports_step(venue: Venue) -> Step:
    return Step(f"/cinema/reports?venue={quote(venue.code, safe='')}", key="own.reports")


def _causes(reports: list[ReportDay]) -> list[tuple[str, int, date]]:
    """Group refused events by cause: (cause, how many, the last day), the most first."""
    counted: Tally[str] = Tally()
    last: dict[str, date] = {}
    for report in reports:
        for refusal in report.refusals:
            counted[refusal.outcome] += 1
            last.setdefault(refusal.outcome, report.business_date)
    return [(cause, count, last[cause]) for cause, count in counted.most_common()]
