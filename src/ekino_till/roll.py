"""The till's own roll: which ticket it sold for what, and what each day came to."""

# Kept beside the line in the same step, so that what a till declares about a day is what it
# did, and not what it happens to have been answered.

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ekino_till.events import Event

# Tickets are looked up for a refund; after this they are the office's affair.
ROLL_DAYS_MAX = 400
# A showing at half past midnight belongs to the evening before.
DAY_STARTS_HOUR = 6


class AlreadySold(ValueError):
    """A ticket of this number was sold by this till before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A ticket as the roll knows it; state is sold, refunded or voided."""

    ticket: str
    venue: str
    showing: str
    price_minor: int
    state: str
    # The event's own bytes, without its number.
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a venue's day came to: sold less refunded and voided."""

    venue: str
    business_date: str
    tickets: int
    gross_minor: int
    refunds: int


class Roll:
    """Folds each event of a spool into sales and days, in the spool's own step."""

    def __init__(self, timezone: str, day_starts_hour: int = DAY_STARTS_HOUR) -> None:
        """Take the zone of the venues by its IANA name, and the hour at which a day turns."""
        self._zone = ZoneInfo(timezone)
        self._day_starts_hour = day_starts_hour

    def business_date(self, starts_at: str) -> str:
        """Give the business date of a showing by its start, an instant in RFC 3339."""
        local = datetime.fromisoformat(starts_at).astimezone(self._zone)
        day = local.date()
        if local.hour < self._day_starts_hour:
            day -= timedelta(days=1)
        return day.isoformat()

    def fold(self, db: sqlite3.Connection, event: Event) -> None:
        """Add one event."""
        fields = event.fields
        match event.kind:
            case "showing_announced" | "showing_moved" if "starts_at" in fields:
                day = self.business_date(fields["starts_at"])
                db.execute(_SHOWING, (fields["showing"], event.venue, day))
            case "sold":
                self._sold(db, event.venue, fields)
            case "refunded" | "voided" | "corrected":
                _undone(db, event.kind, fields)

    def _sold(self, db: sqlite3.Connection, venue: str, fields: dict[str, Any]) -> None:
        row = db.execute(_DAY_OF_SHOWING, (fields["showing"],)).fetchone()
        day = row[0] if row else ""
        said = json.dumps(fields, ensure_ascii=False, sort_keys=True)
        price = fields["price_minor"]
        ticket = fields["ticket"]
        row = (ticket, venue, fields["showing"], day, price, said)
        if not db.execute(_SALE, row).rowcount:
            message = f"ticket {ticket!r} is sold already; a ticket's number is used once"
            raise AlreadySold(message)
        if _add(db, venue, day, (1, price, 0)) and day:
            oldest = datetime.fromisoformat(day) - timedelta(days=ROLL_DAYS_MAX)
            db.execute(_FORGET, (oldest.date().isoformat(),))


def _undone(db: sqlite3.Connection, kind: str, fields: dict[str, Any]) -> None:
    row = db.execute(_FIND, (fields["ticket"],)).fetchone()
    if row is None:
        # Sold by another till: that one's day has the sale, and this one's the refund.
        return
    venue, day, price, state = row
    if kind == "corrected":
        _add(db, venue, day, (0, fields["price_minor"] - price, 0))
        db.execute(_PRICE, (fields["price_minor"], fields["ticket"]))
    elif state == "sold":
        back = fields["price_minor"] if kind == "refunded" else price
        _add(db, venue, day, (-1, -back, 1 if kind == "refunded" else 0))
        db.execute(_STATE, (kind, fields["ticket"]))


def _add(
    db: sqlite3.Connection, venue: str, day: str, change: tuple[int, int, int]
) -> bool:
    """Add to a day; True when it is the first of that day."""
    (tickets,) = db.execute(_ADD_TO_DAY, (venue, day, *change)).fetchone()
    return bool(tickets == 1)


def find_sale(db: sqlite3.Connection, ticket: str) -> Sale | None:
    """Give a ticket of the roll, or None."""
    row = db.execute(_SALE_OF, (ticket,)).fetchone()
    if row is None:
        return None
    names = ("ticket", "venue", "showing", "price_minor", "state", "said")
    return Sale(**dict(zip(names, row, strict=True)))


def read_days(db: sqlite3.Connection, days_max: int) -> Sequence[Day]:
    """Give the newest days, oldest first; tickets of unknown showings have no day."""
    rows = db.execute(_DAYS, (days_max,)).fetchall()
    return [
        Day(
            venue=row[0],
            business_date=row[1],
            tickets=row[2],
            gross_minor=row[3],
            refunds=row[4],
        )
        for row in reversed(rows)
    ]


SCHEMA = """
CREATE TABLE IF NOT EXISTS showing (code TEXT PRIMARY KEY, venue TEXT NOT NULL,
    business_date TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sale (ticket TEXT PRIMARY KEY, venue TEXT NOT NULL,
    showing TEXT NOT NULL, business_date TEXT NOT NULL, price_minor INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'sold', said TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS day (venue TEXT NOT NULL, business_date TEXT NOT NULL,
    tickets INTEGER NOT NULL, gross_minor INTEGER NOT NULL, refunds INTEGER NOT NULL,
    PRIMARY KEY (venue, business_date));
"""
_SHOWING = """
INSERT INTO showing (code, venue, business_date) VALUES (?, ?, ?)
    ON CONFLICT (code) DO UPDATE SET business_date = excluded.business_date
"""
_DAY_OF_SHOWING = "SELECT business_date FROM showing WHERE code = ?"
_SALE = """
INSERT INTO sale (ticket, venue, showing, business_date, price_minor, said)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (ticket) DO NOTHING
"""
_FIND = "SELECT venue, business_date, price_minor, state FROM sale WHERE ticket = ?"
_SALE_OF = (
    "SELECT ticket, venue, showing, price_minor, state, said FROM sale WHERE ticket = ?"
)
_STATE = "UPDATE sale SET state = ? WHERE ticket = ?"
_PRICE = "UPDATE sale SET price_minor = ? WHERE ticket = ?"
_ADD_TO_DAY = """
INSERT INTO day (venue, business_date, tickets, gross_minor, refunds) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (venue, business_date) DO UPDATE
   SET tickets = tickets + excluded.tickets, gross_minor = gross_minor + excluded.gross_minor,
       refunds = refunds + excluded.refunds
RETURNING tickets
"""
_FORGET = "DELETE FROM sale WHERE business_date < ? AND business_date <> ''"
_DAYS = """
SELECT venue, business_date, tickets, gross_minor, refunds FROM day
 WHERE business_date <> '' ORDER BY business_date DESC, venue LIMIT ?
"""
