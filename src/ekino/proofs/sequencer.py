"""The sequencer: follows the register and writes its entries as bundles and tiles."""

import time
from pathlib import Path

from ekino.db.database import Database, Role
from ekino.kernel.errors import Broken, Pushback
from ekino.proofs import store
from ekino.proofs.checkpoint import read_checkpoint
from ekino.proofs.edge import Edge
from ekino.proofs.folder import LogFolder, Turn
from ekino.proofs.merkle import leaf_hash
from ekino.proofs.note import NoteMalformed, read_note
from ekino.proofs.reading import read_log_entries
from ekino.proofs.store import TreeHead
from ekino.proofs.tiles import (
    TILE_WIDTH,
    Tile,
    TileReader,
    right_edge,
    split_entries,
    width_at,
)
from ekino.register import service as register

# Entries of one run: 128 full bundles, a third of a second of work and one round of fsyncs.
RUN_ENTRIES_MAX = 32_768
# On a quiet evening entries are integrated at most so often: each time writes partial tiles.
RUN_AGAIN_S = 0.25


def read_edge(folder: LogFolder, head: TreeHead) -> Edge:
    """
    Rebuild the right edge of a head from the files, and compare.

    Raises `Broken` when files are missing or are not those of this head: the log never goes
    on from something it cannot prove.
    """
    reader = TileReader(head.size, folder.read)
    try:
        levels: list[list[bytes]] = []
        for tile in right_edge(head.size):
            while len(levels) < tile.level:
                levels.append([])
            levels.append(reader.hashes(tile.level, tile.index))
        entries: list[bytes] = []
        index = head.size // TILE_WIDTH
        if width := width_at(-1, index, head.size):
            entries = split_entries(folder.read(Tile(-1, index, width)))
    except (OSError, ValueError) as error:
        detail = f"the log's head is at {head.size}, and its files are not: {error}"
        raise Broken(detail, code="log_files_missing") from error
    edge = Edge(head.size, levels, entries)
    is_whole = [leaf_hash(entry) for entry in entries] == (levels[0] if levels else [])
    if edge.root() != head.root or not is_whole:
        detail = f"the log's files give another root than its head at {head.size}"
        raise Broken(detail, code="log_files_differ")
    return edge


class Sequencer:
    """Follows the register into the log's files; one in each process that may do so."""

    def __init__(self, path: Path) -> None:
        """Take the log's folder."""
        self._folder = LogFolder(path)
        # Beside the folder, not in it: what is in it is the public's.
        self._turn = Turn(path.with_name(path.name + ".sequencer"))
        self._edge: Edge | None = None
        self._rest_until_s = 0.0

    def follow(self, db: Database, *, entries_max: int = RUN_ENTRIES_MAX) -> int:
        """
        Integrate the next entries, and give how many there were.

        0 too while another process of this machine has the turn. Raises `Broken`, and
        changes nothing, when the log is ahead of the register or its files are not those of
        its head: it halts, and never rolls back.
        """
        if not self._turn.take():
            return 0
        if self._edge is None:
            self._edge = self._recover(db)
        edge = self._edge
        with db.transaction(Role.FOLLOWER) as tx:
            head = store.read_head(tx)
        size = register.read_head(db).size
        _verify_not_ahead(head.size, size)
        if head.size != edge.size:
            self._edge = None
            detail = f"the log's head is at {head.size}, ours at {edge.size}: looking again"
            raise Pushback(detail, retry_after_s=1, code="log_head_moved")
        waiting = size - edge.size
        if not waiting or (waiting < entries_max and time.monotonic() < self._rest_until_s):
            return 0
        count = min(waiting, entries_max)
        self._integrate(db, edge, head, count)
        self._rest_until_s = time.monotonic() + RUN_AGAIN_S
        return count

    def _integrate(self, db: Database, edge: Edge, head: TreeHead, count: int) -> None:
        entries = read_log_entries(db, first=edge.size, past_end=edge.size + count)
        longer, files = edge.extended(entries)
        # A crash from here on leaves files of a size that no head names yet; the next run
        # writes the same bytes again.
        self._folder.write([(tile.path, body) for tile, body in files])
        with db.transaction(Role.FOLLOWER) as tx:
            is_ours = store.swap_head(tx, head, TreeHead(longer.size, longer.root()))
        if not is_ours:
            self._edge = None
            detail = "another sequencer moved the log's head first"
            raise Pushback(detail, retry_after_s=1, code="log_head_moved")
        # From here the entries are integrated: bundles and tiles were durable before.
        self._edge = longer
        self._folder.drop_partials([tile for tile, _ in files if tile.width == TILE_WIDTH])

    def _recover(self, db: Database) -> Edge:
        """Find out where the log stands; runs at every start, not only after an accident."""
        with db.transaction(Role.FOLLOWER) as tx:
            head = store.read_head(tx)
        _verify_not_ahead(head.size, register.read_head(db).size)
        published = self._folder.read_checkpoint()
        if published:
            try:
                size = read_checkpoint(read_note(published).text).size
            except NoteMalformed as error:
                detail = f"the published checkpoint cannot be read: {error}"
                raise Broken(detail, code="log_checkpoint_malformed") from error
            if size > head.size:
                detail = (
                    f"a checkpoint of {size} entries was published, the database's log has "
                    f"{head.size}: was a backup restored? The log never goes back"
                )
                raise Broken(detail, code="log_is_ahead")
        return read_edge(self._folder, head)

    def close(self) -> None:
        """Let another process have the turn."""
        self._turn.leave()


def _verify_not_ahead(integrated: int, entered: int) -> None:
    if integrated > entered:
        detail = (
            f"the log has {integrated} entries, the register {entered}: was a backup "
            "restored? The log never goes back"
        )
        raise Broken(detail, code="log_is_ahead")
