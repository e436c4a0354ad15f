"""What may be shown: the threshold, the number of venues, the share of the two largest."""

import pytest

from ekino.opendata.model.group import Group, Part, gather, hides, may_show, together
from ekino.opendata.model.limits import Limits

LIMITS = Limits()


def a_group(*parts: tuple[int, int], first: int = 1) -> Group:
    """Give a group of venues with these (tickets, takings)."""
    return gather(
        Part(number, tickets, gross) for number, (tickets, gross) in enumerate(parts, first)
    )


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (a_group((4, 400), (3, 300), (3, 300)), True),
        # Nine tickets.
        (a_group((3, 300), (3, 300), (3, 300)), False),
        # Two venues; and three, one of which sold nothing.
        (a_group((50, 500), (50, 500)), False),
        (a_group((50, 500), (50, 500), (0, 10)), False),
        # The two largest make up 85 %, and a little more.
        (a_group((5, 500), (4, 350), (2, 150)), True),
        (a_group((5, 500), (4, 351), (2, 149)), False),
        # A free evening has no takings that anybody could dominate.
        (a_group((5, 0), (5, 0), (5, 0)), True),
        (Group(), False),
    ],
)
def test_a_group_is_shown_when_it_gives_nobody_away(
    group: Group, *, expected: bool
) -> None:
    assert may_show(group, LIMITS) is expected


def test_a_venue_counts_once_however_many_films_it_shows() -> None:
    group = gather([Part(1, 5, 500), Part(1, 5, 500), Part(2, 5, 500)])

    assert group.parts == (Part(1, 10, 1_000), Part(2, 5, 500))
    assert not may_show(group, LIMITS)


def test_what_was_all_taken_back_contributes_nothing() -> None:
    assert gather([Part(1, 2, 300), Part(1, -2, -300)]).is_empty


def test_one_group_alone_never_hides() -> None:
    assert not hides([a_group((20, 900), (20, 900), (20, 900))], LIMITS)


def test_two_groups_hide_behind_a_sum_that_may_be_shown() -> None:
    one = a_group((10, 500), (10, 500))
    other = a_group((10, 400), (10, 400), first=8)

    assert hides([one, other], LIMITS)
    assert together([one, other]).gross_minor == 1_800


def test_a_giant_does_not_hide_behind_a_village() -> None:
    giant = a_group(*[(100, 1_000)] * 10)
    village = a_group((12, 90), first=90)

    assert not hides([giant, village], LIMITS)
