"""Examples of events: one of each kind that is entered, and one for each way to be refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ekino.ingest.model import Difference, Outcome, Refusal

# What the examples speak of: `tests/vectors/contract` loads it and sends them all.
CATALOG: Mapping[str, Any] = MappingProxyType(
    {
        "regions": [
            {
                "code": "KZ-47",
                "country": "KZ",
                "kind": "region",
                "names": {"en": "Mangystau"},
            }
        ],
        "venues": [
            {
                "code": "aqtau-1",
                "name": "Aqtau 1",
                "region": "KZ-47",
                "city": "Aqtau",
                "timezone": "Asia/Aqtau",
                "currency": "KZT",
            }
        ],
        "halls": [
            {"venue": "aqtau-1", "code": "1", "capacity": 120},
            {"venue": "aqtau-1", "code": "2", "capacity": 80},
        ],
        "films": [{"code": "evening", "titles": {"en": "An Evening"}}],
        "versions": [{"code": "evening-kk", "film": "evening", "language": "kk"}],
        # In a hall for which the examples' source may not speak.
        "showings": [
            {
                "venue": "aqtau-1",
                "code": "S-9",
                "hall": "2",
                "version": "evening-kk",
                "starts_at": "2026-11-20T19:00:00+05:00",
            }
        ],
    }
)
HALL = ("aqtau-1", "1")


def _event(kind: str, sequence: int, minute: int, **fields: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "sequence": sequence,
        "venue": "aqtau-1",
        "showing": "S-1",
        "happened_at": f"2026-11-20T17:{minute:02}:00+05:00",
        **fields,
    }


# In this order all of them are entered.
ENTERED: tuple[Mapping[str, Any], ...] = (
    _event(
        "showing_announced",
        1,
        0,
        hall="1",
        film_version="evening-kk",
        starts_at="2026-11-20T19:00:00+05:00",
        format="2D",
        capacity=120,
        prices={"adult": 250_000, "child": 150_000},
    ),
    _event(
        "sold",
        2,
        1,
        ticket="T-1",
        price_minor=250_000,
        sales_channel="box_office",
        section="Parterre",
        row="7",
        seat="12",
        payment="card",
        operator="C-04",
        till="K-2",
        fiscal_receipt={"register": "123456789012", "number": "000451"},
    ),
    _event(
        "corrected",
        3,
        2,
        ticket="T-1",
        price_minor=150_000,
        discount_minor=100_000,
        concession="child",
        reason="wrong_price",
    ),
    _event("admitted", 4, 55, ticket="T-1", gate="A"),
    _event(
        "sold",
        5,
        3,
        ticket="T-2",
        price_minor=250_000,
        fee_minor=15_000,
        sales_channel="web",
        payment="card",
    ),
    _event("refunded", 6, 30, ticket="T-2", price_minor=250_000, reason="by_viewer"),
    _event("sold", 7, 4, ticket="T-3", price_minor=250_000, sales_channel="kiosk"),
    _event("voided", 8, 5, ticket="T-3", reason="printer"),
    _event(
        "showing_announced",
        9,
        6,
        showing="S-2",
        hall="1",
        film_version="evening-kk",
        starts_at="2026-11-21T19:00:00+05:00",
    ),
    _event("showing_moved", 10, 7, showing="S-2", starts_at="2026-11-21T20:00:00+05:00"),
    _event("showing_cancelled", 11, 8, showing="S-2", reason="projector"),
    _event("sold", 12, 9, ticket="T-4", price_minor=250_000, sales_channel="app"),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that is refused after those of `ENTERED`, and what is said of it."""

    event: Mapping[str, Any]
    field: str
    detail: str
    # The events of a source that may not announce showings.
    is_of_another: bool = False
    # Only the test register refuses it.
    is_of_test: bool = False
    differs: tuple[Difference, ...] = ()

    def refusal(self, outcome: Outcome) -> Refusal:
        """Give the refusal as the answer to a batch of this one event holds it."""
        return Refusal(
            index=0,
            outcome=outcome,
            field=self.field,
            detail=self.detail,
            differs=self.differs,
        )


def _sale(sequence: int, **fields: Any) -> dict[str, Any]:
    return _event(
        "sold",
        sequence,
        20,
        **{
            "ticket": f"T-{sequence}",
            "price_minor": 250_000,
            "sales_channel": "box_office",
            **fields,
        },
    )


