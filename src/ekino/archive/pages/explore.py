"""The explorer: one page on which any question is asked."""

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.archive.model.answer import Answer
from ekino.archive.model.question import ROWS_MAX, Compare, Dimension, Measure, Span
from ekino.archive.pages import showing
from ekino.archive.pages.asking import LIMITS, TICKETS, Asking, View, views_of
from ekino.archive.pages.naming import Naming
from ekino.archive.pages.office import GOV, Office, may_see_tickets
from ekino.kernel.errors import NotFound
from ekino.ui.tables import SUFFIXES, Table


class Chip(NamedTuple):
    """One filter in words, and the address without it."""

    dimension: Dimension
    words: str
    without: str


def routes(office: Office) -> list[BaseRoute]:
    """Give the explorer and its files."""

    def explore(request: Request) -> Response:
        """Ask, and show the answer."""
        asking, naming, table, answer = _answer(office, request, office.asking(request))
        question = asking.question
        ordered = table.sorted_by(
            request.query_params.get("sort"), office.templates.language(request)
        )
        drawing: object = None
        if asking.view is View.LINE:
            drawing = showing.make_line(asking, answer, naming)
        elif asking.view is View.MAP:
            drawing = showing.make_shades(asking, answer, naming)
        elif question.by:
            drawing = showing.make_bars(asking, answer, naming)
        return office.templates.respond(
            request,
            "archive/explore.html",
            trail=(GOV,),
            asking=asking,
            question=question,
            answer=answer,
            table=ordered,
            chips=chips(asking, naming),
            drawing=drawing,
            measure_kind=showing.kind_of(question.measure),
            views=views_of(question) if question.by else [],
            measures=list(Measure),
            dimensions=list(Dimension),
            spans=list(Span),
            compares=list(Compare),
            limits=LIMITS,
            country=office.country,
            tickets=asking.address(TICKETS, as_of=answer.as_of),
            may_see_tickets=may_see_tickets(request),
        )

    def explore_file(request: Request) -> Response:
        """Give the same table as a file, with every group."""
        suffix = request.path_params["suffix"]
        if suffix not in SUFFIXES:
            raise NotFound(f"there is no file of the kind {suffix!r}", code="not_found")
        asking = office.asking(request).asking(rows_max=ROWS_MAX)
        _, _, table, _ = _answer(office, request, asking)
        title = office.templates.text(request, "explore.title")
        return office.templates.respond_table(request, table, suffix, title=title)

    return [
        Route("/gov/explore", explore, name="explore"),
        Route("/gov/explore.{suffix}", explore_file, name="explore_file"),
    ]


def _answer(
    office: Office, request: Request, asking: Asking
) -> tuple[Asking, Naming, Table, Answer]:
    """Ask, and give the answer as the table of page and files alike."""
    naming = office.naming(request)
    answer = office.cube.ask(asking.question)
    table = showing.make_table(
        asking,
        answer,
        naming,
        currency=office.currency,
        timezone=office.timezone,
        may_see_tickets=may_see_tickets(request),
    )
    return asking, naming, table, answer


def chips(asking: Asking, naming: Naming) -> list[Chip]:
    """Give the filters of a question in words."""
    return [
        Chip(
            dimension,
            naming.name_code(dimension, key),
            asking.without(dimension, key).address(),
        )
        for dimension, keys in asking.question.filters.items()
        for key in keys
    ]
