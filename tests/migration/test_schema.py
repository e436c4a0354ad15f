"""The schema beside the migrations: two ways to the same database."""

from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ekino.db.database import Database
from ekino.db.migrate import known_migrations

# In the order in which they build on one another; row security looks at all of them.
ROOMS = (
    "roles",
    "catalog",
    "access",
    "register",
    "totals",
    "proofs",
    "verify",
    "opendata",
    "archive",
    "feeds",
    "own",
    "notices",
    "intake",
    "workbench",
    "certification",
    "organisations",
)
SCHEMAS = (
    "(SELECT nspname::text FROM pg_namespace"
    " WHERE nspname !~ '^(pg_.*|information_schema|public|db)$')"
)
QUESTIONS = (
    f"SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default, collation_name, ordinal_position FROM information_schema.columns WHERE table_schema IN {SCHEMAS} ORDER BY 1, 2, 8",
    f"SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace::regnamespace::text IN {SCHEMAS} ORDER BY 1, 2",
    f"SELECT schemaname, indexname, indexdef FROM pg_indexes WHERE schemaname IN {SCHEMAS} ORDER BY 1, 2",
    f"SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE relnamespace::regnamespace::text IN {SCHEMAS} AND NOT tgisinternal ORDER BY 1, 2",
    f"SELECT proname, pg_get_functiondef(oid), proacl::text FROM pg_proc WHERE pronamespace::regnamespace::text IN {SCHEMAS} ORDER BY 1",
    # Rights as a set: the order in which they were granted says nothing.
    f"SELECT oid::regclass::text, ARRAY(SELECT each::text FROM unnest(relacl) AS each ORDER BY 1), relowner::regrole::text, reloptions::text, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace::regnamespace::text IN {SCHEMAS} ORDER BY 1",
    f"SELECT attrelid::regclass::text, attname, ARRAY(SELECT each::text FROM unnest(attacl) AS each ORDER BY 1) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace::regnamespace::text IN {SCHEMAS} AND attacl IS NOT NULL ORDER BY 1, 2",
    f"SELECT nspname, ARRAY(SELECT each::text FROM unnest(nspacl) AS each ORDER BY 1) FROM pg_namespace WHERE nspname IN {SCHEMAS} ORDER BY 1",
    f"SELECT schemaname, tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies WHERE schemaname IN {SCHEMAS} ORDER BY 1, 2, 3",
    f"SELECT schemaname, viewname, viewowner, definition FROM pg_views WHERE schemaname IN {SCHEMAS} ORDER BY 1, 2",
)


def describe(connection: psycopg.Connection[Any]) -> list[list[Any]]:
    return [connection.execute(question).fetchall() for question in QUESTIONS]


def test_schema_and_migrations_make_the_same_database(db: Database) -> None:
    with psycopg.connect(db.dsn, autocommit=True) as connection:
        migrated = describe(connection)
        connection.execute("CREATE DATABASE from_schema TEMPLATE template0")
    try:
        with psycopg.connect(
            psycopg.conninfo.make_conninfo(db.dsn, dbname="from_schema"), autocommit=True
        ) as connection:
            for room in ROOMS:
                text = (
                    files("ekino.db").joinpath("schema", f"{room}.sql").read_text("utf-8")
                )
                connection.execute(sql.SQL(text))
                connection.execute("SET ROLE ekino_owner")
            described = describe(connection)
    finally:
        with psycopg.connect(db.dsn, autocommit=True) as connection:
            connection.execute("DROP DATABASE from_schema WITH (FORCE)")

    assert described == migrated


def test_every_file_of_the_schema_is_compared() -> None:
    names = {path.name for path in files("ekino.db").joinpath("schema").iterdir()}

    assert names == {f"{room}.sql" for room in ROOMS}


def test_migrations_are_numbered_without_a_gap_and_no_check_is_empty() -> None:
    assert [each.number for each in known_migrations()] == list(
        range(1, len(known_migrations()) + 1)
    )
    for path in files("ekino.db").joinpath("migrations").iterdir():
        if path.name.endswith(".check.sql"):
            assert path.read_text("utf-8").strip()
