"""Verifying a copy of the log, somebody else's too, with nothing but the public key."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ekino.proofs.checkpoint import Checkpoint, Policy, open_checkpoint
from ekino.proofs.edge import Edge
from ekino.proofs.note import Check, NoteMalformed, NoteUnproved
from ekino.proofs.tiles import (
    TILE_WIDTH,
    Tile,
    TileMalformed,
    right_edge,
    split_entries,
    width_at,
)

# Gives the bytes at a path below the log's prefix; OSError when there is nothing.
Read = Callable[[str], bytes]
# Told how many more entries are done.
Progress = Callable[[int], None]
# Bundles that are rebuilt into tiles at once, and read at once.
_BUNDLES_AT_ONCE = 64
_READS_AT_ONCE = 8
# After so many the copy is not worth another word.
PROBLEMS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    # Stable, for programs.
    code: str
    # The first entry it touches, or None when it touches all.
    position: int | None
    detail: str


def verify_copy(
    read: Read, policy: Policy, checks: dict[int, Check], progress: Progress
) -> tuple[Checkpoint | None, list[Finding]]:
    """
    Rebuild every tile and the root of a copy from its entries, and compare.

    Nothing but the entries is believed: each tile that is served must be the one that they
    make, so that a flipped bit anywhere is found (CVE-2026-56865 was one that was not).
    """
    try:
        checkpoint = open_checkpoint(read("checkpoint"), policy, checks)
    except (OSError, NoteMalformed, NoteUnproved) as error:
        finding = Finding(code="checkpoint_unproved", position=None, detail=str(error))
        return None, [finding]
    return checkpoint, verify_tree(read, checkpoint, progress)


def verify_tree(read: Read, checkpoint: Checkpoint, progress: Progress) -> list[Finding]:
    """Compare bundles, tiles and root of a copy with each other and with this checkpoint."""
    findings: list[Finding] = []
    edge = Edge(0, [], [])
    for entries in _bundles(read, checkpoint.size, findings):
        edge, files = edge.extended(entries)
        last = right_edge(edge.size) if edge.size == checkpoint.size else []
        wanted = [
            (tile, body)
            for tile, body in files
            if tile.level >= 0 and (tile.width == TILE_WIDTH or tile in last)
        ]
        findings += _different(read, wanted)
        progress(len(entries))
        if len(findings) >= PROBLEMS_MAX:
            return findings
    if edge.size != checkpoint.size:
        detail = f"{edge.size} of {checkpoint.size} entries are there to be read"
        findings.append(Finding(code="entries_missing", position=edge.size, detail=detail))
    elif edge.root() != checkpoint.root:
        detail = f"the entries make the root {edge.root().hex()}, not the checkpoint's"
        findings.append(Finding(code="root_differs", position=None, detail=detail))
    return findings


def _bundles(read: Read, size: int, findings: list[Finding]) -> Iterator[list[bytes]]:
    """Give the entries in runs of bundles, up to the first one that cannot be read."""
    count = -(-size // TILE_WIDTH)
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        for first in range(0, count, _BUNDLES_AT_ONCE):
            tiles = [
                Tile(-1, index, width_at(-1, index, size))
                for index in range(first, min(count, first + _BUNDLES_AT_ONCE))
            ]
            entries: list[bytes] = []
            for tile, body in zip(
                tiles, pool.map(lambda tile: read_tile(read, tile), tiles), strict=True
            ):
                try:
                    found = split_entries(_or_raise(body))
                    if len(found) != tile.width:
                        message = f"{len(found)} entries, not {tile.width}"
                        raise TileMalformed(message)
                except (OSError, TileMalformed) as error:
                    position = tile.index * TILE_WIDTH
                    detail = f"{tile.path}: {error}"
                    findings.append(
                        Finding(code="bundle_unreadable", position=position, detail=detail)
                    )
                    yield entries
                    return
                entries += found
            yield entries


def read_tile(read: Read, tile: Tile) -> bytes | OSError:
    """Read a tile, or the full one in place of a partial one that is there no more."""
    try:
        return read(tile.path)
    except OSError as error:
        if tile.width == TILE_WIDTH:
            return error
    whole = read_tile(read, tile.whole)
    if isinstance(whole, OSError):
        return whole
    if tile.level >= 0:
        return whole[: tile.width * 32]
    entries = split_entries(whole)[: tile.width]
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)


def _or_raise(body: bytes | OSError) -> bytes:
    if isinstance(body, OSError):
        raise body
    return body


def _different(read: Read, wanted: list[tuple[Tile, bytes]]) -> list[Finding]:
    findings = []
    with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
        bodies = pool.map(lambda each: read_tile(read, each[0]), wanted)
        for (tile, expected), body in zip(wanted, bodies, strict=True):
            if body == expected:
                continue
            first = tile.index * TILE_WIDTH << (8 * tile.level)
            words = str(body) if isinstance(body, OSError) else "not what the entries make"
            detail = f"{tile.path}: {words}"
            findings.append(Finding(code="tile_differs", position=first, detail=detail))
    return findings
