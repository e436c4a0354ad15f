"""What an operator looks through: counts and rows of the catalog, followers and their lag."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ekino.access.store import registry as store
from ekino.db.database import Database, Role

# Rows of the registry on one page, and in one file: a country's halls several times over.
REGISTRY_PAGE_ROWS_MAX = 100
REGISTRY_FILE_ROWS_MAX = 20_000
KINDS = ("venues", "halls", "films", "organisations", "sources")
_NEVER = 1970


@dataclass(frozen=True, slots=True)
class Follower:
    """A follower of the register, with how far it is behind."""

    name: str
    size: int
    next: int
    # None: never, or it does not say.
    folded_at: datetime | None

    @property
    def lag(self) -> int:
        """What it has not read yet."""
        return max(0, self.size - self.next)


@dataclass(frozen=True, slots=True)
class Machine:
    """How the register's database is."""

    followers: tuple[Follower, ...]
    database_bytes: int
    postgresql: str


def count_registry(db: Database) -> dict[str, int]:
    """Say how much of everything there is, by kind; keys are counted too."""
    with db.transaction(Role.READER) as tx:
        return store.count_registry(tx)


def list_registry(
    db: Database, kind: str, *, page: int = 1, rows: int = REGISTRY_PAGE_ROWS_MAX
) -> tuple[list[dict[str, Any]], bool]:
    """Give a page of rows of one of KINDS, and whether there are more."""
    with db.transaction(Role.READER) as tx:
        found = store.list_registry(tx, kind, limit=rows + 1, offset=(page - 1) * rows)
    return found[:rows], len(found) > rows


def read_machine(db: Database) -> Machine:
    """Say how far the followers are, and how large the database is."""
    with db.transaction(Role.READER) as tx:
        followers = tuple(
            Follower(
                row.name,
                row.size,
                row.next,
                None
                if row.folded_at is None or row.folded_at.year <= _NEVER
                else row.folded_at,
            )
            for row in store.list_followers(tx)
        )
        size, version = store.read_server(tx)
    return Machine(followers, size, version)
