"""Whose certificates hold: nobody's tries hide another's."""

from datetime import date

import psycopg

from ekino.certification import service
from ekino.certification.service import RUNS_SHOWN_MAX
from ekino.db.database import Database

TODAY = date(2026, 11, 26)
CERTIFIED = """
    INSERT INTO certification.run (reference, source_id, organisation_code, key_id, vendor, product, version, levels,
                                   stage, started_at, state, ended_at, ends_date, certificate, withdrawn_at)
    VALUES (%s, 1, %s, 'k', 'V', 'POS', %s, '{}', '{}', now(), 'certified', now(), %s, '{}', %s)"""
TRIED = """
    INSERT INTO certification.run (reference, source_id, organisation_code, key_id, vendor, product, version, levels,
                                   stage, started_at, state, ended_at)
    SELECT 'T' || n, 2, 'ven-busy', 'k', 'V', 'POS', '9', '{}', '{}', now(), 'left', now() FROM generate_series(1, %s) AS n"""


def test_a_vendor_that_tries_often_hides_no_certificate_of_another(db: Database) -> None:
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute(CERTIFIED, ("A", "ven-quiet", "1", TODAY, None))
        superuser.execute(CERTIFIED, ("B", "ven-busy", "1", TODAY.replace(day=25), None))
        superuser.execute(CERTIFIED, ("C", "ven-quiet", "2", TODAY, TODAY))
        superuser.execute(TRIED, (RUNS_SHOWN_MAX,))

    held = service.list_holding(db, ["ven-busy", "ven-quiet"], TODAY)

    # The last day counts; one that ended yesterday, or was withdrawn, does not.
    assert held == {"ven-quiet": ("POS", "1")}
