"""From a figure to the entries it is made of, and to one of them as it was received."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import Connection

from ekino.archive.model.fold import Sums, fold
from ekino.archive.model.question import Dimension, Question
from ekino.archive.service import follow
from ekino.archive.service.cube import SHOWINGS_TRACED_MAX, Cube
from ekino.archive.store import tickets as store
from ekino.archive.store.fold import read_tickets
from ekino.archive.store.tickets import Found
from ekino.db.database import Database, Role
from ekino.kernel.errors import Problem, Refused
from ekino.register import service as register
from ekino.register.model import OWN_SOURCE, Entry

__all__ = [
    "ENTRIES_SHOWN_MAX",
    "Found",
    "Opened",
    "Ticket",
    "Tickets",
    "list_tickets",
    "open_entry",
]

# Entries on a page.
ENTRIES_SHOWN_MAX = 100
# Blocks of the register looked through at once.
_BLOCKS_AT_ONCE = 8
# Beyond so many blocks (two million positions) the sum is told by the cube instead.
BLOCKS_SUMMED_MAX = 128


class _Event(msgspec.Struct, gc=False):
    concession: str = ""
    section: str = ""
    row: str = ""
    seat: str = ""


_EVENT = msgspec.json.Decoder(_Event)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One entry behind a figure."""

    found: Found
    # What it adds to the figure, which may be less than the entry as a whole.
    sums: Sums
    concession: str
    # As the seller wrote it; "" where it wrote none.
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets:
    """A page of the entries behind a figure."""

    rows: tuple[Ticket, ...]
    # Everything here is of the entries 0 … as_of − 1.
    as_of: int
    # Where the next page begins; None when this is the last.
    following: int | None
    # All of them: how many, and what they add up to; None when there are too many to count here.
    entries: int | None
    whole: Sums | None


def list_tickets(
    db: Database, cube: Cube, question: Question, *, as_of: int | None, first: int
) -> Tickets:
    """
    Give the entries behind the whole of a question, from a position on, in order.

    Refuses a figure of more than SHOWINGS_TRACED_MAX showings. Showings are those that the
    catalog has there now; entries at or after `as_of` are left out.
    """
    showing_ids, standing = cube.find_showings(question)
    if len(showing_ids) > SHOWINGS_TRACED_MAX:
        detail = f"more than {SHOWINGS_TRACED_MAX} showings are behind this figure"
        fix = "Look into a shorter period, a region or a film."
        problem = Problem(pointer="", code="figure_too_wide", detail=detail, fix=fix)
        raise Refused(detail, problems=[problem], code="figure_too_wide")
    past_end = standing.as_of if as_of is None else min(as_of, standing.as_of)
    channels = question.filters.get(Dimension.SALES_CHANNEL)
    concessions = question.filters.get(Dimension.CONCESSION)
    with db.transaction(Role.READER) as tx:
        search = _Search(tx, showing_ids, past_end, channels, concessions)
        rows = search.page(first, limit=ENTRIES_SHOWN_MAX + 1)
        entries, whole = search.whole()
        shown = rows[:ENTRIES_SHOWN_MAX]
        seats = _seats(tx, [row.found for row in shown])
    return Tickets(
        rows=tuple(
            Ticket(row.found, row.sums, row.concession, seats.get(row.found.position, ""))
            for row in shown
        ),
        as_of=past_end,
        following=rows[-1].found.position if len(rows) > ENTRIES_SHOWN_MAX else None,
        entries=entries,
        whole=whole,
    )


