"""What a network of known sums gives away: its bridges, and nothing else."""

from collections.abc import Sequence
from typing import Any

# Whatever can be told apart.
Node = Any
Edge = tuple[Node, Node]


def find_bridges(edges: Sequence[Edge]) -> set[int]:
    """
    Give the places of the edges without which the network falls apart.

    Each edge is an unknown figure that stands in two sums, its nodes; each node is a sum
    that is known. Where every unknown stands in exactly two sums, with opposite signs, it
    can be worked out if and only if it is a bridge: on a circle of unknowns anything may
    be added all the way round. Source: network theory of two-way tables, as in Cox,
    Network models for complementary cell suppression (JASA 90, 1995).
    """
    around: dict[Node, list[tuple[Node, int]]] = {}
    for place, (left, right) in enumerate(edges):
        around.setdefault(left, []).append((right, place))
        around.setdefault(right, []).append((left, place))
    reached: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    bridges: set[int] = set()
    for root in around:
        if root not in reached:
            _walk(root, around, reached, lowest, bridges)
    return bridges


def _walk(
    root: Node,
    around: dict[Node, list[tuple[Node, int]]],
    reached: dict[Node, int],
    lowest: dict[Node, int],
    bridges: set[int],
) -> None:
    """Walk everything that hangs together with `root`, depth first and without recursion."""
    reached[root] = lowest[root] = len(reached)
    path = [(root, -1, iter(around[root]))]
    while path:
        node, came_by, ways = path[-1]
        for other, place in ways:
            if place == came_by:
                continue
            if other in reached:
                lowest[node] = min(lowest[node], reached[other])
                continue
            reached[other] = lowest[other] = len(reached)
            path.append((other, place, iter(around[other])))
            break
        else:
            path.pop()
            if path:
                before = path[-1][0]
                lowest[before] = min(lowest[before], lowest[node])
                if lowest[node] > reached[before]:
                    bridges.add(came_by)


def join(edges: Sequence[Edge]) -> dict[Node, int]:
    """Give each node the number of the piece of the network that it hangs together with."""
    pieces: dict[Node, Node] = {}

    def find(node: Node) -> Node:
        pieces.setdefault(node, node)
        while pieces[node] != node:
            pieces[node] = pieces[pieces[node]]
            node = pieces[node]
        return node

    for left, right in edges:
        pieces[find(left)] = find(right)
    numbers: dict[Node, int] = {}
    return {node: numbers.setdefault(find(node), len(numbers)) for node in list(pieces)}
