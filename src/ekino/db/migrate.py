"""Migrations: numbered SQL, applied once, in order, and never edited afterwards."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

import psycopg
from psycopg import Connection, sql

from ekino.db.queries import load_queries
from ekino.kernel.errors import Broken, Pushback, Refused

Stage = Literal["pre", "post"]
_FILE = re.compile(r"^(\d{4})_(pre|post)_([a-z0-9_]+)\.sql$")
_QUERIES = load_queries("ekino.db")
# Migrations of this name make roles, which belong to the server: the owner cannot run them.
_ROLES = "create_roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered file."""

    number: int
    stage: str
    name: str
    text: str
    # A query that must return nothing once the migration has moved its rows; "" when it moves none.
    check: str = ""

    @property
    def sha256(self) -> str:
        """The file's digest, by which an edited migration is found out."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def known_migrations() -> list[Migration]:
    """Give every migration of this release, in order; `Broken` when a number is missing."""
    migrations = []
    folder = files("ekino.db").joinpath("migrations")
    for path in folder.iterdir():
        if path.name.endswith(".check.sql") or not path.name.endswith(".sql"):
            continue
        check = folder.joinpath(path.name.removesuffix(".sql") + ".check.sql")
        match = _FILE.match(path.name)
        if match is None:
            detail = f"{path.name} is not named NNNN_pre_name.sql or NNNN_post_name.sql"
            raise Broken(detail)
        migrations.append(
            Migration(
                number=int(match[1]),
                stage=match[2],
                name=match[3],
                text=path.read_text("utf-8"),
                check=check.read_text("utf-8") if check.is_file() else "",
            )
        )
    migrations.sort(key=lambda migration: migration.number)
    if [each.number for each in migrations] != list(range(1, len(migrations) + 1)):
        detail = "the migrations are not numbered 0001, 0002, … without a gap"
        raise Broken(detail)
    return migrations


def applied_migrations(connection: Connection[Any]) -> dict[int, tuple[str, datetime]]:
    """Give what this database says was applied: number → (digest, when)."""
    row = connection.execute(_QUERIES.has_migration_table).fetchone()
    if row is None or not row[0]:
        return {}
    return {
        number: (digest, applied_at)
        for number, _name, _stage, digest, applied_at in connection.execute(
            _QUERIES.read_migrations
        )
    }


def migrate(connection: Connection[Any], *, stage: Stage | None = None) -> list[Migration]:
    """
    Apply what is missing, each migration in a transaction of its own, and give what was applied.

    `connection` is in autocommit and belongs to whoever may create roles. With `stage` only the
    migrations up to the first one of the other stage are applied. Raises `Refused` when a
    migration was edited after it was applied, or the user may not create the roles.
    """
    try:
        connection.execute(_QUERIES.limit_migration_wait)
        connection.execute(_QUERIES.lock_migrations)
    except psycopg.errors.LockNotAvailable as error:
        detail = "another process has been migrating this database for minutes"
        raise Pushback(detail, retry_after_s=30, code="migration_running") from error
    applied = applied_migrations(connection)
    done: list[Migration] = []
    for migration in known_migrations():
        if migration.number in applied:
            if applied[migration.number][0] != migration.sha256:
                detail = (
                    f"migration {migration.number:04d}_{migration.name} was edited after it "
                    "was applied: restore it and write a new one"
                )
                raise Refused(detail, code="migration_edited")
            continue
        if stage is not None and migration.stage != stage:
            break
        _apply(connection, migration)
        done.append(migration)
    return done


def _apply(connection: Connection[Any], migration: Migration) -> None:
    with connection.transaction():
        connection.execute(_QUERIES.limit_migration)
        try:
            makes_roles = migration.name.startswith(_ROLES)
            if makes_roles and not _roles_are_ready(connection):
                connection.execute(_raw(migration.text))
            connection.execute(_QUERIES.become_owner)
            connection.execute(_QUERIES.create_bookkeeping)
            connection.execute(_QUERIES.create_migration_table)
            connection.execute(_QUERIES.show_migration_table)
            if not makes_roles:
                connection.execute(_raw(migration.text))
        except psycopg.errors.InsufficientPrivilege as error:
            detail = (
                f"this user may not apply migration {migration.number:04d}_{migration.name}: "
                f"{error.diag.message_primary}. Give it CREATEROLE and make it the owner of the "
                "database, or let an administrator run `ekino db migrate` once with his own URL"
            )
            raise Refused(detail, code="database_rights_missing") from error
        if migration.check and connection.execute(_raw(migration.check)).fetchone():
            detail = (
                f"migration {migration.number:04d}_{migration.name} left rows that its check "
                "finds; it was rolled back"
            )
            raise Broken(detail, code="migration_incomplete")
        connection.execute(
            _QUERIES.note_migration,
            {
                "number": migration.number,
                "name": migration.name,
                "stage": migration.stage,
                "sha256": migration.sha256,
            },
        )
        # Nothing is applied before this commit; after it, the migration is never run again.


def _roles_are_ready(connection: Connection[Any]) -> bool:
    """Whether somebody has made the roles and given them to this user, who then need not."""
    row = connection.execute(_QUERIES.are_roles_ready).fetchone()
    return row is not None and row[0]


def _raw(text: str) -> sql.SQL:
    return sql.SQL(text)  # our own files, not a reader's text
