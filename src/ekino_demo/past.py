"""The weeks before: what the cinemas sold earlier, uploaded afterwards while the country sells."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from math import exp
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from ekino_demo.books import Day, Sums
from ekino_demo.country.films import Film, film_of_version
from ekino_demo.country.places import cinemas, lost, software_of
from ekino_demo.country.prices import CONCESSIONS, draw_channel, draw_payment, weights_for
from ekino_demo.country.programme import Showing, earlier_programme_of
from ekino_demo.demand import draw_party, draw_sold_at, is_open
from ekino_demo.dice import dice
from ekino_demo.events import ENCODER, Event
from ekino_demo.journal import write_whole
from ekino_demo.network import Office
from ekino_demo.office import release_dates, schedule_document
from ekino_demo.opening import full_price, refunded_event, sold_event
from ekino_demo.reporting import DAYS_MAX, RESTS_FOR, declared, report_without_spool
from ekino_demo.seats import SeatPlan
from ekino_till import Client, Declared, Key, NotAnswered, RefusedByRegister
from ekino_till.report import REPORT_PATH

SOURCE = "earlier-weeks"
VENDOR_CODE = "vendor-tasqyn"
SOURCE_NAME = "Бұрынғы апталар: кейін жүктелген"
BATCH_EVENTS = 1_000
# A year of whole weeks, so that the same weekday lies a year before.
YEAR = timedelta(weeks=52)
# Tickets of an average day, and how the days of a week differ from it, Monday first.
_DAY_TICKETS = 19_000
_WEEKDAYS = (0.68, 0.72, 0.78, 0.95, 1.18, 1.45, 1.24)
# A year ago the country went to the cinema less.
_YEAR_AGO_SHARE = 0.79
_REFUNDED_SHARE = 0.014
# A film draws less every week, and is off after eight.
_WEEKS_OF_A_FILM = 2.6
_WEEKS_ON_MAX = 8
_OCCUPANCY_MAX = 0.92
_AGAIN_AFTER_S = 1.0
# One that has told everything goes on resting: it says so again in time.
_RESTS_AGAIN_AFTER_S = 86_400.0


class Told(msgspec.Struct):
    """What was told so far; written down after every answer."""

    # Days that are whole, and batches of the day after them.
    days: int = 0
    batches: int = 0
    admissions: int = 0
    gross_minor: int = 0
    fees_minor: int = 0
    # The last number of each cinema's feed.
    sequences: dict[str, int] = {}


class Past(threading.Thread):
    """
    Uploads the weeks before the opening, and the same weeks a year ago, batch by batch.

    Every day is made anew from the seed, so what a crash interrupts is told again and
    answered `already_entered`.
    """

    def __init__(
        self, folder: Path, url: str, office: Office, *, day: date, seed: int, weeks: int
    ) -> None:
        """Prepare the upload of `weeks` weeks before `day`; nothing is sent yet."""
        super().__init__(name="earlier weeks", daemon=True)
        self._office = office
        self._seed = seed
        self._opened_on = day
        self._days = days_before(day, weeks)
        self._releases = release_dates(day)
        self._path = folder / "earlier.json"
        self._told = (
            msgspec.json.decode(self._path.read_bytes(), type=Told)
            if self._path.exists()
            else Told()
        )
        self._key = Key.open(folder / "keys" / f"{SOURCE}.pem", f"{SOURCE}/1")
        self._client = Client(url, self._key)
        self._stopping = threading.Event()
        self.failure: Exception | None = None

    @property
    def days_left(self) -> int:
        """How many days are not whole yet."""
        return len(self._days) - self._told.days

    def sums(self) -> Sums:
        """Give what the register has acknowledged of it."""
        return Sums(self._told.admissions, self._told.gross_minor, self._told.fees_minor)

    def source(self) -> dict[str, Any]:
        """Give the source that uploads, as POST /v1/sources takes it."""
        return {
            "code": SOURCE,
            "name": SOURCE_NAME,
            "vendor": "Tasqyn Bilet",
            "vendor_code": VENDOR_CODE,
            "may_announce": False,
            "halls": [{"venue": each.code} for each in cinemas() if each.is_connected],
            "keys": [
                {
                    "key_id": self._key.key_id,
                    "public_key": self._key.public_text,
                    "kind": "batch",
                }
            ],
        }

    def stop(self) -> None:
        """Stop after the batch under way, and wait for it."""
        self._stopping.set()
        if self.is_alive():
            self.join()
        self._client.close()

    def run(self) -> None:
        """Upload day after day until all is told, then rest; until told to stop."""
        try:
            while self.days_left and not self._stopping.is_set():
                self._tell_day(self._days[self._told.days])
            while True:
                self._rest()
                if self._stopping.wait(_RESTS_AGAIN_AFTER_S):
                    break
        except Exception as error:  # noqa: BLE001 - handed to the play, which ends with it
            self.failure = error

    def _tell_day(self, day: date) -> None:
        showings = earlier_programme_of(day, self._seed, on_show(self._releases, day))
        if not self._told.batches:
            self._office.tell("/v1/catalog", schedule_document(showings))
        is_recent = day > self._opened_on - YEAR / 2
        share = 1.0 if is_recent else _YEAR_AGO_SHARE
        booked = list(sales_of(day, showings, self._seed, share=share))
        events = list(left_in(booked, (self._opened_on - day).days))
        for first in range(self._told.batches * BATCH_EVENTS, len(events), BATCH_EVENTS):
            if self._stopping.is_set():
                return
            self._tell_batch(events[first : first + BATCH_EVENTS])
        # Of a year ago nobody asks any more whether it is whole.
        if is_recent:
            self._declare(days_of(day, booked))
        if self._stopping.is_set():
            return
        self._told.days += 1
        self._told.batches = 0
        self._keep()

    def _tell_batch(self, events: list[Event]) -> None:
        numbered = []
        sequences = dict(self._told.sequences)
        for event in events:
            sequences[event.venue] = sequences.get(event.venue, 0) + 1
            numbered.append(msgspec.structs.replace(event, sequence=sequences[event.venue]))
        body = b'{"events":[' + b",".join(ENCODER.encode(each) for each in numbered) + b"]}"
        if not self._post("/v1/batches", body):
            return
        # From here the batch is the register's; a crash before the next line tells it again.
        for event in numbered:
            sign = 1 if event.kind == "sold" else -1
            self._told.admissions += sign
            self._told.gross_minor += sign * (event.price_minor or 0)
            self._told.fees_minor += event.fee_minor if event.kind == "sold" else 0
        self._told.sequences = sequences
        self._told.batches += 1
        self._keep()

    def _post(self, path: str, body: bytes) -> bool:
        """Send until it is answered; False when told to stop before."""
        while True:
            try:
                self._client.post(path, body)
            except NotAnswered as error:
                if self._stopping.wait(max(error.retry_after_s, _AGAIN_AFTER_S)):
                    return False
            else:
                return True

    def _declare(self, days: Sequence[Declared]) -> None:
        """Declare days as final; a crash before they are told declares them again."""
        for first in range(0, len(days), DAYS_MAX):
            self._post(REPORT_PATH, self._report(days[first : first + DAYS_MAX]))

    def _report(
        self, days: Sequence[Declared], resting_until: datetime | None = None
    ) -> bytes:
        at = datetime.fromtimestamp(self._client.now_s(), UTC).replace(microsecond=0)
        return report_without_spool(
            software_of(VENDOR_CODE), at=at, days=days, resting_until=resting_until
        )

    def _rest(self) -> None:
        """Say that nothing is to be expected for a while, as far as anybody listens."""
        until = datetime.fromtimestamp(self._client.now_s(), UTC) + RESTS_FOR
        with suppress(NotAnswered, RefusedByRegister):
            self._client.post(REPORT_PATH, self._report((), until.replace(microsecond=0)))

    def _keep(self) -> None:
        write_whole(self._path, msgspec.json.encode(self._told))


def left_in(events: Sequence[Event], days_ago: int) -> Iterator[Event]:
    """Give what is uploaded of a day: all of it, but for the sales that `lost` counts."""
    gone: set[str] = set()
    for (cinema, lost_days_ago), tickets in lost().items():
        if lost_days_ago == days_ago:
            told = Counter(each.ticket for each in events if each.venue == cinema)
            gone.update([ticket for ticket, times in told.items() if times == 1][-tickets:])
    return (each for each in events if each.ticket not in gone)


def days_of(day: date, events: Iterable[Event]) -> list[Declared]:
    """Give what a day's events come to at each cinema, as its last word."""
    found: dict[str, Day] = {}
    for event in events:
        sign = 1 if event.kind == "sold" else -1
        found[event.venue] = found.get(event.venue, Day()).after(
            event.kind, sign, sign * (event.price_minor or 0)
        )
    return [declared(venue, day, found[venue], is_final=True) for venue in sorted(found)]


