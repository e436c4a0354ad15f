"""The right edge of a growing tree: what has to be remembered to go on from where it stands."""

from collections.abc import Sequence

from ekino.proofs.merkle import EMPTY_ROOT, leaf_hash, level_above, node_hash, root_of
from ekino.proofs.tiles import LEVEL_MAX, TILE_HEIGHT, TILE_WIDTH, Tile, pack_entries


class Edge:
    """
    The right edge of the tree: of each level the hashes of the tile that is not full yet.

    Everything left of it is on disk for good.
    """

    def __init__(self, size: int, levels: list[list[bytes]], entries: list[bytes]) -> None:
        """Take the partial tiles from level 0 up, and the entries of the partial bundle."""
        self.size = size
        self._levels = levels
        self._entries = entries

    def root(self) -> bytes:
        """Give the root of the tree."""
        root: bytes | None = None
        for hashes in self._levels:
            end = len(hashes)
            while end:
                # Its full subtrees, the smallest (the rightmost) first.
                width = end & -end
                left = root_of(hashes[end - width : end])
                root = left if root is None else node_hash(left, root)
                end -= width
        return EMPTY_ROOT if root is None else root

    def extended(self, entries: Sequence[bytes]) -> "tuple[Edge, list[tuple[Tile, bytes]]]":
        """Give the edge after these entries, and every bundle and tile they make or widen."""
        first, size = self.size, self.size + len(entries)
        files: list[tuple[Tile, bytes]] = []
        tail = [*self._entries, *entries]
        index = first // TILE_WIDTH
        while len(tail) >= TILE_WIDTH:
            files.append((Tile(-1, index), pack_entries(tail[:TILE_WIDTH])))
            del tail[:TILE_WIDTH]
            index += 1
        if tail:
            files.append((Tile(-1, index, len(tail)), pack_entries(tail)))
        levels = [list(level) for level in self._levels]
        hashes = [leaf_hash(entry) for entry in entries]
        level = 0
        while hashes and level <= LEVEL_MAX:
            if level == len(levels):
                levels.append([])
            index = (size >> (TILE_HEIGHT * level)) // TILE_WIDTH
            waiting = levels[level] + hashes
            full = len(waiting) // TILE_WIDTH
            above: list[bytes] = []
            for number in range(full):
                part = waiting[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                files.append((Tile(level, index - full + number), b"".join(part)))
                while len(part) > 1:
                    part = level_above(part)
                above += part
            levels[level] = waiting[full * TILE_WIDTH :]
            if levels[level]:
                width = len(levels[level])
                files.append((Tile(level, index, width), b"".join(levels[level])))
            hashes = above
            level += 1
        return Edge(size, levels, tail), files
