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
    "archive",
    "opendata",
    "notices",
    "intake",
    "workbench",
    "certification",
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
_EXCUSED = "SELECT excuse_no FROM feeds.excuse_place WHERE {}"
_ALARMS = "SELECT alarm_id FROM feeds.alarm WHERE {}"
_OWN_ALARM = (
    f"venue_id IN ({_VENUES}) OR venue_id = 0 AND source_id IN ({_RUN} UNION {_SPEAKING})"
)
_OWN_KEY = f"source_id IN ({_RUN}) OR source_id IN ({_SPEAKING}) AND key_id IN (SELECT key_id FROM access.key WHERE kind = 'batch')"
_REFUSED = "SELECT refusal.batch_no FROM register.refusal JOIN register.batch USING (batch_no) WHERE batch.source_id IN ({})"

# What the watch knows of a source at a venue.
WATCHED = (
    "feeds.line",
    "feeds.gap",
    "feeds.unmended",
    "feeds.venue_hour",
    "feeds.refused",
    "feeds.venue_day",
    "feeds.status",
    "feeds.declared",
    "feeds.excuse_place",
)

HANDED_IN = ("intake.batch", "intake.finding", "intake.unknown_name")

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
        **dict.fromkeys(WATCHED, f"venue_id IN ({_VENUES})"),
        "feeds.alarm": _OWN_ALARM,
        "feeds.acknowledgement": f"alarm_id IN ({_ALARMS.format(_OWN_ALARM)})",
        "feeds.report": _OWN_KEY,
        **dict.fromkeys(
            ("feeds.exhibitor_gap", "feeds.exhibitor_unmended"), f"venue_id IN ({_VENUES})"
        ),
        "feeds.exhibitor_alarm": _OWN_ALARM,
        "feeds.exhibitor_waiting": f"source_id IN ({_RUN})",
        "feeds.excuse": f"excuse_no IN ({_EXCUSED.format(f'venue_id IN ({_VENUES})')})",
        "register.exhibitor_batch": f"source_id IN ({_RUN})",
        "intake.upload": f"source_id IN ({_RUN})",
        **dict.fromkeys(
            HANDED_IN,
            f"upload_no IN (SELECT upload_no FROM intake.upload WHERE source_id IN ({_RUN}))",
        ),
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
        **dict.fromkeys(WATCHED, f"source_id IN ({_MADE})"),
        "feeds.alarm": f"source_id IN ({_MADE})",
        "feeds.acknowledgement": f"alarm_id IN ({_ALARMS.format(f'source_id IN ({_MADE})')})",
        "feeds.report": f"source_id IN ({_MADE})",
        "feeds.excuse": f"excuse_no IN ({_EXCUSED.format(f'source_id IN ({_MADE})')})",
        "register.vendor_batch": f"source_id IN ({_MADE})",
        "own.correction": f"source_id IN ({_MADE})",
        "register.vendor_entry": f"source_id IN ({_MADE})",
        "register.vendor_refusal": f"batch_no IN ({_REFUSED.format(_MADE)})",
    },
}
# Rows of every kind for every source at every venue, for what no follower of the trade writes.
WATCHED_ROWS = """
    CREATE TEMP TABLE feed AS
    SELECT DISTINCT source_id, venue_id, source.code || '/batch' AS key_id, row_number() OVER () AS n
      FROM (SELECT DISTINCT source_id, venue_id FROM access.source_hall JOIN catalog.hall USING (hall_id)) AS f
      JOIN access.source USING (source_id);
    INSERT INTO feeds.gap (key_id, line_venue_id, source_id, venue_id, first_sequence, last_sequence, business_date, seen_at)
    SELECT key_id, 0, source_id, venue_id, n * 1000000, n * 1000000 + 2, CURRENT_DATE, now() FROM feed;
    INSERT INTO feeds.unmended (key_id, source_id, venue_id, sequence, business_date, refused_at, outcome, batch_no, ordinal)
    SELECT key_id, source_id, venue_id, n * 1000000, CURRENT_DATE, now(), 'ticket_was_never_sold', 0, 0 FROM feed;
    INSERT INTO feeds.declared SELECT source_id, venue_id, CURRENT_DATE, key_id, true, n, n, 0, now(), 1 FROM feed;
    INSERT INTO feeds.venue_day (source_id, venue_id, business_date, entered, refused, unmended, late, duplicates, registered_tickets, registered_gross_minor, showings_announced, showings_with_sales, gaps, state, is_excused, is_closed, as_of)
    SELECT source_id, venue_id, CURRENT_DATE, n, 0, 0, 0, 0, n, n, 1, 1, 0, 'on_line', false, false, 1 FROM feed;
    INSERT INTO feeds.status SELECT source_id, venue_id, 'on_line', now(), '' FROM feed;
    INSERT INTO feeds.alarm (kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, times, facts)
    SELECT kind, source_id, venue_id, 'x', now(), now(), now(), 1, facts::jsonb
      FROM feed, (VALUES ('silent', '{}'), ('gap', '{"first": 17, "numbers": 3}'), ('duplicate', '{"number": 41}'),
                         ('days_incomplete', '{"first": "2026-11-01", "days": 7}')) AS asked (kind, facts)
     UNION ALL SELECT DISTINCT 'gap', source_id, 0, 'x', now(), now(), now(), 1, '{"first": 17, "numbers": 3}'::jsonb FROM feed;
    INSERT INTO feeds.acknowledgement SELECT alarm_id, now(), 'x', '' FROM feeds.alarm;
    INSERT INTO feeds.report (key_id, source_id, first_recorded_at, recorded_at, reports, product, version, version_since, sent_at, clock_ahead_s, clock_off_words, waiting_events, next_sequence, batches)
    SELECT DISTINCT key_id, source_id, now(), now(), 1, 'POS', '1', now(), now(), 0, 0, 0, 1, 1 FROM feed;
    INSERT INTO feeds.excuse (reference, organisation_id, party, kind, begins_at, ends_at, words, filed_at, filed_by)
    SELECT 'X' || n, organisation_id, 'exhibitor', 'outage', now(), now() + interval '1 hour', '', now(), 'x'
      FROM feed JOIN catalog.venue USING (venue_id) WHERE organisation_id IS NOT NULL;
    INSERT INTO feeds.excuse_place SELECT excuse_no, source_id, venue_id FROM feeds.excuse JOIN feed ON reference = 'X' || n;
    INSERT INTO intake.upload (reference, source_id, file_name, file_sha256, file_bytes, content, asked, handed_by, handed_at, state, judged_at)
    SELECT DISTINCT 'U' || source_id, source_id, 'f', '\\x00'::bytea, 1, ''::bytea, '', 'x', now(), 'waiting', now() FROM feed;
    INSERT INTO intake.batch (upload_no, ordinal, key_id, first_sequence, events, body_sha256, body) SELECT upload_no, 0, 'k', 1, 1, '', '' FROM intake.upload;
    INSERT INTO intake.finding SELECT upload_no, 0, 'line 1', '', 'x', '', '' FROM intake.upload;
    INSERT INTO intake.unknown_name SELECT upload_no, 'hall', '', 'x', 1 FROM intake.upload;
    DROP TABLE feed;
"""
# Views are asked of the table behind them; what a role may not read of a table it is not asked.
BEHIND = {
    "catalog.own_film": "(SELECT film_id FROM catalog.film) AS t",
    "register.exhibitor_entry": "register.entry",
    "register.vendor_entry": "register.entry",
    "register.exhibitor_refusal": f"""(SELECT refusal.batch_no, ordinal, outcome, source_id, key_id, recorded_at,
        problem - CASE WHEN source_id IN ({_RUN}) THEN '' ELSE 'sequence' END AS problem
        FROM register.refusal JOIN register.batch USING (batch_no)) AS t""",
    "register.vendor_refusal": "(SELECT refusal.*, source_id, key_id, recorded_at FROM register.refusal JOIN register.batch USING (batch_no)) AS t",
    "register.exhibitor_batch": "register.batch",
    "register.vendor_batch": "register.batch",
    "feeds.exhibitor_gap": f"""(SELECT gap_id, key_id, source_id, venue_id, business_date, numbers, seen_at, closed_at,
        CASE WHEN source_id IN ({_RUN}) THEN first_sequence END AS first_sequence,
        CASE WHEN source_id IN ({_RUN}) THEN last_sequence END AS last_sequence FROM feeds.gap) AS t""",
    "feeds.exhibitor_unmended": f"""(SELECT key_id, source_id, venue_id, business_date, outcome, refused_at, batch_no, ordinal,
        CASE WHEN source_id IN ({_RUN}) THEN sequence END AS sequence FROM feeds.unmended) AS t""",
    "feeds.exhibitor_alarm": f"""(SELECT alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at,
        closed_at, times, CASE WHEN kind = 'days_incomplete' OR source_id IN ({_RUN}) THEN facts
                               ELSE facts - 'first' - 'number' END AS facts FROM feeds.alarm) AS t""",
    "feeds.exhibitor_waiting": "feeds.report",
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
            superuser.execute(WATCHED_ROWS)
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
    never = set(OWN[role])
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
                        BEHIND.get(relation, relation).format(org=organisation_id),
                        relations[relation],
                        where.format(org=organisation_id),
                    )
                    found = rows_of(tx, relation, relations[relation], "true")
                    assert found == own, (role, code, relation)
                    seen += len(found)
                    never -= {relation} if found else set()
    # The wall is not simply shut.
    assert seen > 100
    assert never == set()


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


