"""Whose systems are certified, for the watch over uploads, and how their feeds do after it."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta

from starlette.routing import BaseRoute

from ekino.certification import service as certification
from ekino.certification.model.health import Health, HealthBook
from ekino.db.database import Database
from ekino.feeds import pages
from ekino.feeds import service as feeds
from ekino.feeds.model.excuse import EVIDENCE_BYTES_MAX
from ekino.kernel.errors import EkinoError
from ekino.kernel.moments import now
from ekino.totals.model.day import Country
from ekino.ui.templates import Templates
from ekino.web.forms import form
from ekino.web.uploads import Uploads

# A certificate is earned in hours and holds for a year: a page may be a minute behind.
CERTIFICATES_FRESH_S = 60.0
# Health is that of the last whole business dates; days are computed anew every half minute.
HEALTH_DAYS = 7
HEALTH_FRESH_S = 60.0


class Certificates:
    """
    By vendor, the product and version that is certified last.

    Certification is gone through in the test register; while that is not open nobody is said
    to be certified, and no page waits for it.
    """

    def __init__(self, db: Database, tests: Callable[[], Database]) -> None:
        """Take the register, and what gives the test register or raises at once."""
        self._db = db
        self._tests = tests
        self._lock = threading.Lock()
        self._known: Mapping[str, str] = {}
        self._looked_at = -CERTIFICATES_FRESH_S

    def __call__(self) -> Mapping[str, str]:
        """Give the words of the certificate by the vendor's code."""
        with self._lock:
            if time.monotonic() - self._looked_at >= CERTIFICATES_FRESH_S:
                try:
                    self._known = self._read(self._tests())
                except EkinoError:
                    return self._known
                self._looked_at = time.monotonic()
            return self._known

    def _read(self, tests: Database) -> Mapping[str, str]:
        today = now().date()
        codes = sorted({each.vendor_code for each in feeds.list_feeds(self._db)} - {""})
        held = certification.list_holding(tests, codes, today)
        return {code: f"{product} {version}" for code, (product, version) in held.items()}


class LiveHealth:
    """How the feeds of each product and version did in the last HEALTH_DAYS whole days."""

    def __init__(self, db: Database, country: Country) -> None:
        """Take the live register and its country, whose day it is."""
        self._db = db
        self._country = country
        self._lock = threading.Lock()
        self._known: HealthBook | None = None
        self._looked_at = -HEALTH_FRESH_S

    def __call__(self) -> HealthBook:
        """Give it, at most HEALTH_FRESH_S old; it says as of when."""
        with self._lock:
            if self._known is None or (
                time.monotonic() - self._looked_at >= HEALTH_FRESH_S
            ):
                self._known = self._read()
                self._looked_at = time.monotonic()
            return self._known

    def _read(self) -> HealthBook:
        at = now()
        today = self._country.today(at)
        first = today - timedelta(days=HEALTH_DAYS)
        found, as_of = feeds.sum_health(self._db, first=first, past_end=today)
        return HealthBook(
            first_date=first,
            last_date=today - timedelta(days=1),
            as_of=as_of,
            at=at,
            found={named: Health(**asdict(each)) for named, each in found.items()},
        )


def feed_routes(
    db: Database,
    templates: Templates,
    country: Country,
    tests: Callable[[], Database],
    uploads: Uploads,
) -> list[BaseRoute]:
    """Give the pages of the watch over uploads; `tests` gives the test register at once."""
    desk = pages.Desk(db, templates, country, Certificates(db, tests))
    return pages.routes(desk, form, uploads(EVIDENCE_BYTES_MAX))
