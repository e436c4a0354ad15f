"""The fold: what batches say of their source and of the key that signed them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A batch, as far as its upload goes; source 0 is the register itself and is no upload."""

    batch_no: int
    source_id: int
    key_id: str
    recorded_at: datetime
    events: int
    entered: int
    # The rest had been entered before.
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What one source sent in one hour."""

    first_batch_no: int
    batches: int = 0
    events: int = 0
    entered: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """Hours by source and beginning, when each key was last heard, and how far we have read."""

    next_batch: int = 0
    hours: Mapping[tuple[int, datetime], Hour] = field(default_factory=dict)
    heard: Mapping[str, datetime] = field(default_factory=dict)


def fold(feeds: Feeds, batches: Iterable[Received]) -> Feeds:
    """
    Add batches and return what is known now.

    Folding one run or many gives the same, and a batch below `next_batch` is counted already
    and is skipped.
    """
    hours, heard, next_batch = dict(feeds.hours), dict(feeds.heard), feeds.next_batch
    for batch in batches:
        if batch.batch_no < next_batch:
            continue
        next_batch = batch.batch_no + 1
        if batch.source_id == 0:
            continue
        begins_at = batch.recorded_at.replace(minute=0, second=0, microsecond=0)
        key = (batch.source_id, begins_at)
        before = hours.get(key, Hour(first_batch_no=batch.batch_no))
        hours[key] = replace(
            before,
            batches=before.batches + 1,
            events=before.events + batch.events,
            entered=before.entered + batch.entered,
            refused=before.refused + batch.refused,
        )
        heard[batch.key_id] = max(
            heard.get(batch.key_id, batch.recorded_at), batch.recorded_at
        )
    return Feeds(next_batch=next_batch, hours=hours, heard=heard)
