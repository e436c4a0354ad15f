"""The writer against real PostgreSQL: every outcome, idempotence, races, exact bytes."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk import Desk
from ekino.access import service as access
from ekino.db.database import Role
from ekino.ingest.model import FIX, Answer, Outcome
from ekino.ingest.wire import raw_events
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError, NotAuthenticated
from ekino.register import service as register
from factories import (
    CATALOG,
    EVENING,
    a_batch,
    a_later_event,
    a_sale,
    a_vendor,
    a_waiting,
)


def test_positions_are_gapless_and_in_the_order_of_the_batch(desk: Desk) -> None:
    first = desk.send(a_sale(1), a_sale(2))
    second = desk.send(a_sale(3))

    assert (first.positions, second.positions) == ([0, 1], [2])
    assert register.verify_gapless(desk.db) == 3


def test_the_same_event_again_is_already_entered_with_its_first_position(
    desk: Desk,
) -> None:
    desk.send(a_sale(1), a_sale(2))

    again = desk.send(a_sale(3), a_sale(2))

    assert again.outcomes == [Outcome.ENTERED, Outcome.ALREADY_ENTERED]
    assert again.positions == [2, 1]
    assert register.verify_gapless(desk.db) == 3


def test_the_same_batch_again_is_answered_from_memory_and_by_the_long_way(
    desk: Desk,
) -> None:
    body = a_batch(a_sale(1), a_sale(2))
    desk.raw(body)

    again = desk.raw(body)
    fresh = Writer(desk.db, clock=lambda: EVENING)
    desk.writer, remembering = fresh, desk.writer
    fresh.start()
    the_long_way = desk.raw(body)
    fresh.stop()
    desk.writer = remembering

    for answer in (again, the_long_way):
        assert isinstance(answer, Answer)
        assert answer.outcomes == [Outcome.ALREADY_ENTERED] * 2
        assert answer.positions == [0, 1]


def test_other_bytes_under_the_same_identity_show_what_differs_and_are_kept(
    desk: Desk,
) -> None:
    desk.send(a_sale(1))

    other = desk.send(a_sale(1, price_minor=99))

    assert other.outcomes == [Outcome.IDENTITY_USED_FOR_ANOTHER_EVENT]
    (problem,) = other.problems
    (difference,) = problem.differs
    assert (difference.field, difference.first, difference.now) == (
        "price_minor",
        "150000",
        "99",
    )
    with desk.db.transaction(Role.READER) as tx:
        kept = tx.execute("SELECT outcome FROM register.refusal").fetchall()
        bodies = register.read_bodies(tx, [1])
    assert kept == [("identity_used_for_another_event",)]
    assert raw_events(bodies[1]) == raw_events(a_batch(a_sale(1, price_minor=99)))


REFUSED = [
    (Outcome.EVENT_IS_MALFORMED, a_sale(9, price_minor=-1)),
    (Outcome.VENUE_NOT_IN_CATALOG, a_sale(9, venue="NOWHERE")),
    (Outcome.SHOWING_NOT_IN_CATALOG, a_sale(9, showing="none")),
    (Outcome.HAPPENED_IN_THE_FUTURE, a_sale(9, happened_at="2026-11-24T19:31:01Z")),
    (Outcome.TICKET_WAS_NEVER_SOLD, a_later_event("voided", 9, of=77)),
    (
        Outcome.TICKET_BELONGS_TO_ANOTHER_SHOWING,
        a_later_event("voided", 9, of=1, showing="storm-ru-2"),
    ),
    (Outcome.TICKET_ALREADY_REFUNDED, a_later_event("voided", 9, of=2)),
    (Outcome.TICKET_ALREADY_VOIDED, a_later_event("admitted", 9, of=3)),
    (Outcome.REFUND_EXCEEDS_PRICE, a_later_event("refunded", 9, of=1, price_minor=150_001)),
    (
        Outcome.HALL_NOT_IN_CATALOG,
        {
            "kind": "showing_announced",
            "sequence": 9,
            "venue": "ALA-1",
            "showing": "new",
            "hall": "99",
            "film_version": "steppe-kk",
            "starts_at": "2026-11-25T14:00:00Z",
            "happened_at": "2026-11-24T19:00:00Z",
        },
    ),
    (
        Outcome.FILM_VERSION_NOT_IN_CATALOG,
        {
            "kind": "showing_announced",
            "sequence": 9,
            "venue": "ALA-1",
            "showing": "new",
            "hall": "1",
            "film_version": "none",
            "starts_at": "2026-11-25T14:00:00Z",
            "happened_at": "2026-11-24T19:00:00Z",
        },
    ),
    (
        Outcome.SHOWING_ALREADY_ANNOUNCED,
        {
            "kind": "showing_announced",
            "sequence": 9,
            "venue": "ALA-1",
            "showing": "steppe-kk-1",
            "hall": "1",
            "film_version": "steppe-kk",
            "starts_at": "2026-11-25T14:00:00Z",
            "happened_at": "2026-11-24T19:00:00Z",
        },
    ),
]


@pytest.mark.parametrize(("outcome", "event"), REFUSED, ids=lambda each: str(each)[:30])
def test_each_refusal_has_its_name_and_sinks_nothing_else(
    desk: Desk, outcome: Outcome, event: dict[str, Any]
) -> None:
    desk.send(
        a_sale(1),
        a_sale(2),
        a_sale(3),
        a_later_event("refunded", 11, of=2, price_minor=150_000),
        a_later_event("voided", 12, of=3),
    )

    answer = desk.send(a_sale(4), event, a_sale(5))

    assert answer.outcomes == [Outcome.ENTERED, outcome, Outcome.ENTERED]
    assert answer.problems[0].index == 1
    assert answer.problems[0].detail
    assert answer.problems[0].fix == FIX[outcome]


def test_a_source_speaks_only_for_its_own_halls_and_schedule(desk: Desk) -> None:
    stranger = a_vendor(
        desk.db, code="other", key_id="other/1", venues=("AST-1",), may_announce=False
    )
    cancel = {
        "kind": "showing_cancelled",
        "sequence": 5,
        "venue": "AST-1",
        "showing": "steppe-kk-1",
        "happened_at": "2026-11-24T19:00:00Z",
    }

    answer = desk.send(a_sale(1), cancel, vendor=stranger)

    assert answer.outcomes == [
        Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL,
        Outcome.SOURCE_MAY_NOT_ANNOUNCE,
    ]


def test_a_sale_sent_again_stands_where_it_stood_whatever_is_allowed_by_now(
    desk: Desk,
) -> None:
    desk.send(a_sale(1))
    a_vendor(desk.db, key_id="vendor.example/batch-2", venues=("AST-1",))
    fresh = Writer(desk.db, clock=lambda: EVENING)
    desk.writer, remembering = fresh, desk.writer
    fresh.start()

    again = desk.send(a_sale(1), a_sale(2))

    fresh.stop()
    desk.writer = remembering
    assert again.outcomes == [
        Outcome.ALREADY_ENTERED,
        Outcome.SOURCE_MAY_NOT_SPEAK_FOR_HALL,
    ]
    assert again.positions == [0, None]


def test_an_announcement_builds_on_what_somebody_else_has_just_changed(desk: Desk) -> None:
    moved = {
        "kind": "showing_moved",
        "sequence": 900,
        "venue": "ALA-1",
        "showing": "steppe-kk-1",
        "happened_at": "2026-11-24T19:00:00Z",
        "capacity": 77,
    }
    desk.send(a_sale(1))
    showing = next(
        each
        for each in CATALOG["showings"]
        if (each["venue"], each["code"]) == ("ALA-1", "steppe-kk-1")
    )
    later = {**showing, "starts_at": "2026-11-24T16:00:00Z"}
    held = threading.Event()

    def load_slowly() -> None:
        with desk.db.transaction(Role.OFFICE) as tx:
            tx.execute("UPDATE catalog.revision SET number = number + 1")
            held.set()
            time.sleep(0.5)
            tx.execute(
                "UPDATE catalog.showing SET starts_at = %s WHERE code = 'steppe-kk-1' "
                "AND venue_id = (SELECT venue_id FROM catalog.venue WHERE code = 'ALA-1')",
                [later["starts_at"]],
            )

    loading = threading.Thread(target=load_slowly)
    loading.start()
    assert held.wait(10)

    answer = desk.send(moved)

    loading.join()
    assert answer.outcomes == [Outcome.ENTERED]
    with desk.db.transaction(Role.READER) as tx:
        found = tx.execute(
            "SELECT starts_at, capacity FROM catalog.showing JOIN catalog.venue USING (venue_id) "
            "WHERE showing.code = 'steppe-kk-1' AND venue.code = 'ALA-1'"
        ).fetchone()
    assert found == (datetime(2026, 11, 24, 16, tzinfo=UTC), 77)


@pytest.mark.parametrize(
    "odd",
    [
        a_sale(9, concession="Студент\u00a0"),
        a_sale(9, concession="a\x7fb"),
        {"kind": "sold", "a - at `\0": 1},
        {
            "kind": "showing_announced",
            "sequence": 9,
            "venue": "ALA-1",
            "showing": "new",
            "hall": "1",
            "film_version": "steppe-kk",
            "starts_at": "0001-01-01T00:00:00+05:00",
            "happened_at": "2026-11-24T19:00:00Z",
        },
    ],
    ids=["no-break space", "delete", "NUL in a name", "the year 1"],
)
@pytest.mark.parametrize("is_escaped", [False, True])
def test_what_cannot_be_kept_is_refused_alone_however_it_is_written(
    desk: Desk,
    odd: dict[str, Any],
    is_escaped: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    body = json.dumps({"events": [a_sale(4), odd, a_sale(5)]}, ensure_ascii=is_escaped)

    answer = desk.raw(body.encode())

    assert isinstance(answer, Answer)
    assert answer.outcomes == [
        Outcome.ENTERED,
        Outcome.EVENT_IS_MALFORMED,
        Outcome.ENTERED,
    ]


def test_a_revoked_key_enters_nothing_even_from_the_queue(desk: Desk) -> None:
    desk.send(a_sale(1))
    access.revoke_key(desk.db, desk.vendor.key_id, actor="test")

    answer = desk.raw(a_batch(a_sale(2)))

    assert isinstance(answer, NotAuthenticated)
    assert answer.code == "key_revoked"
    assert register.verify_gapless(desk.db) == 1


def test_refunds_voids_and_corrections_change_what_they_say(desk: Desk) -> None:
    answer = desk.send(
        a_sale(1, fee_minor=10_000),
        a_sale(2),
        a_sale(3),
        a_later_event("refunded", 11, of=1, price_minor=100_000, fee_minor=0),
        a_later_event("voided", 12, of=2),
        a_later_event("corrected", 13, of=3, price_minor=120_000, reason="child"),
        a_later_event("admitted", 14, of=3),
    )

    assert answer.problems == []
    entries = register.read_entries(desk.db, first=0, limit=10)
    assert [(each.admissions, each.gross_minor, each.fees_minor) for each in entries] == [
        (1, 150_000, 10_000),
        (1, 150_000, 0),
        (1, 150_000, 0),
        (-1, -100_000, 0),
        (-1, -150_000, 0),
        (0, -30_000, 0),
        (0, 0, 0),
    ]


@pytest.mark.parametrize("position", [0, 32_767, 2_147_483_647, 2**62])
def test_entries_are_read_from_any_position_on(desk: Desk, position: int) -> None:
    """A position is sent as small as it is; what is asked of it must not be."""
    assert register.read_entries(desk.db, first=position, limit=10) == []


def test_a_showing_is_announced_moved_and_cancelled_by_events(desk: Desk) -> None:
    about = {"venue": "ALA-1", "showing": "late", "happened_at": "2026-11-24T19:00:00Z"}

    answer = desk.send(
        {
            **about,
            "kind": "showing_announced",
            "sequence": 21,
            "hall": "1",
            "film_version": "steppe-kk",
            "starts_at": "2026-11-24T19:30:00+05:00",
        },
        a_sale(1, showing="late"),
        {**about, "kind": "showing_moved", "sequence": 22, "hall": "2"},
        {**about, "kind": "showing_cancelled", "sequence": 23},
        {**about, "kind": "showing_cancelled", "sequence": 24},
    )

    assert answer.outcomes == [Outcome.ENTERED] * 4 + [Outcome.SHOWING_ALREADY_CANCELLED]


def test_a_late_event_is_entered_and_marked(desk: Desk) -> None:
    edge = EVENING - timedelta(seconds=900)

    answer = desk.send(
        a_sale(1, happened_at=edge.isoformat()),
        a_sale(2, happened_at=(edge - timedelta(microseconds=1)).isoformat()),
    )

    assert answer.late == 1
    entries = register.read_entries(desk.db, first=0, limit=10)
    assert [each.is_late for each in entries] == [False, True]


def test_the_exact_bytes_of_an_event_come_back(desk: Desk) -> None:
    odd = b'{"events" :[ ' + a_batch(a_sale(1))[12:-2].replace(b'": ', b'"   : ') + b" ]}"

    desk.raw(odd)

    entry, body = register.read_event(desk.db, 0)
    assert body == odd
    assert raw_events(body)[entry.ordinal] in odd


@pytest.mark.parametrize("group_events_max", [10, 60, 4_000])
def test_many_writers_and_duplicates_leave_one_gapless_register(
    desk: Desk, group_events_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small groups fill while others are entered, so that most are judged ahead, and wrongly.
    monkeypatch.setattr("ekino.ingest.writer.GROUP_EVENTS_MAX", group_events_max)
    writers = [Writer(desk.db, clock=lambda: EVENING) for _ in range(3)]
    answers: list[Answer | EkinoError] = []
    bodies = [
        a_batch(*(a_sale(number) for number in range(start, start + 20)))
        for start in range(1, 200, 10)
    ]
    for index, body in enumerate(bodies * 3):
        writers[index % 3].put(a_waiting(desk.vendor, body, answers.append))
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.stop()

    assert len(answers) == len(bodies) * 3
    outcomes = [each for answer in answers for each in answer.outcomes]  # type: ignore[union-attr]
    assert set(outcomes) == {Outcome.ENTERED, Outcome.ALREADY_ENTERED}
    assert outcomes.count(Outcome.ENTERED) == 210
    assert register.verify_gapless(desk.db) == 210
    positions = {
        position
        for answer in answers
        for position in answer.positions  # type: ignore[union-attr]
    }
    assert positions == set(range(210))


def test_every_outcome_but_entered_and_already_entered_has_a_fix() -> None:
    assert set(FIX) == set(Outcome) - {Outcome.ENTERED, Outcome.ALREADY_ENTERED}
    assert CATALOG["showings"]
