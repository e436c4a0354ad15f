"""Sales by the column: the same answer, and the same bytes, as looking at each of them."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekino.ingest.judging import Bench, Judged, Sender
from ekino.ingest.model import Outcome
from ekino.ingest.sales import FreshSales, open_batch
from factories import EVENING, a_batch, a_later_event, a_sale


@dataclass(frozen=True)
class Place:
    """A showing as the catalog's memory gives it."""

    showing_id: int
    hall_id: int


# Two showings in the sender's halls, one in somebody else's.
SHOWINGS = {
    ("ALA-1", "steppe-kk-1"): Place(7, 1),
    ("ALA-1", "storm-ru-2"): Place(8, 2),
    ("AST-1", "steppe-kk-1"): Place(9, 3),
}


class FakeSchedule:
    """A catalog that nobody changes."""

    def find(self, venue: str, showing: str) -> Place | None:
        return SHOWINGS.get((venue, showing))

    def knows_venue(self, venue: str) -> bool:
        return venue in {"ALA-1", "AST-1"}

    def change(self, event: Any, sender: Sender) -> Any:
        raise AssertionError(event, sender)


SENDER = Sender(source_id=4, key_id="k", hall_ids=frozenset({1, 2}), may_announce=False)


def never_read(batch_no: int, ordinal: int) -> Any:
    raise AssertionError(batch_no, ordinal)


def judge(batches: list[list[dict[str, Any]]], *, by_column: bool) -> list[Judged]:
    bench = Bench(
        schedule=FakeSchedule(),
        known=[],
        read_event=never_read,
        now=EVENING,
        first_position=100,
    )
    judged = []
    for number, batch in enumerate(batches):
        contents = open_batch(a_batch(*batch))
        if not by_column:
            contents.sales = None
        judged.append(bench.judge(SENDER, contents, number))
    return judged


def plain(judged: Judged) -> tuple[Any, ...]:
    """Give what a batch became, however its rows are cut."""
    return (
        judged.outcomes,
        judged.positions,
        judged.problems,
        b"".join(judged.rows),
        judged.entered,
        judged.late,
    )


def moment(seconds_ago: int) -> str:
    return (EVENING - timedelta(seconds=seconds_ago)).isoformat()


sale = st.builds(
    lambda number, place, ago, price, fee, channel: a_sale(
        number,
        venue=place[0],
        showing=place[1],
        happened_at=moment(ago),
        price_minor=price,
        fee_minor=fee,
        sales_channel=channel,
    ),
    st.integers(1, 30),
    st.sampled_from(
        [
            *[("ALA-1", "steppe-kk-1"), ("ALA-1", "storm-ru-2")] * 12,
            ("AST-1", "steppe-kk-1"),
            ("ALA-1", "unknown"),
            ("nowhere", "steppe-kk-1"),
        ]
    ),
    # On time, late, and in the future.
    st.sampled_from([*[0, 5, 899, 900, 901, 86_400] * 6, -61]),
    st.integers(0, 10_000_000),
    st.sampled_from([0, 0, 15_000]),
    st.sampled_from(["box_office", "web", "app", "kiosk", "agent"]),
)
later = st.builds(
    lambda number, of: a_later_event("voided", number + 100, of),
    st.integers(1, 30),
    st.integers(1, 30),
)
batch = st.one_of(
    st.lists(sale, min_size=0, max_size=6),
    st.lists(st.one_of(sale, sale, later), min_size=0, max_size=6),
)


@given(st.lists(batch, max_size=6))
def test_a_group_by_the_column_is_the_group_event_by_event(
    batches: list[list[dict[str, Any]]],
) -> None:
    assert list(map(plain, judge(batches, by_column=True))) == list(
        map(plain, judge(batches, by_column=False))
    )


def test_new_sales_are_entered_by_the_column() -> None:
    judged = judge([[a_sale(1), a_sale(2)]], by_column=True)[0]

    assert (judged.outcomes, judged.positions) == ([Outcome.ENTERED] * 2, [100, 101])
    # One piece for the whole batch: nobody looked at each.
    assert len(judged.rows) == 1


def test_a_void_finds_the_sale_of_its_own_group() -> None:
    sold, voided = judge(
        [[a_sale(1), a_sale(2)], [a_later_event("voided", 9, 2)]], by_column=True
    )

    assert (sold.entered, voided.outcomes) == (2, [Outcome.ENTERED])


@pytest.mark.parametrize(
    "events",
    [[], [a_later_event("voided", 9, 2)], [a_sale(1), {"kind": "nonsense"}]],
    ids=["empty", "a void", "malformed"],
)
def test_a_batch_with_anything_but_sales_has_no_columns(
    events: list[dict[str, Any]],
) -> None:
    assert open_batch(json.dumps({"events": events}).encode()).sales is None


def test_what_is_not_taken_leaves_no_trace() -> None:
    twice = open_batch(a_batch(a_sale(1), a_sale(1)))
    one = open_batch(a_batch(a_sale(1)))
    again = open_batch(a_batch(a_sale(2), a_sale(1)))
    assert twice.sales is not None
    assert one.sales is not None
    assert again.sales is not None
    fresh = FreshSales()

    assert not fresh.take(4, twice.sales, 0, twice)
    assert fresh.take(4, one.sales, 5, one)
    assert not fresh.take(4, again.sales, 6, again)
    assert fresh.find(4, "T000001") == (5, one.events[0])
    assert fresh.find(4, "T000002") is None
    assert fresh.find(3, "T000001") is None
