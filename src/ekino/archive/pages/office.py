"""What the analysts' pages share: the cube, the country, and who is looking."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.service import person_of
from ekino.archive.pages.asking import Asking, read_asking
from ekino.archive.pages.naming import Naming
from ekino.archive.service import Cube
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates

# Gives the endpoint that reads a form and hands it on.
Form = Callable[
    [Callable[[Request, Mapping[str, str]], Response]],
    Callable[[Request], Awaitable[Response]],
]
GOV = Step("/gov", key="nav.gov")
EXPLORE_STEP = Step("/gov/explore", key="explore.title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The analysts' office."""

    db: Database
    cube: Cube
    templates: Templates
    # ISO 3166-1, ISO 4217, IANA.
    country: str
    currency: str
    timezone: str
    # The country's business date.
    today: Callable[[], date]

    def asking(self, request: Request) -> Asking:
        """Read the question of a request's address."""
        return read_asking(request.query_params, self.today())

    def naming(self, request: Request) -> Naming:
        """Give the names of things in the language of a request's reader."""
        return Naming(
            self.cube,
            self.templates.language(request),
            lambda key: self.templates.text(request, key),
        )


def person_at(request: Request) -> Person:
    """Give who is looking; the guard let nobody else in."""
    person = person_of(request.scope)
    if person is None:
        raise NotAuthenticated("sign in first", code="not_signed_in")
    return person


def may_see_tickets(request: Request) -> bool:
    """Say whether who is looking may be led on to the entries themselves."""
    return person_at(request).may(Permission.SEE_TICKETS)
