"""Problems as readers see them: a page in their language that says what to do next."""

from starlette.requests import Request
from starlette.responses import Response

from ekino.ui.templates import Templates

# Where programs ask; a browser that wanders there sees what they see.
_OF_PROGRAMS = (
    "/v1/",
    "/log/",
    "/static/",
    "/keys",
    "/openapi.json",
    "/health",
    "/metrics",
)
# HTTP's number → the page's words. Every number that is missing here is the page of 400.
_KIND_OF = {
    401: "sign_in",
    403: "not_permitted",
    404: "not_found",
    405: "not_found",
    413: "too_large",
    429: "too_often",
    500: "ours",
    503: "later",
}
# Codes that deserve words of their own.
_KIND_OF_CODE = {"form_not_ours": "stale_form"}
KINDS = frozenset({"unreadable", *_KIND_OF.values(), *_KIND_OF_CODE.values()})


def reads_pages(request: Request) -> bool:
    """Say whether whoever asks reads pages: a browser, at an address for people."""
    wants = "text/html" in request.headers.get("accept", "")
    return wants and not request.url.path.startswith(_OF_PROGRAMS)


def as_page(request: Request, answer: Response, code: str) -> Response:
    """
    Give a problem's answer as a page, with its number and headers.

    What happened in detail is for programs, in English; a page says it in its own words.
    """
    app = request.scope.get("app")
    templates = getattr(getattr(app, "state", None), "templates", None)
    if not isinstance(templates, Templates) or not reads_pages(request):
        return answer
    kind = _KIND_OF_CODE.get(code) or _KIND_OF.get(answer.status_code, "unreadable")
    page = templates.respond(
        request, "ui/problem.html", status_code=answer.status_code, kind=kind, code=code
    )
    for name in ("retry-after", "ratelimit-policy", "ratelimit", "allow"):
        if name in answer.headers:
            page.headers[name] = answer.headers[name]
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex"
    return page
