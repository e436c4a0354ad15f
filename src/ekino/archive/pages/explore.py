"""The explorer: one page on which any question is asked, and the questions that people keep."""

from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.archive.model.answer import Answer
from ekino.archive.model.question import Compare, Dimension, Measure, Span
from ekino.archive.pages import showing
from ekino.archive.pages.asking import LIMITS, TICKETS, Asking, View, views_of
from ekino.archive.pages.naming import Naming
from ekino.archive.pages.office import (
    EXPLORE_STEP,
    GOV,
    Form,
    Office,
    may_see_tickets,
    person_at,
)
from ekino.archive.service import saved
from ekino.kernel.errors import NotFound
from ekino.ui.tables import SUFFIXES, Table

SAVED = "/gov/saved"


class Chip(NamedTuple):
    """One filter in words, and the address without it."""

    dimension: Dimension
    words: str
    without: str


def routes(office: Office, form: Form) -> list[BaseRoute]:
    """Give the explorer, its files, and the saved questions."""

    def explore(request: Request) -> Response:
        """Ask, and show the answer."""
        asking, naming, table, answer = _answer(office, request)
        question = asking.question
        ordered = table.sorted_by(
            request.query_params.get("sort"), office.templates.language(request)
        )
        drawing = {
            View.BARS: lambda: showing.make_bars(asking, answer, naming),
            View.LINE: lambda: showing.make_line(
                asking, answer, lambda key: naming.name(question.by[0], key)[0]
            ),
            View.MAP: lambda: showing.make_shades(asking, answer, naming),
        }[asking.view]()
        return office.templates.respond(
            request,
            "archive/explore.html",
            trail=[GOV],
            asking=asking,
            question=question,
            answer=answer,
            table=ordered,
            chips=chips(asking, naming),
            drawing=drawing if question.by else None,
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
        """Give the same table as a file."""
        suffix = request.path_params["suffix"]
        if suffix not in SUFFIXES:
            raise NotFound(f"there is no file of the kind {suffix!r}", code="not_found")
        _, _, table, _ = _answer(office, request)
        title = office.templates.text(request, "explore.title")
        return office.templates.respond_table(request, table, suffix, title=title)

    def list_saved(request: Request) -> Response:
        """Show the questions that a person keeps."""
        person = person_at(request)
        kept = saved.list_saved(office.db, person.person_id)
        return office.templates.respond(
            request,
            "archive/saved.html",
            trail=[GOV, EXPLORE_STEP],
            saved=kept,
            form_token=person.form_token,
        )

    def save(request: Request, fields: Mapping[str, str]) -> Response:
        """Keep the question of the form under its name, written anew."""
        query = fields.get("question", "")
        asked = Request({**request.scope, "query_string": query.encode()})
        question = office.asking(asked).query()
        saved.save(
            office.db,
            person_at(request).person_id,
            name=fields.get("name", ""),
            question=question,
        )
        return RedirectResponse(SAVED, status_code=303)

    def forget(request: Request, _fields: Mapping[str, str]) -> Response:
        """Forget one of the person's own questions."""
        text = request.path_params["saved_id"]
        if text.isascii() and text.isdigit() and len(text) < 18:  # noqa: PLR2004 - a bigint
            saved.forget(office.db, person_at(request).person_id, int(text))
        return RedirectResponse(SAVED, status_code=303)

    return [
        Route("/gov/explore", explore, name="explore"),
        Route("/gov/explore.{suffix}", explore_file, name="explore_file"),
        Route(SAVED, list_saved, name="saved"),
        Route(SAVED, form(save), methods=["POST"]),
        Route("/gov/saved/{saved_id}", form(forget), methods=["POST"]),
    ]


def _answer(office: Office, request: Request) -> tuple[Asking, Naming, Table, Answer]:
    """Ask what the address asks, and give the answer as the table of page and files alike."""
    asking, naming = office.asking(request), office.naming(request)
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
