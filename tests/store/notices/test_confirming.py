"""Nobody is written to who did not ask, nothing without end, and the audit trail says who did."""

from datetime import timedelta

import psycopg
import pytest

from ekino.db.database import Role
from ekino.kernel.errors import TooOften
from ekino.notices.model import ENDPOINTS_MAX
from ekino.notices.service import confirming, endpoints
from ekino.notices.service.confirming import CONFIRM_S, PER_HOUR_MAX
from ekino.notices.service.endpoints import SPAN_WEIGHT, Wanted
from outbox import BY, OTHER, OWN, Office

WANTED = Wanted(organisation_code=OWN, address="ops@vendor.example", by=BY)


def test_nothing_but_a_link_goes_to_an_address_before_it_is_confirmed(
    office: Office,
) -> None:
    number = endpoints.add_email(office.db, WANTED, at=office.at)
    office.tell()
    office.follow()
    own = office.endpoint(number)
    endpoints.ping(office.db, OWN, actor="t", at=office.at)
    endpoints.set_state(office.db, own, "active", by=BY)
    endpoints.replay(office.db, own, by=BY, at=office.at)
    office.follow()

    (link,) = office.post.messages
    assert link["Subject"].startswith("en endpoint.confirm")
    assert office.endpoint(number).state == "unconfirmed"

    confirmed = confirming.confirm(office.db, office.secret(), at=office.at)
    office.tell()
    office.follow()

    assert confirmed is not None
    subjects = [each["Subject"] for each in office.post.messages[1:]]
    assert subjects == ["en feed.state_changed"]


def test_a_link_is_good_once_for_a_day_and_only_the_newest(office: Office) -> None:
    number = endpoints.add_email(office.db, WANTED, at=office.at)
    office.follow()
    first = office.secret()
    endpoints.ask_again(office.db, office.endpoint(number), by=BY, at=office.at)
    office.follow()
    second = office.secret()

    assert confirming.find(office.db, first, at=office.at) is None
    over = office.at + timedelta(seconds=CONFIRM_S)
    assert confirming.confirm(office.db, second, at=over) is None
    with psycopg.connect(office.db.dsn) as superuser:
        kept = superuser.execute(
            "SELECT secret_digest FROM notices.confirmation"
        ).fetchone()
    assert kept
    assert second.encode() not in kept[0]
    assert confirming.confirm(office.db, second, at=over - timedelta(seconds=1))
    assert confirming.confirm(office.db, second, at=office.at) is None


def test_a_contact_that_nobody_confirmed_is_not_written_to(office: Office) -> None:
    office.add(contact="stranger@elsewhere.example")
    office.receiver.answers = [410]
    office.tell()

    office.follow()

    assert office.post.messages == []


@pytest.mark.parametrize("kind", sorted(PER_HOUR_MAX))
def test_an_hour_has_so_much_of_each_and_others_are_not_counted_in(
    office: Office, kind: str
) -> None:
    def spend(organisation: str, at_s: int) -> None:
        with office.db.transaction(Role.OFFICE) as tx:
            at = office.at + timedelta(seconds=at_s)
            confirming.spend(tx, organisation, kind, at=at, amount=PER_HOUR_MAX[kind])

    spend(OWN, 0)

    with pytest.raises(TooOften):
        spend(OWN, 3_599)
    spend(OTHER, 0)
    spend(OWN, 3_600)


def test_pings_replays_and_confirmations_are_counted(office: Office) -> None:
    own = office.endpoint(office.add().endpoint_id)
    assert PER_HOUR_MAX["confirmation"] < ENDPOINTS_MAX
    for _ in range(PER_HOUR_MAX["ping"]):
        endpoints.ping(office.db, OWN, actor="t", at=office.at)
    for _ in range(PER_HOUR_MAX["replay"] // SPAN_WEIGHT):
        endpoints.replay(office.db, own, by=BY, at=office.at)
    for _ in range(PER_HOUR_MAX["confirmation"]):
        endpoints.add_email(office.db, WANTED, at=office.at)

    with pytest.raises(TooOften):
        endpoints.ping(office.db, OWN, actor="t", at=office.at)
    with pytest.raises(TooOften):
        endpoints.replay(office.db, own, by=BY, at=office.at)
    with pytest.raises(TooOften):
        endpoints.add_email(office.db, WANTED, at=office.at)


def test_the_audit_trail_says_who_did_what_to_an_endpoint(office: Office) -> None:
    added = office.add()
    own = office.endpoint(added.endpoint_id)
    endpoints.rotate(office.db, office.seal, own, version="v1a", by=BY, at=office.at)
    endpoints.replay(office.db, own, by=BY, at=office.at)
    endpoints.set_state(office.db, own, "active", by=BY)
    endpoints.set_state(office.db, own, "removed", by=BY)

    with psycopg.connect(office.db.dsn) as superuser:
        noted = superuser.execute(
            "SELECT action FROM access.audit WHERE actor = 't' AND subject = %s"
            " ORDER BY audit_id",
            (f"endpoint/{added.endpoint_id}",),
        ).fetchall()
    assert [action for (action,) in noted] == [
        "endpoint_added", "endpoint_key_replaced", "notices_replayed", "endpoint_enabled",
        "endpoint_removed",
    ]  # fmt: skip
