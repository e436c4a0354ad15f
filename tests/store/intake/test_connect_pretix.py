"""A connector to pretix: exactly once, whatever is lost, repeated, moved or broken on the way."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connecting import Connected
from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.intake.connectors.model import ConnectorState, System
from ekino.kernel.errors import NotFound
from peers import PERSON, WHOM, Fault, PretixPeer, an_order


@pytest.fixture
def peer() -> Iterator[PretixPeer]:
    with PretixPeer() as peer:
        yield peer


@pytest.fixture
def connected(db: Database, tmp_path: Path, peer: PretixPeer) -> Connected:
    return Connected(db, tmp_path, peer, System.PRETIX, account="aurora")


def change(peer: PretixPeer, number: int, at: str, **changes: Any) -> None:
    (order,) = (each for each in peer.orders if each["code"] == f"ORD{number:02d}")
    order.update(last_modified=at, **changes)


def cancel(peer: PretixPeer, number: int, at: str) -> None:
    refund = {"local_id": 1, "state": "done", "amount": "2500.00", "created": at}
    change(peer, number, at, status="c", refunds=[refund], cancellation_date=at)


def test_every_page_is_entered_once_and_read_again_adds_nothing(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(number, tickets=2) for number in range(1, 8)]
    connected.follow()

    assert connected.register() == (14, 14, 14 * 250_000)
    connected.look_again()
    # Begun again from nothing: every order is read once more, and none is news.
    connected.plain("UPDATE intake.connector SET cursor = '{}' RETURNING 1")
    connected.follower = connected.another()
    connected.look_again()
    assert connected.register() == (14, 14, 14 * 250_000)
    assert connected.shown.tickets == 14
    assert connected.shown.counts["sold"] == 14


def test_no_person_is_kept_anywhere_and_secrets_only_as_digests(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(1, tickets=2), an_order(2, status="x", testmode=False)]
    connected.follow()
    service.hear(connected.db, connected.hook, json.dumps({"event": "cinema", "code": "ORD01", **WHOM}).encode(), at=connected.at)  # fmt: skip
    connected.follow()

    kept = connected.everything_kept()
    assert "px-11" in kept
    for words in (
        *PERSON.values(),
        "Privat",
        "7010001122",
        "secret-of-1-1",
        connected.hook,
    ):
        assert words not in kept
    # The peer's own secret stands in its file and nowhere else.
    assert connected.secret_file.read_text().strip() not in kept


def test_a_refund_a_scan_a_new_price_and_a_return_are_told_once_each(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(number) for number in (1, 2, 3)]
    connected.follow()
    scan = {"id": 1, "datetime": "2026-11-27T10:50:00Z", "type": "entry"}
    peer.orders[0]["positions"][0]["checkins"] = [scan]
    change(peer, 1, "2026-11-27T10:50:01+00:00")
    cancel(peer, 2, "2026-11-27T09:00:00+00:00")
    peer.orders[2]["positions"][0]["price"] = "2000.00"
    change(peer, 3, "2026-11-27T09:30:00+00:00", total="2000.00")
    connected.look_again()
    connected.look_again()

    assert connected.kinds() == {"sold": 3, "admitted": 1, "refunded": 1, "corrected": 1}
    assert connected.register() == (6, 2, 450_000)
    # The order is reactivated: the ticket is sold again, under another name.
    change(peer, 2, "2026-11-27T11:00:00+00:00", status="p", refunds=[], cancellation_date=None)  # fmt: skip
    connected.look_again()
    assert connected.register() == (7, 3, 700_000)
    assert connected.plain("SELECT subject FROM register.entry WHERE subject LIKE '%%~2'") == [("px-21~2",)]  # fmt: skip


def test_a_ticket_that_moves_to_another_showing_is_voided_and_sold_there(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(1)]
    connected.follow()
    peer.orders[0]["positions"][0]["subevent"] = 2
    change(peer, 1, "2026-11-27T09:00:00+00:00")
    connected.look_again()

    assert connected.kinds() == {"sold": 2, "voided": 1}
    assert connected.register() == (3, 1, 250_000)


def test_a_date_that_is_moved_moves_its_showing_though_no_order_changed(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(1)]
    connected.follow()
    before = connected.schedule()
    peer.dates[1] = ("2026-11-27T19:30:00Z", "2026-11-26T18:02:00+00:00")
    # Of this one no ticket was sold, and nothing was told.
    peer.dates[5] = ("2026-11-28T19:30:00Z", "2026-11-26T18:02:00+00:00")
    connected.look_again()
    moved = connected.schedule()
    connected.look_again()

    assert before == [("px-cinema-1", "1", "2026-11-27T11:00:00+00:00")]
    assert moved == [("px-cinema-1", "1", "2026-11-27T19:30:00+00:00")]
    assert connected.shown.counts["showings_changed"] == 1
    assert connected.plain(
        "SELECT kind::text, count(*) FROM register.entry WHERE kind::text LIKE 'showing%%' GROUP BY 1 ORDER BY 1"
    ) == [("showing_announced", 1), ("showing_moved", 1)]
    # It is moved back with the next change of an order, and a ticket names it.
    peer.dates[1] = ("2026-11-27T11:00:00Z", "2026-11-26T18:03:00+00:00")
    change(peer, 1, "2026-11-27T09:00:00+00:00")
    connected.look_again()
    assert connected.schedule() == before
    assert connected.register() == (1, 1, 250_000)


def test_an_event_that_is_gone_holds_up_no_sale_and_no_other_date(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(1)]
    connected.follow()
    peer.orphans = {9}
    for number in (1, 9):
        peer.dates[number] = ("2026-11-27T19:30:00Z", "2026-11-26T18:02:00+00:00")
    peer.orders.append(an_order(2, last_modified="2026-11-26T18:02:00+00:00"))
    connected.look_again()

    assert connected.register() == (2, 2, 500_000)
    assert ("px-cinema-1", "1", "2026-11-27T19:30:00+00:00") in connected.schedule()


def test_an_order_changed_while_pages_are_read_is_not_lost(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(number) for number in range(1, 8)]
    changed: list[int] = []

    def meanwhile(path: str) -> None:
        # After each page the oldest order changes: by the time of change it would leave its place.
        if "/orders/?" in path and len(changed) < 3:
            changed.append(len(changed) + 1)
            cancel(peer, changed[-1], f"2026-11-26T17:59:0{changed[-1]}+00:00")

    peer.meanwhile = meanwhile
    connected.follow()
    assert len(changed) == 3
    connected.look_again()

    assert connected.register()[1:] == (4, 4 * 250_000)
    assert connected.kinds()["sold"] == 7


def test_paged_by_the_time_of_change_orders_would_be_lost(
    connected: Connected, peer: PretixPeer
) -> None:
    """The trap that `ordering=datetime` avoids is real: a peer that ignores it loses an order."""
    peer.is_naive = True
    peer.orders = [an_order(number) for number in range(1, 8)]

    def meanwhile(path: str) -> None:
        if "/orders/?" in path and "page=1&" in f"{path}&":
            change(peer, 1, "2026-11-26T17:59:01+00:00")

    peer.meanwhile = meanwhile
    connected.follow()

    # One round reads only six of seven: what was at the border was passed over.
    assert connected.kinds()["sold"] == 6


def test_an_order_saved_while_a_page_was_made_is_found_by_reading_back(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.orders = [an_order(1)]
    connected.follow()
    # Its transaction began before the page was made and is seen only now, with the older time.
    peer.orders.append(an_order(2, at="2026-11-26T17:58:30+00:00"))
    peer.clock = "2026-11-26T18:01:00+00:00"
    connected.look_again()

    assert connected.register() == (2, 2, 500_000)


def test_a_webhook_is_followed_at_once_and_its_body_is_not_believed(
    connected: Connected, peer: PretixPeer
) -> None:
    connected.follow()
    peer.orders = [an_order(1)]
    connected.later(1)
    hint = {"notification_id": 1, "organizer": "aurora", "event": "cinema", "code": "ORD01", "action": "pretix.event.order.paid", "price": "1.00"}  # fmt: skip
    for _ in range(3):
        service.hear(
            connected.db, connected.hook, json.dumps(hint).encode(), at=connected.at
        )
    connected.follow()

    # Replayed, it adds nothing; what is entered is what pretix says, not what the body says.
    assert connected.register() == (1, 1, 250_000)
    service.hear(connected.db, connected.hook, json.dumps(hint).encode(), at=connected.at)
    connected.follow()
    assert connected.register() == (1, 1, 250_000)
    assert connected.shown.hints == 0


def test_a_lost_webhook_is_healed_by_polling(
    connected: Connected, peer: PretixPeer
) -> None:
    connected.follow()
    peer.orders = [an_order(1, at="2026-11-26T18:30:00+00:00")]
    peer.clock = "2026-11-26T18:31:00+00:00"
    connected.look_again()

    assert connected.register() == (1, 1, 250_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"event": "../../secret", "code": "ORD01"}',
        b'{"event": "cinema", "code": "ORD01/../../x"}',
        b'{"event": "cinema", "code": "GONE99"}',
        b'{"event": "cinema", "code": ["x"]}',
    ],
)
def test_an_odd_webhook_only_has_the_connector_look(
    connected: Connected, peer: PretixPeer, body: bytes
) -> None:
    connected.follow()
    peer.orders = [an_order(1, at="2026-11-26T18:30:00+00:00")]
    connected.later(1)
    service.hear(connected.db, connected.hook, body, at=connected.at)
    connected.follow()

    assert connected.register() == (1, 1, 250_000)
    assert not any("/secret" in path or ".." in path for path in peer.asked)


def test_an_unknown_secret_path_is_nobodys(connected: Connected) -> None:
    with pytest.raises(NotFound):
        service.hear(connected.db, "guess", b"{}", at=connected.at)


def test_test_orders_are_skipped_and_counted_and_what_is_no_ticket_is_kept(
    connected: Connected, peer: PretixPeer
) -> None:
    popcorn = an_order(2)
    popcorn["positions"][0]["item"] = 9
    peer.orders = [an_order(1, testmode=True), popcorn]
    connected.follow()
    connected.look_again()

    assert connected.register() == (0, 0, 0)
    assert connected.shown.counts["orders_in_test_mode"] >= 1
    (kept,) = service.list_unmapped(connected.db)
    assert (kept.code, kept.reason, kept.times) == ("px", "product_is_no_ticket", 1)


@pytest.mark.parametrize(
    ("fault", "code", "least_s"),
    [
        (Fault(429, {"Retry-After": "120"}), "peer_has_enough", 120),
        (
            Fault(503, {"Retry-After": "Sat, 28 Nov 2026 09:00:00 GMT"}),
            "peer_has_enough",
            4,
        ),
        (Fault(500), "peer_failed", 30),
        (Fault(401), "peer_refused", 4),
        (Fault(302, {"Location": "http://169.254.169.254/"}), "peer_answer_odd", 4),
        (Fault(200, {}, b"<html>Anna Privat</html>"), "answer_malformed", 4),
        (Fault(200, {}, b'{"results": [{"code": 7}]}'), "answer_malformed", 4),
    ],
)
def test_a_fault_is_noted_waited_out_and_nothing_is_passed_over(
    connected: Connected, peer: PretixPeer, fault: Fault, code: str, least_s: int
) -> None:
    peer.orders = [an_order(number) for number in range(1, 8)]
    # The first page is read; the second fails.
    peer.faults_at["page_size=50&page=2"] = fault
    connected.follow()

    shown = connected.shown
    assert (shown.last_error_code, shown.connector.failures) == (code, 1)
    assert "Anna" not in shown.last_error
    assert (shown.next_attempt_at - connected.at).total_seconds() >= least_s
    assert connected.kinds()["sold"] == 3
    connected.later(4_000)
    connected.follow()
    assert connected.register() == (7, 7, 7 * 250_000)
    assert (connected.shown.last_error_code, connected.shown.connector.failures) == ("", 0)


def test_a_system_that_is_away_is_asked_less_and_less_often(
    connected: Connected, peer: PretixPeer
) -> None:
    peer.faults.extend(Fault(500) for _ in range(12))
    pauses = []
    for _ in range(12):
        connected.follow()
        wait_s = (connected.shown.next_attempt_at - connected.at).total_seconds()
        pauses.append(wait_s)
        connected.later(wait_s)

    assert max(pauses) <= 900 * 1.2
    assert pauses[-1] >= 900 * 0.8
    # A webhook does not have us press a system that is down.
    connected.plain("UPDATE intake.connector SET failures = 3, next_attempt_at = %s RETURNING 1", connected.at.replace(year=2027))  # fmt: skip
    service.hear(connected.db, connected.hook, b"{}", at=connected.at)
    assert connected.shown.next_attempt_at.year == 2027


def test_a_paused_connector_reads_nothing_until_it_runs(
    connected: Connected, peer: PretixPeer
) -> None:
    service.set_state(connected.db, "px", ConnectorState.PAUSED, by="test", at=connected.at)
    peer.orders = [an_order(1)]
    connected.follow()
    assert peer.asked == []

    service.set_state(
        connected.db, "px", ConnectorState.RUNNING, by="test", at=connected.at
    )
    connected.follow()
    assert connected.register() == (1, 1, 250_000)
