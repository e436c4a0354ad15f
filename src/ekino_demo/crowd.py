"""The crowd: as many small sources as one likes, each with a key, a spool and a line of its own."""

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

import ekino_till
from ekino_demo.books import Sums
from ekino_demo.country import calendar
from ekino_demo.country.places import Cinema, cinemas, sources
from ekino_demo.country.programme import Showing, programme_of
from ekino_demo.dice import dice
from ekino_demo.network import Answers, LineError
from ekino_till import Client, Drained, Key, NotAnswered, RefusedByRegister, Spool

# One answer of the register takes 2,000 sources.
KIOSKS_MAX = 1_900
# From one sale of a kiosk to its next: shorter than the register keeps an idle line open, so
# that every one of them stays connected.
_SALE_EVERY_S = (30.0, 70.0)
# The crowd comes in over so long: a thousand doors do not open in one second.
_ARRIVE_WITHIN_S = 20.0
_AGAIN_AFTER_S = 2.0
_WORKERS = 12
# Kiosks leave most of a hall to the box office and the web.
_SHARE_OF_HALL_MAX = 0.4
# Every ticket of a kiosk costs the same, so that what it sold is told by how many it sold.
PRICE_MINOR = 150_000

IsKnown = Callable[[date, Showing], bool]


@dataclass(slots=True)
class Kiosk:
    """One source: a kiosk in a hall's foyer that sells tickets of that hall."""

    code: str
    cinema: Cinema
    hall: str
    vendor: tuple[str, str]
    key: Key
    spool: Spool
    till: ekino_till.Till
    # By showing: how many it sold.
    sold: dict[str, int] = field(default_factory=dict)

    def sums(self) -> Sums:
        """Give what it has sold, by how many numbers its spool has given."""
        number = self.spool.last_number("")
        return Sums(number, number * PRICE_MINOR, 0)


