"""Bridges: what a network of known sums gives away."""

from ekino.opendata.model.bridges import find_bridges, join


def test_a_circle_has_no_bridge() -> None:
    assert find_bridges([("a", "b"), ("b", "c"), ("c", "a")]) == set()


def test_two_unknowns_in_the_same_two_sums_hide_each_other() -> None:
    assert find_bridges([("a", "b"), ("a", "b")]) == set()


def test_what_hangs_by_one_edge_is_a_bridge() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("d", "e")]

    assert find_bridges(edges) == {3}


def test_every_edge_of_a_tree_is_a_bridge() -> None:
    assert find_bridges([("a", "b"), ("b", "c"), ("b", "d"), ("x", "y")]) == {0, 1, 2, 3}


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [(number, number + 1) for number in range(20_000)]

    assert len(find_bridges(chain)) == 20_000


def test_pieces_are_what_hangs_together() -> None:
    pieces = join([("a", "b"), ("c", "d"), ("b", "e")])

    assert pieces["a"] == pieces["b"] == pieces["e"] != pieces["c"] == pieces["d"]
