"""/problems: what each code means, what to do about it, and a request that is answered so."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.ingest.api import PATH, problem_of_refusal
from ekino.ingest.model import BATCH_EVENTS_MAX, Outcome
from ekino.kernel.errors import Broken, NotFound, Pushback
from ekino.ui.navigation import Step
from ekino.ui.templates import Templates
from ekino.web import problems
from ekino.web.codes import GROUPS, OUTCOMES, address_of, group_of
from ekino.web.contract.examples import REFUSED
from ekino.web.contract.requests import SHOWN, error_of

# When the examples happen.
EXAMPLES_AT = datetime(2026, 11, 20, 12, 20, 3, tzinfo=UTC)
# What is spelled alike in every language, so that a translator cannot misspell it.
NAMES = {
    "allow": "Allow",
    "base64": "base64",
    "content_type": "Content-Type",
    "detail": "detail",
    "dev_keys": "/dev/keys",
    "digest": "Content-Digest",
    "ed25519": "Ed25519",
    "encoding": "Content-Encoding",
    "errors": "errors",
    "events_form": '{"events": […]}',
    "events_max": f"{BATCH_EVENTS_MAX}",
    "gzip": "gzip",
    "input": "Signature-Input",
    "json": "JSON",
    "key_text": "ekino-key-v1",
    "line_feed": "LF",
    "json_type": "application/json",
    "kzt": "KZT",
    "nonce": "nonce",
    "retry_after": "Retry-After",
    "server_time": "server_time",
    "signature": "Signature",
    "simulate": "EKino-Simulate",
    "slow": "slow",
    "test": "test.",
    "timeout": "timeout",
    "utf8": "UTF-8",
    "version": "EKino-Version",
    "zone": "Asia/Aqtau",
    "zstd": "zstd",
}
# A search has at most so many characters: nobody looks for more.
_ASKED_CHARACTERS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What a help page says besides its words."""

    code: str
    group: str
    # HTTP's number; an outcome stands in an answer of 200.
    number: int
    # Whether sending it again helps: "no", "later", or "ours" when the fault is ours.
    again: str
    request: str
    answer: str
    cause: str
    fix: str


def find_help(code: str) -> Help:
    """Give a code's help; `NotFound` for a code that is not ours or has no page."""
    group = group_of(code)
    if group is None:
        raise NotFound(f"no problem has the code {code!r}")
    if code in OUTCOMES:
        outcome = Outcome(code)
        refusal = REFUSED[outcome].refusal(outcome)
        event = json.dumps(dict(REFUSED[outcome].event), indent=1, ensure_ascii=False)
        answer = {
            "entered": 0,
            "refused": 1,
            "outcomes": [code],
            "positions": [None],
            "problems": [problem_of_refusal(refusal)],
        }
        return Help(
            code=code,
            group=group,
            number=200,
            again="no",
            request=f'POST {PATH}\n…\n\n{{"events": [{event}]}}',
            answer=_shown(200, {}, answer),
            cause=f"own.cause.{code}",
            fix=f"own.fix.{code}",
        )
    error = error_of(code)
    body = problems.body_of(error, at=EXAMPLES_AT)
    if code == "method_not_allowed":
        body |= {"status": 405, "title": error.detail}
    again = "no"
    if isinstance(error, Pushback | Broken):
        again = "later" if isinstance(error, Pushback) else "ours"
    return Help(
        code=code,
        group=group,
        number=body["status"],
        again=again,
        request=SHOWN[code][1],
        answer=_shown(body["status"], problems.headers_of(error), body),
        cause=f"help.cause.{code}",
        fix=f"help.fix.{code}",
    )


def _shown(number: int, headers: dict[str, str], body: object) -> str:
    lines = [f"HTTP {number}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join((*lines, "", json.dumps(body, indent=1, ensure_ascii=False)))


def routes(templates: Templates) -> list[BaseRoute]:
    """Give the list of all problems, and the page of each; public."""

    def index(request: Request) -> Response:
        """List every problem, or those that match what is looked for."""
        asked = request.query_params.get("q", "")[:_ASKED_CHARACTERS_MAX].strip()
        wanted = asked.casefold().split()
        found = {
            group: [
                each
                for code in codes
                if _is_found(wanted, _words(request, templates, each := find_help(code)))
            ]
            for group, codes in GROUPS.items()
        }
        return templates.respond(
            request,
            "ui/help_index.html",
            asked=asked,
            groups={group: helps for group, helps in found.items() if helps},
            names=NAMES,
        )

    def page(request: Request) -> Response:
        """Say what one code means and what to do about it."""
        each = find_help(request.path_params["code"])
        near = [code for code in GROUPS[each.group] if code != each.code]
        return templates.respond(
            request,
            "ui/help.html",
            trail=(Step("/", key="nav.today"), Step("/problems", key="help.title")),
            each=each,
            near=[find_help(code) for code in near],
            names=NAMES,
            address_of=address_of,
        )

    return [Route("/problems", index), Route("/problems/{code}", page)]


def _is_found(wanted: list[str], text: str) -> bool:
    """Say whether every word that is looked for stands somewhere in a text."""
    return all(word in text for word in wanted)


def _words(request: Request, templates: Templates, each: Help) -> str:
    """Give everything that a search looks at, in the reader's language, in small letters."""
    return "\n".join(
        (
            each.code,
            str(each.number),
            templates.text(request, each.cause, **NAMES),
            templates.text(request, each.fix, **NAMES),
        )
    ).casefold()
