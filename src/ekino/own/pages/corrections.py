"""The pages of corrections: a cinema asks, checks its answers, and is given a reference."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission, RoleName
from ekino.db.database import Role
from ekino.own.model.cinema import Venue
from ekino.own.model.correction import (
    FIELD,
    PRICE_MAX,
    TICKET_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    Asking,
    Correction,
    Party,
    Reason,
    State,
    Wanted,
    mistakes,
    obstacle,
)
from ekino.own.pages.counter import Counter, Form, organisation_ids
from ekino.own.pages.source_tables import corrections as corrections_table
from ekino.own.service import cinema, corrections
from ekino.ui.navigation import Step

_TITLE = "own.corrections"


def routes(counter: Counter, form: Form) -> list[BaseRoute]:
    """Give the addresses of corrections; `form` reads a page's own form."""
    asker, vendor = _Asker(counter), _Vendor(counter)
    return [
        Route("/cinema/corrections", asker.show, methods=["GET"]),
        Route("/cinema/corrections", form(asker.ask), methods=["POST"]),
        Route("/cinema/corrections/{reference}", asker.follow, methods=["GET"]),
        Route("/cinema/corrections/{reference}", form(asker.withdraw), methods=["POST"]),
        Route("/vendor/corrections/{reference}", vendor.show, methods=["GET"]),
        Route("/vendor/corrections/{reference}", form(vendor.decline), methods=["POST"]),
        Route("/admin/corrections", _Keeper(counter).show, methods=["GET"]),
        Route("/admin/corrections.{suffix}", _Keeper(counter).show_file, methods=["GET"]),
    ]


