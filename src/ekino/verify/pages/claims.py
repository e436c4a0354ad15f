"""The visitor's claim and the office's desk."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.people import Person
from ekino.access.service import person_of
from ekino.db.database import Database
from ekino.kernel.errors import NotAuthenticated
from ekino.kernel.moments import now
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates
from ekino.verify import service
from ekino.verify.model.claim import NEXT, Claim, Party, State, obstacle
from ekino.verify.service import Checker, Sign, claims
from ekino.verify.token import read_bytes, write_short_id

_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]


class Contacts(Protocol):
    """Seals contacts and opens them again; handed in by whoever holds the key."""

    def seal(self, text: str) -> bytes:
        """Seal a contact."""

    def unseal(self, sealed: bytes) -> str:
        """Open a sealed contact."""


def routes(
    db: Database,
    checker: Checker,
    templates: Templates,
    sign: Sign,
    form: Form,
    contacts: Contacts,
) -> list[BaseRoute]:
    """Give the routes of claims; `form` reads a page's own form before it is answered."""
    visitor = _Visitor(db, checker, templates, sign, contacts)
    office = _Office(db, templates, contacts)
    return [
        Route("/t/{token}/claim", form(visitor.claim), methods=["POST"]),
        Route("/claim/{reference}", visitor.follow, methods=["GET"]),
        Route("/claim/{reference}/withdraw", form(visitor.withdraw), methods=["POST"]),
        Route("/office/claims", office.show_all, methods=["GET"]),
        Route("/office/claims/{reference}", office.show, methods=["GET"]),
        Route("/office/claims/{reference}", form(office.step), methods=["POST"]),
    ]


class _Visitor:
    """What whoever holds a ticket may do; no sign-in, the reference is the key."""

    def __init__(
        self,
        db: Database,
        checker: Checker,
        templates: Templates,
        sign: Sign,
        contacts: Contacts,
    ) -> None:
        self._db = db
        self._checker = checker
        self._templates = templates
        self._sign = sign
        self._contacts = contacts

    def claim(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Open a claim for a ticket, after checking it once more."""
        checked = self._checker.check(request.path_params["token"], is_counted=False)
        stated = service.state_absence(self._db, checked, self._sign)
        reference = claims.open_claim(
            self._db,
            checked,
            stated,
            fiscal_receipt=fields.get("fiscal_receipt", ""),
            contact=fields.get("contact", ""),
            seal=self._contacts.seal,
        )
        return _see(f"/claim/{reference}")

    def follow(self, request: Request) -> Response:
        """Show a claim's state and what comes next."""
        claim = claims.read_claim(self._db, request.path_params["reference"].upper())
        return _private(
            self._templates.respond(
                request,
                "verify/claim.html",
                claim=claim,
                may_withdraw=State.WITHDRAWN in NEXT[claim.state],
                place=_place(self._checker, claim),
                short_id=write_short_id(claim.token[5:17]),
            )
        )

    def withdraw(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Take a claim back."""
        reference = request.path_params["reference"].upper()
        claims.take_step(
            self._db,
            reference,
            to=State.WITHDRAWN,
            by=Party.VISITOR,
            actor="visitor",
            words="",
            at=now(),
        )
        return _see(f"/claim/{reference}")


class _Office:
    """The list of claims and one claim, for whoever may decide them."""

    def __init__(self, db: Database, templates: Templates, contacts: Contacts) -> None:
        self._db = db
        self._templates = templates
        self._contacts = contacts

    def show_all(self, request: Request) -> Response:
        """List claims, the newest first."""
        found = claims.list_claims(self._db)
        return _private(
            self._templates.respond(request, "verify/claims.html", claims=found)
        )

    def show(self, request: Request) -> Response:
        """Show one claim with its evidence and the steps that can be taken now."""
        person = _own(request)
        reference = request.path_params["reference"]
        claim = claims.read_claim(self._db, reference)
        contact = claims.read_contact(
            self._db, reference, by=person, unseal=self._contacts.unseal
        )
        steps = [
            state
            for state in (State.ANSWERED, State.UPHELD, State.REJECTED)
            if _may(claim, state)
        ]
        return _private(
            self._templates.respond(
                request,
                "verify/office.html",
                trail=(Step("/office/claims", key="office.claims"),),
                claim=claim,
                contact=contact,
                steps=steps,
                printed=read_bytes(claim.token),
                registered=read_bytes(claim.sale_token) if claim.sale_token else None,
                short_id=write_short_id(claim.token[5:17]),
            )
        )

    def step(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take a step in the operator's name."""
        person = _own(request)
        reference = request.path_params["reference"]
        claims.take_step(
            self._db,
            reference,
            to=_state(fields.get("to", "")),
            by=Party.OPERATOR,
            actor=person,
            words=fields.get("words", ""),
            at=now(),
        )
        return _see(f"/office/claims/{reference}")


def _own(request: Request) -> Person:
    """Give who is signed in; the guard lets nobody else in."""
    person = person_of(request.scope)
    if person is None:
        raise NotAuthenticated("sign in first", code="not_signed_in")
    return person


def _state(text: str) -> State:
    """Read a step's name; anything else is a step that no state allows."""
    try:
        return State(text)
    except ValueError:
        return State.CLAIMED


def _may(claim: Claim, to: State) -> bool:
    stops = obstacle(
        claim.state,
        to=to,
        by=Party.OPERATOR,
        at=now(),
        answer_due_at=claim.answer_due_at,
        words="…",
    )
    return stops is None


def _place(checker: Checker, claim: Claim) -> object:
    return checker.place_of(read_bytes(claim.token))


def _see(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


def _private(answer: Response) -> Response:
    answer.headers.update(_PRIVATE)
    return answer
