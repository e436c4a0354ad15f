"""The check page: what every phone camera opens, in words, in the reader's language."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.db.database import Database
from ekino.kernel.errors import NotFound, TooOften
from ekino.kernel.moments import to_text
from ekino.ui.limits import limit_headers, wait_headers
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates
from ekino.verify import service
from ekino.verify.model.statement import Stated
from ekino.verify.model.verdict import CHECKS_REMARKABLE, Verdict
from ekino.verify.service import Allowance, Checked, Checker, Sign
from ekino.verify.service.allowance import QUOTA
from ekino.verify.token import Unreadable, read_text

MEDIA_TYPE = "application/json"
# The address holds the ticket: no other site is told it, no search engine keeps it.
_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
# This page alone opens the camera; its reader works in a worker made of a blob.
_SCANNER = {
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; worker-src 'self' blob:; media-src 'self' blob:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
# Longer than any printed id with its hyphens, and than a mistyped one.
ID_CHARACTERS_MAX = 64


def routes(
    db: Database, checker: Checker, templates: Templates, allowance: Allowance, sign: Sign
) -> list[BaseRoute]:
    """Give the public routes of a check; `sign` makes a claim receipt of a statement's text."""
    pages = _Pages(db, checker, templates, allowance, sign)
    return [
        Route("/t/{token}", pages.check, methods=["GET"], name="check"),
        Route("/T/{token}", pages.check, methods=["GET"]),
        Route("/t/{token}/receipt", pages.receipt, methods=["GET"]),
        Route("/check", pages.by_id, methods=["GET"], name="check_id"),
        Route("/check/scan", pages.scan, methods=["GET"], name="scan"),
        Route("/about/tickets", pages.about, methods=["GET"], name="about_tickets"),
    ]


class _Pages:
    """One method an address; all public, each safe to run in any thread."""

    def __init__(
        self,
        db: Database,
        checker: Checker,
        templates: Templates,
        allowance: Allowance,
        sign: Sign,
    ) -> None:
        self._db = db
        self._checker = checker
        self._templates = templates
        self._allowance = allowance
        self._sign = sign

    def check(self, request: Request) -> Response:
        """Say what the ticket with this code is, and state it when it is not there."""
        checked = self._checker.check(request.path_params["token"])
        stated = (
            service.state_absence(self._db, checked, self._sign)
            if request.method == "GET"
            else None
        )
        if wants_json(request):
            return _json(describe(checked, stated))
        answer = self._templates.respond(
            request,
            "verify/check.html",
            checked=checked,
            stated=stated,
            place=checked.place,
            token_text=request.path_params["token"].upper() if checked.token else "",
            is_often=checked.checks > CHECKS_REMARKABLE,
            may_claim=checked.verdict in (Verdict.NOT_REGISTERED, Verdict.ALTERED),
            ticket_start=_instant(checked),
        )
        return _private(answer)

    def receipt(self, request: Request) -> Response:
        """Give the register's latest signed statement about a ticket, as plain text."""
        try:
            token = read_text(request.path_params["token"])
        except Unreadable as error:
            raise NotFound("this is no ticket of ours", code="ticket_unreadable") from error
        stated = service.find_statement(self._db, token.sha256)
        if stated is None:
            detail = "the register has stated nothing about this ticket"
            raise NotFound(detail, code="statement_not_found")
        answer = PlainTextResponse(
            stated.receipt,
            headers={
                "Content-Disposition": f'attachment; filename="{stated.position}.note"'
            },
        )
        return _private(answer)

    def by_id(self, request: Request) -> Response:
        """Ask for a printed id, and say registered or not, with the place and nothing else."""
        asked = request.query_params.get("id", "")[:ID_CHARACTERS_MAX].strip()
        if not asked:
            return self._templates.respond(
                request, "verify/id.html", asked="", found=None, place=None, wait_s=0
            )
        allowed = self._allowance.ask(request.client.host if request.client else "")
        if allowed.wait_s:
            return self._slowed_down(request, asked, int(allowed.wait_s) + 1)
        answer = self._answer_id(request, asked)
        answer.headers.update(
            limit_headers(QUOTA, left=allowed.left, until_s=allowed.whole_s)
        )
        return answer

    def _answer_id(self, request: Request, asked: str) -> Response:
        found, place = self._checker.find_by_id(asked)
        if wants_json(request):
            seat = (
                {"section": found.section, "row": found.row, "seat": found.seat}
                if found
                else None
            )
            return _json({"registered": found is not None, "place": seat})
        return _private(
            self._templates.respond(
                request, "verify/id.html", asked=asked, found=found, place=place, wait_s=0
            )
        )

    def _slowed_down(self, request: Request, asked: str, wait_s: int) -> Response:
        detail = "ids are asked for too often from here"
        error = TooOften(detail, retry_after_s=wait_s, quota=QUOTA)
        if wants_json(request):
            raise error
        answer = self._templates.respond(
            request,
            "verify/id.html",
            status_code=429,
            asked=asked,
            found=None,
            place=None,
            wait_s=wait_s,
        )
        answer.headers.update(wait_headers(error))
        return _private(answer)

    def scan(self, request: Request) -> Response:
        """Open the camera in the page, for those whose own camera reads no codes."""
        answer = self._templates.respond(request, "verify/scan.html")
        answer.headers.update(_SCANNER)
        return answer

    def about(self, request: Request) -> Response:
        """Say how a ticket is checked and what each answer means."""
        return self._templates.respond(
            request,
            "verify/about.html",
            trail=(Step("/", key="nav.today"),),
            verdicts=list(Verdict),
        )


def wants_json(request: Request) -> bool:
    """Whether a program asks: it accepts JSON and no page."""
    accepted = request.headers.get("accept", "")
    return MEDIA_TYPE in accepted and "text/html" not in accepted


def _instant(checked: Checked) -> datetime | None:
    if checked.token is None:
        return None
    return datetime.fromtimestamp(checked.token.start_s, UTC)


def _private(answer: Response) -> Response:
    answer.headers.update(_PRIVATE)
    answer.headers["Vary"] = "Accept, Accept-Language, Cookie"
    return answer


def _json(value: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "private, no-cache"}
    return _private(
        Response(msgspec.json.encode(value), media_type=MEDIA_TYPE, headers=headers)
    )


def describe(checked: Checked, stated: Stated | None) -> dict[str, Any]:
    """Give a check as JSON: the same answer for programs."""
    judgement, token, sale = checked.judgement, checked.token, checked.sale
    return {
        "verdict": judgement.verdict,
        "until": None if judgement.until is None else to_text(judgement.until),
        "because": judgement.because,
        "differs": list(judgement.differs),
        "at": to_text(checked.at),
        "register_size": checked.reach.size,
        "checks": checked.checks,
        "ticket": None
        if token is None or checked.place is None
        else {
            "id": token.short_id,
            "key": None if checked.key is None else checked.key.name,
            "seq": token.seq,
            "hall": token.hall_id,
            "start": token.start_s,
            "price_minor": token.price_minor,
            "place": token.place,
            "issued": token.issued_s,
        },
        "sale": None
        if sale is None
        else {
            "position": sale.position,
            "recorded_at": to_text(sale.recorded_at),
            "price_minor": sale.price_minor,
            "section": sale.section,
            "row": sale.row,
            "seat": sale.seat,
            "ended_position": sale.ended_position,
            "proof": f"/v1/proof/{sale.position}",
        },
        "statement": None
        if stated is None
        else {
            "position": stated.position,
            "tree_size": stated.tree_size,
            "receipt": stated.receipt,
        },
    }