def days_before(day: date, weeks: int) -> list[date]:
    """
    Give the business dates to upload, what people compare with first.

    The same weekday last week and its twin of last year come first, then backwards.
    """
    back = [day - timedelta(days=number) for number in range(1, 7 * weeks + 1)]
    back.sort(key=lambda each: (each != day - timedelta(days=7), -each.toordinal()))
    return [each for earlier in back for each in (earlier, earlier - YEAR)]


def on_show(releases: list[tuple[Film, date]], day: date) -> tuple[Film, ...]:
    """Give the films that ran on a day, each as popular as it still was."""
    return tuple(
        msgspec.structs.replace(
            film,
            popularity=max(2, round(film.popularity * exp(-weeks / _WEEKS_OF_A_FILM))),
        )
        for film, released in releases
        if 0 <= (weeks := (day - released).days / 7) < _WEEKS_ON_MAX
    )


def sales_of(
    day: date, showings: tuple[Showing, ...], seed: int, *, share: float = 1.0
) -> Iterator[Event]:
    """
    Give a day's sales and refunds, showing by showing; day and seed decide every byte.

    `share` is how much the country went to the cinema then, beside now.
    """
    roll = dice("earlier", seed, day.isoformat())
    tickets = share * _DAY_TICKETS * _WEEKDAYS[day.weekday()] * roll.uniform(0.93, 1.07)
    pulls = sum(showing.pull for showing in showings)
    number = 0
    for showing in showings:
        wanted = _rounded(roll, tickets * showing.pull / pulls)
        for event in _sales_of_showing(roll, showing, wanted, number):
            number += event.kind == "sold"
            yield event


