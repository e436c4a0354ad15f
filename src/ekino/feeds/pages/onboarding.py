"""The way into the register: how many venues have come how far, and what each waits for."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.feeds.model.onboarding import STAGES, Stage, Steps, funnel, waits_for
from ekino.feeds.pages.desk import Desk, Side
from ekino.feeds.service.onboarding import list_onboarding
from ekino.ui.navigation import Step
from ekino.ui.tables import Cell, Column, Kind, Table

PATH = f"{Side.MINISTRY.path}/onboarding"
_COLUMNS = (
    Column("venue", "feeds.venue", Kind.TEXT, is_head=True),
    Column("region", "feeds.region", Kind.TEXT),
    Column("exhibitor", "feeds.exhibitor", Kind.TEXT),
    Column("reached", "feeds.reached", Kind.TEXT),
    Column("waits_for", "feeds.waits_for", Kind.TEXT),
    Column("source", "feeds.source", Kind.TEXT),
    Column("keyed_since", "feeds.keyed_since", Kind.CLOCK),
    Column("heard_since", "feeds.heard_since", Kind.CLOCK),
    Column("whole_day", "feeds.whole_day", Kind.DATE),
)


def routes(desk: Desk) -> list[BaseRoute]:
    """Give the page and its file."""
    page = _Onboarding(desk)
    return [
        Route(PATH, page.show, methods=["GET"]),
        Route(PATH + ".{suffix}", page.show_file, methods=["GET"]),
    ]


class _Onboarding:
    """The page of the way in."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _read(self, request: Request) -> tuple[dict[Stage, int], Stage | None, Table]:
        certified = self._desk.certified()
        venues = list_onboarding(
            self._desk.db, country=self._desk.country.code, at=self._desk.clock()
        )
        reached = [(each, each.reached(certified)) for each in venues]
        name = request.query_params.get("reached", "")
        chosen = Stage(name) if name in list(Stage) else None
        counts = funnel(stage for _, stage in reached)
        shown = [(each, stage) for each, stage in reached if chosen in (None, stage)]
        # Those that wait longest for the least come first.
        shown.sort(key=lambda pair: STAGES.index(pair[1]))
        return counts, chosen, self._table(request, shown)

    def _table(self, request: Request, shown: Sequence[tuple[Steps, Stage]]) -> Table:
        def waits(stage: Stage) -> str | None:
            following = waits_for(stage)
            return (
                self._desk.text(request, f"feeds.waits.{following}") if following else None
            )

        return Table(
            name="onboarding",
            columns=_COLUMNS,
            rows=tuple(
                {
                    "venue": Cell(each.venue_name, note=each.city),
                    "region": each.region,
                    "exhibitor": each.organisation or None,
                    "reached": self._desk.text(request, f"feeds.stage.{stage}"),
                    "waits_for": waits(stage),
                    "source": ", ".join(each.sources) or None,
                    "keyed_since": each.keyed_since,
                    "heard_since": each.heard_since,
                    "whole_day": each.whole_day,
                }
                for each, stage in shown
            ),
            timezone=self._desk.country.timezone,
            at=self._desk.clock(),
        )

    def show(self, request: Request) -> Response:
        """Show the funnel, and every venue with what it waits for."""
        counts, chosen, table = self._read(request)
        return self._desk.respond(
            request,
            "feeds/onboarding.html",
            Side.MINISTRY,
            trail=(Step(Side.MINISTRY.path, key=Side.MINISTRY.title),),
            counts=counts,
            chosen=chosen,
            table=self._desk.sorted(request, table),
        )

    def show_file(self, request: Request) -> Response:
        """Give the venues as a file."""
        _, _, table = self._read(request)
        return self._desk.respond_file(
            request,
            (table,),
            request.path_params["suffix"],
            title=self._desk.text(request, "feeds.onboarding"),
        )
