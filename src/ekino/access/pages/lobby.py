"""What the pages of people share: the database, the templates, the cookies, the seal."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.model.ways import Obstacle, is_own_path, next_place
from ekino.access.pages.cookies import Cookies
from ekino.access.seal import Seal
from ekino.access.service import FORM_TOKEN, person_of
from ekino.access.service.passkeys import Party
from ekino.access.service.provider import Provider
from ekino.access.service.sign_in import Visitor, form_token_of, new_secret, resume
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated
from ekino.kernel.moments import now
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates

Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]
# What is shown here is for one reader: no cache keeps it, no search engine lists it, and no other
# site learns an address that is a secret.
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True)
class Lobby:
    """Handed to every page of the room."""

    db: Database
    templates: Templates
    cookies: Cookies
    seal: Seal
    # The sections that are there, by their address.
    known: frozenset[str]
    public_url: str = ""
    # Whom people may be confirmed by; None: nobody.
    provider: Provider | None = None

    def respond(
        self,
        request: Request,
        name: str,
        *,
        status_code: int = 200,
        trail: tuple[Step, ...] = (Step("/", key="nav.today"),),
        **values: object,
    ) -> Response:
        """Answer with a page that nobody else may keep, with the token of its forms."""
        person = person_of(request.scope)
        # What this address' forms will be asked for: a signed-in person's token behind the
        # guard, the step cookie's before it, whoever else is signed in here.
        token, step = request.scope.get(FORM_TOKEN), ""
        if token is None and person is not None:
            token = person.form_token
        if not token:
            step = new_secret()
            token = form_token_of(step)
        answer = self.templates.respond(
            request,
            name,
            status_code=status_code,
            trail=trail,
            form_token=token,
            may_manage=person is not None and person.may(Permission.MANAGE_PEOPLE),
            may_watch=person is not None and person.may(Permission.WATCH_FEEDS),
            **values,
        )
        answer.headers.update(_PRIVATE)
        if step:
            self.cookies.set_step(request, answer, step)
        return answer

    def ask(
        self,
        request: Request,
        asked: str,
        *,
        email: str = "",
        problems: Sequence[tuple[str, Obstacle]] = (),
        status_code: int = 200,
    ) -> Response:
        """Answer with the page that asks who somebody is, and offers every way to say it."""
        return self.respond(
            request,
            "access/sign_in.html",
            status_code=status_code,
            next=asked if is_own_path(asked) else "",
            email=email,
            problems=problems,
            has_passkeys=Party(self.origin(request)).may_have_passkeys,
            provider="" if self.provider is None else self.provider.name,
        )

    def signed_in(self, request: Request, cookie: str, asked: str) -> Response:
        """Send somebody who has just signed in to where they wanted, or to their section."""
        person = resume(self.db, cookie, at=now())
        answer = see(next_place(asked, person, self.known))
        self.cookies.set_sign_in(request, answer, cookie)
        return answer

    def origin(self, request: Request) -> str:
        """Give the scheme, host and port by which the reader's browser knows us."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{request.url.scheme}://{request.url.netloc}"


def visitor_of(request: Request) -> Visitor:
    """Give where a request comes from."""
    address = request.client.host if request.client else ""
    return Visitor(address=address, agent=request.headers.get("user-agent", ""))


def own(request: Request) -> Person:
    """Give who is signed in; a page behind the guard is reached by nobody else."""
    person = person_of(request.scope)
    if person is None:
        raise NotAuthenticated("sign in first", code="not_signed_in")
    return person


def see(address: str) -> RedirectResponse:
    """Send the reader on, so that loading the page again repeats nothing."""
    return RedirectResponse(address, status_code=303, headers=_PRIVATE)
