"""The second wall: each organisation in each role, against everything its role can reach in SQL."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from board_server import own_database
from ekino.db.database import ROLES_OF_ORGANISATIONS, Database, Role
from ekino.kernel.errors import Broken
from organisations import ORGANISATIONS, Trade

E, D, V = Role.EXHIBITOR, Role.DISTRIBUTOR, Role.VENDOR
SCHEMAS = (
    "catalog",
    "access",
    "register",
    "totals",
    "proofs",
    "verify",
    "claims",
    "feeds",
    "own",
)

# What belongs to nobody, so that everybody may see all of it.
OF_NOBODY = {
    "catalog.region",
    "catalog.film",
    "catalog.film_version",
    "register.head",
    "totals.follower",
}
_VENUES = "SELECT venue_id FROM catalog.venue WHERE organisation_id = {org}"
_SHOWINGS = f"SELECT showing_id FROM catalog.showing WHERE venue_id IN ({_VENUES})"
_FILMS = """
    SELECT film_id FROM catalog.release WHERE distributor_id = {org} UNION
    SELECT film_id FROM catalog.film, catalog.organisation
     WHERE organisation_id = {org} AND organisation.code = ANY (film.producers)"""
_FILM_SHOWINGS = f"SELECT showing_id FROM catalog.showing WHERE film_id IN ({_FILMS})"
_HALLS = f"SELECT hall_id FROM catalog.hall WHERE venue_id IN ({_VENUES})"
_MADE = "SELECT source_id FROM access.source JOIN catalog.organisation o ON o.code = vendor_code WHERE organisation_id = {org}"
_RUN = "SELECT source_id FROM access.source JOIN catalog.organisation o ON o.code = organisation_code WHERE organisation_id = {org}"
_SPEAKING = f"SELECT source_id FROM access.source_hall WHERE hall_id IN ({_HALLS})"
_MADE_HALLS = f"SELECT hall_id FROM access.source_hall WHERE source_id IN ({_MADE})"
_OWN_CODES = "SELECT code FROM catalog.venue WHERE organisation_id = {org}"
_REFUSED = "SELECT refusal.batch_no FROM register.refusal JOIN register.batch USING (batch_no) WHERE batch.source_id IN ({})"

# Role → relation → which of its rows are an organisation's own, said plainly and without any of
# the functions, views and policies that are tested.
OWN: dict[Role, dict[str, str]] = {
    E: {
        "catalog.organisation": "organisation_id = {org}",
        "catalog.venue": "organisation_id = {org}",
        "catalog.hall": f"venue_id IN ({_VENUES})",
        "catalog.hall_version": f"hall_id IN ({_HALLS})",
        "catalog.showing": f"venue_id IN ({_VENUES})",
        "totals.showing": f"showing_id IN ({_SHOWINGS})",
        "totals.pace": f"showing_id IN ({_SHOWINGS})",
        "totals.placement": f"venue_id IN ({_VENUES})",
        "totals.day": f"venue_id IN ({_VENUES})",
        "totals.venue": f"venue_id IN ({_VENUES})",
        "access.source": f"source_id IN ({_RUN} UNION {_SPEAKING})",
        "access.source_hall": f"hall_id IN ({_HALLS})",
        "access.key": f"source_id IN ({_RUN}) OR source_id IN ({_SPEAKING}) AND kind = 'batch'",
        "feeds.key": f"source_id IN ({_RUN}) OR source_id IN ({_SPEAKING}) AND key_id IN (SELECT key_id FROM access.key WHERE kind = 'batch')",
        "feeds.hour": f"source_id IN ({_RUN})",
        "own.correction": "organisation_id = {org}",
        "register.exhibitor_entry": f"showing_id IN ({_SHOWINGS})",
        "register.exhibitor_refusal": f"batch_no IN ({_REFUSED.format(_RUN)}) OR problem ->> 'venue' IN ({_OWN_CODES})",
        "verify.exhibitor_till": f"source_id IN ({_RUN}) OR key_id IN (SELECT key_id FROM verify.token WHERE showing_id IN ({_SHOWINGS}))",
    },
    D: {
        "catalog.organisation": "organisation_id = {org}",
        "catalog.own_film": f"film_id IN ({_FILMS})",
        "catalog.release": "distributor_id = {org}",
        # The list of cinemas is public; whoever has no film gets none of it.
        "catalog.venue": f"EXISTS ({_FILMS})",
        "catalog.hall": f"EXISTS ({_FILMS})",
        "catalog.showing": f"film_id IN ({_FILMS})",
        "totals.showing": f"showing_id IN ({_FILM_SHOWINGS})",
        "totals.pace": f"showing_id IN ({_FILM_SHOWINGS})",
        "totals.placement": f"film_id IN ({_FILMS})",
        "totals.day": f"film_id IN ({_FILMS})",
        "totals.venue": f"venue_id IN (SELECT venue_id FROM catalog.showing WHERE film_id IN ({_FILMS}) AND business_date >= CURRENT_DATE - 7)",
    },
    V: {
        "catalog.organisation": "organisation_id = {org}",
        "catalog.venue": f"venue_id IN (SELECT venue_id FROM catalog.hall WHERE hall_id IN ({_MADE_HALLS}))",
        "catalog.hall": f"hall_id IN ({_MADE_HALLS})",
        "access.source": f"source_id IN ({_MADE})",
        "access.source_hall": f"source_id IN ({_MADE})",
        "access.key": f"source_id IN ({_MADE})",
        "feeds.key": f"source_id IN ({_MADE})",
        "feeds.hour": f"source_id IN ({_MADE})",
        "own.correction": f"source_id IN ({_MADE})",
        "register.vendor_entry": f"source_id IN ({_MADE})",
        "register.vendor_refusal": f"batch_no IN ({_REFUSED.format(_MADE)})",
    },
}
# Views are asked of the table behind them; what a role may not read of a table it is not asked.
BEHIND = {
    "catalog.own_film": "(SELECT film_id FROM catalog.film) AS t",
    "register.exhibitor_entry": "register.entry",
    "register.vendor_entry": "register.entry",
    "register.exhibitor_refusal": "(SELECT refusal.*, source_id, key_id, recorded_at FROM register.refusal JOIN register.batch USING (batch_no)) AS t",
    "register.vendor_refusal": "(SELECT refusal.*, source_id, key_id, recorded_at FROM register.refusal JOIN register.batch USING (batch_no)) AS t",
    "verify.exhibitor_till": "(SELECT DISTINCT ON (key_id) token.key_id, key.source_id, seq, recorded_at FROM verify.token JOIN access.key USING (key_id) ORDER BY key_id, seq DESC) AS t",
}


@pytest.fixture(scope="module")
def trade(server_folder: Path) -> Iterator[Trade]:
    with own_database(server_folder) as db:
        trade = Trade(db)
        with psycopg.connect(db.dsn, autocommit=True) as superuser:
            for number, (organisation, venue, source) in enumerate(
                (
                    ("exh-aurora", "aurora-1", "own-aurora"),
                    ("exh-aurora", "aurora-2", "cloud"),
                    ("exh-borealis", "borealis-1", "cloud"),
                )
            ):
                superuser.execute(
                    "INSERT INTO own.correction (reference, organisation_id, venue_id, source_id, ticket, wanted, reason, words, asked_by, asked_at, asked_position)"
                    " VALUES (%s, %s, %s, %s, 'T', 'voided', 'other', '', 'x', now(), 0)",
                    (
                        f"R{number}",
                        trade.ids[organisation],
                        trade.venues[venue],
                        trade.sources[source],
                    ),
                )
        yield trade


def reachable(superuser: psycopg.Connection[Any], role: Role) -> dict[str, list[str]]:
    """Give every relation of ours of which a role may read any column, and which columns."""
    rows = superuser.execute(
        """SELECT format('%%s.%%s', nspname, relname), array_agg(attname::text ORDER BY attnum)
             FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
            WHERE nspname = ANY (%s) AND relkind IN ('r', 'v', 'm', 'p', 'f')
              AND has_schema_privilege(%s, pg_namespace.oid, 'USAGE')
              AND has_column_privilege(%s, pg_class.oid, attnum, 'SELECT')
            GROUP BY 1""",
        (list(SCHEMAS), role.value, role.value),
    ).fetchall()
    return dict(rows)


def rows_of(
    connection: psycopg.Connection[Any], source: str, columns: list[str], where: str
) -> list[str]:
    named = ", ".join(f'"{column}"' for column in columns)
    found = connection.execute(
        f"SELECT to_jsonb(r) FROM (SELECT {named} FROM {source} WHERE {where}) AS r"
    )
    return sorted(json.dumps(row, sort_keys=True) for (row,) in found)


@pytest.mark.parametrize("role", sorted(ROLES_OF_ORGANISATIONS))
def test_every_organisation_sees_its_own_rows_and_no_other_ones(
    trade: Trade, role: Role
) -> None:
    seen = 0
    with psycopg.connect(trade.db.dsn) as superuser:
        relations = reachable(superuser, role)
        # A table that a role may read and that nobody thought of here fails this line.
        assert set(relations) == set(OWN[role]) | OF_NOBODY
        for code in ORGANISATIONS:
            organisation_id = trade.ids[code]
            with trade.db.transaction(role, organisation_id=organisation_id) as tx:
                for relation, where in OWN[role].items():
                    own = rows_of(
                        superuser,
                        BEHIND.get(relation, relation),
                        relations[relation],
                        where.format(org=organisation_id),
                    )
                    found = rows_of(tx, relation, relations[relation], "true")
                    assert found == own, (role, code, relation)
                    seen += len(found)
    # The wall is not simply shut.
    assert seen > 100


@pytest.mark.parametrize("role", sorted(ROLES_OF_ORGANISATIONS))
@pytest.mark.parametrize("nobody", [None, 0, 999_999])
def test_without_an_organisation_there_is_nothing_to_see(
    trade: Trade, role: Role, nobody: int | None
) -> None:
    with trade.db.transaction(role, organisation_id=nobody) as tx:
        for relation in OWN[role]:
            assert tx.execute(f"SELECT count(*) FROM {relation}").fetchone() == (0,)


def test_an_organisation_of_another_kind_sees_its_name_alone(trade: Trade) -> None:
    kinds = {E: "exhibitor", D: ("distributor", "producer"), V: "vendor"}
    for role in ROLES_OF_ORGANISATIONS:
        for code, kind in ORGANISATIONS.items():
            if kind in kinds[role]:
                continue
            with trade.db.transaction(role, organisation_id=trade.ids[code]) as tx:
                found = {
                    relation
                    for relation in OWN[role]
                    if tx.execute(f"SELECT FROM {relation} LIMIT 1").fetchone() is not None
                }
            assert found == {"catalog.organisation"}, (role, code)


@pytest.mark.parametrize("role", sorted(ROLES_OF_ORGANISATIONS))
def test_a_role_of_organisations_writes_nothing_and_is_nobody_else(
    trade: Trade, role: Role
) -> None:
    with psycopg.connect(trade.db.dsn) as superuser:
        writes = superuser.execute(
            """SELECT oid::regclass::text, privilege FROM pg_class,
                      unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
                WHERE relnamespace::regnamespace::text = ANY (%s) AND relkind IN ('r', 'v')
                  AND (has_table_privilege(%s, oid, privilege)
                       OR CASE WHEN privilege IN ('INSERT', 'UPDATE', 'REFERENCES')
                               THEN has_any_column_privilege(%s, oid, privilege) END)""",
            (list(SCHEMAS), role.value, role.value),
        ).fetchall()
        calls = superuser.execute(
            """SELECT oid::regproc::text FROM pg_proc
                WHERE pronamespace::regnamespace::text = ANY (%s)
                  AND prorettype <> 'trigger'::regtype AND has_function_privilege(%s, oid, 'EXECUTE')
                  AND has_schema_privilege(%s, pronamespace, 'USAGE')""",
            (list(SCHEMAS), role.value, role.value),
        ).fetchall()
        powers = superuser.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s",
            (role.value,),
        ).fetchone()
        memberships = superuser.execute(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole",
            (role.value,),
        ).fetchall()

    assert writes == []
    # It says for whom one reads, and gives nobody's rows.
    assert calls == [("catalog.asking_organisation",)]
    assert powers == (False, False, False, False, False)
    assert memberships == []


def test_every_table_that_an_organisation_may_read_has_row_security_or_belongs_to_nobody(
    trade: Trade,
) -> None:
    with psycopg.connect(trade.db.dsn) as superuser:
        open_tables = superuser.execute(
            """SELECT DISTINCT oid::regclass::text FROM pg_class, unnest(%s::text[]) AS role
                WHERE relnamespace::regnamespace::text = ANY (%s) AND relkind = 'r'
                  AND has_any_column_privilege(role, oid, 'SELECT') AND NOT relrowsecurity""",
            ([role.value for role in ROLES_OF_ORGANISATIONS], list(SCHEMAS)),
        ).fetchall()

    assert {name for (name,) in open_tables} == OF_NOBODY


def test_the_next_who_borrows_a_connection_begins_without_an_organisation(
    trade: Trade,
) -> None:
    for _ in range(20):
        with trade.db.transaction(E, organisation_id=trade.ids["exh-aurora"]) as tx:
            assert tx.execute("SELECT count(*) FROM catalog.venue").fetchone() == (2,)
        with trade.db.transaction(E) as tx:
            assert tx.execute("SELECT count(*) FROM catalog.venue").fetchone() == (0,)


def test_who_sees_everything_asks_for_no_organisation(db: Database) -> None:
    with pytest.raises(Broken), db.transaction(Role.READER, organisation_id=1):
        pass
