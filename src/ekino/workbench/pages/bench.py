"""What the pages of the workbench share: who asks, in which register, and how they answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.seal import Seal
from ekino.access.service import person_of
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated
from ekino.kernel.moments import Clock, now
from ekino.notices.service.courier import Courier
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates
from ekino.workbench.service import dev
from ekino.workbench.service.sandbox import Setting

Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
HOME = Step("/dev", "dev.title")
LIVE, TEST = "live", "test"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, of which organisations, and which register they look at."""

    person: Person
    mode: str
    db: Database
    own: dev.Own
    has_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Handed to every page of the room."""

    live: Database
    # Gives the test register's database; None while it opens, or where there is none.
    test: Callable[[], Database | None]
    templates: Templates
    setting: Setting
    seal: Seal
    courier: Courier
    has_mail: bool
    clock: Clock = now

    def asked(self, request: Request, *, mode: str = "") -> Asked:
        """Give who asks; the register is the one that the address names, else the test one."""
        person = person_of(request.scope)
        if person is None:
            raise NotAuthenticated("sign in first", code="not_signed_in")
        grants = person.organisations(Permission.SEE_OWN_SOURCES)
        ids = [each.organisation_id for each in grants if each.organisation_id is not None]
        organisations = dev.find_organisations(self.live, list(dict.fromkeys(ids)))
        test = self.test()
        chosen = mode or request.query_params.get("mode", TEST)
        is_test = chosen != LIVE and test is not None
        db = test if is_test and test is not None else self.live
        return Asked(
            person=person,
            mode=TEST if is_test else LIVE,
            db=db,
            own=dev.read_own(db, organisations),
            has_test=test is not None,
        )

    def respond(
        self,
        request: Request,
        page: str,
        asked: Asked,
        *,
        status_code: int = 200,
        **values: object,
    ) -> Response:
        """Answer with a page that nobody else may keep; it says which register it shows."""
        answer = self.templates.respond(
            request,
            f"workbench/{page}.html",
            status_code=status_code,
            trail=() if page == "overview" else (HOME,),
            asked=asked,
            mode=asked.mode,
            zone=self.setting.timezone,
            at=self.clock(),
            **values,
        )
        answer.headers.update(_PRIVATE)
        return answer


def see(address: str) -> Response:
    """Send the reader on, so that loading the page again repeats nothing."""
    return RedirectResponse(address, status_code=303, headers=_PRIVATE)
