"""The operator's pages of people: who may sign in, and with which roles."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.access.model.permissions import OF_ORGANISATIONS, RoleName
from ekino.access.model.ways import Obstacle
from ekino.access.pages.account import ZONE
from ekino.access.pages.lobby import Form, Lobby, own, see
from ekino.access.service import audit, people
from ekino.access.service.people import Actor, Listed
from ekino.kernel.errors import NotFound, Refused
from ekino.kernel.moments import now
from ekino.ui.languages import find_language
from ekino.ui.navigation import Step
from ekino.ui.tables import SUFFIXES, Cell, Column, Kind, Table

ADMIN = Step("/admin", "admin.title")
PEOPLE = Step("/admin/people", "people.title")
_AUDIT_LINES_SHOWN = 20
# The largest number of a row: PostgreSQL's integer.
NUMBER_MAX = 2**31 - 1
_DONE = frozenset({"role_granted", "role_revoked", "blocked", "let_in"})
# What stands in the way is shown at the field that can mend it.
_FIELD_OF = {
    Obstacle.NAME_MISSING: "name",
    Obstacle.EMAIL_MALFORMED: "email",
    Obstacle.EMAIL_TAKEN: "email",
    Obstacle.ORGANISATION_MISSING: "organisation",
    Obstacle.LAST_OPERATOR: "roles",
}
_COLUMNS = (
    Column("name", "people.name", Kind.TEXT, is_head=True),
    Column("email", "sign_in.email", Kind.TEXT),
    Column("roles", "people.roles", Kind.TEXT),
    Column("state", "people.state", Kind.TEXT),
    Column("signed_in_at", "people.signed_in_at", Kind.CLOCK),
)


def routes(lobby: Lobby, form: Form) -> list[BaseRoute]:
    """Give the routes of people."""
    pages = _Pages(lobby)
    return [
        Route("/admin/people", pages.show_all, methods=["GET"]),
        Route("/admin/people.{suffix}", pages.file, methods=["GET"]),
        Route("/admin/people/new", pages.ask, methods=["GET"]),
        Route("/admin/people/new", form(pages.add), methods=["POST"]),
        Route("/admin/people/{person_id}", pages.show, methods=["GET"]),
        Route("/admin/people/{person_id}/roles", form(pages.grant), methods=["POST"]),
        Route(
            "/admin/people/{person_id}/roles/revoke",
            form(pages.revoke),
            methods=["POST"],
        ),
        Route("/admin/people/{person_id}/state", form(pages.set_state), methods=["POST"]),
        Route("/admin/people/{person_id}/invitation", form(pages.invite), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    def show_all(self, request: Request) -> Response:
        """List everybody."""
        return self._lobby.respond(
            request, "access/people.html", trail=(ADMIN,), table=self._table(request)
        )

    def file(self, request: Request) -> Response:
        """Give everybody as a file."""
        suffix = suffix_of(request)
        title = self._lobby.templates.text(request, "people.title")
        table = self._table(request)
        return self._lobby.templates.respond_table(request, table, suffix, title=title)

    def ask(self, request: Request) -> Response:
        """Ask for a new person."""
        return self._ask(request, {}, [])

    def add(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Add a person, and show the link to send them."""
        role, organisation_id = _role(fields)
        if role is None:
            return self._ask(request, fields, [("role", Obstacle.ROLE_MISSING)])
        try:
            person_id = people.add_person(
                self._lobby.db,
                name=fields.get("name", ""),
                email=fields.get("email", ""),
                language=find_language(fields.get("language")) or "kk",
                grants=[(role, organisation_id)],
                actor=_actor(request),
            )
        except Refused as error:
            stops = _obstacle(error)
            return self._ask(request, fields, [(_FIELD_OF[stops], stops)])
        return self._invited(request, person_id)

    def show(self, request: Request) -> Response:
        """Show one person."""
        return self._show(request, [])

    def grant(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Grant a role."""
        person_id = _number(request)
        role, organisation_id = _role(fields)
        if role is None:
            return self._show(request, [("role", Obstacle.ROLE_MISSING)])
        try:
            people.grant(
                self._lobby.db,
                person_id,
                role,
                organisation_id,
                actor=_actor(request),
                at=now(),
            )
        except Refused as error:
            stops = _obstacle(error)
            return self._show(request, [(_FIELD_OF[stops], stops)])
        return see(f"/admin/people/{person_id}?done=role_granted")

    def revoke(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Take a role away."""
        person_id = _number(request)
        role, organisation_id = _role(fields)
        if role is None:
            return self._show(request, [("roles", Obstacle.ROLE_MISSING)])
        try:
            people.revoke(
                self._lobby.db,
                person_id,
                role,
                organisation_id,
                actor=_actor(request),
                at=now(),
            )
        except Refused as error:
            return self._show(request, [("roles", _obstacle(error))])
        return see(f"/admin/people/{person_id}?done=role_revoked")

    def set_state(self, request: Request, fields: Mapping[str, str]) -> Response:
        """Block somebody, or let them in again."""
        person_id = _number(request)
        is_blocked = fields.get("state") == "blocked"
        try:
            people.set_state(
                self._lobby.db,
                person_id,
                "blocked" if is_blocked else "active",
                actor=_actor(request),
                at=now(),
            )
        except Refused as error:
            return self._show(request, [("roles", _obstacle(error))])
        done = "blocked" if is_blocked else "let_in"
        return see(f"/admin/people/{person_id}?done={done}")

    def invite(self, request: Request, _fields: Mapping[str, str]) -> Response:
        """Make a fresh invitation, and show it."""
        return self._invited(request, _number(request))

    def _invited(self, request: Request, person_id: int) -> Response:
        """Show an invitation's link: once, because only its hash is kept."""
        secret = people.make_link(
            self._lobby.db, person_id, "invitation", actor=_actor(request), at=now()
        )
        listed = people.find_person(self._lobby.db, person_id)
        return self._lobby.respond(
            request,
            "access/invited.html",
            trail=(ADMIN, PEOPLE),
            listed=listed,
            link=f"{self._lobby.origin(request)}/invitation/{secret}",
            days=people.INVITATION_GOOD_S // 86_400,
        )

    def _show(self, request: Request, problems: list[tuple[str, Obstacle]]) -> Response:
        db, person_id = self._lobby.db, _number(request)
        done = request.query_params.get("done", "")
        lines, _ = audit.read_audit(db, lines=_AUDIT_LINES_SHOWN, person_id=person_id)
        return self._lobby.respond(
            request,
            "access/person.html",
            status_code=400 if problems else 200,
            trail=(ADMIN, PEOPLE),
            listed=people.find_person(db, person_id),
            organisations=people.list_organisations(db),
            roles=list(RoleName),
            of_organisations=OF_ORGANISATIONS,
            problems=problems,
            lines=lines,
            done=done if done in _DONE else "",
            zone=ZONE,
        )

    def _ask(
        self,
        request: Request,
        fields: Mapping[str, str],
        problems: list[tuple[str, Obstacle]],
    ) -> Response:
        return self._lobby.respond(
            request,
            "access/new_person.html",
            status_code=400 if problems else 200,
            trail=(ADMIN, PEOPLE),
            fields=fields,
            organisations=people.list_organisations(self._lobby.db),
            roles=list(RoleName),
            problems=problems,
        )

    def _table(self, request: Request) -> Table:
        templates = self._lobby.templates
        table = Table(
            name="people",
            columns=_COLUMNS,
            rows=tuple(
                {
                    "name": Cell(each.row.name, href=f"/admin/people/{each.row.person_id}"),
                    "email": each.row.email,
                    "roles": "; ".join(
                        f"{templates.text(request, f'role.{grant.role}')}"
                        + (f": {grant.organisation}" if grant.organisation else "")
                        for grant in each.grants
                    ),
                    "state": templates.text(request, f"person.state.{state_of(each)}"),
                    "signed_in_at": each.row.signed_in_at,
                }
                for each in people.list_people(self._lobby.db)
            ),
            timezone=ZONE,
        )
        return table.sorted_by(
            request.query_params.get("sort"), templates.language(request)
        )


def state_of(listed: Listed) -> str:
    """Say how somebody stands: blocked, invited but with no way to sign in, or active."""
    if listed.row.state == "blocked":
        return "blocked"
    return "active" if listed.has_way else "invited"


def suffix_of(request: Request) -> str:
    """Give the suffix of the file that was asked for; `NotFound` for one that is none."""
    suffix = str(request.path_params["suffix"])
    if suffix not in SUFFIXES:
        detail = f"there is no {quote(suffix)} of it; there are {', '.join(SUFFIXES)}"
        raise NotFound(detail)
    return suffix


def read_number(text: str) -> int | None:
    """Read a number of an address; None for what no column holds."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(NUMBER_MAX))
    return int(text) if is_number and int(text) <= NUMBER_MAX else None


def _number(request: Request) -> int:
    """Read a person's number; `NotFound` for one that no column holds."""
    number = read_number(request.path_params["person_id"])
    if number is None:
        raise NotFound("there is no such person", code="person_not_found")
    return number


def _role(fields: Mapping[str, str]) -> tuple[RoleName | None, int | None]:
    """Read a role and, for a role of one, its organisation."""
    try:
        role = RoleName(fields.get("role", ""))
    except ValueError:
        return None, None
    text = fields.get("organisation", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - digits of an integer
    return role, number if role in OF_ORGANISATIONS else None


def _obstacle(error: Refused) -> Obstacle:
    """Read the obstacle that a refusal names; any other refusal is not this page's."""
    try:
        return Obstacle(error.code)
    except ValueError:
        raise error from None


def _actor(request: Request) -> Actor:
    person = own(request)
    return Actor(person.name, person)