def _rounded(roll: Random, expected: float) -> int:
    whole = int(expected)
    return whole + (roll.random() < expected - whole)


def _sales_of_showing(
    roll: Random, showing: Showing, wanted: int, number: int
) -> Iterator[Event]:
    plan = SeatPlan(showing.capacity)
    wanted = min(wanted, int(_OCCUPANCY_MAX * showing.capacity))
    weights = weights_for(film_of_version()[showing.version].drawn_to)
    while wanted > 0:
        people = min(draw_party(roll), wanted)
        wanted -= people
        sold_at = draw_sold_at(roll, showing.starts_at, showing.starts_at)
        sold_at = sold_at.replace(microsecond=0)
        lead_h = (showing.starts_at - sold_at).total_seconds() / 3600
        channel = draw_channel(roll, is_open=is_open(sold_at), lead_h=lead_h)
        payment = draw_payment(roll, channel)
        for seat in plan.seat_party(roll, people):
            concession = roll.choices(CONCESSIONS, weights)[0]
            number += 1
            sold = sold_event(
                showing,
                seat=seat,
                ticket=f"{showing.venue}-{showing.code}-{number:06d}",
                sold_at=sold_at,
                sales_channel=channel,
                payment=payment,
                concession=concession,
                price_minor=full_price(showing, seat, concession),
                bonus_minor=0,
                roll=roll,
            )
            yield sold
            if lead_h > 1 and roll.random() < _REFUNDED_SHARE:
                at = sold_at + (showing.starts_at - sold_at) * roll.random() / 2
                at = at.replace(microsecond=0)
                yield refunded_event(sold, at=at, reason="viewer cannot come")
