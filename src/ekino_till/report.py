"""The report: every few minutes a till says how it is, and what its days came to."""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ekino_till.client import Client, NotAnswered, RefusedByRegister
from ekino_till.spool import Spool

REPORT_PATH = "/v1/feeds/report"
# The register misses a source that it has not heard for 12 minutes: one report may be lost on
# the way, and the next is still in time.
REPORT_EVERY_S = 300.0
# A report that was not answered is made anew after this, and not at every look at the line.
REPORT_AGAIN_S = 60.0
# Days of the roll that a till declares with each report: a refund may come a week later.
DAYS_DECLARED_MAX = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a venue's day came to by the sender's own books, and whether that is the last word."""

    venue: str
    business_date: str
    tickets: int
    gross_minor: int
    refunds: int = 0
    is_final: bool = False

    def to_wire(self) -> dict[str, Any]:
        """Give the day as a report has it."""
        return {name: getattr(self, name) for name in self.__slots__}


def declared_by(spool: Spool, *, at: datetime, final_until: str = "") -> list[Declared]:
    """
    Give the newest days of a spool's roll; [] where it keeps none.

    A day up to `final_until` is final; so is one that is over once nothing waits. A refund
    that comes after all is declared with the next report.
    """
    today = "" if spool.waiting() else spool.business_date(at)
    return [
        Declared(
            venue=day.venue,
            business_date=day.business_date,
            tickets=day.tickets,
            gross_minor=day.gross_minor,
            refunds=day.refunds,
            is_final=day.business_date < today or day.business_date <= final_until,
        )
        for day in spool.days(DAYS_DECLARED_MAX)
    ]


def report_body(
    spool: Spool,
    *,
    software: Mapping[str, str],
    at: datetime,
    days: Sequence[Declared],
    resting_until: datetime | None = None,
) -> bytes:
    """Write a report of a spool, `at` by the register's clock as far as it is known."""
    oldest = spool.oldest_waiting()
    try:
        since = json.loads(oldest)["happened_at"] if oldest else None
    except ValueError:
        since = None
    body: dict[str, Any] = {
        "software": {name: software[name] for name in ("product", "version")},
        "sent_at": at.isoformat(),
        "waiting_events": spool.waiting(),
        "oldest_waiting_at": since,
        "next_sequence": spool.last_number() + 1,
        "days": [day.to_wire() for day in days],
    }
    if resting_until is not None:
        body["resting_until"] = resting_until.isoformat()
    return json.dumps(body).encode()


class Reporter:
    """
    Reports for one spool, at once and then every REPORT_EVERY_S.

    `days` gives what the sender's own books say of its days; without it the spool's roll does.
    Sales never wait for a report: one that fails is kept as `trouble` and made again later.
    """

    def __init__(
        self,
        spool: Spool,
        client: Client,
        software: Mapping[str, str],
        *,
        days: Callable[[], Sequence[Declared]] | None = None,
        every_s: float = REPORT_EVERY_S,
    ) -> None:
        """Take what is reported on, and product and version of who speaks."""
        if not software.get("product") or not software.get("version"):
            message = "a report names product and version of who speaks"
            raise ValueError(message)
        self._spool = spool
        self._client = client
        self._software = software
        self._days = days
        self._every_s = every_s
        self._due_at = 0.0
        self._lock = threading.Lock()
        # What the register answered last, and why the latest report failed; "" when it did not.
        self.answer: Mapping[str, Any] = {}
        self.trouble = ""

    def report(self, *, resting_until: datetime | None = None) -> Mapping[str, Any]:
        """
        Report now and give the answer: `missing` numbers, and each day beside the register's.

        Raises `NotAnswered` or `RefusedByRegister`.
        """
        with self._lock:
            at = datetime.fromtimestamp(self._client.now_s(), UTC).replace(microsecond=0)
            days = self._days() if self._days else declared_by(self._spool, at=at)
            body = report_body(
                self._spool,
                software=self._software,
                at=at,
                days=days,
                resting_until=resting_until,
            )
            self._due_at = time.monotonic() + min(REPORT_AGAIN_S, self._every_s)
            try:
                self.answer = self._client.post(REPORT_PATH, body)
            except (NotAnswered, RefusedByRegister) as error:
                self.trouble = str(error)
                raise
            self.trouble = ""
            self._due_at = time.monotonic() + self._every_s
            return self.answer

    def due_in_s(self) -> float:
        """Say in how many seconds the next report is due; 0 when it is now."""
        return max(self._due_at - time.monotonic(), 0.0)

    def report_if_due(self, *, is_last: bool = False) -> bool:
        """Report when it is time to, or for the last time; say whether it was answered."""
        if self.due_in_s() and not is_last:
            return False
        try:
            self.report()
        except (NotAnswered, RefusedByRegister):
            return False
        return True
