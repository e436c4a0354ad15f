"""What the pages of files share: who asks, for which source, and how they answer."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.service import person_of
from ekino.db.database import Database
from ekino.intake import service
from ekino.intake.service import Keys, Submit
from ekino.kernel.errors import NotAuthenticated, NotFound
from ekino.kernel.moments import Clock, now
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates

# One reader's own files: no cache keeps them and no search engine lists them.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
TRAIL = (Step("/cinema", key="own.cinema"),)


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every page of the room."""

    db: Database
    templates: Templates
    keys: Keys
    # The register's door of this process.
    submit: Submit
    timezone: str
    clock: Clock = now

    def whose(self, request: Request) -> tuple[Person, list[tuple[int, str, str]]]:
        """Give who asks, and (organisation, source, its name) of all they may hand in for."""
        person = person_of(request.scope)
        if person is None:
            raise NotAuthenticated("sign in first", code="not_signed_in")
        found = []
        for grant in person.organisations(Permission.HAND_IN_FILES):
            organisation_id = grant.organisation_id
            if organisation_id is not None:
                found += [
                    (organisation_id, code, name)
                    for code, name in service.list_sources_of(self.db, organisation_id)
                ]
        return person, found

    def choose(self, request: Request, asked: str) -> tuple[Person, int, str, str]:
        """Give who asks and the source they chose, or their first; `NotFound` for another's."""
        person, sources = self.whose(request)
        for organisation_id, code, name in sources:
            if asked in ("", code):
                return person, organisation_id, code, name
        raise NotFound("there is no such source of yours", code="source_not_found")

    def respond(
        self,
        request: Request,
        name: str,
        *,
        trail: tuple[Step, ...] = TRAIL,
        status_code: int = 200,
        **values: object,
    ) -> Response:
        """Answer with a page that nobody else may keep."""
        answer = self.templates.respond(
            request, name, trail=trail, status_code=status_code, **values
        )
        answer.headers.update(_PRIVATE)
        return answer
