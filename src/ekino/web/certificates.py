"""Whose systems are certified, and the pages of the watch over uploads, which are told so."""

import threading
import time
from collections.abc import Callable, Mapping

from starlette.routing import BaseRoute

from ekino.certification import service as certification
from ekino.db.database import Database
from ekino.feeds import pages
from ekino.feeds import service as feeds
from ekino.feeds.model.excuse import EVIDENCE_BYTES_MAX
from ekino.kernel.errors import EkinoError
from ekino.kernel.moments import now
from ekino.totals.model.day import Country
from ekino.ui.templates import Templates
from ekino.web.forms import form
from ekino.web.uploads import upload

# A certificate is earned in hours and holds for a year: a page may be a minute behind.
CERTIFICATES_FRESH_S = 60.0


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


def feed_routes(
    db: Database, templates: Templates, country: Country, tests: Callable[[], Database]
) -> list[BaseRoute]:
    """Give the pages of the watch over uploads; `tests` gives the test register at once."""
    desk = pages.Desk(db, templates, country, Certificates(db, tests))
    return pages.routes(desk, form, upload(EVIDENCE_BYTES_MAX))
