"""One organisation's endpoints, however many and however broken, never stop another's notices."""

from datetime import timedelta

from ekino.db.database import Role
from ekino.notices import store
from ekino.notices.service import endpoints
from ekino.notices.service.deliver import (
    HOLD_S,
    OF_ENDPOINT_MAX,
    OF_ORGANISATION_MAX,
    UNDER_WAY_MAX,
)
from ekino.notices.store import Due
from outbox import OTHER, Office


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
