"""Connectors to Hi.Events, alf.io and Attendize, by what each of them documents."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connecting import Connected
from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.intake.connectors.model import System
from ekino.intake.model.upload import NameKind
from peers import PERSON, AlfioPeer, AttendizePeer, Fault, HiEventsPeer, Peer

NOBODY = (*PERSON.values(), "Privat", "secret-of")


class HiEvents:
    """An account with orders of one ticket each."""

    scope = {"events": ("7",)}  # noqa: RUF012 - one for all tests

    def __init__(self) -> None:
        self.peer = HiEventsPeer()

    def sell(self, number: int, **changes: Any) -> None:
        attendee = {"id": number, "order_id": number, "product_id": 5, "product_price_id": 6, "status": "ACTIVE", "public_id": f"secret-of-{number}", **PERSON}  # fmt: skip
        order = {
            "id": number,
            "short_id": f"o-{number}",
            "currency": "KZT",
            "created_at": f"2026-11-26T12:{number:02d}:00.000000Z",
            "total_gross": 2620,
            "total_fee": 120.0,
            "total_tax": 0,
            "total_refunded": 0,
            "status": "COMPLETED",
            "payment_status": "PAYMENT_RECEIVED",
            "refund_status": None,
            "order_items": [{"price": 2500, "quantity": 1, "product_id": 5, "product_price_id": 6, "item_name": "Adult"}],
            "attendees": [attendee],
            **PERSON,
            **changes,
        }  # fmt: skip
        self.peer.orders.append(order)

    def cancel(self, number: int) -> None:
        order = self.peer.orders[number - 1]
        order.update(status="CANCELLED", refund_status="REFUNDED", total_refunded=2620)
        order["attendees"][0].update(status="CANCELLED", updated_at="2026-11-27 09:00:00")

    def admit(self, number: int) -> None:
        self.peer.check_ins[number] = [{"id": 1, "created_at": "2026-11-27T13:50:00Z"}]


class Alfio:
    """An event's tickets."""

    scope = {"events": ("storm",)}  # noqa: RUF012 - one for all tests

    def __init__(self) -> None:
        self.peer = AlfioPeer()

    def sell(self, number: int, **changes: Any) -> None:
        ticket = {"id": number, "uuid": f"secret-of-{number}", "publicUuid": f"p{number}", "status": "ACQUIRED", "categoryId": 3, "eventId": 1, "srcPriceCts": 250_000, "finalPriceCts": 250_000, "vatCts": 0, "discountCts": 0, "currencyCode": "KZT", "creation": "2026-11-26T12:00:00Z", "fullName": "Anna Privat", **PERSON}  # fmt: skip
        self.peer.tickets.append({**ticket, **changes})

    def cancel(self, number: int) -> None:
        self.peer.tickets[number - 1].update(status="CANCELLED", lastUpdate="2026-11-27T09:00:00Z")  # fmt: skip

    def admit(self, number: int) -> None:
        self.peer.scans.append({"ticketId": f"secret-of-{number}", "attendeeData": PERSON, "audit": [{"type": "CHECK_IN", "timestamp": "2026-11-27T13:50:00Z", "user": "Anna"}]})  # fmt: skip


class Attendize:
    """An account's attendees."""

    scope: dict[str, Any] = {}  # noqa: RUF012 - one for all tests

    def __init__(self) -> None:
        self.peer = AttendizePeer()

    def sell(self, number: int, **changes: Any) -> None:
        attendee = {"id": number, "event_id": 9, "order_id": number, "private_reference_number": f"secret-of-{number}", "is_cancelled": 0, "is_refunded": 0, "has_arrived": 0, "arrival_time": None, "created_at": "2026-11-26 17:00:00", "updated_at": "2026-11-26 17:00:00", "ticket": {"title": "Adult", "price": "2500.00"}, "order": {"order_reference": f"R{number}", "is_refunded": 0, **PERSON}, **PERSON}  # fmt: skip
        self.peer.attendees.append({**attendee, **changes})

    def cancel(self, number: int) -> None:
        self.peer.attendees[number - 1].update(is_cancelled=1, is_refunded=1, updated_at="2026-11-27 14:00:00")  # fmt: skip

    def admit(self, number: int) -> None:
        self.peer.attendees[number - 1].update(has_arrived=1, arrival_time="2026-11-27 18:50:00")  # fmt: skip


Office = HiEvents | Alfio | Attendize
OFFICES: dict[System, type[Office]] = {
    System.HI_EVENTS: HiEvents,
    System.ALFIO: Alfio,
    System.ATTENDIZE: Attendize,
}


@pytest.fixture(params=OFFICES)
def system(request: pytest.FixtureRequest) -> System:
    return System(request.param)


@pytest.fixture
def office(system: System) -> Iterator[Office]:
    office = OFFICES[system]()
    with office.peer:
        yield office


@pytest.fixture
def connected(db: Database, tmp_path: Path, office: Office, system: System) -> Connected:
    connected = Connected(db, tmp_path, office.peer, system, **office.scope)
    # Hi.Events names no venue, and none of them names a hall: a person says so once.
    connected.map_names(
        (NameKind.VENUE, "", "7", "ALA-1"), (NameKind.HALL, "ALA-1", "", "1")
    )
    return connected


