"""A group: batches that are judged together and committed together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from psycopg import Connection

from ekino.access.service import verify_alive
from ekino.access.signature import SignedRequest
from ekino.ingest.judging import Bench, Judged, Sender, subject_of
from ekino.ingest.model import Answer
from ekino.ingest.sales import Contents
from ekino.ingest.schedule import RememberedSchedule, RememberedSenders
from ekino.ingest.wire import Event, MalformedEvent, Sold, raw_events, read_event
from ekino.kernel.errors import Broken, EkinoError, NotAuthenticated
from ekino.register import service as register

# A batch's key and the digest of its body: the same again is the same batch.
Digest = tuple[str, bytes]
# Batches of which all was entered: where, and how many events.
Answered = Mapping[Digest, tuple[int, int]]


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A batch that waits to be entered."""

    request: SignedRequest
    contents: Contents
    # Called once, from the writer's thread, with the answer or with what went wrong.
    answer: Callable[[Answer | EkinoError], None]

    @property
    def digest(self) -> Digest:
        """Key and body: the same again is the same batch."""
        return self.request.key_id, self.request.body_sha256


class Memory:
    """
    What the writer knows of the catalog and of rights without asking.

    It is worth something only together with its `revisions`: whoever holds the register's
    head compares them with the database's own before anything is entered.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self.schedule = RememberedSchedule()
        self.senders = RememberedSenders()

    def begin(self, tx: Connection[Any], revisions: tuple[int, int]) -> None:
        """Forget what may be stale now that the database is at these revisions."""
        of_catalog, of_rights = revisions
        self.schedule.begin(tx, of_catalog)
        self.senders.begin(of_rights)

    @property
    def revisions(self) -> tuple[int, int]:
        """Of the catalog and of rights, as they are remembered."""
        return self.schedule.revision, self.senders.revision


class Judgement(NamedTuple):
    """What becomes of a group's batches if the register still stands at `first`."""

    first: register.Head
    revisions: tuple[int, int]
    now: datetime
    # One for each batch: who sent it, or why it is refused as a whole.
    senders: Sequence[Sender | EkinoError]
    # By the batch's place in the group.
    judged: Mapping[int, Judged]
    # The same for a batch that was entered before and is remembered: where, and how many.
    answered: Mapping[int, tuple[int, int]]

    @property
    def entries(self) -> int:
        """How many entries it makes."""
        return sum(each.entered for each in self.judged.values())

    @property
    def past_end(self) -> register.Head:
        """Where the register stands when it is entered."""
        return register.Head(
            self.first.size + self.entries, self.first.batches + len(self.judged)
        )


def judge_ahead(
    group: Sequence[Waiting],
    memory: Memory,
    *,
    first: register.Head,
    now: datetime,
    answered: Answered,
) -> Judgement | None:
    """
    Judge a group before anybody holds the head; None when the database must be asked.

    Only sales of remembered showings by remembered keys can be: what else there is depends
    on entries that may be on their way.
    """
    contents = [waiting.contents for waiting in group]
    senders = [memory.senders.recall(waiting.request.key_id) for waiting in group]
    if any(each.sales is None for each in contents) or None in senders:
        return None
    if not all(
        memory.schedule.knows(each.sales.showings) for each in contents if each.sales
    ):
        return None
    bench = Bench(
        schedule=memory.schedule,
        known=(),
        read_event=_nothing_is_known,
        now=now,
        first_position=first.size,
    )
    judgement = _judge(
        group,
        [None if each is None else _alive(*each, now) for each in senders],
        bench,
        first=first,
        revisions=memory.revisions,
        now=now,
        answered=answered,
    )
    # Whatever is refused may have been entered before, and only the register knows.
    is_clean = not any(each.problems for each in judgement.judged.values())
    return judgement if is_clean else None


def judge_within(
    connection: Connection[Any],
    group: Sequence[Waiting],
    memory: Memory,
    *,
    first: register.Head,
    now: datetime,
    answered: Answered,
    is_long_way: bool,
) -> Judgement:
    """
    Judge a group in the transaction that holds the head, asking whatever it takes.

    The long way looks up every batch and then every ticket; otherwise sales are taken to be
    new.
    """
    senders = [memory.senders.find(connection, waiting.request.key_id) for waiting in group]
    trusted = [None if each is None else _alive(*each, now) for each in senders]
    if is_long_way:
        answered = _entered_before(connection, group, trusted)
    keys: set[tuple[str, str]] = set()
    subjects: set[tuple[int, str]] = set()
    for waiting, sender in zip(group, trusted, strict=True):
        if not isinstance(sender, Sender) or waiting.digest in answered:
            continue
        sales = waiting.contents.sales
        if sales is not None:
            keys.update(sales.showings)
            if is_long_way:
                subjects.update((sender.source_id, ticket) for ticket in sales.tickets)
            continue
        for event in waiting.contents.events:
            if isinstance(event, MalformedEvent):
                continue
            keys.add((event.venue, event.showing))
            if is_long_way or not isinstance(event, Sold):
                subjects.add((sender.source_id, subject_of(event)))
    memory.schedule.prepare(keys)
    bench = Bench(
        schedule=memory.schedule,
        known=register.find_entries_of_subjects(connection, subjects),
        read_event=_EventReader(connection),
        now=now,
        first_position=first.size,
    )
    judgement = _judge(
        group,
        trusted,
        bench,
        first=first,
        revisions=memory.revisions,
        now=now,
        answered=answered,
    )
    if not is_long_way and any(
        isinstance(group[place].contents.events[problem.index], Sold)
        for place, judged in judgement.judged.items()
        for problem in judged.problems
    ):
        # A sale that is refused now may have been entered when it was allowed, and then the
        # answer is where it stands.
        raise register.IdentityKnown
    return judgement


