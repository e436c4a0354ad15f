"""What a person of an organisation may look at in one register: the organisation's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ekino.db.database import Database, Role
from ekino.workbench import service
from ekino.workbench.model.observed import Observed, quantile_ms
from ekino.workbench.service import Failure, Went
from ekino.workbench.store import dev as store
from ekino.workbench.store.dev import (
    Made,
    Organisation,
    OwnKey,
    RefusedCause,
    Source,
    Step,
)

__all__ = ["Made", "Organisation", "Own", "OwnKey", "RefusedCause", "Source", "Step"]

# Batches that are looked back through for a source's newest: a quiet source in a busy country
# is shown what it sent within the last hours, and never costs a walk through the register.
BACK_BATCHES_MAX = 100_000
EVENTS_SHOWN_MAX = 100
# What the overview speaks of.
OVERVIEW_DAYS = 7
_POSITION_DIGITS = 18
_P95 = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The sources and keys of a person's organisations in one register."""

    organisations: tuple[Organisation, ...]
    sources: tuple[Source, ...]
    keys: tuple[OwnKey, ...]

    @property
    def source_ids(self) -> list[int]:
        """The sources' numbers."""
        return [each.source_id for each in self.sources]

    @property
    def key_ids(self) -> list[str]:
        """The keys' names."""
        return [each.key_id for each in self.keys]

    @property
    def codes(self) -> list[str]:
        """The organisations' codes."""
        return [each.code for each in self.organisations]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How the requests of a person's organisations went."""

    went: tuple[Went, ...]

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(each.requests for each in self.went)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(each.failed for each in self.went)

    @property
    def p95_ms(self) -> float | None:
        """Within how long 95 of 100 were answered; None without any."""
        sums = [sum(part) for part in zip(*(each.took for each in self.went), strict=True)]
        return quantile_ms(sums, _P95) if sums else None


def p95_of(went: Went) -> float | None:
    """Give within how long 95 of 100 of these requests were answered."""
    return quantile_ms(went.took, _P95)


def find_organisations(
    live: Database, organisation_ids: Sequence[int]
) -> list[Organisation]:
    """Give the organisations of a person's grants."""
    with live.transaction(Role.OFFICE) as tx:
        return store.find_organisations(tx, organisation_ids)


def read_own(db: Database, organisations: Sequence[Organisation]) -> Own:
    """Give what is an organisation's own in one register, the live or the test one."""
    with db.transaction(Role.OFFICE) as tx:
        sources = store.list_sources(tx, [each.code for each in organisations])
        keys = store.list_keys(tx, [each.source_id for each in sources])
    return Own(organisations=tuple(organisations), sources=tuple(sources), keys=tuple(keys))


def read_overview(db: Database, own: Own, *, at: datetime) -> Overview:
    """Say how the requests of the last OVERVIEW_DAYS went."""
    since = at - timedelta(days=OVERVIEW_DAYS)
    return Overview(went=tuple(service.sum_hours(db, own.key_ids, since)))


def list_events(db: Database, own: Own) -> list[Made]:
    """Give what the register made of the newest events."""
    with db.transaction(Role.READER) as tx:
        return store.list_events(
            tx, own.source_ids, back=BACK_BATCHES_MAX, limit=EVENTS_SHOWN_MAX
        )


def list_causes(
    db: Database, own: Own, *, at: datetime
) -> tuple[Sequence[Failure], Sequence[RefusedCause]]:
    """Give requests that failed, and events that were refused, by cause."""
    since = at - timedelta(days=OVERVIEW_DAYS)
    failures = service.group_failures(db, own.key_ids, since)
    with db.transaction(Role.READER) as tx:
        return failures, store.count_refused(tx, own.source_ids, back=BACK_BATCHES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a name stands for; nothing of it when it is nobody's, or another's."""

    request: Observed | None = None
    history: tuple[Step, ...] = ()
    key: OwnKey | None = None

    @property
    def is_anything(self) -> bool:
        """Whether anything was found."""
        return bool(self.request or self.history or self.key)


def inspect(db: Database, own: Own, name: str) -> Found:
    """Find a request, an entry, a ticket, a showing or a key by its name."""
    if name.startswith("req_"):
        return Found(request=service.find_request(db, name, own.key_ids))
    key = next((each for each in own.keys if each.key_id == name), None)
    if key is not None:
        return Found(key=key)
    with db.transaction(Role.READER) as tx:
        if name.isascii() and name.isdigit() and len(name) <= _POSITION_DIGITS:
            found = store.find_position(tx, own.source_ids, int(name))
            if found:
                return Found(history=tuple(found))
        return Found(history=tuple(store.list_history(tx, own.source_ids, name)))
