"""Several lines: within the frame, names apart, grid on weeks and round values."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from ekino.ui.lines import draw_lines

RUN = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 10**12)), min_size=1, max_size=40
).map(lambda points: sorted(dict(points).items()))


@given(st.lists(RUN, min_size=1, max_size=5))
@example([[(0, 1_133)]])
def test_everything_stays_within_the_frame_and_names_stay_apart(
    series: list[list[tuple[int, int]]],
) -> None:
    drawing = draw_lines(series, unit=100)

    assert len(drawing.lines) == len(series)
    for line in drawing.lines:
        assert 0 <= line.end_percent <= 100
        assert 0 <= line.end_top_percent <= 100
        assert 0 <= line.name_top_percent <= 100
    names = sorted(line.name_top_percent for line in drawing.lines)
    assert all(below - above >= 7.9 for above, below in pairwise(names))
    assert all(tick.value % 7 == 0 for tick in drawing.days)
    assert all(tick.value % 100 == 0 for tick in drawing.values)
    assert all(0 <= tick.at_percent <= 100 for tick in (*drawing.days, *drawing.values))


def test_a_line_runs_from_its_first_point_to_its_last() -> None:
    drawing = draw_lines([[(0, 0), (7, 500), (14, 1000)]], unit=100)

    assert drawing.lines[0].path.startswith("M0 1000 L500 ")
    assert drawing.lines[0].end_percent == 100
    assert [tick.value for tick in drawing.days] == [7, 14]


def test_nothing_to_draw_is_drawn_as_nothing() -> None:
    drawing = draw_lines([[]], unit=100)

    assert drawing.lines[0].path == ""
