"""Excuses in the database: whose they are, what the rules leave out, and who decides first."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from board_server import own_database
from ekino.access.model.people import Person
from ekino.db.database import Role
from ekino.feeds.model.excuse import (
    EXCUSES_FILED_MAX,
    Evidence,
    Filing,
    Kind,
    Party,
    Place,
    State,
)
from ekino.feeds.service import excuses
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.kernel.errors import NotFound, Refused
from factories import EVENING
from organisations import Trade
from people import a_person

HOUR = timedelta(hours=1)
WORDS = "The provider's line was cut."


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        yield Trade(db, sales=40)


@pytest.fixture
def person(trade: Trade) -> Person:
    return Person(
        person_id=a_person(trade.db),
        name="Somebody",
        grants=(),
        form_token="",
    )


def asker(trade: Trade, role: Role, code: str) -> Asker:
    return Asker(role, trade.ids[code])


def filing(places: list[Place], **more: Any) -> Filing:
    outage = Filing(
        kind=Kind.OUTAGE,
        begins_at=EVENING - 2 * HOUR,
        ends_at=EVENING - HOUR,
        places=[(each.source_id, each.venue_id) for each in places],
        words=WORDS,
        incident="INC-42",
    )
    return replace(outage, **more)


def plain(trade: Trade, question: str, *values: Any) -> list[Any]:
    with psycopg.connect(trade.db.dsn) as superuser:
        return superuser.execute(question, values).fetchall()


def test_each_may_excuse_the_feeds_that_are_its_own(trade: Trade) -> None:
    def own(role: Role, code: str) -> set[tuple[str, str]]:
        found = excuses.list_excusable(trade.db, asker(trade, role, code))
        return {(each.source, each.venue) for each in found}

    assert own(Role.EXHIBITOR, "exh-aurora") == {
        ("own-aurora", "aurora-1"),
        ("cloud", "aurora-2"),
    }
    assert own(Role.EXHIBITOR, "exh-empty") == set()
    assert own(Role.VENDOR, "vendor-two") == {
        ("cloud", "aurora-2"), ("cloud", "borealis-1"), ("cloud", "lonely-1")
    }  # fmt: skip


def test_an_excuse_is_read_by_those_whose_feed_it_is_and_by_nobody_else(
    trade: Trade, person: Person
) -> None:
    maker = asker(trade, Role.VENDOR, "vendor-two")
    places = excuses.list_excusable(trade.db, maker)
    document = Evidence("letter.txt", b"Dear ministry")

    reference = excuses.file(
        trade.db, maker, filing(places, evidence=document), person=person, at=EVENING
    )

    _, excuse, seen = excuses.read(trade.db, reference, [maker])
    assert (excuse.state, excuse.party, excuse.venues, excuse.sources) == (
        State.FILED,
        "vendor",
        3,
        1,
    )
    assert seen == places
    aurora = asker(trade, Role.EXHIBITOR, "exh-aurora")
    _, theirs, of_it = excuses.read(trade.db, reference, [aurora])
    assert ([each.venue for each in of_it], theirs.venues) == (["aurora-2"], 1)
    assert excuses.party_of(theirs, aurora) is None
    for role, code in ((Role.VENDOR, "vendor-one"), (Role.EXHIBITOR, "exh-empty")):
        with pytest.raises(NotFound):
            excuses.read(trade.db, reference, [asker(trade, role, code)])
    assert excuses.read_evidence(trade.db, excuse, THE_STATE) == document
    assert excuses.read_evidence(trade.db, excuse, maker) == document
    with pytest.raises(NotFound):
        excuses.read_evidence(trade.db, theirs, aurora)


def test_only_accepted_excuses_are_left_out_by_the_rules(
    trade: Trade, person: Person
) -> None:
    aurora = asker(trade, Role.EXHIBITOR, "exh-aurora")
    place = [
        each
        for each in excuses.list_excusable(trade.db, aurora)
        if each.venue == "aurora-1"
    ]
    reference = excuses.file(trade.db, aurora, filing(place), person=person, at=EVENING)
    excused = "SELECT source_id, venue_id, begins_at, ends_at FROM feeds.excused WHERE reference = %s"

    def decide(to: State, words: str = "We believe it.") -> None:
        _, excuse, _ = excuses.read(trade.db, reference, [THE_STATE])
        excuses.take_step(
            trade.db, excuse, to=to, by=Party.MINISTRY, person=person, words=words, at=EVENING
        )  # fmt: skip

    assert plain(trade, excused, reference) == []
    decide(State.ACCEPTED)
    assert plain(trade, excused, reference) == [
        (place[0].source_id, place[0].venue_id, EVENING - 2 * HOUR, EVENING - HOUR)
    ]
    decide(State.DECLINED, "The provider knows nothing of it.")
    assert plain(trade, excused, reference) == []
    noted = plain(
        trade,
        "SELECT action, person_id FROM access.audit WHERE subject = %s ORDER BY audit_id",
        f"excuse/{reference}",
    )
    assert noted == [
        (action, person.person_id)
        for action in ("excuse_filed", "excuse_accepted", "excuse_declined")
    ]


def test_a_feed_of_another_is_not_excused(trade: Trade, person: Person) -> None:
    aurora = asker(trade, Role.EXHIBITOR, "exh-aurora")
    of_borealis = (trade.sources["cloud"], trade.venues["borealis-1"])

    with pytest.raises(Refused) as refused:
        excuses.file(
            trade.db,
            aurora,
            replace(filing([]), places=[of_borealis]),
            person=person,
            at=EVENING,
        )

    assert refused.value.code == "excuse_refused"


def test_an_organisation_that_files_without_end_is_stopped_and_no_other(
    trade: Trade, person: Person
) -> None:
    vendor, cinema = (
        asker(trade, Role.VENDOR, "vendor-one"),
        asker(trade, Role.EXHIBITOR, "exh-borealis"),
    )

    def file(by: Asker) -> str:
        places = excuses.list_excusable(trade.db, by)
        try:
            return excuses.file(trade.db, by, filing(places), person=person, at=EVENING)
        except Refused as error:
            return error.code

    def read(reference: str) -> None:
        by, excuse, _ = excuses.read(trade.db, reference, [vendor])
        excuses.take_step(
            trade.db,
            excuse,
            to=State.WITHDRAWN,
            by=excuses.party_of(excuse, by) or Party.FILER,
            person=person,
            words="",
            at=EVENING,
        )

    references = [file(vendor) for _ in range(EXCUSES_FILED_MAX)]

    assert "excuse_quota_used" not in references
    assert file(vendor) == "excuse_quota_used"
    # Taking them back makes no room for more of them.
    read(references[0])
    assert file(vendor) == "excuse_quota_used"
    assert file(cinema) != "excuse_quota_used"


def test_two_who_decide_at_once_decide_once(trade: Trade, person: Person) -> None:
    aurora = asker(trade, Role.EXHIBITOR, "exh-aurora")
    places = excuses.list_excusable(trade.db, aurora)
    reference = excuses.file(trade.db, aurora, filing(places), person=person, at=EVENING)
    _, excuse, _ = excuses.read(trade.db, reference, [aurora])
    codes: list[str] = []

    def withdraw() -> None:
        try:
            excuses.take_step(
                trade.db, excuse, to=State.WITHDRAWN, by=Party.FILER, person=person, words="", at=EVENING
            )  # fmt: skip
            codes.append("withdrawn")
        except Refused as error:
            codes.append(error.code)

    threads = [threading.Thread(target=withdraw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == ["excuse_state_does_not_allow_it"] * 3 + ["withdrawn"]
