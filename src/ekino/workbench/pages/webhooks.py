"""The pages of webhooks and e-mail: endpoints, their delivery log, delivering again."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.kernel.errors import NotFound, Refused
from ekino.notices.model import ATTEMPT_DAYS, KEY_OVERLAP_S, KINDS
from ekino.notices.service import confirming, endpoints
from ekino.notices.service.endpoints import Added, By, Endpoint, Wanted
from ekino.notices.service.signing import public_text
from ekino.workbench.pages.bench import LIVE, Asked, Bench, Form, see

_DIGITS = 9
# The address is the secret: nobody keeps it, and no other site is told it.
SECRET_PAGE: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
)


def routes(bench: Bench, form: Form) -> list[BaseRoute]:
    """Give the addresses."""
    page = _Webhooks(bench)
    return [
        Route("/dev/webhooks", page.show, methods=["GET"]),
        Route("/dev/webhooks", form(page.add), methods=["POST"]),
        Route("/dev/webhooks/{endpoint_id}", page.log, methods=["GET"]),
        Route("/dev/webhooks/{endpoint_id}", form(page.change), methods=["POST"]),
        Route("/confirm/{secret}", page.ask_reader, methods=["GET"]),
        Route("/confirm/{secret}", form(page.confirm), methods=["POST"]),
    ]


class _Webhooks:
    """Notices are of the live register, whichever a reader looks at elsewhere."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def _found(self, request: Request) -> tuple[Asked, Endpoint]:
        asked = self._bench.asked(request, mode=LIVE)
        text = request.path_params["endpoint_id"]
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise NotFound("there is no such endpoint", code="endpoint_not_found")
        return asked, endpoints.find_endpoint(self._bench.live, int(text), asked.own.codes)

    def show(self, request: Request) -> Response:
        """Show where notices go."""
        return self._show(request, self._bench.asked(request, mode=LIVE))

    def _show(
        self,
        request: Request,
        asked: Asked,
        *,
        added: Added | None = None,
        problem: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        return self._bench.respond(
            request,
            "webhooks",
            asked,
            status_code=422 if problem else 200,
            endpoints=endpoints.list_endpoints(self._bench.live, asked.own.codes),
            added=added,
            problem=problem,
            fields=fields or {},
            kinds=sorted(KINDS),
            has_mail=self._bench.has_mail,
        )

    def add(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Add a webhook or an e-mail address, and show once what its receiver must know."""
        bench = self._bench
        asked = bench.asked(request, mode=LIVE)
        organisation = fields.get("organisation", "")
        if organisation not in asked.own.codes:
            raise NotFound(
                "there is no such organisation of yours", code="endpoint_not_found"
            )
        kind = fields.get("kind", "")
        wanted = Wanted(
            organisation_code=organisation,
            address=fields.get("address", ""),
            kinds=(kind,) if kind else (),
            version=fields.get("version", "v1a"),
            language=bench.templates.language(request).value,
            contact=fields.get("contact", ""),
            by=_by(asked),
        )
        try:
            if fields.get("way") == "email":
                if not bench.has_mail:
                    raise Refused("no mail server is set", code="no_mail_server")
                endpoints.add_email(bench.live, wanted, at=bench.clock())
                return see("/dev/webhooks")
            added = endpoints.add_webhook(
                bench.live, bench.seal, bench.courier, wanted, at=bench.clock()
            )
        except Refused as error:
            return self._show(request, asked, problem=error.detail, fields=fields)
        return self._show(request, asked, added=added)

    def log(self, request: Request) -> Response:
        """Show an endpoint's deliveries."""
        asked, endpoint = self._found(request)
        return self._log(request, asked, endpoint)

    def _log(
        self,
        request: Request,
        asked: Asked,
        endpoint: Endpoint,
        *,
        added: Added | None = None,
    ) -> Response:
        public = endpoint.public_key
        return self._bench.respond(
            request,
            "deliveries",
            asked,
            endpoint=endpoint,
            deliveries=endpoints.list_deliveries(self._bench.live, endpoint),
            public="" if public is None else public_text(bytes(public)),
            added=added,
            days=ATTEMPT_DAYS,
            overlap_hours=KEY_OVERLAP_S // 3_600,
        )

    def change(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Try, deliver again, replace the key, let in again or take away."""
        bench = self._bench
        asked, endpoint = self._found(request)
        here = f"/dev/webhooks/{endpoint.endpoint_id}"
        match fields.get("step", ""):
            case "ping":
                endpoints.ping(
                    bench.live,
                    endpoint.organisation_code,
                    actor=asked.person.name,
                    at=bench.clock(),
                )
            case "confirm" if endpoint.state == "unconfirmed":
                endpoints.ask_again(bench.live, endpoint, by=_by(asked), at=bench.clock())
            case "replay":
                endpoints.replay(
                    bench.live,
                    endpoint,
                    notice_id=fields.get("notice") or None,
                    since=_instant(fields.get("since", "")),
                    until=_instant(fields.get("until", "")),
                    by=_by(asked),
                    at=bench.clock(),
                )
            case "rotate":
                added = endpoints.rotate(
                    bench.live,
                    bench.seal,
                    endpoint,
                    version=endpoint.version or "v1a",
                    by=_by(asked),
                    at=bench.clock(),
                )
                return self._log(request, asked, endpoint, added=added)
            case "enable":
                endpoints.set_state(bench.live, endpoint, "active", by=_by(asked))
            case "remove":
                endpoints.set_state(bench.live, endpoint, "removed", by=_by(asked))
                here = "/dev/webhooks"
            case _:
                raise NotFound("there is no such step", code="endpoint_not_found")
        return see(here)

    def ask_reader(self, request: Request) -> Response:
        """Ask whoever reads an e-mail; a link that is merely previewed confirms nothing."""
        bench, secret = self._bench, request.path_params["secret"]
        found = confirming.find(bench.live, secret, at=bench.clock())
        return self._reader(request, "" if found is None else found.address)

    def confirm(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Confirm an address: it is told from now on."""
        bench, secret = self._bench, request.path_params["secret"]
        found = confirming.confirm(bench.live, secret, at=bench.clock())
        return self._reader(request, "" if found is None else found.address, is_done=True)

    def _reader(self, request: Request, email: str, *, is_done: bool = False) -> Response:
        answer = self._bench.templates.respond(
            request,
            "workbench/confirm.html",
            status_code=200 if email else 404,
            email=email,
            is_done=is_done,
        )
        answer.headers.update(SECRET_PAGE)
        return answer


def _by(asked: Asked) -> By:
    return By(asked.person.name, asked.person)


def _instant(text: str) -> datetime | None:
    """Read an instant of a form, in UTC; None for none."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError:
        return None