def _entered_before(
    connection: Connection[Any],
    group: Sequence[Waiting],
    senders: Sequence[Sender | EkinoError | None],
) -> Answered:
    """Find the batches that were sent before, so that nobody compares them event by event."""
    found = register.find_batches_again(
        connection,
        [
            (place, sender.source_id, sales.tickets[0], waiting.request.body_sha256)
            for place, (waiting, sender) in enumerate(zip(group, senders, strict=True))
            if isinstance(sender, Sender) and (sales := waiting.contents.sales)
        ],
    )
    return {group[place].digest: where for place, where in found.items()}


def _judge(
    group: Sequence[Waiting],
    senders: Sequence[Sender | EkinoError | None],
    bench: Bench,
    *,
    first: register.Head,
    revisions: tuple[int, int],
    now: datetime,
    answered: Answered,
) -> Judgement:
    judged: dict[int, Judged] = {}
    remembered: dict[int, tuple[int, int]] = {}
    for place, (waiting, sender) in enumerate(zip(group, senders, strict=True)):
        if not isinstance(sender, Sender):
            continue
        if known := answered.get(waiting.digest):
            remembered[place] = known
            continue
        batch_no = first.batches + len(judged)
        judged[place] = bench.judge(sender, waiting.contents, batch_no)
    return Judgement(
        first,
        revisions,
        now,
        [
            NotAuthenticated("this key speaks for no source", code="source_key_needed")
            if sender is None
            else sender
            for sender in senders
        ],
        judged,
        remembered,
    )


def _alive(key: Any, sender: Sender, now: datetime) -> Sender | EkinoError:
    """Say what a batch's key may do now: it may have been revoked while it waited."""
    try:
        verify_alive(key, now)
    except NotAuthenticated as error:
        return error
    return sender


def append(
    connection: Connection[Any], group: Sequence[Waiting], judgement: Judgement
) -> int:
    """Enter a judged group into the register and give its new size; the caller commits."""
    position = judgement.first.size
    rows: list[bytes] = []
    batches: list[register.BatchRow] = []
    refusals: list[tuple[int, int, str, dict[str, object]]] = []
    for number, (place, judged) in enumerate(judgement.judged.items()):
        waiting, sender = group[place], judgement.senders[place]
        if not isinstance(sender, Sender):
            detail = "a batch was judged that nobody may send"
            raise Broken(detail)
        batch_no = judgement.first.batches + number
        request = waiting.request
        encoding, body = waiting.contents.kept
        batches.append(
            register.BatchRow(
                batch_no=batch_no,
                source_id=sender.source_id,
                key_id=sender.key_id,
                recorded_at=judgement.now,
                events=waiting.contents.count,
                entered=judged.entered,
                first_position=position,
                body_sha256=request.body_sha256,
                body_encoding=encoding,
                body=body,
                signed_uri=request.target_uri,
                signed_at=datetime.fromtimestamp(request.created, tz=UTC),
                nonce=request.nonce,
                signature=request.signature,
                salt=register.new_salt(),
            )
        )
        rows.extend(judged.rows)
        refusals.extend(
            (
                batch_no,
                refusal.index,
                refusal.outcome.value,
                {
                    "field": refusal.field,
                    "detail": refusal.detail.replace("\0", ""),
                    **_about(waiting.contents.events[refusal.index]),
                },
            )
            for refusal in judged.problems
        )
        position += judged.entered
    return register.append(
        connection,
        rows=rows,
        entries=position - judgement.first.size,
        batches=batches,
        refusals=refusals,
    )


def _about(event: Event | MalformedEvent) -> dict[str, str]:
    """Give what a refused event names, so that whoever it concerns can find it."""
    if isinstance(event, MalformedEvent):
        return {}
    named = ("venue", "showing", "ticket", "sequence")
    about = {name: str(getattr(event, name)) for name in named if hasattr(event, name)}
    return about | {"kind": str(event.__struct_config__.tag)}


def _nothing_is_known(batch_no: int, ordinal: int) -> Event:
    detail = f"event {ordinal} of batch {batch_no} was asked for by who knows of none"
    raise Broken(detail)


class _EventReader:
    """Gives the event behind an entry, from the bytes it came in; one body read at most once."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._events: dict[int, list[bytes]] = {}

    def __call__(self, batch_no: int, ordinal: int) -> Event:
        if batch_no not in self._events:
            body = register.read_bodies(self._connection, [batch_no]).get(batch_no)
            if body is None:
                detail = f"batch {batch_no} is not in the register"
                raise Broken(detail)
            self._events[batch_no] = raw_events(body)
        return read_event(self._events[batch_no][ordinal])
