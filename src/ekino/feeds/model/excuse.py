"""The whole way of an excuse: one table, one function that says what is in a step's way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A log, a photo of a meter, a letter: one document of a few pages.
EVIDENCE_BYTES_MAX = 1_048_576
# A cinema that is rebuilt is closed in the catalog; an excuse is for days.
EXCUSE_SPAN_MAX = timedelta(days=31)
# An outage is explained while people remember it.
OUTAGE_AGE_MAX = timedelta(days=31)
# Nobody plans further ahead than a season.
MAINTENANCE_AHEAD_MAX = timedelta(days=92)
# A vendor's cloud speaks for every cinema of a country.
EXCUSE_PLACES_MAX = 5_000

# Of one organisation: explanations that wait for the ministry, and those that were filed within
# EXCUSES_WITHIN, withdrawn ones too, with the bytes of their documents. More than the worst week
# of a vendor of the whole country; a page of a hundred is what somebody can decide.
EXCUSES_OPEN_MAX = 100
EXCUSES_FILED_MAX = 50
EXCUSES_EVIDENCE_BYTES_MAX = 20 * EVIDENCE_BYTES_MAX
EXCUSES_WITHIN = timedelta(hours=24)


class Kind(StrEnum):
    """Why a feed is not what it should be."""

    # Announced before it begins.
    MAINTENANCE = "maintenance"
    # Told afterwards or meanwhile, with what shows it.
    OUTAGE = "outage"


class State(StrEnum):
    """Where an excuse stands."""

    FILED = "filed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Party(StrEnum):
    """Who takes a step."""

    # The exhibitor or the vendor that filed it.
    FILER = "filer"
    MINISTRY = "ministry"


# docs/reference/excuses.md is drawn from these two tables.
NEXT: dict[State, frozenset[State]] = {
    State.FILED: frozenset({State.ACCEPTED, State.DECLINED, State.WITHDRAWN}),
    # What turns out to be something else is taken out again, in words.
    State.ACCEPTED: frozenset({State.DECLINED}),
    # A second look at the same evidence.
    State.DECLINED: frozenset({State.ACCEPTED}),
    State.WITHDRAWN: frozenset(),
}
WHO: dict[State, Party] = {
    State.FILED: Party.FILER,
    State.ACCEPTED: Party.MINISTRY,
    State.DECLINED: Party.MINISTRY,
    State.WITHDRAWN: Party.FILER,
}


class Obstacle(StrEnum):
    """Why a step cannot be taken; the value is the code of the refusal."""

    STATE_DOES_NOT_ALLOW_IT = "excuse_state_does_not_allow_it"
    NOT_YOURS_TO_TAKE = "excuse_step_is_anothers"
    WORDS_MISSING = "excuse_words_missing"


def obstacle(state: State, *, to: State, by: Party, words: str) -> Obstacle | None:
    """
    Say what stops this party from taking this step; None when nothing does.

    Pages ask it to decide which buttons to draw and the service before it writes, so a button
    that is drawn is a step that can be taken. Both decisions are given in words: whoever
    accepts says what was believed.
    """
    if to not in NEXT[state]:
        return Obstacle.STATE_DOES_NOT_ALLOW_IT
    if by is not WHO[to]:
        return Obstacle.NOT_YOURS_TO_TAKE
    if by is Party.MINISTRY and not words.strip():
        return Obstacle.WORDS_MISSING
    return None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document that shows what happened."""

    name: str
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """An excuse as it was filled in; None and "" were not."""

    kind: Kind | None = None
    # [begins_at, ends_at), by the venue's clock when it was typed.
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    # (source, venue) by number: the feeds it is about.
    places: Sequence[tuple[int, int]] = ()
    words: str = ""
    # The vendor's own name of what happened.
    incident: str = ""
    evidence: Evidence | None = None


class Mistake(StrEnum):
    """What is wrong with an excuse before it is filed; each belongs to one field."""

    KIND_MISSING = "kind_missing"
    BEGINS_AT_MISSING = "begins_at_missing"
    ENDS_AT_MISSING = "ends_at_missing"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    SPAN_TOO_LONG = "span_too_long"
    MAINTENANCE_BEGAN_ALREADY = "maintenance_began_already"
    MAINTENANCE_TOO_FAR_AHEAD = "maintenance_too_far_ahead"
    OUTAGE_TOO_LONG_AGO = "outage_too_long_ago"
    OUTAGE_IN_THE_FUTURE = "outage_in_the_future"
    PLACES_MISSING = "places_missing"
    WORDS_MISSING = "words_missing"
    EVIDENCE_MISSING = "evidence_missing"
    EVIDENCE_TOO_LARGE = "evidence_too_large"
    # Of whoever files it, and not of the excuse.
    TOO_MANY_FILED = "too_many_filed"


