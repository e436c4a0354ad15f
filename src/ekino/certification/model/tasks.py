"""What each test asks to be done at the till, with the values to type."""

from collections.abc import Mapping
from typing import Any

from ekino.certification.model.plan import Test
from ekino.certification.model.scene import Stage

# Prices by which a test knows its tickets: 2,010.00 of the venue's currency, and so on by ten.
_FIRST_PRICE_MINOR = 200_000
_STEP_MINOR = 1_000
# A second sale of the same test: sold when the first have been sent, it says that they have.
_MARKER_MINOR = 500
FEE_MINOR = 15_000
CORRECTED_BY_MINOR = 50_000
ROW, SEAT = "7", "12"
RESERVED_ROW, RESERVED_SEAT = "8", "3"
BATCH_TICKETS = 3
BACKLOG_TICKETS = 5
BURST_TICKETS = 200
# A burst of so many tickets takes at most so many batches: ten tickets each.
BURST_BATCHES_MAX = 20
# How far behind the till's clock is set: more than a signature may be old.
CLOCK_BEHIND_S = 1_200

Action = Mapping[str, Any]


def price_of(test: Test) -> int:
    """Give the price of a test's tickets, in minor units."""
    return _FIRST_PRICE_MINOR + _STEP_MINOR * (list(Test).index(test) + 1)


def marker_of(test: Test) -> int:
    """Give the price of the ticket that is sold after the others of a test."""
    return price_of(test) + _MARKER_MINOR


def actions_of(test: Test, stage: Stage) -> tuple[Action, ...]:
    """Give what to do at the till, step by step; empty where nothing is to be done."""
    price = price_of(test)
    sale: Action = {
        "do": "sell",
        "venue": stage.venue,
        "showing": stage.showing,
        "price_minor": price,
        "sales_channel": "box_office",
        "count": 1,
    }
    send: Action = {"do": "send"}
    marker = {**sale, "price_minor": marker_of(test)}
    refund: Action = {"do": "refund", "price_minor": price, "reason": "by_viewer"}
    right = price - CORRECTED_BY_MINOR
    correct: Action = {"do": "correct", "price_minor": right, "reason": "wrong_price"}
    reserve = {**sale, "do": "reserve", "row": RESERVED_ROW, "seat": RESERVED_SEAT}
    once = (sale, send)
    actions: Mapping[Test, tuple[Action, ...]] = {
        Test.ONE_TICKET: once,
        Test.ALL_FIELDS: ({**sale, "row": ROW, "seat": SEAT, "payment": "card"}, send),
        Test.BATCH: ({**sale, "count": BATCH_TICKETS}, send),
        Test.SAME_BATCH_TWICE: (sale, send, {"do": "send_again"}),
        Test.WEB_SALE: ({**sale, "sales_channel": "web"}, send),
        Test.FEE_APART: ({**sale, "sales_channel": "web", "fee_minor": FEE_MINOR}, send),
        Test.RESERVATION_LAPSES: (reserve, {"do": "let_lapse"}, send, marker, send),
        Test.REFUND_BEFORE: (sale, send, refund, send),
        Test.REFUND_AFTER: ({**sale, "showing": stage.begun}, send, refund, send),
        Test.CORRECTION: (sale, send, correct, send),
        Test.BACKLOG: ({**sale, "count": BACKLOG_TICKETS}, send, marker, send),
        Test.WRONG_CLOCK: (
            {"do": "set_clock", "behind_s": CLOCK_BEHIND_S},
            sale,
            send,
            {"do": "set_clock", "behind_s": 0},
        ),
        Test.LIMIT: once,
        Test.FAILURE: once,
        Test.LOST_ANSWER: once,
        Test.BURST: ({**sale, "count": BURST_TICKETS}, send, marker, send),
        Test.TOKENS: ({"do": "make_tokens"},),
    }
    return actions.get(test, ())
