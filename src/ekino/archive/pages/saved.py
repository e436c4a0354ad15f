"""The questions that people keep: each sees and forgets their own."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.archive.pages.office import EXPLORE_STEP, GOV, Form, Office, person_at
from ekino.archive.service import saved

SAVED = "/gov/saved"


def routes(office: Office, form: Form) -> list[BaseRoute]:
    """Give the list, and what keeps and forgets a question."""

    def list_saved(request: Request) -> Response:
        """Show the questions that a person keeps."""
        person = person_at(request)
        kept = saved.list_saved(office.db, person.person_id)
        return office.templates.respond(
            request,
            "archive/saved.html",
            trail=(GOV, EXPLORE_STEP),
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
        Route(SAVED, list_saved, name="saved"),
        Route(SAVED, form(save), methods=["POST"]),
        Route("/gov/saved/{saved_id}", form(forget), methods=["POST"]),
    ]
