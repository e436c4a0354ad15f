"""A ticket's whole life against real PostgreSQL: sold, read, checked, returned."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from box_office import Evening
from ekino.access import service as access
from ekino.db.database import Database
from ekino.verify import service
from ekino.verify.model.verdict import Because, Verdict
from ekino.verify.service.check import Checker
from ekino_till import Key, short_id, token_text
from factories import EVENING, a_later_event
from tickets import ALLOWED_DELAY_S, APrinter, a_printer, a_sale_of


@pytest.fixture
def evening(db: Database) -> Iterator[Evening]:
    evening = Evening(db)
    evening.writer.start()
    yield evening
    evening.checker.close()
    evening.writer.stop()


def test_a_registered_ticket_shows_its_showing_and_its_position(evening: Evening) -> None:
    token = evening.printer.token(place=57)
    evening.send(a_sale_of(token, row="5", seat="7"))
    evening.read()

    checked = evening.check(token)

    assert checked.verdict is Verdict.REGISTERED
    assert checked.sale is not None
    assert (checked.sale.position, checked.sale.row, checked.sale.seat) == (0, "5", "7")
    assert checked.place is not None
    assert (checked.place.venue, checked.place.titles["en"]) == ("Cinema ALA-1", "Steppe")
    assert checked.judgement.differs == ()
    assert checked.reach.size == 1


def test_a_ticket_of_which_nothing_came_waits_for_its_seller_and_then_is_not_registered(
    evening: Evening,
) -> None:
    token = evening.printer.token()
    evening.read()

    first = evening.check(token)
    evening.wait(ALLOWED_DELAY_S + 60)
    evening.read()
    after = evening.check(token)

    assert first.verdict is Verdict.NOT_YET
    assert first.judgement.because is Because.SELLER_HAS_TIME
    assert first.judgement.until == EVENING + timedelta(seconds=ALLOWED_DELAY_S - 60)
    assert after.verdict is Verdict.NOT_REGISTERED


def test_while_the_register_is_behind_nobody_is_late_but_the_register(
    evening: Evening,
) -> None:
    token = evening.printer.token()
    evening.read()
    evening.wait(ALLOWED_DELAY_S + 600)

    checked = evening.check(token)

    assert checked.verdict is Verdict.NOT_YET
    assert checked.judgement.because is Because.REGISTER_IS_BEHIND


def test_a_sale_that_waits_for_the_follower_is_not_yet(evening: Evening) -> None:
    token = evening.printer.token()
    evening.read()
    evening.send(a_sale_of(token))

    before = evening.check(token)
    evening.read()

    assert before.verdict is Verdict.NOT_YET
    assert evening.check(token).verdict is Verdict.REGISTERED


def test_another_version_of_a_registered_ticket_is_altered(evening: Evening) -> None:
    sold = evening.printer.token(price_minor=100_000, ticket_id=b"A" * 12)
    printed = evening.printer.token(price_minor=250_000, ticket_id=b"A" * 12, seq=1)
    evening.send(a_sale_of(sold))
    evening.read()

    checked = evening.check(printed)

    assert checked.verdict is Verdict.ALTERED
    assert "price" in checked.judgement.differs


def test_a_price_that_the_entry_has_otherwise_is_altered(evening: Evening) -> None:
    token = evening.printer.token(price_minor=250_000)
    evening.send(a_sale_of(token, price_minor=100_000))
    evening.read()

    assert evening.check(token).judgement.differs == ("price",)
    assert evening.check(token).verdict is Verdict.ALTERED


def test_a_price_corrected_later_is_no_contradiction(evening: Evening) -> None:
    token = evening.printer.token()
    sale = a_sale_of(token)
    correction = a_later_event("corrected", 2, 1, price_minor=100_000, reason="student")
    evening.send(sale, correction | {"ticket": sale["ticket"]})
    evening.read()

    assert evening.check(token).verdict is Verdict.REGISTERED


@pytest.mark.parametrize("kind", ["refunded", "voided"])
def test_a_ticket_given_back_is_returned(evening: Evening, kind: str) -> None:
    token = evening.printer.token()
    sale = a_sale_of(token)
    fields = {"price_minor": 150_000} if kind == "refunded" else {}
    evening.send(sale, a_later_event(kind, 2, 1, **fields) | {"ticket": sale["ticket"]})
    evening.read()

    checked = evening.check(token)

    assert checked.verdict is Verdict.RETURNED
    assert checked.sale is not None
    assert checked.sale.ended_position == 1


def test_a_sale_sent_without_its_token_is_registered_by_its_id(evening: Evening) -> None:
    token = evening.printer.token()
    evening.send(a_sale_of(token, token=""))
    evening.read()

    assert evening.check(token).verdict is Verdict.REGISTERED


def test_a_key_nobody_registered_signs_no_genuine_ticket(evening: Evening) -> None:
    stranger = APrinter(Key("vendor.example/till-9", evening.printer.key.private))

    assert evening.check(stranger.token()).verdict is Verdict.NOT_GENUINE


def test_a_ticket_issued_after_its_key_was_revoked_is_not_genuine(evening: Evening) -> None:
    before = evening.printer.token(issued=int(EVENING.timestamp()) - 3_000)
    revoked_at = access.revoke_key(evening.db, evening.printer.key.key_id, actor="test")
    evening.at = revoked_at + timedelta(seconds=60)
    evening.read()
    after = evening.printer.token(issued=int(revoked_at.timestamp()) + 30)

    assert evening.check(after).verdict is Verdict.NOT_GENUINE
    assert evening.check(before).verdict is not Verdict.NOT_GENUINE


def test_a_key_added_a_moment_ago_is_known_at_once(evening: Evening) -> None:
    evening.check(evening.printer.token())
    fresh = a_printer(evening.db, key_id="vendor.example/till-2")

    assert evening.check(fresh.token()).verdict is Verdict.NOT_YET


def test_what_is_no_token_is_not_ours(evening: Evening) -> None:
    token = bytearray(evening.printer.token())
    token[60] ^= 1

    assert evening.checker.check("HELLO").verdict is Verdict.NOT_OURS
    assert evening.check(bytes(token)).verdict is Verdict.NOT_OURS


def test_checks_are_counted_by_hash_and_hour(evening: Evening) -> None:
    token = evening.printer.token()
    evening.read()

    counts = [evening.check(token).checks for _ in range(3)]
    again = Checker(evening.db, clock=lambda: evening.at)
    evening.checker.close()

    assert counts == [1, 2, 3]
    assert again.check(token_text(token)).checks == 4
    again.close()


def test_the_printed_id_finds_the_place_and_nothing_else(evening: Evening) -> None:
    token = evening.printer.token()
    evening.send(a_sale_of(token, row="5", seat="7"))
    evening.read()

    found, place = evening.checker.find_by_id(short_id(token[5:17]).lower())
    stranger, _ = evening.checker.find_by_id(short_id(b"x" * 12))
    nonsense, _ = evening.checker.find_by_id("hello")

    assert found is not None
    assert (found.row, found.seat) == ("5", "7")
    assert place is not None
    assert stranger is nonsense is None


def test_reading_again_from_the_beginning_finds_the_same(evening: Evening) -> None:
    tokens = [evening.printer.token() for _ in range(5)]
    evening.send(*(a_sale_of(each, number) for number, each in enumerate(tokens, 1)))
    evening.read()
    before = [evening.check(each).sale for each in tokens]

    assert service.rebuild(evening.db) == 5
    assert [evening.check(each).sale for each in tokens] == before


def test_a_till_whose_clock_runs_ahead_gains_nothing(evening: Evening) -> None:
    ahead = EVENING + timedelta(days=30)
    token = evening.printer.token(issued=int(ahead.timestamp()))

    until: datetime | None = evening.check(token).judgement.until

    assert until == EVENING + timedelta(seconds=ALLOWED_DELAY_S)
