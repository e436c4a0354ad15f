"""The one table of what each role may do; pages and API both ask it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class RoleName(StrEnum):
    """What a person is to the register."""

    # Of the state: they act for the whole country.
    ANALYST = "analyst"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    # Of an organisation: they see what is its own.
    EXHIBITOR = "exhibitor"
    DISTRIBUTOR = "distributor"
    PRODUCER = "producer"
    VENDOR = "vendor"


# Roles that somebody holds for an organisation, and only for it.
OF_ORGANISATIONS = frozenset(
    {RoleName.EXHIBITOR, RoleName.DISTRIBUTOR, RoleName.PRODUCER, RoleName.VENDOR}
)


class Permission(StrEnum):
    """One thing that may be done; every route that is not public names one."""

    # One's own account: every person who is signed in.
    KEEP_ACCOUNT = "keep_account"
    # Every figure of the country down to a showing.
    SEE_COUNTRY = "see_country"
    # The entries behind a figure; every look is written down.
    SEE_TICKETS = "see_tickets"
    DECIDE_CLAIMS = "decide_claims"
    # How every source uploads: its alarms, and the excuses that wait for a decision.
    WATCH_FEEDS = "watch_feeds"
    # What is an organisation's own.
    SEE_OWN_VENUES = "see_own_venues"
    CORRECT_OWN_SALES = "correct_own_sales"
    HAND_IN_FILES = "hand_in_files"
    # The films one lets into cinemas, and the films one made.
    SEE_OWN_FILMS = "see_own_films"
    SEE_PRODUCED_FILMS = "see_produced_films"
    SEE_OWN_SOURCES = "see_own_sources"
    # To say why a feed of one's own was not what it should be.
    EXCUSE_OWN_FEEDS = "excuse_own_feeds"
    # The register itself.
    MANAGE_PEOPLE = "manage_people"
    SEE_REGISTRY = "see_registry"
    SEE_AUDIT = "see_audit"
    SEE_JOBS = "see_jobs"


_EVERYBODY = frozenset(RoleName)

PERMITS: Mapping[Permission, frozenset[RoleName]] = MappingProxyType(
    {
        Permission.KEEP_ACCOUNT: _EVERYBODY,
        Permission.SEE_COUNTRY: frozenset({RoleName.ANALYST}),
        Permission.SEE_TICKETS: frozenset({RoleName.ANALYST}),
        Permission.DECIDE_CLAIMS: frozenset({RoleName.ANALYST, RoleName.OPERATOR}),
        Permission.WATCH_FEEDS: frozenset({RoleName.ANALYST, RoleName.OPERATOR}),
        Permission.SEE_OWN_VENUES: frozenset({RoleName.EXHIBITOR}),
        Permission.CORRECT_OWN_SALES: frozenset({RoleName.EXHIBITOR}),
        Permission.HAND_IN_FILES: frozenset({RoleName.EXHIBITOR}),
        Permission.SEE_OWN_FILMS: frozenset({RoleName.DISTRIBUTOR}),
        Permission.SEE_PRODUCED_FILMS: frozenset({RoleName.PRODUCER}),
        Permission.SEE_OWN_SOURCES: frozenset({RoleName.VENDOR, RoleName.EXHIBITOR}),
        Permission.EXCUSE_OWN_FEEDS: frozenset({RoleName.VENDOR, RoleName.EXHIBITOR}),
        Permission.MANAGE_PEOPLE: frozenset({RoleName.OPERATOR}),
        Permission.SEE_REGISTRY: frozenset({RoleName.OPERATOR, RoleName.AUDITOR}),
        Permission.SEE_AUDIT: frozenset({RoleName.OPERATOR, RoleName.AUDITOR}),
        Permission.SEE_JOBS: frozenset({RoleName.OPERATOR, RoleName.AUDITOR}),
    }
)