def test_tickets_of_a_name_that_nobody_has_mapped_wait_and_are_entered_then(
    db: Database, tmp_path: Path, office: Office, system: System
) -> None:
    connected = Connected(db, tmp_path, office.peer, system, **office.scope)
    office.sell(1)
    office.sell(2)
    connected.follow()
    office.cancel(2)
    connected.look_again()
    assert connected.register() == (0, 0, 0)

    connected.map_names((NameKind.VENUE, "", "7", "ALA-1"))
    connected.map_names((NameKind.HALL, "ALA-1", "", "1"))
    assert connected.kinds() == {"sold": 2, "refunded": 1}
    assert connected.register() == (3, 1, 250_000)


def test_tickets_are_entered_once_with_their_returns_and_scans(
    connected: Connected, office: Office
) -> None:
    for number in range(1, 6):
        office.sell(number)
    connected.follow()
    assert connected.register() == (5, 5, 5 * 250_000)

    office.cancel(2)
    office.admit(3)
    for _ in range(3):
        connected.look_again()
    assert connected.kinds() == {"sold": 5, "refunded": 1, "admitted": 1}
    assert connected.register() == (7, 4, 4 * 250_000)
    assert connected.shown.read_until is not None


def test_nobody_is_kept_and_of_secrets_only_digests(
    connected: Connected, office: Office
) -> None:
    for number in (1, 2):
        office.sell(number)
    connected.follow()
    office.admit(1)
    office.cancel(2)
    connected.look_again()

    kept = connected.everything_kept()
    assert [words for words in NOBODY if words in kept] == []
    assert connected.plain("SELECT count(*) FROM intake.connector_ticket WHERE octet_length(secret_sha256) = 32") == [(2,)]  # fmt: skip


def test_a_page_that_moves_while_it_is_read_is_healed_by_the_next_round(
    connected: Connected, office: Office
) -> None:
    for number in range(1, 6):
        office.sell(number)
    rows = {"orders": "orders", "attendees": "attendees", "download-attendees": "tickets"}
    gone: list[Any] = []

    def meanwhile(path: str) -> None:
        # A row disappears in front of the next page: what was at the border slips past it.
        kind = path.partition("?")[0].rsplit("/", 1)[1]
        listed = getattr(office.peer, rows.get(kind, ""), None)
        if listed and not gone and ("page=1" in path or kind == "download-attendees"):
            gone.append(listed.pop(0))

    office.peer.meanwhile = meanwhile
    connected.follow()
    connected.look_again()

    assert len(gone) == 1
    assert connected.register() == (5, 5, 5 * 250_000)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"Retry-After": "7"}),
        Fault(502),
        Fault(200, {}, b'{"data": 7}'),
    ],
)
def test_whatever_fails_is_waited_out_and_read_once(
    connected: Connected, office: Office, fault: Fault
) -> None:
    for number in range(1, 6):
        office.sell(number)
    office.peer.faults.append(fault)
    connected.follow()
    assert connected.shown.connector.failures == 1

    connected.later(4_000)
    connected.follow()
    assert connected.register() == (5, 5, 5 * 250_000)
    assert connected.shown.connector.failures == 0


def test_a_webhook_has_the_connector_look_at_once(
    connected: Connected, office: Office
) -> None:
    connected.follow()
    office.sell(1)
    connected.later(1)
    body = json.dumps({"event": "storm", "event_type": "order.created", "payload": PERSON})
    for _ in range(2):
        service.hear(connected.db, connected.hook, body.encode(), at=connected.at)
    connected.follow()

    assert connected.register() == (1, 1, 250_000)
    assert "Privat" not in connected.everything_kept()


def test_what_is_no_ticket_or_no_money_of_ours_is_kept_and_told(
    connected: Connected, office: Office
) -> None:
    if isinstance(office, HiEvents):
        office.sell(1, order_items=[])
        office.sell(2, currency="EUR")
        office.sell(3, total_refunded=100)
        wanted = {"price_unknown", "currency_differs", "refund_of_no_ticket"}
    elif isinstance(office, Alfio):
        office.sell(1, status="WHO_KNOWS")
        office.sell(2, currencyCode="EUR")
        wanted = {"state_unknown", "currency_differs"}
    else:
        office.sell(1, ticket=None)
        office.sell(2, event_id=99)
        office.sell(3, order={"is_partially_refunded": 1, "amount_refunded": "100.00"})
        wanted = {"price_unknown", "event_unknown", "refund_of_no_ticket"}
    connected.follow()
    connected.look_again()

    found = service.list_unmapped(connected.db)
    assert {each.reason for each in found} == wanted
    # Each thing once, however often it is met.
    assert len(found) == len(wanted)
    assert all(each.times == 2 for each in found)


@pytest.mark.parametrize("system", [System.HI_EVENTS, System.ALFIO], indirect=True)
def test_an_unpaid_order_is_no_sale(connected: Connected, office: Office) -> None:
    if isinstance(office, HiEvents):
        office.sell(1, status="RESERVED", payment_status="AWAITING_PAYMENT")
    else:
        office.sell(1, status="PENDING")
    connected.follow()

    assert connected.register() == (0, 0, 0)


def test_every_question_is_asked_of_the_peer_alone(
    connected: Connected, office: Office
) -> None:
    for number in range(1, 6):
        office.sell(number)
    connected.follow()

    peer: Peer = office.peer
    assert peer.asked
    assert all(path.startswith("/api/") for path in peer.asked)
