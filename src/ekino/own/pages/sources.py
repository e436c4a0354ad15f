"""The page of ticketing systems: what each sent, its keys, what was not entered and why."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.people import Grant
from ekino.access.model.permissions import Permission, RoleName
from ekino.own.model.cinema import LightState
from ekino.own.model.sources import SENT_DAYS
from ekino.own.pages.counter import Counter, organisation_ids
from ekino.own.pages.source_tables import corrections as corrections_table
from ekino.own.pages.source_tables import of_bench
from ekino.own.service import corrections
from ekino.own.service import sources as service


def routes(counter: Counter) -> list[BaseRoute]:
    """Give the addresses of vendors."""
    page = _Sources(counter)
    return [
        Route("/vendor", page.show, methods=["GET"]),
        Route("/vendor.{suffix}", page.show_file, methods=["GET"]),
    ]


class _Sources:
    """Pages for whoever makes or runs ticketing systems."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def _bench(self, request: Request) -> tuple[tuple[Grant, ...], service.Bench]:
        counter = self._counter
        _, grants = counter.grants(request, Permission.SEE_OWN_SOURCES)
        bench = service.read_bench(
            counter.db, grants, counter.country.timezone, at=counter.clock()
        )
        return grants, bench

    def show(self, request: Request) -> Response:
        """Show the sources, their keys, their days, and what is asked of them."""
        counter = self._counter
        grants, bench = self._bench(request)
        makers = tuple(each for each in grants if each.role is RoleName.VENDOR)
        asked = corrections.list_asked_of(counter.db, organisation_ids(makers))
        at = counter.clock()
        tables = {
            table.part: counter.sorted(request, table)
            for table in of_bench(counter, request, bench)
        }
        wanted = corrections_table(
            counter, request, asked, path="/vendor/corrections", name="asked"
        )
        return counter.respond(
            request,
            "own/vendor.html",
            bench=bench,
            tables=tables,
            corrections=counter.sorted(request, wanted),
            is_maker=bool(makers),
            on_line=sum(each.state(at) is LightState.ON_LINE for each in bench.sources),
            keys_ending=sum(each.state(at) == "ends_soon" for each in bench.keys),
            days=SENT_DAYS,
            country=counter.country,
            at=at,
        )

    def show_file(self, request: Request) -> Response:
        """Give a table of the page as a file."""
        _, bench = self._bench(request)
        return self._counter.respond_file(
            request,
            of_bench(self._counter, request, bench),
            request.path_params["suffix"],
            title=self._counter.templates.text(request, "own.vendor"),
        )
