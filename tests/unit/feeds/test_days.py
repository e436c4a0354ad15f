"""A day that was declared by several keys: tills side by side, and one till whose key was rotated."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ekino.feeds.model.days import Day, Declared, Match, registered_match, words_of

AT = datetime(2026, 11, 25, tzinfo=UTC)
ROTATED = {"old": "new"}


def word(key_id: str, tickets: int, *, is_final: bool = True) -> Declared:
    return Declared(
        key_id=key_id,
        tickets=tickets,
        gross_minor=tickets * 100,
        is_final=is_final,
        declared_at=AT,
    )


def a_day(*words: Declared, rotated: dict[str, str], tickets: int = 100) -> Day:
    latest, earlier = words_of(words, rotated)
    return Day(
        business_date=date(2026, 11, 24),
        closes_at=AT,
        entered=tickets,
        unmended=0,
        missing=0,
        tickets=tickets,
        gross_minor=tickets * 100,
        registered_at=AT,
        declared=latest,
        earlier=earlier,
        spoken=frozenset({"old", "new"}),
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        # The day was split: each key declares what it signed itself.
        ((word("old", 60), word("new", 40)), Match.EQUAL),
        ((word("old", 60, is_final=False), word("new", 40)), Match.EQUAL),
        # The key that goes on declares the whole day, whatever was said before.
        ((word("old", 60, is_final=False), word("new", 100)), Match.EQUAL),
        ((word("old", 60), word("new", 100)), Match.EQUAL),
        # It has not said its last word.
        ((word("old", 60), word("new", 40, is_final=False)), Match.NOT_FINAL),
        ((word("old", 60),), Match.NOT_FINAL),
        # Nobody knows whether this is a part of the day, so nobody is asked.
        ((word("old", 60), word("new", 41)), Match.NOT_FINAL),
    ],
)
def test_a_day_of_a_rotated_key_is_equal_by_its_parts_or_as_a_whole(
    words: tuple[Declared, ...], expected: Match
) -> None:
    assert registered_match(a_day(*words, rotated=ROTATED)) == expected


def test_tills_side_by_side_are_added_up_and_each_is_waited_for() -> None:
    both = a_day(word("old", 60), word("new", 41), rotated={})

    assert registered_match(both) == Match.DIFFERS
    assert registered_match(replace(both, tickets=101, gross_minor=10_100)) == Match.EQUAL
    one = a_day(word("old", 60), rotated={})
    assert registered_match(one) == Match.NOT_FINAL


def test_a_key_that_was_rotated_twice_gives_way_to_the_last_one() -> None:
    words = (word("a", 10, is_final=False), word("c", 30))

    assert words_of(words, {"a": "b", "b": "c"}) == ((words[1],), (words[0],))
    # A circle, which no clock makes and a broken table might, ends.
    assert words_of(words, {"a": "b", "b": "a"}) == (words, ())
