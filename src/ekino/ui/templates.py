"""Templates of all rooms, rendered for one reader at a time."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ekino.ui import charts, formats, geography
from ekino.ui.assets import Assets
from ekino.ui.languages import NAMES, Language
from ekino.ui.reader import Reader, Theme, keep_choices, read_reader
from ekino.ui.translation import Catalogues

# What a page answers with depends on these, so no cache may mix two readers up.
_VARY = "Accept-Language, Cookie"


class Templates:
    """
    The templates of `ui` and of the rooms that have some, by `<room>/<file>`.

    Each language has an environment of its own in which filters and messages already know
    the language: a template cannot format for the wrong reader.
    """

    def __init__(
        self,
        catalogues: Catalogues,
        assets: Assets,
        *,
        rooms: tuple[str, ...] = ("ui", "totals", "verify"),
        public_url: str = "",
    ) -> None:
        """Find templates in `ekino.<room>`; `public_url` is what the world calls us."""
        self._catalogues = catalogues
        self._assets = assets
        self._rooms = rooms
        self._public_url = public_url.rstrip("/")
        self._environment = cache(self._make_environment)

    def render(self, name: str, language: Language, **values: object) -> str:
        """Render a template without a reader: a fragment of a live stream."""
        return self._environment(language).get_template(name).render(values)

    def respond(
        self, request: Request, name: str, *, status_code: int = 200, **values: object
    ) -> Response:
        """
        Answer a request with a page in its reader's language and theme.

        A change of theme is answered by the same address without it, so that a shared
        address never imposes colours; a change of language stays in the address.
        """
        reader = read_reader(request)
        if "theme" in request.query_params:
            lang = request.query_params.get("lang")
            back = _address(reader, **({"lang": lang} if lang else {}))
            redirect = RedirectResponse(back, status_code=303)
            keep_choices(request, redirect)
            return redirect
        origin = self._public_url or f"{request.url.scheme}://{request.url.netloc}"
        body = self.render(
            name,
            reader.language,
            reader=reader,
            address=partial(_address, reader),
            origin=origin,
            themes=list(Theme),
            **values,
        )
        headers = {
            "Cache-Control": "private, no-cache",
            "Content-Language": reader.language.value,
            "Vary": _VARY,
        }
        response = HTMLResponse(body, status_code=status_code, headers=headers)
        keep_choices(request, response)
        return response

    def _make_environment(self, language: Language) -> Environment:
        loader = PrefixLoader(
            {room: PackageLoader(f"ekino.{room}") for room in self._rooms}
        )
        environment = Environment(
            loader=loader,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters.update(_bound(formats.FILTERS, language))
        environment.globals.update(
            language=language,
            language_names=NAMES,
            t=partial(self._catalogues.text, language),
            tn=partial(self._catalogues.counted, language),
            asset=self._assets.url,
            draw_day=charts.draw_day,
            bubble_radius=charts.bubble_radius,
            find_map=geography.find_map,
        )
        return environment


def _bound(
    filters: Mapping[str, Callable[..., str]], language: Language
) -> dict[str, Callable[..., str]]:
    return {name: partial(each, language=language) for name, each in filters.items()}


def _address(reader: Reader, **choices: str) -> str:
    """Give the address being read with other choices, keeping its filters and its place."""
    kept = [(name, value) for name, value in reader.query if name not in choices]
    query = urlencode([*kept, *choices.items()])
    # A path that begins with two slashes would send the reader to another host.
    path = "/" + reader.path.lstrip("/")
    return f"{path}?{query}" if query else path
