"""Notices to a real receiver behind TLS and a real mail server: tried again, signed, given up."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.db.database import Role
from ekino.kernel.errors import NotFound, Pushback, Refused
from ekino.notices.model import ATTEMPT_DAYS, DELAYS_S, ENDPOINTS_MAX, KEY_OVERLAP_S
from ekino.notices.service import endpoints
from ekino.notices.service.courier import Courier
from ekino.notices.service.deliver import HOLD_S, Deliverer
from factories import EVENING
from outbox import BY, OTHER, OWN, Office
from receivers import receiver
from unit.notices.test_signing import is_genuine


def test_a_notice_arrives_once_signed_by_the_key_that_was_shown(office: Office) -> None:
    added = office.add()
    notice_id = office.tell()

    office.follow()
    office.follow()

    (received,) = office.receiver.received
    assert received.headers["webhook-id"] == notice_id
    assert received.body.startswith(b'{"type":"feed.state_changed","timestamp":"')
    assert received.body.endswith(
        b'"data":{"subject":"own-aurora/aurora-1","state":"silent"}}'
    )
    assert is_genuine(
        added.verifies, received.headers, received.body, int(office.at.timestamp())
    )
    (delivery,) = office.log(added)
    assert (delivery.state, delivery.answer, delivery.reason) == ("delivered", 200, "")


def test_only_whom_it_concerns_and_who_wants_it_is_told(office: Office) -> None:
    office.add(kinds=("key.expiring",))
    office.add(organisation_code=OTHER)
    office.tell()
    office.tell(None)

    office.follow()

    assert office.receiver.received == []


def test_a_ping_comes_whatever_was_chosen(office: Office) -> None:
    office.add(kinds=("key.expiring",))

    endpoints.ping(office.db, OWN, actor="t", at=office.at)
    office.follow()

    assert len(office.receiver.received) == 1


def test_a_failure_is_tried_again_after_each_delay_and_then_given_up(
    office: Office,
) -> None:
    office.add_email(kinds=("key.expiring",))
    added = office.add(contact="ops@vendor.example")
    office.receiver.answers = [500]
    notice_id = office.tell()
    waits = []
    office.follow()
    while (delivery := office.log(added)[0]).state == "waiting":
        waits.append((delivery.due_at - office.at).total_seconds())
        office.at = delivery.due_at - timedelta(milliseconds=1)
        seen = len(office.receiver.received)
        office.follow()
        assert len(office.receiver.received) == seen
        office.at = delivery.due_at
        office.follow()

    assert waits == list(DELAYS_S[1:])
    assert len(office.receiver.received) == len(DELAYS_S)
    assert {each.headers["webhook-id"] for each in office.receiver.received} == {notice_id}
    assert office.log(added)[0].state == "given_up"
    assert office.endpoint(added.endpoint_id).state == "disabled"
    (message,) = office.post.messages
    assert message["To"] == "ops@vendor.example"
    assert message["Subject"] == "en endpoint.disabled"
    tried = endpoints.list_attempts(office.db, office.log(added)[0].delivery_no)
    assert [each.answer for each in tried] == [500] * len(DELAYS_S)


def test_410_disables_at_once_and_tells_so(office: Office) -> None:
    office.add_email(kinds=("key.expiring",))
    added = office.add(contact="ops@vendor.example")
    office.receiver.answers = [410]
    office.tell()
    office.follow()
    office.tell()
    office.follow()

    assert len(office.receiver.received) == 1
    assert office.endpoint(added.endpoint_id).state_reason == "gone"
    assert [each["To"] for each in office.post.messages] == ["ops@vendor.example"]


def test_an_endpoint_that_is_let_in_again_is_told_again(office: Office) -> None:
    added = office.add()
    office.receiver.answers = [410, 200]
    office.tell()
    office.follow()

    endpoints.set_state(office.db, office.endpoint(added.endpoint_id), "active", by=BY)
    office.tell()
    office.follow()

    assert [each.state for each in office.log(added)] == ["delivered", "given_up"]


@pytest.mark.parametrize("answer", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_and_is_not_followed(office: Office, answer: int) -> None:
    added = office.add()
    office.receiver.answers = [answer]
    office.receiver.location = office.receiver.url
    office.tell()

    office.follow()

    assert len(office.receiver.received) == 1
    assert office.log(added)[0].reason == "redirected"
    assert office.log(added)[0].state == "waiting"


@pytest.mark.parametrize("manner", ["silence", "drip"])
def test_whoever_does_not_answer_in_time_has_not_answered(
    office: Office, manner: str
) -> None:
    added = office.add()
    office.receiver.answers = [manner]
    office.tell()

    office.follow()

    (delivery,) = office.log(added)
    assert (delivery.answer, delivery.reason) == (None, "timeout")
    assert delivery.took_ms is not None
    assert 900 <= delivery.took_ms < 5_000


def test_one_that_hangs_does_not_keep_the_others_waiting(
    office: Office, tmp_path: Path
) -> None:
    office.add()
    office.receiver.answers = ["silence"]
    with receiver(tmp_path, beside=office.receiver) as second:
        office.add(address=second.url)
        for _ in range(3):
            office.tell()
        office.deliverer.follow(office.db)

        assert len(second.received) == 2
        office.follow()
        assert len(second.received) == 3


def test_a_certificate_that_is_not_trusted_is_a_failure(
    office: Office, tmp_path: Path
) -> None:
    added = office.add()
    import ssl

    office.courier._tls = ssl.create_default_context()
    office.tell()

    office.follow()

    assert office.receiver.received == []
    assert office.log(added)[0].reason == "tls_failed"


def test_a_private_address_is_never_called_for_an_endpoint_that_no_operator_added(
    office: Office,
) -> None:
    """The host stands in EKINO_WEBHOOK_HOSTS, and yet."""
    added = office.add(is_operators=False)
    operators = office.add()
    office.tell()

    office.follow()

    assert office.log(added)[0].reason == "address_refused"
    assert office.log(operators)[0].state == "delivered"


def test_a_private_address_is_never_called_unless_an_operator_named_it(
    office: Office,
) -> None:
    added = office.add()
    office.deliverer._courier = Courier(
        resolving=lambda _host, _port: ["127.0.0.1"], tls=office.receiver.tls
    )
    office.tell()

    office.follow()

    assert office.receiver.received == []
    assert office.log(added)[0].reason == "address_refused"


def test_during_a_rotation_each_key_signs_and_afterwards_the_new_one(
    office: Office,
) -> None:
    old = office.add()
    new = endpoints.rotate(
        office.db,
        office.seal,
        office.endpoint(old.endpoint_id),
        version="v1a",
        by=BY,
        at=office.at,
    )
    for moved_s, signatures in ((KEY_OVERLAP_S - 1, 2), (1, 1)):
        office.at += timedelta(seconds=moved_s)
        office.tell()
        office.follow()
        headers, body = office.headers(), office.receiver.received[-1].body
        now_s = int(office.at.timestamp())
        assert len(headers["webhook-signature"].split(" ")) == signatures
        assert is_genuine(new.verifies, headers, body, now_s)
        assert is_genuine(old.verifies, headers, body, now_s) == (signatures == 2)


def test_the_secret_of_v1_is_shown_once_and_kept_sealed(office: Office) -> None:
    added = office.add(version="v1")

    assert added.verifies.startswith("whsec_")
    with psycopg.connect(office.db.dsn) as superuser:
        sealed = superuser.execute("SELECT sealed FROM notices.signing_key").fetchall()
    assert added.verifies.encode() not in sealed[0][0]
    assert office.endpoint(added.endpoint_id).public_key is None


def test_a_notice_or_a_span_is_delivered_again_under_its_own_id(office: Office) -> None:
    added = office.add()
    told: list[str] = []
    for _ in range(3):
        told.append(office.tell())
        office.follow()
    with psycopg.connect(office.db.dsn) as superuser:
        moments: list[datetime] = [
            row[0]
            for row in superuser.execute("SELECT told_at FROM notices.notice ORDER BY 1")
        ]
    own = office.endpoint(added.endpoint_id)

    one = endpoints.replay(office.db, own, notice_id=told[0], by=BY, at=office.at)
    office.follow()
    span = endpoints.replay(
        office.db, own, since=moments[1], until=moments[2], by=BY, at=office.at
    )
    office.follow()

    assert (one, span) == (1, 1)
    ids = [each.headers["webhook-id"] for each in office.receiver.received]
    assert ids == [*told, told[0], told[1]]
    assert [each.is_replay for each in office.log(added)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_what_waits_is_not_doubled_by_a_replay(office: Office) -> None:
    added = office.add()
    office.receiver.answers = [500, 200]
    office.tell()
    office.follow()

    again = endpoints.replay(
        office.db, office.endpoint(added.endpoint_id), by=BY, at=office.at
    )
    office.follow()

    assert again == 0
    assert [each.state for each in office.log(added)] == ["delivered"]


def test_another_organisations_endpoint_is_not_found(office: Office) -> None:
    added = office.add()

    with pytest.raises(NotFound):
        office.endpoint(added.endpoint_id, OTHER)


def test_so_many_endpoints_and_no_more(office: Office) -> None:
    for _ in range(ENDPOINTS_MAX):
        office.add()

    with pytest.raises(Pushback):
        office.add()
    office.add(organisation_code=OTHER)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"address": "http://receiver.test/"}, "webhook_address_refused"),
        ({"kinds": ("no.such",)}, "notice_kind_unknown"),
        ({"version": "v2"}, "webhook_version_unknown"),
        ({"contact": "nobody"}, "email_malformed"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(
    office: Office, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        office.add(**more)

    assert refused.value.code == code


def test_an_email_says_it_in_its_readers_language(office: Office) -> None:
    office.add_email(language="kk")
    notice_id = office.tell()

    office.follow()

    (message,) = office.post.messages
    assert message["From"] == "register@ekino.example"
    assert message["Subject"] == "kk feed.state_changed"
    assert notice_id in message["Message-ID"]
    assert "own-aurora/aurora-1" in message.get_content()


def test_a_mail_server_that_refuses_for_now_is_tried_again(office: Office) -> None:
    number = office.add_email()
    office.post.refusal = "451 not now"
    office.tell()
    office.follow()
    (delivery,) = endpoints.list_deliveries(office.db, office.endpoint(number))
    assert (delivery.state, delivery.answer) == ("waiting", 451)

    office.post.refusal = ""
    office.at = delivery.due_at
    office.follow()

    assert len(office.post.messages) == 1


def test_several_deliverers_deliver_each_notice_once(office: Office) -> None:
    added = office.add()
    for _ in range(20):
        office.tell()
    deliverers = [office.make_deliverer() for _ in range(4)]

    def follow(deliverer: Deliverer) -> None:
        while deliverer.follow(office.db):
            pass

    threads = [threading.Thread(target=follow, args=(each,)) for each in deliverers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.follow()

    ids = [each.headers["webhook-id"] for each in office.receiver.received]
    assert len(ids) == len(set(ids)) == 20
    assert {each.state for each in office.log(added)} == {"delivered"}


def test_what_a_crash_left_in_the_hands_is_sent_again_when_the_hold_is_over(
    office: Office,
) -> None:
    added = office.add()
    office.tell()
    with office.db.transaction(Role.FOLLOWER) as tx:
        from ekino.notices import store

        store.spread_notices(tx, office.at, limit=10)
        taken = store.take_due(
            tx,
            office.at,
            hold_until=office.at + timedelta(seconds=HOLD_S),
            limit=10,
            of_endpoint=10,
            of_organisation=10,
        )
    assert len(taken) == 1

    office.at += timedelta(seconds=HOLD_S - 1)
    office.follow()
    assert office.receiver.received == []
    office.at += timedelta(seconds=1)
    office.follow()

    assert len(office.receiver.received) == 1
    assert office.log(added)[0].state == "delivered"


def test_the_log_tells_of_thirty_days(office: Office) -> None:
    added = office.add()
    office.tell()
    office.follow()
    with psycopg.connect(office.db.dsn) as superuser:
        superuser.execute("UPDATE notices.notice SET told_at = %s", (EVENING,))

    office.at = EVENING + timedelta(days=ATTEMPT_DAYS)
    office.make_deliverer().follow(office.db)
    assert len(office.log(added)) == 1

    office.at += timedelta(seconds=1)
    office.make_deliverer().follow(office.db)
    assert office.log(added) == []