def test_no_cinema_reads_a_running_number_of_a_system_that_it_shares(trade: Trade) -> None:
    with psycopg.connect(trade.db.dsn) as superuser:
        columns = reachable(superuser, E)
    own, shared = trade.sources["own-aurora"], trade.sources["cloud"]
    with trade.db.transaction(E, organisation_id=trade.ids["exh-aurora"]) as tx:
        numbers = {
            source: [
                tx.execute(
                    "SELECT count(*), count(first_sequence), count(last_sequence), sum(numbers)::integer"
                    " FROM feeds.exhibitor_gap WHERE source_id = %s",
                    (source,),
                ).fetchone(),
                tx.execute(
                    "SELECT count(*) > 0, count(sequence) > 0 FROM feeds.exhibitor_unmended WHERE source_id = %s",
                    (source,),
                ).fetchone(),
                tx.execute(
                    "SELECT facts FROM feeds.exhibitor_alarm WHERE source_id = %s"
                    " AND kind IN ('gap', 'duplicate') AND venue_id > 0 ORDER BY kind",
                    (source,),
                ).fetchall(),
            ]
            for source in (own, shared)
        }
        waiting = tx.execute("SELECT key_id FROM feeds.exhibitor_waiting").fetchall()

    # Two numbers of a shared line and their times tell how much the others sell.
    assert {
        relation: found
        for relation, names in columns.items()
        if (found := [each for each in names if "seq" in each or "waiting_e" in each])
    } == {
        "feeds.exhibitor_gap": ["first_sequence", "last_sequence"],
        "feeds.exhibitor_unmended": ["sequence"],
        "feeds.exhibitor_waiting": ["waiting_events"],
    }
    assert "facts" not in columns["feeds.alarm"]
    assert numbers == {
        own: [
            (1, 1, 1, 3),
            (True, True),
            [({"number": 41},), ({"first": 17, "numbers": 3},)],
        ],
        shared: [(1, 0, 0, 3), (True, False), [({},), ({"numbers": 3},)]],
    }
    assert waiting == [("own-aurora/batch",)]