class _Asker:
    """What whoever runs a cinema may ask for."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def _venues(self, request: Request) -> tuple[Person, list[Venue]]:
        person, grants = self._counter.grants(request, Permission.CORRECT_OWN_SALES)
        found = cinema.list_venues(self._counter.db, organisation_ids(grants))
        return person, found

    def show(self, request: Request) -> Response:
        """Show the form, and what was asked before."""
        _, venues = self._venues(request)
        if not venues:
            return self._counter.respond(request, "own/no_venue.html")
        venue = cinema.choose(venues, request.query_params.get("venue", ""))
        asking = Asking(ticket=_text(request.query_params, "ticket", TICKET_CHARACTERS_MAX))
        return self._form(request, venues, venue, asking)

    def _form(
        self,
        request: Request,
        venues: list[Venue],
        venue: Venue,
        asking: Asking,
        *,
        problems: tuple[tuple[str, str], ...] = (),
    ) -> Response:
        found = corrections.list_of_venue(self._counter.db, venue)
        table = corrections_table(
            self._counter, request, found, path="/cinema/corrections", name=venue.code
        )
        return self._counter.respond(
            request,
            "own/corrections.html",
            trail=(Step(f"/cinema?venue={quote(venue.code, safe='')}", words=venue.name),),
            status_code=422 if problems else 200,
            venues=venues,
            venue=venue,
            asking=asking,
            problems=problems,
            table=self._counter.sorted(request, table),
            sources=corrections.list_speaking(self._counter.db, venue),
            wanted=list(Wanted),
            reasons=list(Reason),
        )

    def ask(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Say what is wrong, or show the answers to check, or send them."""
        person, venues = self._venues(request)
        venue = cinema.choose(venues, fields.get("venue", ""))
        asking = _asking(fields)
        language = self._counter.templates.language(request).value
        ticket = corrections.find_ticket(
            self._counter.db, venue, asking.ticket, language=language
        )
        found = mistakes(asking, ticket)
        if found or fields.get("step") == "change":
            text = self._counter.templates.text
            problems = tuple(
                (FIELD[each], text(request, f"own.mistake.{each}")) for each in found
            )
            return self._form(request, venues, venue, asking, problems=problems)
        if fields.get("step") == "send":
            reference = corrections.ask(
                self._counter.db,
                venue,
                asking,
                person=person,
                at=self._counter.clock(),
                language=language,
            )
            return _see(f"/cinema/corrections/{reference}")
        sources = dict(corrections.list_speaking(self._counter.db, venue))
        return self._counter.respond(
            request,
            "own/correction_check.html",
            trail=(
                Step(f"/cinema?venue={quote(venue.code, safe='')}", words=venue.name),
                Step(f"/cinema/corrections?venue={quote(venue.code, safe='')}", key=_TITLE),
            ),
            venue=venue,
            asking=asking,
            ticket=ticket,
            asked=ticket.source_name if ticket else next(iter(sources.values()), ""),
        )

    def _read(self, request: Request) -> tuple[Person, Correction]:
        person, grants = self._counter.grants(request, Permission.CORRECT_OWN_SALES)
        found = corrections.read(
            self._counter.db,
            request.path_params["reference"].upper(),
            Role.EXHIBITOR,
            organisation_ids(grants),
        )
        return person, found

    def follow(self, request: Request) -> Response:
        """Show a request's reference, where it stands and what happens next."""
        _, correction = self._read(request)
        return _show(self._counter, request, correction, Party.CINEMA, State.WITHDRAWN)

    def withdraw(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Take a request back."""
        person, correction = self._read(request)
        corrections.take_step(
            self._counter.db,
            correction,
            to=State.WITHDRAWN,
            by=Party.CINEMA,
            person=person,
            words="",
            at=self._counter.clock(),
        )
        return _see(f"/cinema/corrections/{correction.reference}")


class _Vendor:
    """What whoever makes the ticketing system may answer."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def _read(self, request: Request) -> tuple[Person, Correction]:
        person, grants = self._counter.grants(request, Permission.SEE_OWN_SOURCES)
        found = corrections.read(
            self._counter.db,
            request.path_params["reference"].upper(),
            Role.VENDOR,
            organisation_ids(
                tuple(each for each in grants if each.role is RoleName.VENDOR)
            ),
        )
        return person, found

    def show(self, request: Request) -> Response:
        """Show what a cinema asks for."""
        _, correction = self._read(request)
        return _show(self._counter, request, correction, Party.VENDOR, State.DECLINED)

    def decline(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Say why nothing will be sent."""
        person, correction = self._read(request)
        corrections.take_step(
            self._counter.db,
            correction,
            to=State.DECLINED,
            by=Party.VENDOR,
            person=person,
            words=_text(fields, "words", WORDS_CHARACTERS_MAX),
            at=self._counter.clock(),
        )
        return _see(f"/vendor/corrections/{correction.reference}")


class _Keeper:
    """The list of whoever keeps the register; the register is corrected by events alone."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def show(self, request: Request) -> Response:
        """List every cinema's requests."""
        found = corrections.list_all(self._counter.db)
        table = corrections_table(self._counter, request, found, path="", name="all")
        return self._counter.respond(
            request,
            "own/all_corrections.html",
            trail=(Step("/admin", key="nav.admin"),),
            table=self._counter.sorted(request, table),
        )

    def show_file(self, request: Request) -> Response:
        """Give the list as a file."""
        found = corrections.list_all(self._counter.db)
        table = corrections_table(self._counter, request, found, path="", name="all")
        title = self._counter.templates.text(request, _TITLE)
        return self._counter.respond_file(
            request, (table,), request.path_params["suffix"], title=title
        )


def _show(
    counter: Counter, request: Request, correction: Correction, party: Party, step: State
) -> Response:
    is_cinema = party is Party.CINEMA
    back = f"/cinema/corrections?venue={correction.venue}" if is_cinema else "/vendor"
    stops = obstacle(correction.state, to=step, by=party, words="…")
    return counter.respond(
        request,
        "own/correction.html",
        trail=(Step(back, key=_TITLE if is_cinema else "own.vendor"),),
        correction=correction,
        may=step if stops is None else None,
    )


def _asking(fields: Mapping[str, str]) -> Asking:
    """Read a form; what cannot be read was not chosen."""
    wanted, reason = fields.get("wanted", ""), fields.get("reason", "")
    price = "".join(fields.get("price", "").split())
    is_price = price.isascii() and price.isdigit() and len(price) <= len(str(PRICE_MAX))
    return Asking(
        ticket=_text(fields, "ticket", TICKET_CHARACTERS_MAX),
        wanted=Wanted(wanted) if wanted in list(Wanted) else None,
        price=min(int(price), PRICE_MAX) if is_price else None,
        reason=Reason(reason) if reason in list(Reason) else None,
        words=_text(fields, "words", WORDS_CHARACTERS_MAX),
    )


def _text(fields: Mapping[str, str], name: str, most: int) -> str:
    return fields.get(name, "").strip()[:most]


def _see(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)
