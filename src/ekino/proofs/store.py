"""The tree head's table."""

from typing import Any, NamedTuple

from psycopg import Connection

from ekino.db.queries import load_queries
from ekino.kernel.errors import Broken

_QUERIES = load_queries("ekino.proofs")


class TreeHead(NamedTuple):
    """How many entries are integrated, and the root over them."""

    size: int
    root: bytes


def read_head(tx: Connection[Any]) -> TreeHead:
    """Read the tree head without taking it."""
    row = tx.execute(_QUERIES.read_head).fetchone()
    if row is None:
        detail = "the log has no tree head"
        raise Broken(detail, code="log_has_no_head")
    return TreeHead(row[0], bytes(row[1]))


def swap_head(tx: Connection[Any], old: TreeHead, new: TreeHead) -> bool:
    """Move the head from `old` to `new`; False when it is not `old` any more."""
    swap = {
        "old_size": old.size,
        "old_root": old.root,
        "size": new.size,
        "root": new.root,
    }
    return tx.execute(_QUERIES.swap_head, swap).fetchone() is not None
