"""Judging: what becomes of each event, given what the register and the catalog know."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ekino.ingest.effects import Effect, Verdict, effect_of
from ekino.ingest.model import BATCH_EVENTS_MAX, CLOCK_AHEAD_MAX_S, Outcome, Refusal
from ekino.ingest.sales import Contents, FreshSales, Sales
from ekino.ingest.wire import (
    Event,
    MalformedEvent,
    ShowingAnnounced,
    ShowingCancelled,
    ShowingMoved,
    Sold,
    TicketEvent,
    differences,
)
from ekino.kernel.errors import Broken
from ekino.kernel.money import Minor
from ekino.register.model import (
    IDENTITY_OF_SALE,
    LATE_AFTER_S,
    EventKind,
    SalesChannel,
    ShowingId,
    Ticket,
    TicketState,
)
from ekino.register.service import KnownEntry, entry_row, microseconds, sale_rows

_LATE_AFTER_US = LATE_AFTER_S * 1_000_000
_AHEAD = timedelta(seconds=CLOCK_AHEAD_MAX_S)
# The outcomes of a batch that is entered whole are the beginning of this.
_ALL_ENTERED = [Outcome.ENTERED] * BATCH_EVENTS_MAX


class Showing(Protocol):
    """What is asked of a showing in the catalog."""

    @property
    def showing_id(self) -> int:
        """Its number in the catalog."""
        ...

    @property
    def hall_id(self) -> int:
        """The hall it takes place in."""
        ...


class Schedule(Protocol):
    """The catalog as the writer sees it inside its transaction."""

    def find(self, venue: str, showing: str) -> Showing | None:
        """Give a showing, or None."""
        ...

    def knows_venue(self, venue: str) -> bool:
        """Whether there is such a venue."""
        ...

    def change(
        self, event: ShowingAnnounced | ShowingMoved | ShowingCancelled, sender: "Sender"
    ) -> "Showing | Verdict":
        """Announce, move or cancel a showing, or say why not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent a batch, and what it may speak for."""

    source_id: int
    key_id: str
    hall_ids: frozenset[int]
    may_announce: bool


@dataclass(slots=True)
class _Known:
    """One identity that is taken: by which entry, and how to get at the event behind it."""

    position: int
    # Gives the event as it was entered; asked only when somebody sends it again.
    event: Callable[[], Event]


@dataclass(slots=True)
class _Subject:
    """What is known of one ticket or showing code: its state and its taken identities."""

    ticket: Ticket | None = None
    identities: dict[int, _Known] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Judged:
    """What became of one batch: its outcomes, and the rows that its entries make."""

    outcomes: list[Outcome] = field(default_factory=list)
    positions: list[int | None] = field(default_factory=list)
    problems: list[Refusal] = field(default_factory=list)
    # Encoded for the register, in order; how many entries they are is `entered`.
    rows: list[bytes] = field(default_factory=list)
    entered: int = 0
    late: int = 0


def subject_of(event: Event) -> str:
    """Give what an event is about: its ticket, or for showing events venue and showing."""
    if isinstance(event, ShowingAnnounced | ShowingMoved | ShowingCancelled):
        return f"{event.venue}/{event.showing}"
    return event.ticket


class Bench:
    """
    Judges the batches of one group, in order, inside the writer's transaction.

    It holds what earlier events of the group did, so that a ticket sold and refunded in one
    group is weighed like one sold yesterday. A bench is used for one group and thrown away.
    """

    def __init__(
        self,
        *,
        schedule: Schedule,
        known: Iterable[KnownEntry],
        read_event: Callable[[int, int], Event],
        now: datetime,
        first_position: int,
    ) -> None:
        """Take what the register knows of the tickets in question (`known`, by position)."""
        self._schedule = schedule
        self._now = now
        self._now_us = microseconds(now)
        self._latest = now + _AHEAD
        self._latest_us = microseconds(self._latest)
        self._on_time_from_us = self._now_us - _LATE_AFTER_US
        self.next_position = first_position
        self._subjects: dict[tuple[int, str], _Subject] = {}
        self._fresh = FreshSales()
        for entry in known:
            self._remember(entry, read_event)

    def _remember(self, entry: KnownEntry, read_event: Callable[[int, int], Event]) -> None:
        subject = self._subjects.setdefault((entry.source_id, entry.subject), _Subject())
        subject.identities[entry.identity_no] = _Known(
            entry.position, lambda: read_event(entry.batch_no, entry.ordinal)
        )
        kind = EventKind(entry.kind)
        if kind is EventKind.SOLD and entry.sales_channel is not None:
            subject.ticket = Ticket(
                showing_id=ShowingId(entry.showing_id),
                sales_channel=SalesChannel(entry.sales_channel),
                state=TicketState.SOLD,
                gross_minor=entry.gross_minor,  # type: ignore[arg-type]
                fees_minor=entry.fees_minor,  # type: ignore[arg-type]
            )
        elif subject.ticket is not None:
            subject.ticket.note(kind, entry.gross_minor, entry.fees_minor)

    def judge(self, sender: Sender, contents: Contents, batch_no: int) -> Judged:
        """
        Judge one batch; positions are handed out from where the last one stopped.

        Where it holds nothing but sales, and all are new, in their time and of showings the
        sender may speak for, nobody looks at each of them.
        """
        if contents.sales is not None:
            sold = self._sell_all(sender, contents, contents.sales, batch_no)
            if sold is not None:
                return sold
        judged = Judged()
        for ordinal, event in enumerate(contents.events):
            if isinstance(event, Sold):
                verdict: Verdict | None = self._sell(
                    sender, event, batch_no, ordinal, judged
                )
            elif isinstance(event, MalformedEvent):
                verdict = Verdict(event.outcome, event.field, event.detail)
            elif isinstance(event, ShowingAnnounced | ShowingMoved | ShowingCancelled):
                verdict = self._change(sender, event, batch_no, ordinal, judged)
            else:
                verdict = self._follow_up(sender, event, batch_no, ordinal, judged)
            if verdict is not None:
                self._refuse(judged, ordinal, *verdict)
        return judged

    def _sell_all(
        self, sender: Sender, contents: Contents, sales: Sales, batch_no: int
    ) -> Judged | None:
        """Enter a batch of sales by the column; None when one of them wants a closer look."""
        showing_ids = []
        for venue, code in sales.showings:
            showing = self._schedule.find(venue, code)
            if showing is None or showing.hall_id not in sender.hall_ids:
                return None
            showing_ids.append(showing.showing_id)
        if max(sales.happened_at_us) > self._latest_us:
            return None
        source_id = sender.source_id
        if self._subjects and any(
            (source_id, ticket) in self._subjects for ticket in sales.tickets
        ):
            return None
        first, count = self.next_position, contents.count
        if not self._fresh.take(source_id, sales, first, contents):
            return None
        late = None
        if min(sales.happened_at_us) < self._on_time_from_us:
            late = [moment < self._on_time_from_us for moment in sales.happened_at_us]
        rows = sale_rows(
            first,
            batch_no,
            self._now_us,
            source_id,
            showing_ids=showing_ids,
            showing_numbers=sales.showing_numbers,
            details=sales.details,
            late=late,
        )
        self.next_position += count
        return Judged(
            outcomes=_ALL_ENTERED[:count],
            positions=list(range(first, first + count)),
            rows=[rows],
            entered=count,
            late=sum(late or ()),
        )

    def _subject(self, source_id: int, name: str) -> _Subject | None:
        """Give what is known of a ticket or showing, in the register or in this group."""
        subject = self._subjects.get((source_id, name))
        if subject is None and (found := self._fresh.find(source_id, name)):
            position, event = found
            showing = self._schedule.find(event.venue, event.showing)
            if showing is None:
                detail = f"showing {event.showing!r} went while its group was judged"
                raise Broken(detail)
            subject = _sold(event, showing.showing_id, position)
            self._subjects[source_id, name] = subject
        return subject

    def _refuse(
        self, judged: Judged, ordinal: int, outcome: Outcome, where: str, detail: str
    ) -> None:
        judged.outcomes.append(outcome)
        judged.positions.append(None)
        judged.problems.append(
            Refusal(index=ordinal, outcome=outcome, field=where, detail=detail)
        )

    def _settle_known(
        self, judged: Judged, ordinal: int, known: _Known, event: Event
    ) -> None:
        """Answer an event whose identity is taken: the same again, or another one."""
        first = known.event()
        if first == event:
            judged.outcomes.append(Outcome.ALREADY_ENTERED)
            judged.positions.append(known.position)
            return
        differs = differences(first, event)
        judged.outcomes.append(Outcome.IDENTITY_USED_FOR_ANOTHER_EVENT)
        judged.positions.append(None)
        judged.problems.append(
            Refusal(
                index=ordinal,
                outcome=Outcome.IDENTITY_USED_FOR_ANOTHER_EVENT,
                field=differs[0].field if differs else "",
                detail=(
                    f"Entry {known.position} has this identity and says otherwise: "
                    + ", ".join(
                        f"{each.field} {each.first} there, {each.now} here"
                        for each in differs
                    )
                ),
                differs=differs,
            )
        )

    def _showing(self, sender: Sender, event: TicketEvent) -> "Showing | Verdict":
        """Find the showing an event names and whether its sender may speak for it, now."""
        showing = self._schedule.find(event.venue, event.showing)
        if showing is None:
            if not self._schedule.knows_venue(event.venue):
                detail = f"The catalog has no venue {event.venue!r}."
                return Verdict(Outcome.VENUE_NOT_IN_CATALOG, "venue", detail)
            detail = f"Venue {event.venue!r} has no showing {event.showing!r}."
            return Verdict(Outcome.SHOWING_NOT_IN_CATALOG, "showing", detail)
        if showing.hall_id not in sender.hall_ids:
            detail = f"This source may not speak for the hall of showing {event.showing!r}."
            return Verdict(Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL, "showing", detail)
        if event.happened_at > self._latest:
            return self._in_the_future(event)
        return showing

    def _in_the_future(self, event: Event) -> Verdict:
        detail = (
            f"happened_at {event.happened_at.isoformat()} is over {CLOCK_AHEAD_MAX_S} s "
            f"ahead of the register's clock, {self._now.isoformat()}."
        )
        return Verdict(Outcome.HAPPENED_IN_THE_FUTURE, "happened_at", detail)

    def _sell(
        self, sender: Sender, event: Sold, batch_no: int, ordinal: int, judged: Judged
    ) -> Verdict | None:
        subject = self._subject(sender.source_id, event.ticket)
        if subject is not None and (known := subject.identities.get(IDENTITY_OF_SALE)):
            self._settle_known(judged, ordinal, known, event)
            return None
        showing = self._showing(sender, event)
        if isinstance(showing, Verdict):
            return showing
        self._subjects[sender.source_id, event.ticket] = _sold(
            event, showing.showing_id, self.next_position
        )
        self._enter(
            judged,
            sender,
            event,
            batch_no,
            ordinal,
            (
                showing.showing_id,
                IDENTITY_OF_SALE,
                event.price_minor,
                event.fee_minor,
                1,
                "sold",
                event.sales_channel,
                event.ticket,
            ),
        )
        return None

    def _follow_up(
        self,
        sender: Sender,
        event: TicketEvent,
        batch_no: int,
        ordinal: int,
        judged: Judged,
    ) -> Verdict | None:
        subject = self._subject(sender.source_id, event.ticket)
        if subject is not None and (known := subject.identities.get(event.sequence)):
            self._settle_known(judged, ordinal, known, event)
            return None
        showing = self._showing(sender, event)
        if isinstance(showing, Verdict):
            return showing
        if subject is None or subject.ticket is None:
            detail = f"No sale of ticket {event.ticket!r} is entered."
            return Verdict(Outcome.TICKET_WAS_NEVER_SOLD, "ticket", detail)
        ticket = subject.ticket
        effect = effect_of(event, ticket, showing.showing_id)
        if not isinstance(effect, Effect):
            return effect
        admissions, gross_minor, fees_minor = effect
        kind = EventKind(str(event.__struct_config__.tag))
        ticket.note(kind, gross_minor, fees_minor)
        subject.identities[event.sequence] = _Known(self.next_position, lambda: event)
        self._enter(
            judged,
            sender,
            event,
            batch_no,
            ordinal,
            (
                ticket.showing_id,
                event.sequence,
                gross_minor,
                fees_minor,
                admissions,
                kind.value,
                ticket.sales_channel.value,
                event.ticket,
            ),
        )
        return None

    def _change(
        self,
        sender: Sender,
        event: ShowingAnnounced | ShowingMoved | ShowingCancelled,
        batch_no: int,
        ordinal: int,
        judged: Judged,
    ) -> Verdict | None:
        subject_text = subject_of(event)
        key = (sender.source_id, subject_text)
        subject = self._subjects.setdefault(key, _Subject())
        if known := subject.identities.get(event.sequence):
            self._settle_known(judged, ordinal, known, event)
            return None
        if not self._schedule.knows_venue(event.venue):
            detail = f"The catalog has no venue {event.venue!r}."
            return Verdict(Outcome.VENUE_NOT_IN_CATALOG, "venue", detail)
        if event.happened_at > self._latest:
            return self._in_the_future(event)
        changed = self._schedule.change(event, sender)
        if isinstance(changed, Verdict):
            return changed
        subject.identities[event.sequence] = _Known(self.next_position, lambda: event)
        kind = str(event.__struct_config__.tag)
        self._enter(
            judged,
            sender,
            event,
            batch_no,
            ordinal,
            (changed.showing_id, event.sequence, 0, 0, 0, kind, None, subject_text),
        )
        return None

    def _enter(
        self,
        judged: Judged,
        sender: Sender,
        event: Event,
        batch_no: int,
        ordinal: int,
        columns: tuple[Any, ...],
    ) -> None:
        """Give the event the next position and encode its row."""
        showing_id, identity_no, gross, fees, admissions, kind, channel, subject = columns
        happened_at_us = microseconds(event.happened_at)
        is_late = happened_at_us < self._on_time_from_us
        judged.rows.append(
            entry_row(
                self.next_position,
                batch_no,
                self._now_us,
                happened_at_us,
                showing_id,
                identity_no,
                gross,
                fees,
                sender.source_id,
                ordinal,
                admissions,
                is_late,
                kind,
                channel,
                subject,
            )
        )
        judged.outcomes.append(Outcome.ENTERED)
        judged.positions.append(self.next_position)
        judged.entered += 1
        judged.late += is_late
        self.next_position += 1


def _sold(event: Sold, showing_id: int, position: int) -> _Subject:
    """Give what is known of a ticket that this group has just sold."""
    return _Subject(
        Ticket(
            showing_id=ShowingId(showing_id),
            sales_channel=SalesChannel(event.sales_channel),
            state=TicketState.SOLD,
            gross_minor=Minor(event.price_minor),
            fees_minor=Minor(event.fee_minor),
        ),
        {IDENTITY_OF_SALE: _Known(position, lambda: event)},
    )
