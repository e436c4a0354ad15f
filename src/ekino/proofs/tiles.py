"""Tiles and entry bundles (C2SP tlog-tiles): their paths, their bytes, and reading through them."""

# Source: C2SP tlog-tiles. Standard library only: whoever reads hands in how a path is read.

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ekino.proofs.merkle import EMPTY_ROOT, HASH_BYTES, root_of, root_of_range

# Hashes in a full tile, entries in a full bundle; the height is always 8.
TILE_WIDTH = 256
TILE_HEIGHT = 8
LEVEL_MAX = 63
_LENGTH_BYTES = 2
_ENTRIES = "entries"
_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
# Seven elements of three digits: as many as 2**63 entries in tiles of 256 can need.
_INDEX_ELEMENTS_MAX = 7


class TileMalformed(ValueError):
    """A path or its bytes are not those of a tile."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of hashes, or, at level −1, a bundle of entries; `width` is 256 when full."""

    level: int
    index: int
    width: int = TILE_WIDTH

    @property
    def whole(self) -> "Tile":
        """The full tile that takes the place of a partial one."""
        return Tile(self.level, self.index)

    @property
    def path(self) -> str:
        """The path below the log's prefix."""
        level = _ENTRIES if self.level < 0 else str(self.level)
        rest = f"{self.index % 1000:03d}"
        above = self.index // 1000
        while above:
            rest = f"x{above % 1000:03d}/{rest}"
            above //= 1000
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{rest}{partial}"


def read_path(path: str) -> Tile:
    """Read a path in its one spelling; `TileMalformed` for any other."""
    match = _PATH.fullmatch(path)
    if match is None or not path.isascii():
        message = f"{path[:100]!r} is no tile's path"
        raise TileMalformed(message)
    level = -1 if match["level"] == _ENTRIES else int(match["level"])
    elements = match["index"].replace("x", "").split("/")
    width = int(match["width"] or TILE_WIDTH)
    tile = Tile(level, int("".join(elements)), width)
    is_bounded = (
        level <= LEVEL_MAX and len(elements) <= _INDEX_ELEMENTS_MAX and width <= TILE_WIDTH
    )
    if not is_bounded or tile.path != path:
        # Leading zeros, a full tile named as a partial one, a width over 256.
        message = f"{path[:100]!r} is not the one spelling of a tile's path"
        raise TileMalformed(message)
    return tile


def width_at(level: int, index: int, size: int) -> int:
    """Give the width that a tile has in a tree of `size` leaves: 0 … 256."""
    hashes = size >> (TILE_HEIGHT * max(level, 0))
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def tiles_between(first: int, past_end: int) -> Iterator[Tile]:
    """
    Give the tiles and bundles that a tree of `past_end` leaves has and one of `first` has not.

    Bundles first, then level by level: what a checkpoint refers to stands before it does.
    """
    for level in range(-1, LEVEL_MAX + 1):
        shift = TILE_HEIGHT * max(level, 0)
        before, after = first >> shift, past_end >> shift
        if after == 0:
            return
        if before == after:
            continue
        for index in range(before // TILE_WIDTH, -(-after // TILE_WIDTH)):
            yield Tile(level, index, width_at(level, index, past_end))


def right_edge(size: int) -> list[Tile]:
    """Give the partial tiles of a tree of `size` leaves, from level 0 up."""
    edge = []
    level = 0
    while hashes := size >> (TILE_HEIGHT * level):
        if width := hashes % TILE_WIDTH:
            edge.append(Tile(level, hashes // TILE_WIDTH, width))
        level += 1
    return edge


def split_hashes(raw: bytes) -> list[bytes]:
    """Give the hashes of a tile's bytes."""
    if len(raw) % HASH_BYTES:
        message = f"a tile is a row of hashes of {HASH_BYTES} bytes, this has {len(raw)}"
        raise TileMalformed(message)
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Give the bytes of a bundle of entries."""
    return b"".join(len(each).to_bytes(_LENGTH_BYTES, "big") + each for each in entries)


def split_entries(raw: bytes) -> list[bytes]:
    """Give the entries of a bundle; `TileMalformed` when the lengths do not add up."""
    entries = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH_BYTES], "big")
        at += _LENGTH_BYTES
        entry = raw[at : at + length]
        if len(entry) != length:
            message = "a bundle ends in the middle of an entry"
            raise TileMalformed(message)
        entries.append(entry)
        at += length
    return entries


class TileReader:
    """
    Roots of full subtrees of a log of `size` leaves, read through its tiles.

    Trusts what it reads: a proof made from it is worth what its verifier finds. Remembers
    every tile it has read, so that one reader serves one question or one edge.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        """Take how a tile is read; `read` raises what it likes when there is none."""
        self.size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def hashes(self, level: int, index: int) -> list[bytes]:
        """Give the hashes of one tile as wide as the tree has it."""
        found = self._tiles.get((level, index))
        if found is None:
            width = width_at(level, index, self.size)
            found = split_hashes(self._read(Tile(level, index, width)))
            if len(found) != width:
                message = f"tile {level}/{index} has {len(found)} hashes, not {width}"
                raise TileMalformed(message)
            self._tiles[level, index] = found
        return found

    def subtree(self, level: int, index: int) -> bytes:
        """Give the root of the leaves [index << level, (index + 1) << level)."""
        tile_level, above = divmod(level, TILE_HEIGHT)
        first = index << above
        hashes = self.hashes(tile_level, first // TILE_WIDTH)
        begin = first % TILE_WIDTH
        return root_of(hashes[begin : begin + (1 << above)])

    def root(self) -> bytes:
        """Give the root of the whole tree."""
        if self.size == 0:
            return EMPTY_ROOT
        return root_of_range(0, self.size, self.subtree)
