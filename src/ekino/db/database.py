"""A database to work in: one pool a role, and a transaction for every use."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from ekino.db.queries import load_queries
from ekino.kernel.errors import Broken, Pushback

_QUERIES = load_queries("ekino.db")


class Role(StrEnum):
    """Who asks. Each is a role of PostgreSQL that may do what its name says and no more."""

    INGEST = "ekino_ingest"
    OFFICE = "ekino_office"
    FOLLOWER = "ekino_follower"
    READER = "ekino_reader"
    # What organisations read in, by what they are; the database shows them their own rows only.
    EXHIBITOR = "ekino_exhibitor"
    # Producers too: whose film it is.
    DISTRIBUTOR = "ekino_distributor"
    VENDOR = "ekino_vendor"


# A page that has waited this long is answered 503; a fold or a bulk load may take longer.
STATEMENT_TIMEOUT_S = {
    Role.INGEST: 20,
    Role.OFFICE: 120,
    Role.FOLLOWER: 300,
    Role.READER: 30,
    Role.EXHIBITOR: 30,
    Role.DISTRIBUTOR: 30,
    Role.VENDOR: 30,
}
ROLES_OF_ORGANISATIONS = frozenset({Role.EXHIBITOR, Role.DISTRIBUTOR, Role.VENDOR})
LOCK_TIMEOUT_S = 15
POOL_CONNECTIONS_MAX = 8
POOL_WAIT_S = 10.0
# The server is there and has refused to wait any longer: come back, do not start anything.
_BUSY = (
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)


class Database:
    """
    PostgreSQL as the rooms see it.

    `set_role` says how a role is taken: by logging in as it (the embedded server), or by
    `SET ROLE` after logging in with your URL. Safe to share between threads.
    """

    def __init__(
        self,
        dsn: str,
        *,
        set_role: bool,
        ensure_running: Callable[[], None] | None = None,
    ) -> None:
        """Take the libpq connection string; nothing is opened before it is needed."""
        self.dsn = dsn
        self.set_role = set_role
        self._ensure_running = ensure_running
        self._pools: dict[Role, ConnectionPool[Connection[Any]]] = {}
        self._lock = threading.Lock()

    def conninfo(self, role: Role) -> str:
        """Give the connection string under which `role` logs in."""
        # As options of the connection they are what RESET ALL goes back to; those that come
        # with your URL stay, and ours come after them.
        options = (
            f"{conninfo_to_dict(self.dsn).get('options') or ''} "
            f"-c statement_timeout={STATEMENT_TIMEOUT_S[role] * 1000} "
            f"-c lock_timeout={LOCK_TIMEOUT_S * 1000} -c timezone=UTC "
            "-c idle_in_transaction_session_timeout=60000"
        )
        extra = {} if self.set_role else {"user": role.value}
        return make_conninfo(
            self.dsn,
            options=options.strip(),
            application_name=f"ekino {role.value.removeprefix('ekino_')}",
            connect_timeout=10,
            **extra,
        )

    def connect(self, role: Role) -> Connection[Any]:
        """Open a connection of one's own, such as the ingest writer's."""
        connection = psycopg.connect(self.conninfo(role))
        self._take_role(connection, role)
        return connection

    def _take_role(self, connection: Connection[Any], role: Role) -> None:
        if self.set_role:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role.value)))
            connection.commit()

    def _pool(self, role: Role) -> ConnectionPool[Connection[Any]]:
        with self._lock:
            pool = self._pools.get(role)
            if pool is None:
                pool = ConnectionPool(
                    self.conninfo(role),
                    min_size=0,
                    max_size=POOL_CONNECTIONS_MAX,
                    timeout=POOL_WAIT_S,
                    configure=lambda connection: self._take_role(connection, role),
                    # A connection that died with its server is replaced before it is lent.
                    check=ConnectionPool.check_connection,
                    open=True,
                )
                self._pools[role] = pool
            return pool

    @contextmanager
    def transaction(
        self, role: Role, *, organisation_id: int | None = None
    ) -> Iterator[Connection[Any]]:
        """
        Lend a connection in a transaction: committed at the end, rolled back on an exception.

        READ COMMITTED: each statement sees what was committed before it began. A role of
        organisations reads one snapshot instead, writes nothing, and sees the rows of
        `organisation_id` alone; without one it sees none. Raises `Pushback` when no connection
        can be had (`database_away`), or when a statement waited or ran for longer than its role
        may (`database_busy`).
        """
        if organisation_id is not None and role not in ROLES_OF_ORGANISATIONS:
            detail = f"{role.value} sees every row: it asks for no organisation"
            raise Broken(detail)
        try:
            with self._pool(role).connection() as connection:
                if role in ROLES_OF_ORGANISATIONS:
                    # The one place where it is said for whom we read. It ends with the
                    # transaction, so that the next who borrows this connection begins without.
                    connection.execute(_QUERIES.take_snapshot)
                    connection.execute(
                        _QUERIES.read_as_organisation,
                        {
                            "organisation": ""
                            if organisation_id is None
                            else organisation_id
                        },
                    )
                yield connection
        except _BUSY as error:
            detail = "the database is too busy just now"
            raise Pushback(detail, retry_after_s=2, code="database_busy") from error
        except (PoolTimeout, psycopg.OperationalError) as error:
            self.ensure_running()
            detail = "the database cannot be reached just now"
            raise Pushback(detail, retry_after_s=2, code="database_away") from error

    def ensure_running(self) -> None:
        """Start the embedded server again if it is gone; with your own server do nothing."""
        if self._ensure_running is not None:
            self._ensure_running()

    def close(self) -> None:
        """Close every pool."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()
