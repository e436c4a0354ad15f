"""Every page that people read, with a reader for each: for pictures, and for what all must keep."""

from dataclasses import dataclass
from datetime import date, timedelta

TODAY = date.today()  # noqa: DTZ011 - the demonstration opens today
DAY = TODAY - timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, and the role of who opens it; None: anybody."""

    name: str
    address: str
    role: str | None = None
    # Its address in web/who.py, where that has parameters.
    path: str = ""

    @property
    def pattern(self) -> str:
        """Give the address as web/who.py names it."""
        return self.path or self.address.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reading:
    """A person of the demonstration who opens pages."""

    name: str
    # Code in the demonstration's catalog; "" for roles of the state.
    organisation: str = ""


PEOPLE = {
    "analyst": Reading("Айгерім Сейітова"),
    "operator": Reading("Данияр Оспанов"),
    "auditor": Reading("Мадина Ким"),
    "exhibitor": Reading("Светлана Иванова", "exh-aqqanat"),
    "distributor": Reading("Ерлан Тұрсынов", "dist-aq-bult"),
    "producer": Reading("Әсел Нұрланқызы", "studio-akzhel"),
    "vendor": Reading("Руслан Ахметов", "vendor-tasqyn"),
}

PAGES = (
    Shown("board", "/"),
    Shown("day", f"/day/{DAY}", path="/day/{name}"),
    Shown("weekend", f"/weekend/{DAY}", path="/weekend/{name}"),
    Shown("month", f"/month/{DAY:%Y-%m}", path="/month/{name}"),
    Shown("year", f"/year/{DAY:%Y}", path="/year/{name}"),
    Shown("calendar", "/calendar"),
    Shown("calendar-year", f"/calendar/{DAY:%Y}", path="/calendar/{year}"),
    Shown("films", "/films"),
    Shown("film", "/film/before-the-toi", path="/film/{code:path}"),
    Shown("compare", "/compare?film=before-the-toi&film=interstellar&film=golden-spear"),
    Shown("regions", "/regions"),
    Shown("region", "/region/KZ-63", path="/region/{code}"),
    Shown("venues", "/venues"),
    Shown("venue", "/venue/shq-01", path="/venue/{code}"),
    Shown("tv", "/tv"),
    Shown("embed", "/embed"),
    Shown("status", "/status"),
    Shown("about-data", "/about/data"),
    Shown("about-coverage", "/about/coverage"),
    Shown("about-tickets", "/about/tickets"),
    Shown("check", "/check"),
    Shown("check-scan", "/check/scan"),
    Shown("manual", "/docs"),
    Shown(
        "manual-page",
        "/docs/reference/for-implementers",
        path="/docs/{section}/{name:path}",
    ),
    Shown("problems", "/problems"),
    Shown("problems-none", "/problems?q=xyzzy"),
    Shown("problem", "/problems/created_out_of_window", path="/problems/{code}"),
    Shown("certified", "/certified"),
    Shown("api", "/api"),
    Shown("api-operation", "/api/postBatch", path="/api/{name}"),
    Shown("certification", "/dev/certification", "vendor"),
    Shown("sign-in", "/sign-in"),
    Shown("account", "/account", "analyst"),
    Shown("gov-connectors", "/gov/connectors", "analyst"),
    Shown("cinema-corrections", "/cinema/corrections", "exhibitor"),
    Shown("distributor", "/distributor", "distributor"),
    Shown(
        "distributor-film",
        "/distributor/film/interstellar",
        "distributor",
        path="/distributor/film/{code:path}",
    ),
    Shown("producer", "/producer", "producer"),
    Shown(
        "producer-film",
        "/producer/film/uchtobe-train",
        "producer",
        path="/producer/film/{code:path}",
    ),
    Shown("vendor", "/vendor", "vendor"),
    Shown("components", "/components", "vendor"),
    Shown("admin", "/admin", "operator"),
    Shown("admin-corrections", "/admin/corrections", "operator"),
    Shown("admin-people", "/admin/people", "operator"),
    Shown("admin-new-person", "/admin/people/new", "operator"),
    Shown("admin-person", "/admin/people/1", "operator", path="/admin/people/{person_id}"),
    Shown("admin-registry", "/admin/registry", "auditor"),
    Shown(
        "admin-venues", "/admin/registry/venues", "auditor", path="/admin/registry/{kind}"
    ),
    Shown("admin-audit", "/admin/audit", "auditor"),
    Shown("admin-jobs", "/admin/jobs", "auditor"),
    Shown("claims", "/office/claims", "analyst"),
    Shown("operations", "/gov", "analyst"),
    Shown("brief", "/gov/brief?period=week", "analyst"),
    Shown("explore", "/gov/explore?by=region&period=week&compare=before", "analyst"),
    Shown("explore-line", "/gov/explore?by=day&period=month&compare=before", "analyst"),
    Shown("explore-map", "/gov/explore?by=region&view=map", "analyst"),
    Shown("explore-empty", "/gov/explore?by=film&film=nowhere", "analyst"),
    Shown("tickets", "/gov/tickets?period=week", "analyst"),
    Shown("ticket", "/gov/tickets/5000", "analyst", path="/gov/tickets/{position}"),
    Shown("saved", "/gov/saved", "analyst"),
    Shown("feeds", "/gov/feeds", "analyst"),
    Shown("feeds-month", "/gov/feeds?span=month&by=vendor", "analyst"),
    Shown("feeds-empty", "/gov/feeds?q=nowhere", "analyst"),
    Shown(
        "feeds-source",
        "/gov/feeds/oryndyq-cloud",
        "analyst",
        path="/gov/feeds/{source}",
    ),
    Shown("feeds-onboarding", "/gov/feeds/onboarding", "analyst"),
    Shown("feeds-excuses", "/gov/feeds/excuses", "analyst"),
    Shown("cinema-feed", "/cinema/feed", "exhibitor"),
    Shown(
        "cinema-feed-source",
        "/cinema/feed/tasqyn-aqqanat",
        "exhibitor",
        path="/cinema/feed/{source}",
    ),
    Shown("cinema-feed-excuses", "/cinema/feed/excuses", "exhibitor"),
    Shown("vendor-feeds", "/vendor/feeds", "vendor"),
    Shown(
        "vendor-feeds-source",
        "/vendor/feeds/tasqyn-aqqanat",
        "vendor",
        path="/vendor/feeds/{source}",
    ),
    Shown("vendor-feeds-excuses", "/vendor/feeds/excuses", "vendor"),
    Shown("cinema", "/cinema", "exhibitor"),
    Shown("cinema-files", "/cinema/files", "exhibitor"),
    Shown("cinema-files-how", "/cinema/files/how", "exhibitor"),
    Shown("cinema-reports", "/cinema/reports", "exhibitor"),
    Shown("registry", "/admin/registry", "operator"),
    Shown("dev", "/dev", "vendor"),
    Shown("dev-live", "/dev?mode=live", "vendor"),
    Shown("dev-start", "/dev/start", "vendor"),
    Shown("dev-requests", "/dev/requests", "vendor"),
    Shown("dev-events", "/dev/events?mode=live", "vendor"),
    Shown("dev-errors", "/dev/errors?mode=live", "vendor"),
    Shown("dev-inspect", "/dev/inspect?id=nothing", "vendor"),
    Shown("dev-keys", "/dev/keys", "vendor"),
    Shown("dev-test", "/dev/test", "vendor"),
    Shown("dev-webhooks", "/dev/webhooks", "vendor"),
    Shown(
        "registry-venues",
        "/admin/registry/venues",
        "operator",
        path="/admin/registry/{kind}",
    ),
)

# Addresses that are no pages of their own: files, forms' targets, what machines read; and pages
# that want a ticket, a claim or an invitation, which have journeys of their own.
NOT_PAGES = frozenset(
    {
        "/v1/hooks/{connector}", "/gov/connectors.{suffix}",
        "/gov/feeds.{suffix}", "/gov/feeds/onboarding.{suffix}", "/gov/feeds/excuses.{suffix}",
        "/cinema/feed.{suffix}", "/vendor/feeds.{suffix}",
        # Of an alarm or an excuse that has to be there first: tests/store/feeds.
        "/gov/feeds/alarms/{alarm_id}", "/cinema/feed/alarms/{alarm_id}",
        "/vendor/feeds/alarms/{alarm_id}",
        "/gov/feeds/excuses/{reference}", "/cinema/feed/excuses/{reference}",
        "/vendor/feeds/excuses/{reference}", "/gov/feeds/excuses/{reference}/evidence",
        "/cinema/feed/excuses/{reference}/evidence", "/vendor/feeds/excuses/{reference}/evidence",
        "/about/coverage.{suffix}", "/regions.{suffix}", "/venues.{suffix}", "/status.json",
        "/gov/explore.{suffix}", "/gov/brief.{suffix}", "/gov/tickets.{suffix}",
        "/gov/saved/{saved_id}", "/sign-in/provider", "/sign-in/provider/back",
        "/cinema/corrections/{reference}", "/cinema/files/{reference}",
        "/cinema/files/template.{suffix}", "/vendor.{suffix}",
        "/vendor/corrections/{reference}", "/admin/corrections.{suffix}",
        "/distributor.{suffix}", "/producer.{suffix}",
        "/live", "/static/{name:path}", "/calendar.{suffix}", "/films.{suffix}",
        "/compare.{suffix}", "/cinema.{suffix}", "/cinema/reports.{suffix}",
        "/cinema/reports/{day}", "/admin/people.{suffix}", "/admin/audit.{suffix}",
        "/admin/jobs.{suffix}",
        "/t/{token}", "/T/{token}", "/t/{token}/receipt", "/t/{token}/claim",
        "/claim/{reference}", "/claim/{reference}/withdraw", "/office/claims/{reference}",
        "/sign-in/code", "/sign-in/passkey", "/sign-in/passkey/offer",
        "/invitation/{secret}", "/invitation/{secret}/passkey",
        "/invitation/{secret}/passkey/offer", "/sign-out", "/account/password",
        "/account/others", "/account/passkeys", "/account/passkeys/offer",
        "/account/passkeys/{passkey_id}/remove",
        "/admin/people/{person_id}", "/admin/people/{person_id}/roles",
        "/admin/people/{person_id}/roles/revoke",
        "/admin/people/{person_id}/state", "/admin/people/{person_id}/invitation",
        "/dev/requests/{request_id}", "/dev/webhooks/{endpoint_id}", "/register/{name}",
        "/confirm/{secret}",
        "/v1/catalog/{kind}", "/v1/totals", "/v1/proof/{position}", "/log/checkpoint",
        "/log/tile/{path:path}", "/keys", "/openapi.json", "/health", "/metrics",
        "/asyncapi.json", "/schemas/{name}", "/vectors/{name}", "/collection/{name}", "/certified.{suffix}",
        "/certified/{reference}.{suffix}", "/dev/certification/{reference}",
        "/dev/certification/{reference}/steps/{test}",
    }
)  # fmt: skip
