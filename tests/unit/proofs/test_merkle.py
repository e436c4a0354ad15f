"""The tree and its proofs: every small size, against pymerkle and against every forgery."""

import random

import pytest
from pymerkle import InmemoryTree

from ekino.proofs.edge import Edge
from ekino.proofs.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    level_above,
    node_hash,
    root_of,
    root_of_range,
)
from ekino.proofs.tiles import right_edge, tiles_between, width_at
from log_making import an_entry

SIZES = range(1, 71)
ENTRIES = [an_entry(number) for number in range(1_101)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
LEVELS = [LEAVES]
while len(LEVELS[-1]) > 1:
    LEVELS.append(level_above(LEVELS[-1]))


def subtree(level: int, index: int) -> bytes:
    return LEVELS[level][index]


def root(size: int) -> bytes:
    return root_of_range(0, size, subtree)


def test_every_small_size_has_the_roots_and_paths_of_pymerkle() -> None:
    theirs = InmemoryTree(algorithm="sha256")
    for size in range(1, 1_101):
        theirs.append_entry(ENTRIES[size - 1])
        assert root(size) == theirs.get_root(size)
        assert root_of(LEAVES[:size]) == root(size)
    for size in (1, 2, 3, 255, 256, 257, 1_000):
        for index in {0, size // 2, size - 1}:
            # Its path begins with the leaf itself, and its indices at 1.
            path = theirs.prove_inclusion(index + 1, size).path
            assert inclusion_path(index, size, subtree) == list(path[1:])


def test_every_honest_proof_is_accepted_and_every_altered_one_refused() -> None:
    tried = 0
    for size in SIZES:
        for index in range(size):
            path = inclusion_path(index, size, subtree)
            leaf = LEAVES[index]
            assert is_included(
                index=index, size=size, leaf=leaf, path=path, root=root(size)
            )
            for forged in forgeries(path):
                tried += 1
                assert not is_included(
                    index=index, size=size, leaf=leaf, path=forged, root=root(size)
                )
            assert not is_included(
                index=index, size=size, leaf=leaf, path=path, root=EMPTY_ROOT
            )
            assert not is_included(
                index=size, size=size, leaf=leaf, path=path, root=root(size)
            )
            assert not is_included(
                index=-1, size=size, leaf=leaf, path=path, root=root(size)
            )
    assert tried > 2_000


def test_every_growth_is_proved_and_no_other() -> None:
    for second in SIZES:
        for first in range(second + 1):
            proof = consistency_proof(first, second, subtree)
            roots = {"first_root": root(first), "second_root": root(second)}
            assert is_consistent(first=first, second=second, proof=proof, **roots)
            for forged in forgeries(proof):
                assert not is_consistent(first=first, second=second, proof=forged, **roots)
            if first:
                other = {**roots, "first_root": root(first - 1)}
                assert not is_consistent(first=first, second=second, proof=proof, **other)
            assert not is_consistent(first=second + 1, second=second, proof=proof, **roots)


def forgeries(path: list[bytes]) -> list[list[bytes]]:
    """Drop, add, double, swap and flip."""
    forged = [path[:-1]] if path else []
    forged += [path[1:]] if len(path) > 1 else []
    forged += [[*path, bytes(32)], [bytes(32), *path], [*path, b"short"]]
    forged += [[path[1], path[0], *path[2:]]] if len(path) > 1 else []
    forged += [[bytes([path[0][0] ^ 1]) + path[0][1:], *path[1:]]] if path else []
    return [each for each in forged if each != path]


def test_an_entry_that_looks_like_a_node_is_no_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)
    inner = node_hash(left, right)
    # The same bytes as an entry of 64 bytes, offered as the leaf of a smaller tree.
    assert not is_included(
        index=0, size=1, leaf=leaf_hash(left + right), path=[], root=inner
    )


@pytest.mark.parametrize("size", [0, 1, 2])
def test_asking_for_what_cannot_be_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_path(size, size, subtree)
    with pytest.raises(ValueError, match="cannot extend"):
        consistency_proof(size + 1, size, subtree)


def test_an_edge_cut_anywhere_comes_to_the_same_tiles() -> None:
    dice = random.Random(7)
    whole, _ = Edge(0, [], []).extended(ENTRIES)
    for _ in range(20):
        edge = Edge(0, [], [])
        written: dict[str, bytes] = {}
        while edge.size < len(ENTRIES):
            count = dice.randint(1, 400)
            before = edge.size
            edge, files = edge.extended(ENTRIES[edge.size : edge.size + count])
            assert [tile for tile, _ in files] == list(tiles_between(before, edge.size))
            for tile, body in files:
                assert written.setdefault(tile.path, body) == body
            assert edge.root() == root(edge.size)
        assert edge.root() == whole.root()


def test_the_width_of_a_tile_is_what_the_tree_has_of_it() -> None:
    for size in (0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 70_000):
        for tile in right_edge(size):
            assert width_at(tile.level, tile.index, size) == tile.width
            assert 1 <= tile.width <= 255
