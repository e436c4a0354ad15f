"""The Merkle tree of RFC 9162 over SHA-256: roots, and proofs made and verified."""

# Source: RFC 9162, §2.1 (the same tree as RFC 6962). Nothing but the standard library, so that
# an auditor can lift this file out and check us with it.

import hashlib
from collections.abc import Callable, Sequence

# SHA-256.
HASH_BYTES = 32
# The root of a tree without leaves.
EMPTY_ROOT = hashlib.sha256(b"").digest()
# Gives the root of a full, aligned subtree: that of the leaves [index << level, (index + 1)
# << level). Level 0 gives leaf hashes.
Subtree = Callable[[int, int], bytes]

_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """Give the hash of one entry's leaf."""
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of the node over two others."""
    return _sha256(b"\x01" + left + right).digest()


def level_above(hashes: Sequence[bytes]) -> list[bytes]:
    """Give the hashes of the nodes over each pair; an odd last one is left out."""
    digest = _sha256
    pairs = iter(hashes)
    return [
        digest(b"\x01" + left + right).digest()
        for left, right in zip(pairs, pairs, strict=False)
    ]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Give the root over these leaf hashes (or roots of full subtrees of one size)."""
    if not hashes:
        return EMPTY_ROOT
    # Level by level: an odd last hash waits at the right edge until the fold at the end.
    edge: list[bytes] = []
    level = list(hashes)
    while len(level) > 1:
        if len(level) & 1:
            edge.append(level.pop())
        level = level_above(level)
    edge.append(level[0])
    # From the inside out: the smallest subtree hangs lowest.
    right = edge[0]
    for larger in edge[1:]:
        right = node_hash(larger, right)
    return right


def root_of_range(first: int, past_end: int, subtree: Subtree) -> bytes:
    """
    Give MTH(D[first:past_end]) from the roots of full subtrees.

    `first` is aligned as the definition's recursion aligns it: to a power of two that is at
    least the range's length.
    """
    if past_end <= first:
        return EMPTY_ROOT
    # The range is a run of full subtrees, largest first; they fold from the right.
    roots: list[bytes] = []
    at = first
    while at < past_end:
        level = (past_end - at).bit_length() - 1
        roots.append(subtree(level, at >> level))
        at += 1 << level
    root = roots.pop()
    while roots:
        root = node_hash(roots.pop(), root)
    return root


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """
    Give the proof that leaf `index` is in the tree of `size` leaves: sibling first.

    Raises ValueError unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        message = f"a tree of {size} leaves has no leaf {index}"
        raise ValueError(message)
    path: list[bytes] = []
    first, past_end = 0, size
    while past_end - first > 1:
        split = first + _split(past_end - first)
        if index < split:
            path.append(root_of_range(split, past_end, subtree))
            past_end = split
        else:
            path.append(root_of_range(first, split, subtree))
            first = split
    path.reverse()
    return path


def consistency_proof(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """
    Give the proof that the tree of `second` leaves extends that of `first`.

    Raises ValueError unless 0 ≤ first ≤ second. Empty when first is 0 or equal to second.
    """
    if not 0 <= first <= second:
        message = f"a tree of {second} leaves cannot extend one of {first}"
        raise ValueError(message)
    if first in (0, second):
        return []
    proof: list[bytes] = []
    begin, past_end = 0, second
    # Whether the smaller tree is so far a whole subtree at the left edge: its root is known.
    is_known = True
    while first != past_end:
        split = begin + _split(past_end - begin)
        if first <= split:
            proof.append(root_of_range(split, past_end, subtree))
            past_end = split
        else:
            proof.append(root_of_range(begin, split, subtree))
            begin = split
            is_known = False
    if not is_known:
        proof.append(root_of_range(begin, past_end, subtree))
    proof.reverse()
    return proof


def _split(length: int) -> int:
    """Give the largest power of two below a length of at least 2."""
    return 1 << ((length - 1).bit_length() - 1)


def is_included(
    *, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes
) -> bool:
    """Say whether a path proves that a leaf hash stands at `index` under this root."""
    if not 0 <= index < size or any(len(each) != HASH_BYTES for each in path):
        return False
    at, last, result = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            result = node_hash(each, result)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            result = node_hash(result, each)
        at >>= 1
        last >>= 1
    return last == 0 and result == root


def is_consistent(  # noqa: C901 - the RFC's algorithm in one piece, to be laid beside it
    *,
    first: int,
    second: int,
    first_root: bytes,
    second_root: bytes,
    proof: Sequence[bytes],
) -> bool:
    """
    Say whether a proof shows that the second tree extends the first.

    A tree without leaves is extended by every tree, and its root is EMPTY_ROOT.
    """
    if not 0 <= first <= second or any(len(each) != HASH_BYTES for each in proof):
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if first == second:
        return not proof and first_root == second_root
    steps = [*proof]
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at >>= 1
        last >>= 1
    smaller = larger = steps[0]
    for each in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            smaller = node_hash(each, smaller)
            larger = node_hash(each, larger)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            larger = node_hash(larger, each)
        at >>= 1
        last >>= 1
    return last == 0 and smaller == first_root and larger == second_root
