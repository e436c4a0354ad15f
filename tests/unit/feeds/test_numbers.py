"""Numbers: what is missing, what came twice, and how a key shows in which way it numbers."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ekino.feeds.model.numbers import GAP_AFTER, HOLES_MAX, Line, Said, Sender

EVENING = datetime(2026, 11, 24, 19, tzinfo=UTC)
SOON, LATER = EVENING + timedelta(minutes=5), EVENING + GAP_AFTER + timedelta(seconds=1)


def missing(line: Line) -> list[tuple[int, int]]:
    return [(hole.first, hole.last) for hole in line.holes]


def said(
    numbers: Sequence[int],
    *,
    venues: Sequence[int] | int = 7,
    outcomes: Sequence[str] = (),
    at: datetime = EVENING,
) -> Said:
    return Said(
        batch_no=1,
        recorded_at=at,
        numbers=numbers,
        venues=[venues] * len(numbers) if isinstance(venues, int) else venues,
        outcomes=list(outcomes) or [""] * len(numbers),
    )


@pytest.mark.parametrize(
    ("batches", "holes", "again"),
    [
        ([[1, 2, 3], [4, 5]], [], []),
        ([[1, 2], [5, 6]], [(3, 4)], []),
        ([[1, 2], [5, 6], [3]], [(4, 4)], []),
        ([[1, 2], [9], [5, 6]], [(3, 4), (7, 8)], []),
        ([[1, 2], [9], [5, 6], [3, 4, 7, 8]], [], []),
        # A line begins with the lowest number that came.
        ([[50, 51]], [], []),
        ([[50], [48, 49]], [], []),
        ([[50], [40, 41]], [(42, 49)], []),
        # In any order within a batch, and across what had come.
        ([[3, 1, 2]], [], []),
        ([[1, 2, 3], [2, 3, 4]], [], [2, 3]),
        ([[1, 5], [4, 5, 6]], [(2, 3)], [5]),
        ([[1, 1, 1]], [], [1, 1]),
        ([[1], [3], [2, 2]], [], [2]),
    ],
)
def test_a_line_knows_what_is_missing_and_what_had_come(
    batches: list[list[int]], holes: list[tuple[int, int]], again: list[int]
) -> None:
    line = Line()

    had_come = [number for batch in batches for number in line.take(batch, EVENING)]

    assert missing(line) == holes
    assert sorted(had_come) == again


def test_only_what_closes_after_a_quarter_of_an_hour_was_a_gap() -> None:
    line = Line()
    line.take([1], EVENING)
    line.take([4, 6], EVENING)

    line.take([5], EVENING + GAP_AFTER)
    line.take([2], LATER)

    assert [(each.first, each.last, each.closed_at) for each in line.closed] == [
        (2, 2, LATER)
    ]
    assert missing(line) == [(3, 3)]
    assert line.missing == 1


def test_a_line_remembers_only_so_many_holes() -> None:
    line = Line()
    line.take([1], EVENING)
    line.take(range(3, 3 + 2 * HOLES_MAX, 2), EVENING)
    assert (len(line.holes), line.left) == (HOLES_MAX, [])

    line.take([line.next + 1], EVENING)

    assert len(line.holes) == HOLES_MAX
    assert [(hole.first, hole.last) for hole in line.left] == [(2, 2)]


@pytest.mark.parametrize("seed", range(30))
def test_a_line_is_what_a_plain_set_says(seed: int) -> None:
    dice = random.Random(seed)
    line, came, twice = Line(), set[int](), 0
    had_come = 0
    for _ in range(60):
        start = dice.randrange(1, 200)
        batch = [
            dice.choice((start + place, dice.randrange(1, 260)))
            for place in range(dice.randrange(1, 12))
        ]
        for number in batch:
            twice += number in came
            came.add(number)
        had_come += len(line.take(batch, EVENING))

        holes = {
            number for hole in line.holes for number in range(hole.first, hole.last + 1)
        }
        assert holes == set(range(min(came), max(came))) - came
        assert (line.first, line.next) == (min(came), max(came) + 1)
    assert had_come == twice


def test_one_number_for_two_events_is_a_duplicate_and_the_same_event_again_is_none() -> (
    None
):
    sender = Sender()
    sender.take(said([1, 2, 3]))

    again = sender.take(said([1, 2, 3], outcomes=["already_entered"] * 3))
    twice = sender.take(said([3, 4]))
    refused = sender.take(said([4], outcomes=["identity_used_for_another_event"]))

    assert (again[7].repeats, again[7].duplicates) == (3, 0)
    assert (twice[7].duplicates, twice[7].duplicated) == (1, 3)
    assert (refused[7].refused, refused[7].duplicates) == (1, 1)


def test_a_refused_event_is_unmended_until_it_is_entered() -> None:
    sender = Sender()
    sender.take(said([1, 2, 3], outcomes=["", "showing_not_in_catalog", ""]))
    assert list(sender.unmended) == [(0, 2)]
    assert sender.lines[0].holes == []

    mended = sender.take(said([2]))

    assert sender.unmended == {}
    assert mended[7].duplicates == 0


def test_a_refused_event_that_comes_under_a_new_number_leaves_no_gap_and_stays_unmended() -> (
    None
):
    """What docs/reference/for-implementers.md and every help page of an event promise."""
    sender = Sender()
    sender.take(said([1, 2, 3], outcomes=["", "showing_not_in_catalog", ""]))

    sender.take(said([4]))

    assert sender.lines[0].holes == []
    assert list(sender.unmended) == [(0, 2)]


def test_a_venue_that_nobody_knows_leaves_a_gap_where_each_venue_is_counted() -> None:
    sender = Sender()
    sender.take(said([1, 1], venues=[1, 2]))
    sender.take(said([2, 3], venues=[0, 1], outcomes=["venue_not_in_catalog", ""]))
    assert missing(sender.lines[1]) == [(2, 2)]

    sender.take(said([2], venues=1))

    assert missing(sender.lines[1]) == []


@pytest.mark.parametrize(
    ("outcome", "is_kept"),
    [
        ("ticket_was_never_sold", True),
        ("ticket_already_refunded", False),
        ("showing_already_announced", False),
    ],
)
def test_what_leaves_nothing_to_mend_is_not_kept(outcome: str, *, is_kept: bool) -> None:
    sender = Sender()

    sender.take(said([1], outcomes=[outcome]))

    assert bool(sender.unmended) == is_kept


def test_what_cannot_be_numbered_opens_no_gap() -> None:
    sender = Sender()

    counted = sender.take(said([0, 5], outcomes=["event_is_malformed", ""]))

    assert counted[7].refused == 1
    assert (sender.lines[0].first, sender.lines[0].next) == (5, 6)


@pytest.mark.parametrize(
    ("batches", "is_by_venue"),
    [
        # One line for all that is said.
        ([([1, 2], 1), ([3, 4], 2)], False),
        ([([1, 2, 3, 4], [1, 2, 1, 2])], False),
        ([([1, 2], 1), ([9], 2)], False),
        # A line for each venue.
        ([([1, 2], 1), ([1, 2], 2)], True),
        ([([1, 1], [1, 2])], True),
        ([([500], 1), ([1], 2)], True),
        ([([1, 2], 1), ([7001], 2)], True),
    ],
)
def test_a_key_shows_how_it_numbers_when_it_first_speaks_of_another_venue(
    batches: list[tuple[list[int], list[int] | int]], *, is_by_venue: bool
) -> None:
    sender = Sender()

    for numbers, venues in batches:
        sender.take(said(numbers, venues=venues))

    assert sender.is_by_venue is is_by_venue


def test_lines_of_venues_are_watched_each_by_itself() -> None:
    sender = Sender()
    sender.take(said([1, 2, 4], venues=1))
    sender.take(said([1, 2], venues=2))
    sender.take(said([5, 3], venues=[1, 2]))
    sender.take(said([7, 5], venues=[1, 2]))

    assert missing(sender.lines[0]) == []
    assert missing(sender.lines[1]) == [(6, 6)]
    assert missing(sender.lines[2]) == [(4, 4)]


def test_a_number_used_twice_by_a_key_of_one_line_does_not_make_it_number_by_venue() -> (
    None
):
    sender = Sender()
    sender.take(said([1, 2, 3, 4], venues=[1, 2, 1, 2]))

    counted = sender.take(said([3], venues=2))

    assert not sender.is_by_venue
    assert counted[2].duplicates == 1