@dataclass(frozen=True, slots=True)
class _Search:
    tx: Connection[Any]
    showing_ids: list[int]
    past_end: int
    channels: Sequence[str] | None
    concessions: Sequence[str] | None

    def page(self, first: int, *, limit: int) -> list[Ticket]:
        """Give at most `limit` entries from a position on, block by block."""
        blocks = store.list_blocks(
            self.tx, self.showing_ids, first=first, past_end=self.past_end
        )
        rows: list[Ticket] = []
        while blocks and len(rows) < limit:
            some, blocks = blocks[:_BLOCKS_AT_ONCE], blocks[_BLOCKS_AT_ONCE:]
            # A filter by concession may leave any of them out.
            wanted = limit if self.concessions is None else 10**6
            found = store.list_entries(
                self.tx,
                self.showing_ids,
                some,
                first=first,
                past_end=self.past_end,
                sales_channels=self.channels,
                limit=wanted,
            )
            rows += self._tickets(found)
        return rows[:limit]

    def whole(self) -> tuple[int | None, Sums | None]:
        """Count and add up all of them, unless there are too many."""
        blocks = store.list_blocks(
            self.tx, self.showing_ids, first=0, past_end=self.past_end
        )
        if len(blocks) > BLOCKS_SUMMED_MAX:
            return None, None
        if self.concessions is None:
            count, *sums = store.sum_entries(
                self.tx,
                self.showing_ids,
                blocks,
                past_end=self.past_end,
                sales_channels=self.channels,
            )
            return count, Sums(*sums)
        rows = self.page(0, limit=10**6)
        return len(rows), sum((row.sums for row in rows), Sums())

    def _tickets(self, found: Sequence[Found]) -> list[Ticket]:
        """Give what each entry adds under the concessions that are asked for."""
        entries = [each.as_span_entry() for each in found]
        changes = follow.read_changes(self.tx, entries)
        later = [each for each in entries if each.kind != "sold"]
        known = read_tickets(self.tx, ((each.source_id, each.subject) for each in later))
        history: dict[tuple[int, str], list[Any]] = {}
        for change in follow.read_changes(self.tx, known) if later else []:
            history.setdefault((change.source_id, change.subject), []).append(change)
        rows = []
        for each, change in zip(found, changes, strict=True):
            cells = fold([change], lambda source_id, subject: history[source_id, subject])
            if self.concessions is not None:
                cells = {
                    key: sums
                    for key, sums in cells.items()
                    if key.concession in self.concessions
                }
                if not cells:
                    continue
            concession = list(cells)[-1].concession
            rows.append(Ticket(each, sum(cells.values(), Sums()), concession, ""))
        return rows


def _seats(tx: Connection[Any], found: Sequence[Found]) -> dict[int, str]:
    """Give by position the place that a sale's event names."""
    sales = [each for each in found if each.kind in {"sold", "corrected"}]
    raws = {
        batch_no: follow.raw_events(body)
        for batch_no, body in register.read_bodies(
            tx, {each.batch_no for each in sales}
        ).items()
        if b'"seat"' in body or b'"row"' in body
    }
    return {
        each.position: _seat(raws[each.batch_no][each.ordinal])
        for each in sales
        if each.batch_no in raws
    }


def _seat(raw: bytes) -> str:
    event = _EVENT.decode(raw)
    return " · ".join(part for part in (event.section, event.row, event.seat) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One entry as it was received, with all that happened to its ticket."""

    entry: Entry
    source: str
    # The event's own bytes, as they came; and for people, one field a line.
    raw: bytes
    pretty: str
    # The ticket's entries in order, this one among them.
    history: tuple[Found, ...]


def open_entry(db: Database, position: int) -> Opened:
    """Give one entry; `NotFound` for a position that the register does not hold."""
    entry, body = register.read_event(db, position)
    raw = body
    if entry.source_id != OWN_SOURCE and body:
        raw = follow.raw_events(body)[entry.ordinal]
    with db.transaction(Role.READER) as tx:
        source = store.read_source(tx, entry.source_id)
        known = register.find_entries_of_subjects(tx, [(entry.source_id, entry.subject)])
        positions = [each.position for each in known]
    entries = [register.read_entries(db, first=each, limit=1)[0] for each in positions]
    return Opened(
        entry=entry,
        source=source,
        raw=raw,
        pretty=_pretty(raw),
        history=tuple(
            Found(
                each.position, each.kind.value, each.source_id, each.subject,
                each.showing_id, (each.sales_channel or "") and str(each.sales_channel),
                each.admissions, each.gross_minor, each.fees_minor, each.batch_no,
                each.ordinal, each.happened_at, each.is_late,
            )
            for each in entries
        ),
    )  # fmt: skip


def _pretty(raw: bytes) -> str:
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except ValueError:
        return raw.decode("utf-8", "replace")
