"""Paths and bytes of tiles: one spelling each, and every trick is 404."""

import random

import pytest

from ekino.proofs.tiles import (
    Tile,
    TileMalformed,
    pack_entries,
    read_path,
    split_entries,
    split_hashes,
)

TRICKS = [
    "tile/0/0", "tile/00/000", "tile/0/0000", "tile/0/x000/000", "tile/0/x000", "tile/0/000.p/0",
    "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/257", "tile/0/000.p/", "tile/0/000.p",
    "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/0/+01", "tile/0/../checkpoint", "tile/../checkpoint",
    "tile/0/%2e%2e", "tile/0/00%30", "tile/0/000/", "/tile/0/000", "tile//0/000", "tile/0/x1/000",
    "tile/0/1000", "tile/entries", "tile/entries/000.p/0", "tile/ENTRIES/000", "tile/data/000",
    "tile/8/0/000", "tile/0/000?x=1", "tile/0/000 ", "tile/0/٠٠٠", "tile/0/000\n", "tile/0/X001/000",
    "tile/0/" + "x001/" * 9 + "000", "checkpoint", "",
]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_has_one_spelling(path: str) -> None:
    with pytest.raises(TileMalformed):
        read_path(path)


def test_every_tiles_path_is_read_back() -> None:
    dice = random.Random(5)
    for _ in range(2_000):
        tile = Tile(
            dice.randrange(-1, 64),
            dice.randrange(10 ** dice.randrange(1, 20)),
            dice.randrange(1, 257),
        )
        assert read_path(tile.path) == tile


def test_bundles_and_tiles_add_up() -> None:
    entries = [b"", b"a", bytes(66), bytes(65_535)]
    assert split_entries(pack_entries(entries)) == entries
    with pytest.raises(TileMalformed):
        split_entries(pack_entries(entries)[:-1])
    with pytest.raises(TileMalformed):
        split_hashes(bytes(33))