class Crowd:
    """
    The kiosks and the threads that sell at them, one kiosk in one thread at a time.

    `is_known` says whether the register has been told of a day's showing.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        answers: Answers,
        *,
        kiosks: int,
        seed: int,
        is_known: IsKnown,
    ) -> None:
        """Open every kiosk's spool and key; nothing is sent before `start`."""
        self._answers = answers
        self._seed = seed
        self._is_known = is_known
        self._programmes: dict[date, dict[tuple[str, str], list[Showing]]] = {}
        self._roll = dice("crowd", seed, time.time_ns())
        self._kiosks = [
            self._open(folder, url, number, cinema, hall)
            for number, (cinema, hall) in zip(range(1, kiosks + 1), _halls(), strict=False)
        ]
        self._changed = threading.Condition()
        self._due: list[tuple[float, int]] = []
        self._is_leaving = False
        self._threads: list[threading.Thread] = []
        # What they had sold when they closed.
        self._sums: Sums | None = None
        self.failure: LineError | None = None

    @staticmethod
    def _open(folder: Path, url: str, number: int, cinema: Cinema, hall: str) -> Kiosk:
        code = f"kiosk-{number:04}"
        key = Key.open(folder / "keys" / "kiosks" / f"{code}.pem", f"{code}/1")
        spool = Spool(folder / "spools" / "kiosks" / f"{code}.spool", receipts_max=0)
        till = ekino_till.Till(spool, Client(url, key))
        vendors = _vendors()
        return Kiosk(code, cinema, hall, vendors[number % len(vendors)], key, spool, till)

    def sources(self) -> list[dict[str, Any]]:
        """Give the kiosks' sources as POST /v1/sources takes them."""
        return [
            {
                "code": each.code,
                "name": f"{each.vendor[1]}: {each.cinema.name}, {each.code}",
                "vendor": each.vendor[1],
                "vendor_code": each.vendor[0],
                "organisation": each.cinema.organisation,
                "may_announce": False,
                "halls": [{"venue": each.cinema.code, "hall": each.hall}],
                "keys": [
                    {
                        "key_id": each.key.key_id,
                        "public_key": each.key.public_text,
                        "kind": "batch",
                    }
                ],
            }
            for each in self._kiosks
        ]

    def sums(self) -> Sums:
        """Give what all kiosks have sold."""
        if self._sums is not None:
            return self._sums
        total = Sums()
        for each in self._kiosks:
            own = each.sums()
            total.add(own.admissions, own.gross_minor, own.fees_minor)
        return total

    @property
    def waiting(self) -> int:
        """How many of their events have no answer yet."""
        return sum(each.spool.waiting() for each in self._kiosks)

    def start(self) -> None:
        """Open the kiosks, one after another."""
        began = time.monotonic()
        self._due = [
            (began + self._roll.uniform(0, _ARRIVE_WITHIN_S), number)
            for number in range(len(self._kiosks))
        ]
        heapq.heapify(self._due)
        for number in range(_WORKERS):
            thread = threading.Thread(
                target=self._work, name=f"kiosks {number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Sell nothing more, send what waits, and hang up."""
        with self._changed:
            self._is_leaving = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        for each in self._kiosks:
            while self._send(each) and each.spool.waiting():
                continue
        self._sums = self.sums()
        for each in self._kiosks:
            each.till.close()

    def _work(self) -> None:
        roll = Random(self._roll.random())
        while (number := self._next()) is not None:
            kiosk = self._kiosks[number]
            self._sell(kiosk)
            is_sent = self._send(kiosk)
            pause_s = roll.uniform(*_SALE_EVERY_S) if is_sent else _AGAIN_AFTER_S
            with self._changed:
                heapq.heappush(self._due, (time.monotonic() + pause_s, number))
                self._changed.notify()

    def _next(self) -> int | None:
        """Wait for the kiosk whose turn it is; None when it is time to leave."""
        with self._changed:
            while not self._is_leaving:
                wait_s = self._due[0][0] - time.monotonic() if self._due else 1.0
                if self._due and wait_s <= 0:
                    return heapq.heappop(self._due)[1]
                self._changed.wait(timeout=max(wait_s, 0.001))
        return None

    def _sell(self, kiosk: Kiosk) -> None:
        """Sell one ticket, where there is a showing with room for another."""
        if kiosk.spool.waiting():
            # What it sold before has not gone out: a kiosk does not pile up sales.
            return
        now = calendar.now()
        for showing in self._on_sale(kiosk, now):
            sold = kiosk.sold.get(showing.code, 0)
            if sold >= max(1, int(showing.capacity * _SHARE_OF_HALL_MAX / 4)):
                continue
            kiosk.sold[showing.code] = sold + 1
            number = kiosk.spool.last_number("") + 1
            kiosk.till.say(
                ekino_till.Event.of(
                    "sold",
                    venue=showing.venue,
                    showing=showing.code,
                    happened_at=now,
                    ticket=f"{kiosk.code}-{number:07d}",
                    price_minor=PRICE_MINOR,
                    sales_channel="kiosk",
                    till=kiosk.code,
                )
            )
            return

    def _on_sale(self, kiosk: Kiosk, at: datetime) -> Iterator[Showing]:
        """Give the showings of a kiosk's hall that are still to begin, the next one first."""
        day = calendar.business_date(at)
        with self._changed:
            if day not in self._programmes:
                found: dict[tuple[str, str], list[Showing]] = {}
                for each in sorted(programme_of(day, self._seed), key=_starts_at):
                    found.setdefault((each.venue, each.hall), []).append(each)
                self._programmes = {day: found}
            mine = self._programmes[day].get((kiosk.cinema.code, kiosk.hall), [])
        for each in mine:
            if each.starts_at > at and self._is_known(day, each):
                yield each

    def _send(self, kiosk: Kiosk) -> bool:
        """Send what waits; False when it must be sent again."""
        drained = Drained()
        try:
            kiosk.till.send_once(drained)
        except NotAnswered:
            return False
        except RefusedByRegister as error:
            self.failure = LineError(f"{kiosk.code}: {error}")
            return True
        self._answers.note(drained)
        return True


def _halls() -> Iterator[tuple[Cinema, str]]:
    """Give the halls of connected cinemas that are not silent, again and again."""
    halls = [
        (cinema, hall.code)
        for cinema in cinemas()
        if cinema.is_connected and cinema.habit != "silent"
        for hall in cinema.halls
    ]
    while True:
        yield from halls


def _starts_at(showing: Showing) -> datetime:
    return showing.starts_at


def _vendors() -> list[tuple[str, str]]:
    """Give (code, name) of the country's vendors."""
    return sorted({(each.vendor_code, each.vendor) for each in sources()})
