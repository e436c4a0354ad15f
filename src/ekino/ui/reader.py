"""Who reads a page: their language and theme, as asked, as kept, as their browser prefers."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from ekino.ui.languages import DEFAULT, Language, find_language, prefer


class Theme(StrEnum):
    """Which colours a reader wants; `auto` leaves it to their system."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


LANGUAGE_COOKIE = "ekino_language"
THEME_COOKIE = "ekino_theme"
# Browsers cap cookies at 400 days; a year is what a returning reader expects.
CHOICE_KEPT_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Reader:
    """What a page must know of its reader, and nothing that says who they are."""

    language: Language = DEFAULT
    theme: Theme = Theme.AUTO
    # The address being read, and its query without `lang` and `theme`.
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()


def read_reader(request: Request) -> Reader:
    """Work out the reader: `?lang=` wins over the cookie, the cookie over the browser."""
    language = (
        find_language(request.query_params.get("lang"))
        or find_language(request.cookies.get(LANGUAGE_COOKIE))
        or prefer(request.headers.get("accept-language", ""))
    )
    theme = (
        _find_theme(request.query_params.get("theme"))
        or _find_theme(request.cookies.get(THEME_COOKIE))
        or Theme.AUTO
    )
    query = tuple(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in {"lang", "theme"}
    )
    return Reader(language, theme, request.url.path, query)


def keep_choices(request: Request, response: Response) -> None:
    """Keep in cookies what the address asked for; they hold a choice and no identity."""
    asked = (
        (LANGUAGE_COOKIE, find_language(request.query_params.get("lang"))),
        (THEME_COOKIE, _find_theme(request.query_params.get("theme"))),
    )
    for name, choice in asked:
        if choice is not None:
            response.set_cookie(
                name,
                choice.value,
                max_age=CHOICE_KEPT_S,
                secure=request.url.scheme == "https",
                httponly=True,
                samesite="lax",
            )


def _find_theme(text: str | None) -> Theme | None:
    try:
        return Theme(text or "")
    except ValueError:
        return None
