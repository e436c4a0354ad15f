"""The cinemas' own books: a fold over what their tills have said, and nothing else."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

import msgspec

from ekino_demo.events import Event


class BooksError(Exception):
    """A till said something that its own books do not allow."""


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket that is good: sold, and neither given back nor undone."""

    venue: str
    showing: str
    price_minor: int
    fee_minor: int
    row: str
    seat: str
    sales_channel: str
    concession: str
    sold_at: datetime
    is_admitted: bool = False


@dataclass(slots=True)
class Sums:
    """What all tickets together come to: people and tiyn."""

    admissions: int = 0
    # Without service fees.
    gross_minor: int = 0
    fees_minor: int = 0

    def add(self, admissions: int, gross_minor: int, fees_minor: int) -> None:
        """Add a change, which may be negative."""
        self.admissions += admissions
        self.gross_minor += gross_minor
        self.fees_minor += fees_minor


@dataclass(frozen=True, slots=True)
class Day:
    """What the showings of one cinema's business date came to, as its books have it."""

    # Good tickets, and what was paid for them without fees.
    tickets: int = 0
    gross_minor: int = 0
    # Given back or undone.
    refunds: int = 0

    def after(self, kind: str, tickets: int, gross_minor: int) -> "Day":
        """Give the day with one more event in it."""
        undone = kind in ("refunded", "voided")
        return Day(
            self.tickets + tickets, self.gross_minor + gross_minor, self.refunds + undone
        )


@dataclass(slots=True)
class Feed:
    """What one cinema has said so far."""

    # The number of its last event; events are numbered from 1 without gaps.
    sequence: int = 0
    # How many tickets it has printed; tickets are numbered from 1 without gaps.
    tickets: int = 0
    sums: Sums = field(default_factory=Sums)
    # By business date, the days of its showings.
    days: dict[date, Day] = field(default_factory=dict)


class Books:
    """
    Everything the country's cinemas know of their own sales.

    `enter` numbers an event and folds it in; `fold` takes one that is numbered already, as
    when the books are read back from a journal. Either way the books come out the same.
    """

    def __init__(self) -> None:
        """Begin with nothing sold."""
        self.feeds: dict[str, Feed] = {}
        # Days are read by the threads that report, while this one goes on folding.
        self._of_days = threading.Lock()
        self.sums = Sums()
        # Good tickets by their id, of showings that are not over.
        self.tickets: dict[str, Ticket] = {}
        # By (venue, showing): the latest announcement or move, and what was cancelled.
        self.announced: dict[tuple[str, str], Event] = {}
        self.moved: dict[tuple[str, str], Event] = {}
        self.cancelled: set[tuple[str, str]] = set()

    def feed(self, venue: str) -> Feed:
        """Give what a cinema has said so far."""
        return self.feeds.setdefault(venue, Feed())

    def next_ticket(self, venue: str) -> str:
        """Give the id of the next ticket that a cinema prints."""
        return ticket_id(venue, self.feed(venue).tickets + 1)

    def enter(self, event: Event) -> Event:
        """Give an event its number and fold it in."""
        numbered = msgspec.structs.replace(
            event, sequence=self.feed(event.venue).sequence + 1
        )
        self.fold(numbered)
        return numbered

    def fold(self, event: Event) -> None:
        """
        Fold in an event that is numbered.

        Raises `BooksError` when it is not the cinema's next one, or speaks of a ticket that
        is not good: a till never says such a thing.
        """
        feed = self.feed(event.venue)
        if event.sequence != feed.sequence + 1:
            message = f"{event.venue} has said {feed.sequence}, not {event.sequence} next"
            raise BooksError(message)
        feed.sequence = event.sequence
        if event.kind == "sold":
            change = self._sell(feed, event)
        elif event.ticket:
            change = self._change(event)
        else:
            self._note_showing(event)
            return
        feed.sums.add(*change)
        self.sums.add(*change)
        day = business_date_of(event.showing)
        with self._of_days:
            feed.days[day] = feed.days.get(day, Day()).after(event.kind, *change[:2])

    def days(self, venue: str) -> dict[date, Day]:
        """Give what each business date of a cinema came to so far; safe from any thread."""
        with self._of_days:
            feed = self.feeds.get(venue)
            return dict(feed.days) if feed is not None else {}

    def _sell(self, feed: Feed, event: Event) -> tuple[int, int, int]:
        feed.tickets += 1
        if event.price_minor is None or event.ticket != ticket_id(
            event.venue, feed.tickets
        ):
            message = f"{event.ticket} is not the next ticket of {event.venue}"
            raise BooksError(message)
        self.tickets[event.ticket] = Ticket(
            venue=event.venue,
            showing=event.showing,
            price_minor=event.price_minor,
            fee_minor=event.fee_minor,
            row=event.row,
            seat=event.seat,
            sales_channel=event.sales_channel,
            concession=event.concession,
            sold_at=event.happened_at,
        )
        return 1, event.price_minor, event.fee_minor

    def _change(self, event: Event) -> tuple[int, int, int]:
        ticket = self.tickets.get(event.ticket)
        if ticket is None or ticket.showing != event.showing:
            message = (
                f"{event.kind}: {event.ticket} is not a good ticket of {event.showing}"
            )
            raise BooksError(message)
        price_minor = event.price_minor or 0
        match event.kind:
            case "refunded":
                del self.tickets[event.ticket]
                return -1, -price_minor, -event.fee_minor
            case "voided":
                del self.tickets[event.ticket]
                return -1, -ticket.price_minor, -ticket.fee_minor
            case "corrected":
                change = (
                    price_minor - ticket.price_minor,
                    event.fee_minor - ticket.fee_minor,
                )
                ticket.price_minor, ticket.fee_minor = price_minor, event.fee_minor
                ticket.concession = event.concession
                return 0, *change
            case _:
                ticket.is_admitted = True
                return 0, 0, 0

    def _note_showing(self, event: Event) -> None:
        key = event.venue, event.showing
        match event.kind:
            case "showing_announced":
                self.announced[key] = event
            case "showing_moved":
                self.moved[key] = event
            case _:
                self.cancelled.add(key)

    def forget(self, showings: Iterable[tuple[str, str]]) -> int:
        """
        Forget the tickets and changes of showings that are over; their sums stay.

        Gives how many tickets were forgotten: without this the books would grow for ever.
        """
        over = set(showings)
        gone = [
            name
            for name, ticket in self.tickets.items()
            if (ticket.venue, ticket.showing) in over
        ]
        for name in gone:
            del self.tickets[name]
        for key in over:
            self.announced.pop(key, None)
            self.moved.pop(key, None)
            self.cancelled.discard(key)
        return len(gone)


@lru_cache(maxsize=65_536)
def business_date_of(showing: str) -> date:
    """
    Give the business date with which the code of a showing begins, as yymmdd.

    Raises `BooksError` for a code that begins with none.
    """
    try:
        return datetime.strptime(showing[:7], "%y%m%d-").date()  # noqa: DTZ007 - a day
    except ValueError as error:
        message = f"the code of showing {showing!r} begins with no business date"
        raise BooksError(message) from error


def ticket_id(venue: str, number: int) -> str:
    """Give the id of a cinema's ticket by its number from 1: serial, as real tills print."""
    return f"{venue}-{number:07d}"