def test_a_refusal_tells_the_number_of_a_shared_system_to_its_vendor_alone(
    trade: Trade,
) -> None:
    said = "Entry 7 has this identity and says otherwise: sequence 3 there, 9 here, price_minor 1 there, 2 here"
    numberless = said.replace("sequence 3 there, 9 here, ", "")
    with (
        psycopg.connect(trade.db.dsn) as superuser,
        superuser.transaction(force_rollback=True),
    ):
        seen = {}
        for source, venue in (("own-aurora", "aurora-1"), ("cloud", "aurora-2")):
            superuser.execute(
                "INSERT INTO register.refusal (batch_no, ordinal, outcome, problem)"
                " SELECT min(batch_no), 999, 'identity_used_for_another_event',"
                " jsonb_build_object('venue', %s::text, 'sequence', '9', 'detail', %s::text)"
                " FROM register.batch WHERE source_id = %s",
                (venue, said, trade.sources[source]),
            )
            for role, code, view in (
                (E, "exh-aurora", "exhibitor"),
                (V, "vendor-one", "vendor"),
                (V, "vendor-two", "vendor"),
            ):
                superuser.execute(
                    "SELECT set_config('ekino.organisation', %s, true)",
                    (str(trade.ids[code]),),
                )
                found = superuser.execute(
                    f"SELECT problem ->> 'sequence', problem ->> 'detail' FROM register.{view}_refusal"
                    " WHERE ordinal = 999 AND source_id = %s",
                    (trade.sources[source],),
                ).fetchone()
                seen[source, role.name, code] = found

    assert seen == {
        ("own-aurora", "EXHIBITOR", "exh-aurora"): ("9", said),
        ("own-aurora", "VENDOR", "vendor-one"): ("9", said),
        ("own-aurora", "VENDOR", "vendor-two"): None,
        ("cloud", "EXHIBITOR", "exh-aurora"): (None, numberless),
        ("cloud", "VENDOR", "vendor-one"): None,
        ("cloud", "VENDOR", "vendor-two"): ("9", said),
    }
