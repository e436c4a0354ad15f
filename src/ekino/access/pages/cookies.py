"""The two cookies of signing in: one of who is signed in, one of a sign-in under way."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from ekino.access.service.sign_in import SIGN_IN_GOOD_S

_SIGN_IN = "ekino"
_STEP = "ekino-step"
# A browser keeps a cookie with this beginning only over https, for this host alone and for all
# of its paths: nobody beside us can plant one.
_OF_THIS_HOST = "__Host-"


class Cookies:
    """Reads and sets the cookies; over https under names that no neighbour can set."""

    def __init__(self, public_url: str) -> None:
        """Take the address under which the world reaches us, or ""."""
        self._is_https = public_url.startswith("https://")

    def sign_in(self, request: HTTPConnection) -> str:
        """Give the cookie of a sign-in, or ""."""
        return request.cookies.get(self._name(request, _SIGN_IN), "")

    def step(self, request: HTTPConnection) -> str:
        """Give the cookie of a sign-in under way, or ""."""
        return request.cookies.get(self._name(request, _STEP), "")

    def set_sign_in(self, request: HTTPConnection, answer: Response, cookie: str) -> None:
        """Sign the browser in; what was under way is over."""
        self._set(request, answer, _SIGN_IN, cookie, SIGN_IN_GOOD_S)
        self._drop(request, answer, _STEP)

    def set_step(self, request: HTTPConnection, answer: Response, cookie: str) -> None:
        """Remember a sign-in under way, until the browser is closed."""
        self._set(request, answer, _STEP, cookie, None)

    def drop_sign_in(self, request: HTTPConnection, answer: Response) -> None:
        """Make the browser forget who was signed in."""
        self._drop(request, answer, _SIGN_IN)

    def is_https(self, request: HTTPConnection) -> bool:
        """Whether the reader speaks https, to us or to the server in front."""
        return self._is_https or request.url.scheme in ("https", "wss")

    def _name(self, request: HTTPConnection, name: str) -> str:
        return _OF_THIS_HOST + name if self.is_https(request) else name

    def _set(
        self,
        request: HTTPConnection,
        answer: Response,
        name: str,
        value: str,
        max_age_s: int | None,
    ) -> None:
        answer.set_cookie(
            self._name(request, name),
            value,
            max_age=max_age_s,
            path="/",
            secure=self.is_https(request),
            httponly=True,
            samesite="lax",
        )

    def _drop(self, request: HTTPConnection, answer: Response, name: str) -> None:
        answer.delete_cookie(
            self._name(request, name),
            path="/",
            secure=self.is_https(request),
            httponly=True,
            samesite="lax",
        )
