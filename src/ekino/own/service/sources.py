"""How ticketing systems are doing, for people of their vendors and of exhibitors that run them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ekino.access.model.people import Grant
from ekino.access.model.permissions import RoleName
from ekino.db.database import Database, Role
from ekino.own.model.sources import (
    SENT_DAYS,
    RefusedGroup,
    SentDay,
    Source,
    SourceKey,
    by_day,
)
from ekino.own.store import cinema as cinema_store
from ekino.own.store import sources as store

_ROLES = {RoleName.VENDOR: Role.VENDOR, RoleName.EXHIBITOR: Role.EXHIBITOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything the page of ticketing systems shows."""

    sources: tuple[Source, ...]
    keys: tuple[SourceKey, ...]
    days: tuple[SentDay, ...]
    refusals: tuple[RefusedGroup, ...]
    register_size: int
    as_of: int


def read_bench(
    db: Database, grants: Iterable[Grant], timezone: str, *, at: datetime
) -> Bench:
    """Give how the sources of these grants are doing, each read as its organisation."""
    # Whole hours, as feeds count them.
    since = (at - timedelta(days=SENT_DAYS)).replace(minute=0, second=0, microsecond=0)
    sources: dict[str, Source] = {}
    keys: dict[str, SourceKey] = {}
    days: list[SentDay] = []
    refusals: list[RefusedGroup] = []
    as_of, size = 0, 0
    with db.transaction(Role.READER) as tx:
        first_batch = cinema_store.read_first_batch(tx, since)
    for role, organisation_id in dict.fromkeys(
        (_ROLES[grant.role], grant.organisation_id) for grant in grants
    ):
        with db.transaction(role, organisation_id=organisation_id) as tx:
            as_of, _, size = cinema_store.read_as_of(tx)
            sources |= {each.code: each for each in store.list_sources(tx, since)}
            keys |= {each.key_id: each for each in store.list_keys(tx, role)}
            days.extend(store.list_days(tx, since, timezone))
            refusals.extend(store.count_refusals(tx, since, role, first_batch=first_batch))
    return Bench(
        sources=tuple(sources.values()),
        keys=tuple(keys.values()),
        days=tuple(by_day(days)),
        refusals=tuple(dict.fromkeys(refusals)),
        register_size=size,
        as_of=as_of,
    )
