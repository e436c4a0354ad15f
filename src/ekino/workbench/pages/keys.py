"""Pages to begin with: keys and their codes, the test register, and the quick start."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.service import addresses, enrolment
from ekino.kernel.errors import NotFound, Refused
from ekino.workbench.model.magic import (
    REFUSED_PRICES_MINOR,
    SILENT_ANSWER_S,
    SLOW_ANSWER_S,
    UNKNOWN_VERSION,
    Simulation,
)
from ekino.workbench.pages.bench import TEST, Asked, Bench, Form, see
from ekino.workbench.service import sandbox


def routes(bench: Bench, form: Form) -> list[BaseRoute]:
    """Give the addresses."""
    page = _Keys(bench)
    return [
        Route("/dev/keys", page.keys, methods=["GET"]),
        Route("/dev/keys", form(page.change), methods=["POST"]),
        Route("/dev/test", page.test, methods=["GET"]),
        Route("/dev/test", form(page.reset), methods=["POST"]),
        Route("/dev/start", page.start, methods=["GET"]),
    ]


class _Keys:
    """What whoever connects a ticketing system needs first."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def _asked(
        self, request: Request, mode: str = ""
    ) -> tuple[Asked, list[sandbox.Sandbox]]:
        """Give who asks, and what each of their organisations has in the test register."""
        bench = self._bench
        asked = bench.asked(request, mode=mode)
        if asked.mode != TEST:
            return asked, []
        made = [
            sandbox.ensure(
                asked.db,
                bench.setting,
                organisation=each.code,
                name=each.name,
                at=bench.clock(),
            )
            for each in asked.own.organisations
        ]
        # What was made just now is theirs too.
        return bench.asked(request, mode=mode), made

    def keys(self, request: Request) -> Response:
        """Show the keys, and let a code be made."""
        return self._keys(request, self._asked(request)[0])

    def _keys(
        self,
        request: Request,
        asked: Asked,
        *,
        code: str = "",
        source: str = "",
        problem: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        return self._bench.respond(
            request,
            "keys",
            asked,
            status_code=422 if problem else 200,
            code=code,
            source=source,
            problem=problem,
            fields=fields or {},
            client=request.client.host if request.client else "",
            good_minutes=enrolment.CODE_GOOD_S // 60,
            overlap_days=enrolment.OVERLAP_S // 86_400,
        )

    def change(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Make a code for a source of one's own, or say from where a key may be used."""
        asked, _ = self._asked(request, mode=fields.get("mode", ""))
        if fields.get("step") == "networks":
            return self._limit(request, asked, fields)
        return self._make_code(request, asked, fields)

    def _limit(self, request: Request, asked: Asked, fields: Mapping[str, str]) -> Response:
        key = fields.get("key", "")
        if key not in asked.own.key_ids:
            raise NotFound("there is no such key of yours", code="key_not_found")
        networks = fields.get("networks", "")
        try:
            # A field that was left empty opens no key: whoever wants that says so.
            if not networks.strip() and "anywhere" not in fields:
                detail = "name a network, or say that the key may be used from anywhere"
                raise Refused(detail, code="networks_malformed")
            addresses.set_networks(
                asked.db,
                key,
                "" if "anywhere" in fields else networks,
                actor=asked.person.name,
                person=asked.person if asked.mode != TEST else None,
            )
        except Refused as error:
            return self._keys(request, asked, problem=error.detail, fields=fields)
        return see(f"/dev/keys?mode={asked.mode}")

    def _make_code(
        self, request: Request, asked: Asked, fields: Mapping[str, str]
    ) -> Response:
        source = fields.get("source", "")
        if source not in {each.code for each in asked.own.sources}:
            raise NotFound("there is no such source of yours", code="source_not_found")
        code = enrolment.make_code(
            asked.db, source, actor=asked.person.name, at=self._bench.clock()
        )
        return self._keys(request, asked, code=code, source=source)

    def test(self, request: Request) -> Response:
        """Show the test register: what is one's own in it, and what it does when asked to."""
        asked, made = self._asked(request, mode=TEST)
        return self._bench.respond(
            request,
            "test",
            asked,
            made=made,
            prices=sorted(REFUSED_PRICES_MINOR),
            version=UNKNOWN_VERSION,
            simulations=list(Simulation),
            slow_s=SLOW_ANSWER_S,
            silent_s=SILENT_ANSWER_S,
            virtual=sandbox.VIRTUAL_VENUE,
        )

    def reset(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Begin anew in the test register."""
        asked, _ = self._asked(request, mode=TEST)
        wanted = fields.get("source", "")
        for each in asked.own.organisations:
            found = sandbox.find(asked.db, each.code) if asked.mode == TEST else None
            if found is not None and found.source == wanted:
                sandbox.reset(asked.db, each.code, name=each.name, actor=asked.person.name)
                return see(f"/dev/test?done={quote(each.code, safe='')}")
        raise NotFound("there is no such source of yours", code="source_not_found")

    def start(self, request: Request) -> Response:
        """Show the quick start, with the reader's own key filled in."""
        asked, made = self._asked(request, mode=TEST)
        own = [each.key_id for each in asked.own.keys if each.revoked_at is None]
        codes = asked.own.codes
        return self._bench.respond(
            request,
            "start",
            asked,
            made=made[0] if made else None,
            key_id=own[0] if own else f"test.{codes[0] if codes else 'vendor'}/till-1",
            has_key=bool(own),
            showing=sandbox.first_showing(self._bench.setting, at=self._bench.clock()),
        )
