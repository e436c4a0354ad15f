"""Who may enter which address: the whole surface in one table."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from starlette.routing import BaseRoute, Route

from ekino.access.model.entrances import Entrance
from ekino.access.model.permissions import Permission
from ekino.kernel.errors import Broken
from ekino.web.guard import guarded

WHO: Mapping[str, Entrance | Permission] = MappingProxyType(
    {
        # The live board and what explains it.
        "/": Entrance.PUBLIC,
        "/live": Entrance.PUBLIC,
        "/about/data": Entrance.PUBLIC,
        "/about/coverage": Entrance.PUBLIC,
        "/about/coverage.{suffix}": Entrance.PUBLIC,
        "/tv": Entrance.PUBLIC,
        "/embed": Entrance.PUBLIC,
        # Regions and venues, and how the system is.
        "/regions": Entrance.PUBLIC,
        "/regions.{suffix}": Entrance.PUBLIC,
        "/region/{code}": Entrance.PUBLIC,
        "/venues": Entrance.PUBLIC,
        "/venues.{suffix}": Entrance.PUBLIC,
        "/venue/{code}": Entrance.PUBLIC,
        "/status": Entrance.PUBLIC,
        "/status.json": Entrance.PUBLIC,
        # Permanent tables, and the files beside them.
        "/day/{name}": Entrance.PUBLIC,
        "/weekend/{name}": Entrance.PUBLIC,
        "/month/{name}": Entrance.PUBLIC,
        "/year/{name}": Entrance.PUBLIC,
        "/calendar": Entrance.PUBLIC,
        "/calendar.{suffix}": Entrance.PUBLIC,
        "/calendar/{year}": Entrance.PUBLIC,
        "/films": Entrance.PUBLIC,
        "/films.{suffix}": Entrance.PUBLIC,
        "/film/{code:path}": Entrance.PUBLIC,
        "/compare": Entrance.PUBLIC,
        "/compare.{suffix}": Entrance.PUBLIC,
        "/static/{name:path}": Entrance.PUBLIC,
        # Whose public pages a reader looks at: the live register's, or the test register's.
        "/register/{name}": Entrance.PUBLIC,
        # The check of a ticket, and the visitor's claim.
        "/t/{token}": Entrance.PUBLIC,
        "/T/{token}": Entrance.PUBLIC,
        "/t/{token}/receipt": Entrance.PUBLIC,
        "/t/{token}/claim": Entrance.PUBLIC,
        "/check": Entrance.PUBLIC,
        "/check/scan": Entrance.PUBLIC,
        "/about/tickets": Entrance.PUBLIC,
        "/claim/{reference}": Entrance.PUBLIC,
        "/claim/{reference}/withdraw": Entrance.PUBLIC,
        # Where claims are decided.
        "/office/claims": Permission.DECIDE_CLAIMS,
        "/office/claims/{reference}": Permission.DECIDE_CLAIMS,
        # The ministry's rooms.
        "/gov": Permission.SEE_COUNTRY,
        "/gov/explore": Permission.SEE_COUNTRY,
        "/gov/explore.{suffix}": Permission.SEE_COUNTRY,
        "/gov/brief": Permission.SEE_COUNTRY,
        "/gov/brief.{suffix}": Permission.SEE_COUNTRY,
        "/gov/tickets": Permission.SEE_TICKETS,
        "/gov/tickets.{suffix}": Permission.SEE_TICKETS,
        "/gov/tickets/{position}": Permission.SEE_TICKETS,
        # The watch over uploads, and its mirrors.
        "/gov/feeds": Permission.WATCH_FEEDS,
        "/gov/feeds.{suffix}": Permission.WATCH_FEEDS,
        "/gov/feeds/onboarding": Permission.WATCH_FEEDS,
        "/gov/feeds/onboarding.{suffix}": Permission.WATCH_FEEDS,
        "/gov/feeds/alarms/{alarm_id}": Permission.WATCH_FEEDS,
        "/gov/feeds/excuses": Permission.WATCH_FEEDS,
        "/gov/feeds/excuses.{suffix}": Permission.WATCH_FEEDS,
        "/gov/feeds/excuses/{reference}": Permission.WATCH_FEEDS,
        "/gov/feeds/excuses/{reference}/evidence": Permission.WATCH_FEEDS,
        "/gov/feeds/{source}": Permission.WATCH_FEEDS,
        "/cinema/feed": Permission.SEE_OWN_VENUES,
        "/cinema/feed.{suffix}": Permission.SEE_OWN_VENUES,
        "/cinema/feed/alarms/{alarm_id}": Permission.SEE_OWN_VENUES,
        "/cinema/feed/excuses": Permission.SEE_OWN_VENUES,
        "/cinema/feed/excuses/{reference}": Permission.SEE_OWN_VENUES,
        "/cinema/feed/excuses/{reference}/evidence": Permission.SEE_OWN_VENUES,
        "/cinema/feed/{source}": Permission.SEE_OWN_VENUES,
        "/vendor/feeds": Permission.SEE_OWN_SOURCES,
        "/vendor/feeds.{suffix}": Permission.SEE_OWN_SOURCES,
        "/vendor/feeds/alarms/{alarm_id}": Permission.SEE_OWN_SOURCES,
        "/vendor/feeds/excuses": Permission.EXCUSE_OWN_FEEDS,
        "/vendor/feeds/excuses/{reference}": Permission.EXCUSE_OWN_FEEDS,
        "/vendor/feeds/excuses/{reference}/evidence": Permission.EXCUSE_OWN_FEEDS,
        "/vendor/feeds/{source}": Permission.SEE_OWN_SOURCES,
        "/gov/saved": Permission.SEE_COUNTRY,
        "/gov/connectors": Permission.WATCH_FEEDS,
        "/gov/connectors.{suffix}": Permission.WATCH_FEEDS,
        "/gov/saved/{saved_id}": Permission.SEE_COUNTRY,
        # Signing in, and one's own account.
        "/sign-in": Entrance.PUBLIC,
        "/sign-in/code": Entrance.PUBLIC,
        "/invitation/{secret}": Entrance.PUBLIC,
        "/sign-in/provider": Entrance.PUBLIC,
        "/sign-in/provider/back": Entrance.PUBLIC,
        "/sign-in/passkey": Entrance.PUBLIC,
        "/sign-in/passkey/offer": Entrance.PUBLIC,
        "/invitation/{secret}/passkey": Entrance.PUBLIC,
        "/invitation/{secret}/passkey/offer": Entrance.PUBLIC,
        "/sign-out": Permission.KEEP_ACCOUNT,
        "/components": Permission.KEEP_ACCOUNT,
        "/account": Permission.KEEP_ACCOUNT,
        "/account/password": Permission.KEEP_ACCOUNT,
        "/account/others": Permission.KEEP_ACCOUNT,
        "/account/passkeys": Permission.KEEP_ACCOUNT,
        "/account/passkeys/offer": Permission.KEEP_ACCOUNT,
        "/account/passkeys/{passkey_id}/remove": Permission.KEEP_ACCOUNT,
        # What is an organisation's own.
        "/cinema": Permission.SEE_OWN_VENUES,
        "/cinema.{suffix}": Permission.SEE_OWN_VENUES,
        "/cinema/reports": Permission.SEE_OWN_VENUES,
        "/cinema/reports.{suffix}": Permission.SEE_OWN_VENUES,
        "/cinema/reports/{day}": Permission.SEE_OWN_VENUES,
        "/cinema/files": Permission.HAND_IN_FILES,
        "/cinema/files/template.{suffix}": Permission.HAND_IN_FILES,
        "/cinema/files/how": Permission.HAND_IN_FILES,
        "/cinema/files/{reference}": Permission.HAND_IN_FILES,
        "/cinema/corrections": Permission.CORRECT_OWN_SALES,
        "/cinema/corrections/{reference}": Permission.CORRECT_OWN_SALES,
        "/dev/certification": Permission.SEE_OWN_SOURCES,
        "/dev/certification/{reference}": Permission.SEE_OWN_SOURCES,
        "/dev/certification/{reference}/steps/{test}": Permission.SEE_OWN_SOURCES,
        "/vendor": Permission.SEE_OWN_SOURCES,
        "/vendor.{suffix}": Permission.SEE_OWN_SOURCES,
        "/vendor/corrections/{reference}": Permission.SEE_OWN_SOURCES,
        # The integrators' workbench.
        "/dev": Permission.SEE_OWN_SOURCES,
        "/dev/start": Permission.SEE_OWN_SOURCES,
        "/dev/requests": Permission.SEE_OWN_SOURCES,
        "/dev/requests/{request_id}": Permission.SEE_OWN_SOURCES,
        "/dev/events": Permission.SEE_OWN_SOURCES,
        "/dev/errors": Permission.SEE_OWN_SOURCES,
        "/dev/inspect": Permission.SEE_OWN_SOURCES,
        "/dev/keys": Permission.SEE_OWN_SOURCES,
        "/dev/test": Permission.SEE_OWN_SOURCES,
        "/dev/webhooks": Permission.SEE_OWN_SOURCES,
        "/dev/webhooks/{endpoint_id}": Permission.SEE_OWN_SOURCES,
        # The link of an e-mail is the key: whoever reads the mailbox confirms the address.
        "/confirm/{secret}": Entrance.PUBLIC,
        # The operator's overview.
        "/admin": Permission.SEE_AUDIT,
        "/admin/people": Permission.MANAGE_PEOPLE,
        "/admin/people.{suffix}": Permission.MANAGE_PEOPLE,
        "/admin/people/new": Permission.MANAGE_PEOPLE,
        "/admin/people/{person_id}": Permission.MANAGE_PEOPLE,
        "/admin/people/{person_id}/roles": Permission.MANAGE_PEOPLE,
        "/admin/people/{person_id}/roles/revoke": Permission.MANAGE_PEOPLE,
        "/admin/people/{person_id}/state": Permission.MANAGE_PEOPLE,
        "/admin/people/{person_id}/invitation": Permission.MANAGE_PEOPLE,
        "/admin/corrections": Permission.SEE_REGISTRY,
        "/admin/corrections.{suffix}": Permission.SEE_REGISTRY,
        "/admin/registry": Permission.SEE_REGISTRY,
        "/admin/registry/{kind}": Permission.SEE_REGISTRY,
        "/admin/audit": Permission.SEE_AUDIT,
        "/admin/audit.{suffix}": Permission.SEE_AUDIT,
        "/admin/jobs": Permission.SEE_JOBS,
        "/admin/jobs.{suffix}": Permission.SEE_JOBS,
        "/distributor": Permission.SEE_OWN_FILMS,
        "/distributor.{suffix}": Permission.SEE_OWN_FILMS,
        "/distributor/film/{code:path}": Permission.SEE_OWN_FILMS,
        "/producer": Permission.SEE_PRODUCED_FILMS,
        "/producer.{suffix}": Permission.SEE_PRODUCED_FILMS,
        "/producer/film/{code:path}": Permission.SEE_PRODUCED_FILMS,
        # The API of programs.
        "/v1/batches": Entrance.SIGNED,
        "/v1/files": Entrance.SIGNED,
        "/v1/files/{reference}": Entrance.SIGNED,
        "/v1/catalog": Entrance.SIGNED,
        "/v1/catalog/{kind}": Entrance.PUBLIC,
        "/v1/sources": Entrance.SIGNED,
        "/v1/keys": Entrance.SIGNED,
        "/v1/people": Entrance.SIGNED,
        "/v1/people/links": Entrance.SIGNED,
        "/v1/totals": Entrance.PUBLIC,
        "/v1/entries/{position}": Entrance.SIGNED,
        "/v1/feeds/report": Entrance.SIGNED,
        "/v1/claims": Entrance.SIGNED,
        "/v1/claims/{reference}/answer": Entrance.SIGNED,
        # Whoever knows its secret end may say that there is something to read.
        "/v1/hooks/{connector}": Entrance.PUBLIC,
        # The public log.
        "/v1/proof/{position}": Entrance.PUBLIC,
        "/log/checkpoint": Entrance.PUBLIC,
        "/log/tile/{path:path}": Entrance.PUBLIC,
        "/keys": Entrance.PUBLIC,
        # The contract: what problems mean, and files for programs.
        "/docs": Entrance.PUBLIC,
        "/docs/{section}/{name:path}": Entrance.PUBLIC,
        "/problems": Entrance.PUBLIC,
        "/problems/{code}": Entrance.PUBLIC,
        "/asyncapi.json": Entrance.PUBLIC,
        "/schemas/{name}": Entrance.PUBLIC,
        "/vectors/{name}": Entrance.PUBLIC,
        "/collection/{name}": Entrance.PUBLIC,
        "/api": Entrance.PUBLIC,
        "/api/{name}": Entrance.PUBLIC,
        "/v1/certification": Entrance.SIGNED,
        "/v1/certification/{reference}": Entrance.SIGNED,
        "/v1/certification/{reference}/steps/{test}": Entrance.SIGNED,
        "/v1/certification/{reference}/end": Entrance.SIGNED,
        # Who is certified.
        "/certified": Entrance.PUBLIC,
        "/certified.{suffix}": Entrance.PUBLIC,
        "/certified/{reference}.{suffix}": Entrance.PUBLIC,
        # How the register is.
        "/openapi.json": Entrance.PUBLIC,
        "/health": Entrance.PUBLIC,
        "/metrics": Entrance.PUBLIC,
    }
)


def behind_guards(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """Give every route behind its guard; `Broken` for an address that the table does not name."""
    behind: list[BaseRoute] = []
    for route in routes:
        if not isinstance(route, Route) or route.path not in WHO:
            detail = f"{route} is in no line of WHO: say who may enter it"
            raise Broken(detail, code="entrance_missing")
        who = WHO[route.path]
        behind.append(route if isinstance(who, Entrance) else guarded(route, who))
    return behind
