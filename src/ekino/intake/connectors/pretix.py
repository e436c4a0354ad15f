"""pretix over its REST API: changed orders page by page, products and dates as orders name them."""

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ekino.ingest.formats.pretix import Programme, read_dates, read_orders
from ekino.ingest.formats.pretix_answers import (
    Event,
    Order,
    OrderPage,
    ProductPage,
    SubEvent,
    SubEventPage,
    decode,
    fields_wanted,
)
from ekino.ingest.formats.readings import Reading
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.model import Connector, Cursor, Look, in_scope
from ekino.kernel.errors import NotFound, Refused

# pretix gives no more orders on a page, whatever is asked for.
PAGE_ORDERS_MAX = 50
# Pages of products of one event.
PRODUCT_PAGES_MAX = 100
# Pages of dates that changed, read after one look; what is beyond is found by the daily sweep.
DATE_PAGES_MAX = 20
# An order is seen when its transaction commits, a little after the time it carries: whatever was
# being saved while a page was made is found by reading so much again.
OVERLAP_S = 120
# Once a day the last week is read again, for a pretix whose clock was wrong for a while.
SWEEP_EVERY_S = 86_400
SWEEP_BACK_S = 7 * 86_400
# Events, products and dates are remembered this long.
PROGRAMME_KEPT_S = 60.0
_SLUG = re.compile(r"[a-zA-Z0-9._-]{1,50}")
_ORDER = re.compile(r"[A-Z0-9]{3,16}")


class _Hint(msgspec.Struct):
    """What is read of a webhook's body."""

    event: str = ""
    code: str = ""


_HINTS = msgspec.json.Decoder(_Hint)


def subject_of(body: bytes) -> str:
    """Take the order that a webhook speaks of, as `event/CODE`."""
    try:
        hint = _HINTS.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    if _SLUG.fullmatch(hint.event) and _ORDER.fullmatch(hint.code):
        return f"{hint.event}/{hint.code}"
    return ""


