"""The fold over batches: to follow, and to begin again."""

from ekino.db.database import Database, Role
from ekino.feeds.store import batches as store

# Batches folded in one transaction: their rows without their bodies, some tens of milliseconds.
FOLD_BATCHES_MAX = 5_000


def follow(db: Database, *, batches_max: int = FOLD_BATCHES_MAX) -> int:
    """
    Fold the next batches, and give how many there were.

    Any number of followers may run at once: they take turns at the follower's row.
    """
    with db.transaction(Role.FOLLOWER) as tx:
        return store.fold_next(tx, batches_max=batches_max)
        # From here the batches are counted; a crash before it counts none of them.


def rebuild(db: Database) -> int:
    """Read every batch again and give how many there were; readers see the old hours until then."""
    folded = 0
    with db.transaction(Role.FOLLOWER) as tx:
        store.forget(tx)
        while count := store.fold_next(tx, batches_max=FOLD_BATCHES_MAX):
            folded += count
    return folded
