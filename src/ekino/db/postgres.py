"""Opening a database: embedded or yours, migrated, and proved durable before anybody writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from ekino.db.database import Database, Role
from ekino.db.durability import verify_durable
from ekino.db.embedded import Embedded
from ekino.db.migrate import migrate
from ekino.db.queries import load_queries
from ekino.kernel.errors import Refused

_QUERIES = load_queries("ekino.db")
# A server killed while we open it is started again so many times.
_OPEN_TRIES_MAX = 5
# The embedded server's databases.
LIVE_DATABASE = "ekino"
TEST_DATABASE = "ekino_test"


@contextmanager
def open_database(url: str, data_dir: Path) -> Iterator[Database]:
    """
    Lend a database that is migrated and durable.

    With `url` it is yours; without, PostgreSQL 18 is started under `data_dir`, or joined where
    another process of ours runs it. Raises `Refused` for a database that is too old, not
    durable, of another major version, or out of reach.
    """
    if url:
        database = Database(url, set_role=True)
        try:
            prepare(database)
            yield database
        finally:
            database.close()
        return
    embedded = Embedded(data_dir)
    try:
        dsn = embedded.open()
        database = Database(dsn, set_role=False, ensure_running=embedded.ensure_running)
        try:
            # One process at a time: two that start together would make everything twice.
            with embedded.alone():
                _open_patiently(embedded, database)
            yield database
        finally:
            database.close()
    finally:
        embedded.close()


@contextmanager
def open_test_database(live: Database, url: str, data_dir: Path) -> Iterator[Database]:
    """
    Lend the database of the test register, migrated and durable, beside an open live one.

    With `url` it is yours; without, it is another of the embedded server's. Raises `Refused`
    when the live database is yours and there is no url (`test_mode_off`), or is the same.
    """
    if url:
        if make_conninfo(url) == make_conninfo(live.dsn):
            detail = "EKINO_SANDBOX_DATABASE_URL names the register's own database"
            raise Refused(detail, code="settings_malformed")
        database = Database(url, set_role=True)
        try:
            prepare(database)
            yield database
        finally:
            database.close()
        return
    if live.set_role:
        detail = "there is no test register here: EKINO_SANDBOX_DATABASE_URL is not set"
        raise Refused(detail, code="test_mode_off")
    embedded = Embedded(data_dir)
    dsn = make_conninfo(live.dsn, dbname=TEST_DATABASE)
    database = Database(dsn, set_role=False, ensure_running=live.ensure_running)
    try:
        with embedded.alone():
            _create_database(dsn, TEST_DATABASE)
            prepare(database)
        yield database
    finally:
        database.close()


def _open_patiently(embedded: Embedded, database: Database) -> None:
    """Migrate and check; start again when the server dies under our hands."""
    for tries_left in reversed(range(_OPEN_TRIES_MAX)):
        try:
            _create_database(database.dsn, LIVE_DATABASE)
            prepare(database)
        except (psycopg.OperationalError, Refused) as error:
            is_final = isinstance(error, Refused) and error.code != "database_unreachable"
            if is_final or tries_left == 0:
                raise
            embedded.ensure_running_alone()
        else:
            return


def _create_database(dsn: str, name: str) -> None:
    maintenance = make_conninfo(dsn, dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        if connection.execute(_QUERIES.find_database, {"name": name}).fetchone() is None:
            statement = sql.SQL(_QUERIES.create_database)
            connection.execute(statement.format(sql.Identifier(name)))


def prepare(database: Database) -> None:
    """Migrate a database and refuse it unless it is durable for every role that writes."""
    try:
        connection = psycopg.connect(database.dsn, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        detail = f"the database cannot be reached: {str(error).strip()}"
        raise Refused(detail, code="database_unreachable") from error
    with connection:
        verify_durable(connection, who="the owner")
        migrate(connection)
        if not database.set_role:
            connection.execute(_QUERIES.let_roles_log_in)
    for role in Role:
        try:
            own = database.connect(role)
        except (
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.InvalidParameterValue,
        ) as error:
            detail = (
                f"this user may not become {role.value}: {error.diag.message_primary}. An "
                f"administrator has to run: GRANT {', '.join(Role)} TO the user of "
                "EKINO_DATABASE_URL"
            )
            raise Refused(detail, code="database_rights_missing") from error
        with own:
            verify_durable(own, who=role.value)
