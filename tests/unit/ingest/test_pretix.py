"""pretix: how orders are read, what is kept of them, and that no person is among it."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from ekino.ingest.formats.facts import ReversalKind
from ekino.ingest.formats.pretix import Programme, read_orders
from ekino.ingest.formats.pretix_answers import (
    Event,
    Order,
    OrderPage,
    Product,
    SubEvent,
    decode,
    fields_wanted,
)
from ekino.ingest.formats.readings import Reading
from ekino.kernel.errors import Malformed

PLACED = "2026-11-26T16:39:58.501222Z"
EVENING = datetime(2026, 11, 27, 17, tzinfo=UTC)
SECRET = "mb65aaecesmmh4ctgmupfqy8842kf569"
# Everything of a person that pretix 2026.8 puts into an order, by its documentation.
PERSONAL = {
    "email": "anna.privat@example.org",
    "phone": "+4930111222",
    "secret": "dvm0utywzoza3mhs",
    "comment": "Anna asked for the aisle",
    "customer": "CUST-ANNA",
    "url": "https://tickets.example/aurora/cinema/order/VSLRS/dvm0utywzoza3mhs/",
    "invoice_address": {"name_parts": {"full_name": "Anna Privat"}, "street": "Lane 7"},
    "api_meta": {"crm": "anna-privat"},
}
PERSONAL_POSITION = {
    "attendee_name": "Anna Privat",
    "attendee_name_parts": {"full_name": "Anna Privat"},
    "attendee_email": "anna.privat@example.org",
    "company": "Privat Ltd",
    "street": "Lane 7",
    "city": "Almaty-Privat",
    "zipcode": "050000P",
    "answers": [{"question": 1, "answer": "Born 1990, vegetarian"}],
    "pseudonymization_id": "TDUZDGQFMU",
}


def a_position(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": 100 + number,
        "order": "VSLRS",
        "positionid": number,
        "item": 1,
        "variation": None,
        "price": "12.50",
        "secret": SECRET if number == 1 else f"{SECRET[:-2]}{number:02d}",
        "subevent": 7,
        "checkins": [],
        "seat": {"name": "Stalls, Row 1, Seat 4", "zone_name": "Stalls", "row_name": "1", "seat_number": "4"},
        "canceled": False,
        **PERSONAL_POSITION,
        **changes,
    }  # fmt: skip


def an_order(**changes: Any) -> dict[str, Any]:
    return {
        "code": "VSLRS",
        "event": "cinema",
        "status": "p",
        "testmode": False,
        "datetime": PLACED,
        "last_modified": "2026-11-26T18:00:00Z",
        "total": "12.50",
        "fees": [],
        "positions": [a_position(1)],
        "payments": [a_payment("12.50")],
        "refunds": [],
        "sales_channel": "web",
        "valid_if_pending": False,
        "require_approval": False,
        "cancellation_date": None,
        **PERSONAL,
        **changes,
    }


def a_payment(amount: str, state: str = "confirmed") -> dict[str, Any]:
    return {
        "local_id": 1,
        "state": state,
        "amount": amount,
        "payment_date": "2026-11-26T16:41:00Z",
        "provider": "stripe_creditcard",
        "details": {"card": "Visa 4242", "owner": "ANNA PRIVAT"},
        "payment_url": "https://tickets.example/pay/dvm0utywzoza3mhs",
    }


def a_refund(amount: str, state: str = "done") -> dict[str, Any]:
    return {
        "local_id": 1,
        "state": state,
        "amount": amount,
        "created": "2026-11-26T17:00:00Z",
        "execution_date": "2026-11-26T17:01:00Z",
        "comment": "Anna was ill",
        "details": {"iban": "DE00PRIVAT"},
    }


def read(*orders: dict[str, Any], currency: str = "EUR") -> Reading:
    """Give what a page with these orders says."""
    body = json.dumps({"count": len(orders), "next": None, "results": orders}).encode()
    programme = Programme(
        Event(
            slug="cinema",
            currency=currency,
            timezone="Europe/Berlin",
            date_from=EVENING,
            name={"en": "Aurora"},
            meta={"hall": "2", "certificate": "111000126"},
        ),
        {7: SubEvent(id=7, date_from=EVENING, name={"en": "Steppe", "ru": "Степь"})},
        {
            1: Product(id=1, name={"en": "Adult"}, admission=True),
            2: Product(id=2, name={"en": "Popcorn"}),
        },
    )
    return read_orders(
        decode(body, OrderPage).results, programme, organiser="aurora", prefix="px"
    )


def test_a_paid_order_is_a_sale_of_each_ticket() -> None:
    facts = read(an_order()).facts

    (sale,), (showing,) = facts.sales, facts.showings
    assert (sale.ticket, sale.showing, sale.price_minor, sale.fee_minor) == ("px-101", "px-cinema-7", 1250, 0)  # fmt: skip
    assert (sale.section, sale.row, sale.seat, sale.concession) == ("Stalls", "1", "4", "Adult")  # fmt: skip
    assert (sale.sales_channel, sale.payment) == ("web", "card")
    assert sale.sold_at == datetime(2026, 11, 26, 16, 41, tzinfo=UTC)
    assert (showing.venue, showing.hall, showing.starts_at) == ("aurora/cinema", "2", EVENING)  # fmt: skip
    assert showing.film.text == "111000126 | Степь"
    assert (facts.reversals, facts.unmapped) == ([], [])


def test_no_person_survives_and_of_the_secret_only_its_digest() -> None:
    order = an_order(
        refunds=[a_refund("1.00")], positions=[a_position(1), a_position(2, item=2)]
    )
    reading = read(order)

    kept = repr(reading)
    for words in ("Anna", "Privat", "privat", "4930", "Visa", "DE00", "vegetarian", "TDUZ", "dvm0", SECRET):  # fmt: skip
        assert words not in kept
    assert reading.secrets["px-101"] == hashlib.sha256(SECRET.encode()).hexdigest()


def test_pretix_is_asked_for_no_field_of_a_person() -> None:
    wanted = fields_wanted()

    personal = {*PERSONAL, *(f"positions.{name}" for name in PERSONAL_POSITION)}
    assert personal.isdisjoint(wanted)
    assert {"payments.details", "refunds.details", "refunds.comment"}.isdisjoint(wanted)
    assert {"code", "positions.secret", "positions.price", "refunds.amount"} <= set(wanted)
    # Of a nested whole, such as `positions.seat`, everything comes: neither holds a person.
    assert {"positions.seat", "positions.checkins"} <= set(wanted)


def test_a_test_order_is_skipped_and_counted() -> None:
    facts = read(an_order(testmode=True), an_order()).facts

    assert len(facts.sales) == 1
    assert facts.counts == Counter(orders=2, orders_in_test_mode=1, tickets=1)


@pytest.mark.parametrize("status", ["n", "e", "c"])
def test_an_order_never_paid_sells_nothing(status: str) -> None:
    facts = read(an_order(status=status, payments=[])).facts

    assert facts.sales == []
    assert [each.ticket for each in facts.reversals] == ["px-101"]
    assert facts.counts["orders_not_paid"] == 1


def test_a_part_of_the_price_sells_nothing() -> None:
    facts = read(an_order(status="n", payments=[a_payment("5.00")])).facts

    assert facts.sales == []


def test_an_order_that_is_good_before_it_is_paid_is_sold() -> None:
    facts = read(an_order(status="n", payments=[], valid_if_pending=True)).facts

    assert len(facts.sales) == 1
    assert facts.reversals == []


def test_a_cancelled_order_gives_every_ticket_back() -> None:
    order = an_order(
        status="c",
        total="25.00",
        positions=[a_position(1), a_position(2)],
        payments=[a_payment("25.00", "refunded")],
        refunds=[a_refund("25.00")],
        cancellation_date="2026-11-26T17:05:00Z",
    )
    facts = read(order).facts

    assert [each.ticket for each in facts.sales] == ["px-101", "px-102"]
    assert {each.kind for each in facts.reversals} == {ReversalKind.REFUNDED}
    assert {each.at for each in facts.reversals} == {datetime(2026, 11, 26, 17, 5, tzinfo=UTC)}  # fmt: skip
    assert (facts.tickets, facts.gross_minor) == (0, 0)


def test_a_cancelled_position_is_given_back_and_its_kept_fee_is_told() -> None:
    order = an_order(
        total="15.00",
        positions=[a_position(1, canceled=True), a_position(2)],
        payments=[a_payment("25.00")],
        refunds=[a_refund("10.00")],
        fees=[{"id": 3, "fee_type": "cancellation", "value": "2.50"}],
    )
    facts = read(order).facts

    assert [each.ticket for each in facts.reversals] == ["px-101"]
    assert (facts.tickets, facts.gross_minor) == (1, 1250)
    (kept,) = facts.unmapped
    assert (kept.reason, json.loads(kept.raw)) == ("fee_of_no_ticket", {"fee_type": "cancellation", "value": "2.50"})  # fmt: skip


def test_money_given_back_for_no_ticket_is_told_and_changes_none() -> None:
    facts = read(an_order(refunds=[a_refund("5.00")])).facts

    assert facts.gross_minor == 1250
    assert [each.reason for each in facts.unmapped] == ["refund_of_no_ticket"]


def test_fees_are_divided_among_tickets_without_loss() -> None:
    order = an_order(
        total="38.50",
        positions=[a_position(number) for number in (1, 2, 3)],
        fees=[{"id": 1, "fee_type": "service", "value": "1.00"}],
    )
    facts = read(order).facts

    assert [each.fee_minor for each in facts.sales] == [34, 33, 33]


def test_a_product_that_admits_nobody_is_told_once() -> None:
    order = an_order(
        positions=[a_position(1), a_position(2, item=2), a_position(3, item=9)]
    )
    facts = read(order).facts

    assert len(facts.sales) == 1
    assert [(each.place, each.reason) for each in facts.unmapped] == [
        ("event cinema, product 2", "product_is_no_ticket"),
        ("event cinema, product 9", "product_is_no_ticket"),
    ]


def test_scans_in_are_admissions_and_scans_out_are_counted() -> None:
    scans = [
        {"id": 1, "datetime": "2026-11-27T16:50:00Z", "type": "entry", "gate": 4},
        {"id": 2, "datetime": "2026-11-27T17:50:00Z", "type": "exit", "gate": None},
    ]
    facts = read(an_order(positions=[a_position(1, checkins=scans)])).facts

    (scan,) = facts.admissions
    assert (scan.ticket, scan.gate) == ("px-101", "4")
    assert facts.counts["scans_out"] == 1


def test_a_date_that_is_gone_is_told() -> None:
    facts = read(an_order(positions=[a_position(1, subevent=8)])).facts

    assert facts.sales == []
    assert [each.reason for each in facts.unmapped] == ["date_unknown"]


def test_a_currency_without_minor_units_is_read_as_it_is() -> None:
    facts = read(an_order(positions=[a_position(1, price="1250.00")]), currency="JPY").facts

    assert facts.gross_minor == 1250


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"results": [{}]}', b'{"results": [{"code": 1}]}', b"[" * 5_000],
)
def test_an_answer_of_another_kind_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        decode(body, OrderPage)

    assert refused.value.code == "answer_malformed"


def test_a_refusal_never_repeats_what_it_met() -> None:
    order = an_order(status=["Anna Privat"])
    with pytest.raises(Malformed) as refused:
        decode(json.dumps(order).encode(), Order)

    assert "Anna" not in refused.value.detail
