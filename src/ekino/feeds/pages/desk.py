"""What the pages of feeds share: who looks, at which address, and how they are answered."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission, RoleName
from ekino.access.service import person_of
from ekino.db.database import Database, Role
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.feeds.service.watching import View
from ekino.kernel.bounds import is_day_of_ours
from ekino.kernel.errors import NotAuthenticated, NotFound
from ekino.kernel.moments import Clock, now
from ekino.totals.model.day import Country
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Table
from ekino.ui.templates import Templates

Answering = Callable[[Request, Mapping[str, str]], Response]
Form = Callable[[Answering], Callable[[Request], Awaitable[Response]]]
# What this room cannot know, handed in by whoever puts the pages together: the codes of vendors
# whose systems are certified, with the words of the certificate.
Certified = Callable[[], Mapping[str, str]]
# One reader's own figures: no cache keeps them and no search engine lists them.
_PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_ROLES = {RoleName.VENDOR: Role.VENDOR, RoleName.EXHIBITOR: Role.EXHIBITOR}


class Side(Enum):
    """From where feeds are looked at: the ministry, or its mirrors."""

    # (address, permission to look, whose grants count, key of the title)
    MINISTRY = ("/gov/feeds", Permission.WATCH_FEEDS, frozenset[RoleName](), "feeds.title")
    CINEMA = (
        "/cinema/feed",
        Permission.SEE_OWN_VENUES,
        frozenset({RoleName.EXHIBITOR}),
        "feeds.title.cinema",
    )
    VENDOR = (
        "/vendor/feeds",
        Permission.SEE_OWN_SOURCES,
        frozenset({RoleName.VENDOR, RoleName.EXHIBITOR}),
        "feeds.title.vendor",
    )

    @property
    def path(self) -> str:
        """Where its pages stand."""
        return self.value[0]

    @property
    def title(self) -> str:
        """Key of the message that names it."""
        return self.value[3]

    def source(self, code: str, **query: str) -> str:
        """Give the address of a source, with choices."""
        pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return f"{self.path}/{quote(code, safe='')}" + (f"?{pairs}" if pairs else "")


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every page of the room."""

    db: Database
    templates: Templates
    country: Country
    certified: Certified = dict
    clock: Clock = now

    def person(self, request: Request) -> Person:
        """Give who asks; everything begins with it."""
        person = person_of(request.scope)
        if person is None:
            raise NotAuthenticated("sign in first", code="not_signed_in")
        return person

    def askers(self, request: Request, side: Side) -> tuple[Asker, ...]:
        """Give as whom the database is read: the state, or each organisation of the person's."""
        person = self.person(request)
        if side is Side.MINISTRY:
            return (THE_STATE,)
        return tuple(
            dict.fromkeys(
                Asker(_ROLES[grant.role], grant.organisation_id)
                for grant in person.organisations(side.value[1])
                if grant.role in side.value[2]
            )
        )

    def view(self, request: Request, side: Side) -> View:
        """Give what whoever asks may see of feeds."""
        return View(self.db, self.askers(request, side))

    def text(self, request: Request, key: str, **values: object) -> str:
        """Give a message in the reader's language."""
        return self.templates.text(request, key, **values)

    def respond(
        self,
        request: Request,
        name: str,
        side: Side,
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
            side=side,
            zone=self.country.timezone,
            country=self.country,
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
            if table.part == part and suffix in SUFFIXES:
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

    def day_span(self, day: date) -> tuple[datetime, datetime]:
        """Give the instants of a business date of the country."""
        hour = time(self.country.day_starts_hour)
        zone = ZoneInfo(self.country.timezone)
        return (
            datetime.combine(day, hour, zone),
            datetime.combine(day + timedelta(days=1), hour, zone),
        )


def read_day(request: Request, name: str) -> date | None:
    """Read a business date of the query; None for none, `NotFound` for one that is no day."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("there is no such day", code="day_not_found") from error
    if day.isoformat() != text or not is_day_of_ours(day):
        raise NotFound("there is no such day", code="day_not_found")
    return day


def see(address: str) -> RedirectResponse:
    """Send the reader to the page of what was done."""
    return RedirectResponse(address, status_code=303)