class PretixPuller:
    """Reads one organiser."""

    def __init__(self, connector: Connector, asker: Asker, memory: dict[str, Any]) -> None:
        """Take what to read, who asks, and what is remembered from one look to the next."""
        self._connector = connector
        self._asker = asker
        self._root = f"/api/v1/organizers/{connector.account}"
        self._programmes: dict[str, tuple[float, Programme]] = memory

    def look_at(self, subject: str) -> Look:
        """Read one order."""
        event, _, code = subject.partition("/")
        if not in_scope(self._connector.events, event):
            return Look()
        path = f"{self._root}/events/{event}/orders/{code}/"
        try:
            answer = self._asker.get(path, _order_parameters())
        except NotFound:
            # Deleted since (pretix deletes orders of test mode), or never there at all.
            return Look()
        return Look(readings=self._read([decode(answer.body, Order)]))

    def look(self, cursor: Cursor) -> Look:
        """
        Read the next page of orders that changed.

        The order of pages is that in which orders were placed: it does not change, and none leaves
        what changed since then, so an order that changes while pages are read moves others back,
        never forward: it may be read twice and cannot be passed over. Ordered by change it would
        leave its place, and the page after would begin one too late.
        """
        page = int(cursor.get("page", 1))
        since = cursor.get("since")
        parameters = [
            *_order_parameters(),
            ("ordering", "datetime"),
            ("page_size", str(PAGE_ORDERS_MAX)),
            ("page", str(page)),
        ]
        if since:
            parameters.append(("modified_since", str(since)))
        try:
            answer = self._asker.get(f"{self._root}/orders/", parameters)
        except NotFound:
            if page == 1:
                raise
            # The page is gone: orders of test mode were deleted meanwhile. Begin again.
            return Look(cursor={**cursor, "page": 1}, is_done=False)
        generated = _moment(answer.headers.get("x-page-generated", ""))
        first = _moment(str(cursor.get("generated", ""))) if page > 1 else None
        begun = first or generated or datetime.now(UTC)
        found = decode(answer.body, OrderPage)
        readings = self._read(found.results)
        if found.next is not None:
            return Look(
                readings=readings,
                cursor={**cursor, "page": page + 1, "generated": begun.isoformat()},
                is_done=False,
            )
        if since:
            # A date that is moved changes no order: it is asked for by itself.
            readings += self._read_changed_dates(str(since))
        return Look(readings=readings, cursor=_finished(cursor, begun), read_until=begun)

    def _read_changed_dates(self, since: str) -> list[Reading]:
        """Read dates of series that changed, and one event that is no series, in turn."""
        by_event: dict[str, list[SubEvent | None]] = defaultdict(list)
        for page in range(1, DATE_PAGES_MAX + 1):
            asked = [("modified_since", since), ("ordering", "id"), ("page", str(page))]
            try:
                answer = self._asker.get(f"{self._root}/subevents/", asked)
            except NotFound:
                # An old pretix lists dates by event alone, or the page is gone.
                break
            found = decode(answer.body, SubEventPage)
            for date in found.results:
                if in_scope(self._connector.events, date.event):
                    by_event[date.event].append(date)
            if found.next is None:
                break
        single = self._next_single_event()
        if single:
            by_event[single].append(None)
        readings = []
        for event, dates in by_event.items():
            try:
                readings.append(self._read_dates(event, dates))
            except (NotFound, Refused):
                # Deleted, or not ours to see any more: what else was read must not wait for it.
                self._programmes.pop(event, None)
        return readings

    def _next_single_event(self) -> str:
        """Give the event that is no series and was asked for longest ago; "" for none."""
        known = [
            (asked_at, slug)
            for slug, (asked_at, programme) in self._programmes.items()
            if not programme.event.has_subevents
        ]
        asked_at, slug = min(known, default=(0.0, ""))
        return slug if slug and time.monotonic() - asked_at > PROGRAMME_KEPT_S else ""

    def _read_dates(self, event: str, dates: Sequence[SubEvent | None]) -> Reading:
        programme = self._programme(event, [])
        programme.subevents.update({each.id: each for each in dates if each})
        return read_dates(
            dates,
            programme,
            organiser=self._connector.account,
            prefix=self._connector.code,
        )

    def _read(self, orders: Sequence[Order]) -> list[Reading]:
        by_event: dict[str, list[Order]] = defaultdict(list)
        for order in orders:
            if in_scope(self._connector.events, order.event):
                by_event[order.event].append(order)
        return [
            read_orders(
                found,
                self._programme(event, found),
                organiser=self._connector.account,
                prefix=self._connector.code,
            )
            for event, found in by_event.items()
        ]

    def _programme(self, slug: str, orders: Sequence[Order]) -> Programme:
        """Give an event with every product and date that orders name."""
        kept = self._programmes.get(slug)
        if kept is None or time.monotonic() - kept[0] > PROGRAMME_KEPT_S:
            kept = (time.monotonic(), self._ask_programme(slug))
            self._programmes[slug] = kept
        programme = kept[1]
        positions = [each for order in orders for each in order.positions]
        if any(each.product not in programme.products for each in positions):
            self._ask_products(programme)
        for date in {each.subevent for each in positions if each.subevent is not None}:
            if date not in programme.subevents:
                self._ask_date(programme, date)
        return programme

    def _ask_programme(self, slug: str) -> Programme:
        answer = self._asker.get(f"{self._root}/events/{slug}/")
        programme = Programme(decode(answer.body, Event))
        self._ask_products(programme)
        return programme

    def _ask_products(self, programme: Programme) -> None:
        path = f"{self._root}/events/{programme.event.slug}/items/"
        for page in range(1, PRODUCT_PAGES_MAX + 1):
            answer = self._asker.get(path, [("page", str(page))])
            found = decode(answer.body, ProductPage)
            programme.products.update({each.id: each for each in found.results})
            if found.next is None:
                return

    def _ask_date(self, programme: Programme, date: int) -> None:
        path = f"{self._root}/events/{programme.event.slug}/subevents/{date}/"
        try:
            answer = self._asker.get(path)
        except NotFound:
            # Its tickets are kept and told as `date_unknown`.
            return
        programme.subevents[date] = decode(answer.body, SubEvent)


def _order_parameters() -> list[tuple[str, str]]:
    return [
        ("include_canceled_positions", "true"),
        ("include_canceled_fees", "true"),
        *(("include", name) for name in fields_wanted()),
    ]


def _finished(cursor: Cursor, begun: datetime) -> Cursor:
    """Say from when to read on after the last page; once a day from a week ago."""
    since = begun - timedelta(seconds=OVERLAP_S)
    swept = _moment(str(cursor.get("swept_at", ""))) or begun
    if begun - swept >= timedelta(seconds=SWEEP_EVERY_S):
        since, swept = begun - timedelta(seconds=SWEEP_BACK_S), begun
    return {"since": since.isoformat(), "swept_at": swept.isoformat(), "page": 1}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
