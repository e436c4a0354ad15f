"""An evening as it is: sales, refunds, voids, admissions, late, bad and doubled events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from ekino.cli.bench.country import Source
from ekino.cli.bench.post import Post, post
from ekino.cli.bench.sales import Sales

# Sales of an errand's first batch; what its second batch does with some of them.
SALES = 20
_REFUNDED, _VOIDED, _ADMITTED = (0, 1), (2,), (3, 4, 5)
_SECOND_SALES = 13
# Of its errands every tenth is late by hours, and every tenth sends a batch again.
_EVERY = 10
_LATE = timedelta(hours=3)
# What the second batch's last event, which is bad in a way of its own each time, is answered.
BAD = ("showing_not_in_catalog", "ticket_was_never_sold", "event_is_malformed")
EVENTS_AN_ERRAND = SALES + len(_REFUNDED + _VOIDED + _ADMITTED) + _SECOND_SALES + 1
# With what is sent again: a tenth of first and of second batches.
EVENTS_SENT_AN_ERRAND = EVENTS_AN_ERRAND * (1 + 1 / _EVERY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must become of one event: its outcome, and what it changes if it is entered."""

    outcome: str
    ticket: str
    showing: tuple[str, str]
    sales_channel: str
    admissions: int
    gross_minor: int
    fees_minor: int


class Mixture:
    """
    Writes the errands of an evening, and can say afterwards what each must have led to.

    An errand is sent by one till: a batch of sales, then one with more sales and what
    happened to the first, then perhaps both once more.
    """

    def __init__(self, sources: list[Source]) -> None:
        """Begin with the first serial number of each source."""
        self.sales = Sales(sources, now=datetime.now(UTC))

    def errands(self, count: int) -> Iterator[tuple[Post, ...]]:
        """Give errands one by one, signed when they are asked for."""
        for number in range(count):
            source = self.sales.sources[number % len(self.sales.sources)]
            serial = number // len(self.sales.sources) * (SALES + _SECOND_SALES)
            now = datetime.now(UTC)
            self.sales.tell_time(now - _LATE if number % _EVERY == 1 else now)
            first = self._post(source, self._first(source, serial))
            second = self._post(source, self._second(source, serial, number))
            if number % _EVERY == 0:
                yield first, second, self._again(first), self._again(second)
            else:
                yield first, second

    def _post(self, source: Source, events: list[str]) -> Post:
        return post(source, self.sales.write(events), len(events))

    @staticmethod
    def _again(first: Post) -> Post:
        return post(first.source, first.body, first.events, first=first)

    def _first(self, source: Source, serial: int) -> list[str]:
        return [self.sales.sale(source, serial + number) for number in range(SALES)]

    def _second(self, source: Source, serial: int, number: int) -> list[str]:
        sale = self._sold(source, serial)
        events = [_later("refunded", each, _refund(each)) for each in map(sale, _REFUNDED)]
        events += [_later("voided", each, {}) for each in map(sale, _VOIDED)]
        events += [_later("admitted", each, {}) for each in map(sale, _ADMITTED)]
        events += [
            self.sales.sale(source, serial + SALES + more) for more in range(_SECOND_SALES)
        ]
        return [*events, _bad(sale(SALES - 1), number)]

    def _sold(self, source: Source, serial: int) -> "_Sold":
        return _Sold(self.sales, source, serial)


class _Sold:
    """The sales of an errand's first batch, read back."""

    def __init__(self, sales: Sales, source: Source, serial: int) -> None:
        self._sales, self._source, self._serial = sales, source, serial

    def __call__(self, number: int) -> dict[str, object]:
        text = self._sales.sale(self._source, self._serial + number)
        sold: dict[str, object] = msgspec.json.decode(text)
        return sold


def _refund(sold: dict[str, object]) -> dict[str, object]:
    return {"price_minor": sold["price_minor"], "fee_minor": sold["fee_minor"]}


def _later(kind: str, sold: dict[str, object], fields: dict[str, object]) -> str:
    """Write a later event of a ticket; its number lies far from every sale's."""
    shared = ("ticket", "venue", "showing", "happened_at")
    numbered = {"kind": kind, "sequence": int(str(sold["sequence"])) + 500_000_000}
    event = numbered | {name: sold[name] for name in shared} | fields
    return msgspec.json.encode(event).decode()


def _bad(sold: dict[str, object], number: int) -> str:
    """Spoil an event in the way that `BAD` names for this errand."""
    match number % len(BAD):
        case 0:
            spoilt = sold | {"ticket": f"bad-{sold['ticket']}", "showing": "no-such"}
        case 1:
            return _later("admitted", sold | {"ticket": f"bad-{sold['ticket']}"}, {})
        case _:
            spoilt = sold | {"ticket": f"bad-{sold['ticket']}", "price_minor": -1}
    return msgspec.json.encode(spoilt).decode()


def expected_of(body: bytes, sold: dict[str, Expected]) -> list[Expected]:
    """
    Say what must become of each event of a batch, by its own words alone.

    `sold` knows the source's tickets by id and is told of new ones; it may forget a ticket
    when the next errand begins.
    """
    found: list[Expected] = []
    for event in msgspec.json.decode(body)["events"]:
        ticket, showing = event["ticket"], (event["venue"], event["showing"])
        if ticket.startswith("bad-"):
            outcome = (
                BAD[0] if event["showing"] == "no-such"
                else BAD[1] if event["kind"] == "admitted" else BAD[2]
            )  # fmt: skip
            found.append(_expected(outcome, ticket, showing))
        elif event["kind"] == "sold":
            sold[ticket] = _expected(
                "entered", ticket, showing, event["sales_channel"],
                1, event["price_minor"], event["fee_minor"],
            )  # fmt: skip
            found.append(sold[ticket])
        else:
            sale = sold[ticket]
            sign = 0 if event["kind"] == "admitted" else -1
            found.append(
                _expected(
                    "entered", ticket, showing, sale.sales_channel,
                    sign, sign * sale.gross_minor, sign * sale.fees_minor,
                )
            )  # fmt: skip
    return found


def _expected(
    outcome: str,
    ticket: str,
    showing: tuple[str, str],
    sales_channel: str = "",
    admissions: int = 0,
    gross_minor: int = 0,
    fees_minor: int = 0,
) -> Expected:
    return Expected(
        outcome=outcome,
        ticket=ticket,
        showing=showing,
        sales_channel=sales_channel,
        admissions=admissions,
        gross_minor=gross_minor,
        fees_minor=fees_minor,
    )
