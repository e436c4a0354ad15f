"""One organisation's endpoints, however many and however broken, never stop another's notices."""

from datetime import timedelta

import psycopg

from ekino.db.database import Role
from ekino.notices import store
from ekino.notices.model import ATTEMPT_DAYS, WAITING_MAX
from ekino.notices.service import endpoints
from ekino.notices.service.deliver import (
    HOLD_S,
    OF_ENDPOINT_MAX,
    OF_ORGANISATION_MAX,
    TOO_MANY_WAITED,
    UNDER_WAY_MAX,
)
from ekino.notices.store import Due
from outbox import OTHER, OWN, Office


def _take(office: Office) -> list[Due]:
    with office.db.transaction(Role.FOLLOWER) as tx:
        store.spread_notices(tx, office.at, limit=100)
        return store.take_due(
            tx,
            office.at,
            hold_until=office.at + timedelta(seconds=HOLD_S),
            limit=UNDER_WAY_MAX,
            of_endpoint=OF_ENDPOINT_MAX,
            of_organisation=OF_ORGANISATION_MAX,
        )


def test_a_backlog_of_eight_endpoints_leaves_places_to_another_organisation(
    office: Office,
) -> None:
    own = {office.add().endpoint_id for _ in range(8)}
    for _ in range(4):
        office.tell()
    _take(office)
    office.at += timedelta(seconds=HOLD_S)
    other = office.add(organisation_code=OTHER).endpoint_id
    office.tell(OTHER)

    taken = [each.endpoint_id for each in _take(office)]
    more = _take(office)

    assert len([each for each in taken if each in own]) == OF_ORGANISATION_MAX
    assert len({each for each in taken if each in own}) == OF_ORGANISATION_MAX
    assert taken.count(other) == 1
    # What is under way takes its organisation's places in the next round too.
    assert more == []


def test_a_delivery_that_breaks_is_settled_and_the_others_go_out(office: Office) -> None:
    def broken(*_: object) -> tuple[str, str]:
        raise KeyError("no such words")

    number = office.add_email()
    office.deliverer._words = broken
    office.add()
    office.tell()

    office.follow()

    (delivery,) = endpoints.list_deliveries(office.db, office.endpoint(number))
    assert (delivery.state, delivery.attempts, delivery.reason) == (
        "waiting",
        1,
        "not_carried",
    )
    assert delivery.due_at > office.at
    assert len(office.receiver.received) == 1


def test_a_receiver_that_hangs_does_not_hold_up_the_next_round(office: Office) -> None:
    office.courier._timeout_s = 30.0
    office.receiver.answers = ["silence", 200]
    office.add()
    office.tell()
    office.deliverer.follow(office.db)

    office.tell()
    under_way = office.deliverer.follow(office.db)

    assert under_way > 0
    assert len(office.receiver.received) == 2
    office.receiver.release.set()
    office.follow()


def _let_wait(office: Office, endpoint_id: int, organisation: str, count: int) -> None:
    """Have so many deliveries wait for an endpoint, as after days of a dead receiver."""
    with psycopg.connect(office.db.dsn) as superuser:
        superuser.execute(
            "WITH told AS (INSERT INTO notices.notice (notice_id, organisation_code, kind, subject, facts,"
            " told_at, spread_at) SELECT %(name)s || n, %(organisation)s, 'test.ping', 'x', '{}', %(at)s, %(at)s"
            " FROM generate_series(1, %(count)s) AS n RETURNING notice_no)"
            " INSERT INTO notices.delivery (notice_no, endpoint_id, due_at)"
            " SELECT notice_no, %(endpoint)s, %(at)s FROM told ORDER BY notice_no",
            {
                "name": f"ntc_{endpoint_id}_",
                "organisation": organisation,
                "at": office.at,
                "count": count,
                "endpoint": endpoint_id,
            },
        )


def _states(office: Office, endpoint_id: int) -> list[tuple[str, list[str]]]:
    """Give the deliveries of an endpoint, the oldest first: state, and what attempts met."""
    with psycopg.connect(office.db.dsn) as superuser:
        return superuser.execute(
            "SELECT state, ARRAY(SELECT reason FROM notices.attempt"
            "                     WHERE attempt.delivery_no = delivery.delivery_no ORDER BY began_at)"
            "  FROM notices.delivery WHERE endpoint_id = %s ORDER BY delivery_no",
            (endpoint_id,),
        ).fetchall()


def test_beyond_the_most_that_waits_the_oldest_is_given_up_and_the_log_says_so(
    office: Office,
) -> None:
    office.receiver.answers = [500]
    dead = office.add().endpoint_id
    others = office.add(organisation_code=OTHER).endpoint_id
    _let_wait(office, dead, OWN, WAITING_MAX - 1)
    _let_wait(office, others, OTHER, 3)

    office.tell()
    office.deliverer.follow(office.db)
    at_the_most = _states(office, dead)
    office.at += timedelta(seconds=1)
    office.tell()
    office.tell()
    office.deliverer.follow(office.db)

    assert {state for state, _ in at_the_most} == {"waiting"}
    states = _states(office, dead)
    assert [state for state, _ in states[:3]] == ["given_up", "given_up", "waiting"]
    assert {state for state, _ in states[2:]} == {"waiting"}
    assert all(met[-1] == TOO_MANY_WAITED for _, met in states[:2])
    assert {state for state, _ in _states(office, others)} == {"waiting"}


def test_what_waits_for_a_disabled_endpoint_does_not_wait_for_ever(office: Office) -> None:
    number = office.add().endpoint_id
    office.receiver.answers = [410]
    _let_wait(office, number, OWN, 5)
    office.follow()
    waiting = [state for state, _ in _states(office, number)]

    office.at += timedelta(days=ATTEMPT_DAYS, seconds=1)
    office.follow()

    assert "waiting" in waiting
    assert _states(office, number) == []