REFUSED: Mapping[Outcome, Refused] = MappingProxyType(
    {
        Outcome.EVENT_IS_MALFORMED: Refused(
            _sale(21, price_minor="2500.00"), "price_minor", "Expected `int`, got `str`"
        ),
        Outcome.IDENTITY_USED_FOR_ANOTHER_EVENT: Refused(
            {**ENTERED[11], "price_minor": 200_000},
            "price_minor",
            "Entry 11 has this identity and says otherwise: price_minor 250000 there, "
            "200000 here",
            differs=(Difference(field="price_minor", first="250000", now="200000"),),
        ),
        Outcome.VENUE_NOT_IN_CATALOG: Refused(
            _sale(22, venue="aqtau-7"), "venue", "The catalog has no venue 'aqtau-7'."
        ),
        Outcome.SHOWING_NOT_IN_CATALOG: Refused(
            _sale(23, showing="S-7"), "showing", "Venue 'aqtau-1' has no showing 'S-7'."
        ),
        Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL: Refused(
            _sale(24, showing="S-9"),
            "showing",
            "This source may not speak for the hall of showing 'S-9'.",
        ),
        Outcome.HAPPENED_IN_THE_FUTURE: Refused(
            _sale(25, happened_at="2096-11-20T17:20:00+05:00"),
            "happened_at",
            "happened_at 2096-11-20T17:20:00+05:00 is over 60 s ahead of the register's "
            "clock, 2026-11-20T12:20:03+00:00.",
        ),
        Outcome.TICKET_WAS_NEVER_SOLD: Refused(
            _event("refunded", 26, 31, ticket="T-99", price_minor=250_000),
            "ticket",
            "No sale of ticket 'T-99' is entered.",
        ),
        Outcome.TICKET_BELONGS_TO_ANOTHER_SHOWING: Refused(
            _event("admitted", 27, 50, ticket="T-4", showing="S-2"),
            "showing",
            "Ticket 'T-4' was sold for another showing.",
        ),
        Outcome.TICKET_ALREADY_REFUNDED: Refused(
            _event("refunded", 28, 32, ticket="T-2", price_minor=250_000),
            "ticket",
            "Ticket 'T-2' is refunded.",
        ),
        Outcome.TICKET_ALREADY_VOIDED: Refused(
            _event("admitted", 29, 50, ticket="T-3"), "ticket", "Ticket 'T-3' is voided."
        ),
        Outcome.REFUND_EXCEEDS_PRICE: Refused(
            _event("refunded", 30, 33, ticket="T-4", price_minor=300_000),
            "price_minor",
            "Refund of 300000 and fee 0; the viewer has paid 250000 and fee 0.",
        ),
        Outcome.SOURCE_MAY_NOT_ANNOUNCE: Refused(
            {**ENTERED[0], "sequence": 1, "showing": "S-8"},
            "kind",
            "This source may not change the schedule.",
            is_of_another=True,
        ),
        Outcome.HALL_NOT_IN_CATALOG: Refused(
            {**ENTERED[0], "sequence": 31, "showing": "S-3", "hall": "7"},
            "hall",
            "Venue 'aqtau-1' has no hall '7'.",
        ),
        Outcome.FILM_VERSION_NOT_IN_CATALOG: Refused(
            {**ENTERED[0], "sequence": 32, "showing": "S-3", "film_version": "evening-ru"},
            "film_version",
            "The catalog has no film version 'evening-ru'.",
        ),
        Outcome.SHOWING_ALREADY_ANNOUNCED: Refused(
            {**ENTERED[0], "sequence": 33},
            "showing",
            "Venue 'aqtau-1' has a showing 'S-1' already.",
        ),
        Outcome.SHOWING_ALREADY_CANCELLED: Refused(
            {**ENTERED[9], "sequence": 34},
            "showing",
            "Showing 'S-2' is cancelled.",
        ),
        Outcome.REFUSED_IN_TEST: Refused(
            _sale(35, price_minor=1_100),
            "price_minor",
            "a price of 1100 is refused in the test register",
            is_of_test=True,
        ),
        Outcome.SEAT_ALREADY_SOLD: Refused(
            _sale(36, row="99", seat="99"),
            "seat",
            "row 99 seat 99 is always sold in the test register",
            is_of_test=True,
        ),
    }
)
