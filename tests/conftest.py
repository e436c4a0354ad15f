"""What tests share: one embedded PostgreSQL a run, and a database of its own for each test."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.db.postgres import open_database

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Give the folder of an embedded PostgreSQL that runs for the whole run."""
    # A short path: a unix socket's must not exceed 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ekino-"))
    server = Embedded(folder)
    server.open()
    try:
        # Opening makes and migrates the database that every test's own is a copy of.
        with open_database("", folder):
            pass
        yield folder
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def db(server_folder: Path) -> Iterator[Database]:
    """Give a fresh, migrated database, gone after the test."""
    yield from fresh(server_folder)


@pytest.fixture
def sandbox_db(server_folder: Path) -> Iterator[Database]:
    """Give another, for the test register beside it."""
    yield from fresh(server_folder)


def fresh(server_folder: Path) -> Iterator[Database]:
    """Make a database, lend it and take it away again."""
    server = Embedded(server_folder)
    name = f"test_{next(_NUMBERS)}"
    maintenance = psycopg.conninfo.make_conninfo(server.dsn, dbname="postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE ekino").format(sql.Identifier(name))
        )
    database = Database(
        psycopg.conninfo.make_conninfo(server.dsn, dbname=name), set_role=False
    )
    try:
        yield database
    finally:
        database.close()
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
