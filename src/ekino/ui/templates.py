"""Templates of all rooms, rendered for one reader at a time."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ekino.ui import charts, formats, geography
from ekino.ui.assets import Assets
from ekino.ui.exports import MEDIA_TYPES, Words, attachment, write_file
from ekino.ui.genres import genre_name, genre_names
from ekino.ui.languages import NAMES, Language
from ekino.ui.navigation import Address, Menu, Step
from ekino.ui.reader import Theme, keep_choices, read_reader
from ekino.ui.tables import Table, Withheld, value_of, write_value
from ekino.ui.translation import Catalogues

# What a page answers with depends on these, so no cache may mix two readers up.
_VARY = "Accept-Language, Cookie"

# The first step of every trail.
_START = Step("/", key="nav.today")


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
        rooms: tuple[str, ...] = (
            "ui",
            "access",
            "archive",
            "certification",
            "totals",
            "verify",
            "own",
            "feeds",
            "opendata",
            "intake",
            "workbench",
            "manual",
        ),
        public_url: str = "",
        menu: Menu | None = None,
    ) -> None:
        """Find templates in `ekino.<room>`; `public_url` is what the world calls us."""
        self._menu = menu or Menu()
        self._catalogues = catalogues
        self._assets = assets
        self._rooms = rooms
        self._public_url = public_url.rstrip("/")
        self._environment = cache(self._make_environment)

    def render(self, name: str, language: Language, **values: object) -> str:
        """Render a template without a reader: a fragment of a live stream."""
        return self._environment(language).get_template(name).render(values)

    def respond(
        self,
        request: Request,
        name: str,
        *,
        status_code: int = 200,
        trail: tuple[Step, ...] = (_START,),
        **values: object,
    ) -> Response:
        """
        Answer a request with a page in its reader's language and theme.

        `trail` leads from the start to the page, without the page itself; every page below
        the start has one.

        A change of theme is answered by the same address without it, so that a shared
        address never imposes colours; a change of language stays in the address.
        """
        reader = read_reader(request)
        if "theme" in request.query_params:
            lang = request.query_params.get("lang")
            back = Address(reader)(lang=lang)
            redirect = RedirectResponse(back, status_code=303)
            keep_choices(request, redirect)
            return redirect
        body = self.render(
            name,
            reader.language,
            reader=reader,
            address=Address(reader),
            origin=self.origin(request),
            themes=list(Theme),
            menu=self._menu,
            trail=trail if request.url.path != _START.href else (),
            signed_in=self._menu.signed_in(request.scope),
            **values,
        )
        headers = {
            "Cache-Control": self._cached(request),
            "Content-Language": reader.language.value,
            "Vary": _VARY,
        }
        response = HTMLResponse(body, status_code=status_code, headers=headers)
        keep_choices(request, response)
        return response

    def respond_table(
        self, request: Request, table: Table, suffix: str, *, title: str
    ) -> Response:
        """
        Answer a request with a table as a file in its reader's language.

        `title` says in words what the table is. Sorted as the page would be.
        """
        language = read_reader(request).language
        text = partial(self._catalogues.text, language)
        ordered = table.sorted_by(request.query_params.get("sort"), language)
        at = "" if table.at is None else formats.clock(table.at, table.timezone, language)
        words = Words(
            title=title,
            text=text,
            as_of=""
            if table.as_of is None or table.at is None
            else text(
                "table.as_of",
                position=formats.number(table.as_of, language),
                day=formats.day_short(table.at, table.timezone, language),
                time=at,
            ),
            withheld=text("table.withheld"),
        )
        headers = {
            "Content-Disposition": attachment(f"{table.name}.{suffix}"),
            "Cache-Control": self._cached(request),
            "Content-Language": language.value,
            "Vary": _VARY,
        }
        body = write_file(ordered, suffix, words)
        return Response(body, media_type=MEDIA_TYPES[suffix], headers=headers)

    def _cached(self, request: Request) -> str:
        """Say how long an answer may be kept: what is shown to somebody signed in, never."""
        is_public = self._menu.signed_in(request.scope) is None
        return "private, no-cache" if is_public else "private, no-store"

    def text(self, request: Request, key: str, **values: object) -> str:
        """Give a message in the language of a request's reader."""
        return self._catalogues.text(read_reader(request).language, key, **values)

    def origin(self, request: Request) -> str:
        """Give what the world calls us, without a slash at its end."""
        return self._public_url or f"{request.url.scheme}://{request.url.netloc}"

    def language(self, request: Request) -> Language:
        """Give the language of a request's reader."""
        return read_reader(request).language

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
        environment.tests["withheld"] = lambda value: isinstance(value, Withheld)
        environment.filters.update(_bound(formats.FILTERS, language))
        environment.filters["genre_name"] = partial(genre_name, language=language)
        environment.filters["genre_names"] = partial(genre_names, language=language)
        environment.globals.update(
            language=language,
            language_names=NAMES,
            t=partial(self._catalogues.text, language),
            tn=partial(self._catalogues.counted, language),
            asset=self._assets.url,
            write_value=partial(write_value, language=language),
            value_of=value_of,
            draw_day=charts.draw_day,
            bubble_radius=charts.bubble_radius,
            find_map=geography.find_map,
        )
        return environment


def _bound(
    filters: Mapping[str, Callable[..., str]], language: Language
) -> dict[str, Callable[..., str]]:
    return {name: partial(each, language=language) for name, each in filters.items()}
