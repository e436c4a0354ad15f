"""What the pages of organisations share: who asks, for which organisations, and how they answer."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from ekino.access.model.people import Grant, Person
from ekino.access.model.permissions import Permission
from ekino.access.service import person_of
from ekino.db.database import Database
from ekino.kernel.bounds import is_day_of_ours
from ekino.kernel.errors import NotAuthenticated, NotFound
from ekino.kernel.moments import Clock, now
from ekino.totals.model.day import Country, Figures, FilmDay
from ekino.ui.languages import Language
from ekino.ui.navigation import Step
from ekino.ui.tables import Cell, Table
from ekino.ui.templates import Templates

Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]
# How often a page looks again: often enough for an evening, and a hundred readers of every
# organisation cost what one busy cinema's till does.
REFRESH_S = 30
# One reader's own figures: no cache keeps them and no search engine lists them.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Counter:
    """Handed to every page of the room."""

    db: Database
    templates: Templates
    country: Country
    clock: Clock = now

    def grants(
        self, request: Request, permission: Permission
    ) -> tuple[Person, tuple[Grant, ...]]:
        """Give who asks, and for which organisations they may: everything begins with it."""
        person = person_of(request.scope)
        if person is None:
            raise NotAuthenticated("sign in first", code="not_signed_in")
        return person, person.organisations(permission)

    def respond(
        self,
        request: Request,
        name: str,
        *,
        trail: tuple[Step, ...] = (),
        status_code: int = 200,
        **values: object,
    ) -> Response:
        """Answer with a page that nobody else may keep."""
        answer = self.templates.respond(
            request,
            name,
            trail=trail,
            status_code=status_code,
            refresh_s=REFRESH_S,
            **values,
        )
        answer.headers.update(_PRIVATE)
        return answer

    def respond_file(
        self, request: Request, tables: tuple[Table, ...], suffix: str, *, title: str
    ) -> Response:
        """Answer with one of a page's tables as a file: the one that `?table=` names."""
        part = request.query_params.get("table", tables[0].part if tables else "")
        for table in tables:
            if table.part == part and suffix in ("csv", "xlsx", "json"):
                answer = self.templates.respond_table(request, table, suffix, title=title)
                answer.headers.update(_PRIVATE)
                return answer
        raise NotFound("this page has no such table", code="table_not_found")

    def sorted(self, request: Request, table: Table) -> Table:
        """Sort a table as its page is asked to."""
        name = f"sort-{table.part}" if table.part else "sort"
        return table.sorted_by(
            request.query_params.get(name), self.templates.language(request)
        )


def organisation_ids(grants: tuple[Grant, ...]) -> tuple[int, ...]:
    """Give the organisations of some grants, each once."""
    found = (grant.organisation_id for grant in grants)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def title_cell(
    titles: dict[str, str],
    original_language: str | None,
    language: Language,
    *,
    href: str = "",
    note: str = "",
) -> Cell:
    """Give a film's title for a reader, marked with its language where it is another."""
    film = FilmDay(0, titles, original_language, (), Figures(), 0, 0)
    words, lang = film.title(language)
    return Cell(words, href=href, lang=lang or "", note=note)


def read_day(request: Request, name: str, default: date) -> date:
    """Read a business date of the query; `NotFound` for anything that is none."""
    text = request.query_params.get(name, "")
    return parse_day(text) if text else default


def parse_day(text: str) -> date:
    """Read a business date of an address; `NotFound` for anything that is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("there is no such day", code="day_not_found") from error
    # A day near the ends of the calendar has no week before it, or none after.
    if day.isoformat() != text or not is_day_of_ours(day):
        raise NotFound("there is no such day", code="day_not_found")
    return day