FIELD: dict[Mistake, str] = {
    Mistake.KIND_MISSING: "kind",
    Mistake.BEGINS_AT_MISSING: "begins_at",
    Mistake.ENDS_AT_MISSING: "ends_at",
    Mistake.ENDS_BEFORE_IT_BEGINS: "ends_at",
    Mistake.SPAN_TOO_LONG: "ends_at",
    Mistake.MAINTENANCE_BEGAN_ALREADY: "begins_at",
    Mistake.MAINTENANCE_TOO_FAR_AHEAD: "begins_at",
    Mistake.OUTAGE_TOO_LONG_AGO: "begins_at",
    Mistake.OUTAGE_IN_THE_FUTURE: "begins_at",
    Mistake.PLACES_MISSING: "place",
    Mistake.WORDS_MISSING: "words",
    Mistake.EVIDENCE_MISSING: "incident",
    Mistake.EVIDENCE_TOO_LARGE: "evidence",
    Mistake.TOO_MANY_FILED: "kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What an organisation has filed already."""

    # Waiting for a decision, whenever they were filed.
    open: int
    # Within EXCUSES_WITHIN, with the bytes of their documents.
    lately: int
    evidence_bytes: int


def is_too_much(filed: Filed, filing: Filing) -> bool:
    """Say whether one excuse more is over what an organisation may have filed."""
    more = len(filing.evidence.document) if filing.evidence else 0
    return (
        filed.open >= EXCUSES_OPEN_MAX
        or filed.lately >= EXCUSES_FILED_MAX
        or filed.evidence_bytes + more > EXCUSES_EVIDENCE_BYTES_MAX
    )


def mistakes(filing: Filing, *, at: datetime) -> list[Mistake]:
    """
    Say what is wrong with an excuse, in the order of its fields; nothing when it may be filed.

    Maintenance is announced before it begins, an outage told after it began, with a document
    or the vendor's name of the incident.
    """
    found: list[Mistake] = []
    if filing.kind is None:
        found.append(Mistake.KIND_MISSING)
    found += _of_span(filing, at)
    if not filing.places:
        found.append(Mistake.PLACES_MISSING)
    if not filing.words.strip():
        found.append(Mistake.WORDS_MISSING)
    is_outage = filing.kind is Kind.OUTAGE
    if is_outage and filing.evidence is None and not filing.incident.strip():
        found.append(Mistake.EVIDENCE_MISSING)
    if filing.evidence and len(filing.evidence.document) > EVIDENCE_BYTES_MAX:
        found.append(Mistake.EVIDENCE_TOO_LARGE)
    return found


def _of_span(filing: Filing, at: datetime) -> list[Mistake]:
    found: list[Mistake] = []
    begins_at, ends_at = filing.begins_at, filing.ends_at
    if begins_at is None:
        found.append(Mistake.BEGINS_AT_MISSING)
    elif filing.kind is Kind.MAINTENANCE and begins_at <= at:
        found.append(Mistake.MAINTENANCE_BEGAN_ALREADY)
    elif filing.kind is Kind.MAINTENANCE and begins_at > at + MAINTENANCE_AHEAD_MAX:
        found.append(Mistake.MAINTENANCE_TOO_FAR_AHEAD)
    elif filing.kind is Kind.OUTAGE and begins_at > at:
        found.append(Mistake.OUTAGE_IN_THE_FUTURE)
    elif filing.kind is Kind.OUTAGE and begins_at < at - OUTAGE_AGE_MAX:
        found.append(Mistake.OUTAGE_TOO_LONG_AGO)
    if ends_at is None:
        found.append(Mistake.ENDS_AT_MISSING)
    elif begins_at is not None and ends_at <= begins_at:
        found.append(Mistake.ENDS_BEFORE_IT_BEGINS)
    elif begins_at is not None and ends_at - begins_at > EXCUSE_SPAN_MAX:
        found.append(Mistake.SPAN_TOO_LONG)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """An excuse, as whoever filed it and whoever decides may read it."""

    reference: str
    organisation_id: int
    organisation: str
    party: str
    kind: Kind
    begins_at: datetime
    ends_at: datetime
    words: str
    incident: str
    # "" where no document came with it.
    evidence_name: str
    evidence_sha256: bytes | None
    state: State
    filed_at: datetime
    filed_by: str
    decided_at: datetime | None
    decided_by: str
    decided_words: str
    # How many venues of how many sources.
    venues: int
    sources: int


@dataclass(frozen=True, slots=True)
class Place:
    """A feed that somebody may excuse, or an excuse is about: one source at one venue."""

    source_id: int
    venue_id: int
    source: str
    source_name: str
    venue: str
    venue_name: str
    city: str
    timezone: str
