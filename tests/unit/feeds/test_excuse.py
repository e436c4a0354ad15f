"""The way of an excuse: who may take which step, and what is wrong with one before it is filed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ekino.feeds.model.excuse import (
    EVIDENCE_BYTES_MAX,
    EXCUSE_SPAN_MAX,
    EXCUSES_EVIDENCE_BYTES_MAX,
    EXCUSES_FILED_MAX,
    EXCUSES_OPEN_MAX,
    FIELD,
    MAINTENANCE_AHEAD_MAX,
    NEXT,
    OUTAGE_AGE_MAX,
    WHO,
    Evidence,
    Filed,
    Filing,
    Kind,
    Mistake,
    Obstacle,
    Party,
    State,
    is_too_much,
    mistakes,
    obstacle,
)

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MAINTENANCE = Filing(
    kind=Kind.MAINTENANCE,
    begins_at=AT + HOUR,
    ends_at=AT + 3 * HOUR,
    places=((1, 2),),
    words="A new version.",
)
OUTAGE = Filing(
    kind=Kind.OUTAGE,
    begins_at=AT - 3 * HOUR,
    ends_at=AT - HOUR,
    places=((1, 2), (1, 3)),
    words="The provider's line was cut.",
    incident="INC-42",
)


def test_what_is_whole_may_be_filed() -> None:
    assert mistakes(MAINTENANCE, at=AT) == []
    assert mistakes(OUTAGE, at=AT) == []
    document = Evidence("letter.pdf", b"%" * EVIDENCE_BYTES_MAX)
    assert mistakes(replace(OUTAGE, incident="", evidence=document), at=AT) == []


@pytest.mark.parametrize(
    ("filing", "expected"),
    [
        (replace(MAINTENANCE, kind=None), Mistake.KIND_MISSING),
        (replace(MAINTENANCE, begins_at=None), Mistake.BEGINS_AT_MISSING),
        (replace(MAINTENANCE, ends_at=None), Mistake.ENDS_AT_MISSING),
        (replace(MAINTENANCE, ends_at=AT + HOUR), Mistake.ENDS_BEFORE_IT_BEGINS),
        (
            replace(MAINTENANCE, ends_at=AT + HOUR + EXCUSE_SPAN_MAX + SECOND),
            Mistake.SPAN_TOO_LONG,
        ),
        (replace(MAINTENANCE, begins_at=AT), Mistake.MAINTENANCE_BEGAN_ALREADY),
        (
            replace(
                MAINTENANCE,
                begins_at=AT + MAINTENANCE_AHEAD_MAX + SECOND,
                ends_at=AT + MAINTENANCE_AHEAD_MAX + HOUR,
            ),
            Mistake.MAINTENANCE_TOO_FAR_AHEAD,
        ),
        (replace(OUTAGE, begins_at=AT + SECOND, ends_at=AT + HOUR), Mistake.OUTAGE_IN_THE_FUTURE),
        (
            replace(
                OUTAGE,
                begins_at=AT - OUTAGE_AGE_MAX - SECOND,
                ends_at=AT - OUTAGE_AGE_MAX + HOUR,
            ),
            Mistake.OUTAGE_TOO_LONG_AGO,
        ),
        (replace(OUTAGE, places=()), Mistake.PLACES_MISSING),
        (replace(OUTAGE, words=" \n"), Mistake.WORDS_MISSING),
        (replace(OUTAGE, incident=" "), Mistake.EVIDENCE_MISSING),
        (
            replace(OUTAGE, evidence=Evidence("log", b"." * (EVIDENCE_BYTES_MAX + 1))),
            Mistake.EVIDENCE_TOO_LARGE,
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_named(filing: Filing, expected: Mistake) -> None:
    assert mistakes(filing, at=AT) == [expected]


def test_the_limits_themselves_are_allowed() -> None:
    longest = replace(MAINTENANCE, ends_at=AT + HOUR + EXCUSE_SPAN_MAX)
    farthest = replace(
        MAINTENANCE,
        begins_at=AT + MAINTENANCE_AHEAD_MAX,
        ends_at=AT + MAINTENANCE_AHEAD_MAX + HOUR,
    )
    oldest = replace(
        OUTAGE, begins_at=AT - OUTAGE_AGE_MAX, ends_at=AT - OUTAGE_AGE_MAX + HOUR
    )

    assert [mistakes(each, at=AT) for each in (longest, farthest, oldest)] == [[], [], []]
    assert mistakes(Filing(), at=AT) == [
        Mistake.KIND_MISSING,
        Mistake.BEGINS_AT_MISSING,
        Mistake.ENDS_AT_MISSING,
        Mistake.PLACES_MISSING,
        Mistake.WORDS_MISSING,
    ]
    assert set(FIELD) == set(Mistake)


def test_a_step_is_taken_by_whom_the_table_names_and_by_nobody_else() -> None:
    may = {
        (state, to, by)
        for state, to, by in product(State, State, Party)
        if obstacle(state, to=to, by=by, words="because") is None
    }

    assert may == {(state, to, WHO[to]) for state in State for to in NEXT[state]}
    assert obstacle(State.FILED, to=State.FILED, by=Party.FILER, words="") is (
        Obstacle.STATE_DOES_NOT_ALLOW_IT
    )
    assert obstacle(State.FILED, to=State.ACCEPTED, by=Party.FILER, words="yes") is (
        Obstacle.NOT_YOURS_TO_TAKE
    )


def test_the_ministry_decides_in_words_and_a_filer_withdraws_without() -> None:
    for to in (State.ACCEPTED, State.DECLINED):
        assert obstacle(State.FILED, to=to, by=Party.MINISTRY, words=" ") is (
            Obstacle.WORDS_MISSING
        )
    assert obstacle(State.FILED, to=State.WITHDRAWN, by=Party.FILER, words="") is None


def test_an_organisation_files_so_many_and_no_more() -> None:
    document = Evidence("letter.pdf", b"%" * 1_000)
    left = EXCUSES_EVIDENCE_BYTES_MAX - len(document.document)
    full = Filed(
        open=EXCUSES_OPEN_MAX - 1, lately=EXCUSES_FILED_MAX - 1, evidence_bytes=left
    )
    with_document = replace(OUTAGE, evidence=document)

    assert not is_too_much(full, with_document)
    assert is_too_much(replace(full, open=EXCUSES_OPEN_MAX), OUTAGE)
    assert is_too_much(replace(full, lately=EXCUSES_FILED_MAX), OUTAGE)
    assert is_too_much(replace(full, evidence_bytes=left + 1), with_document)
    assert not is_too_much(replace(full, evidence_bytes=left + 1), OUTAGE)
