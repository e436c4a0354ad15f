"""What the operations room is told."""

from ekino.archive.store import watch as store
from ekino.db.database import Database, Role


def read_lags(db: Database) -> dict[str, int]:
    """Give the register's size, and by follower the entries that it has not seen."""
    with db.transaction(Role.READER) as tx:
        return store.read_lags(tx)
