"""Certifications as rows."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from ekino.certification.model.plan import Level, State, Test
from ekino.certification.model.run import Certified, Run, RunState, Step
from ekino.certification.model.scene import Stage
from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.certification")


def find_sender(tx: Connection[Any], source_id: int) -> Mapping[str, Any] | None:
    """Give who a source is: source, organisation_code, vendor."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_QUERIES.find_sender, {"source_id": source_id}).fetchone()


def find_stage(tx: Connection[Any], source_id: int, at: datetime) -> Stage | None:
    """Give the showings in which a source's certification can play, or None."""
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(
            _QUERIES.find_stage, {"source_id": source_id, "at": at}
        ).fetchone()
    return None if row is None else Stage(**row)


def lock_source(tx: Connection[Any], source_id: int) -> None:
    """Take a source's certifications until the transaction ends."""
    tx.execute(_QUERIES.lock_source, {"source_id": source_id})


def find_begun(
    tx: Connection[Any],
    columns: Mapping[str, Any],
    *,
    levels: Sequence[Level],
    since: datetime,
) -> str | None:
    """Give the reference of the same run, begun since then and not touched; None for none."""
    row = tx.execute(
        _QUERIES.find_begun,
        {**columns, "levels": [each.value for each in levels], "since": since},
    ).fetchone()
    return None if row is None else str(row[0])


def leave_runs(tx: Connection[Any], source_id: int, at: datetime) -> None:
    """End what a source left unfinished."""
    tx.execute(_QUERIES.leave_runs, {"source_id": source_id, "at": at})


def insert_run(
    tx: Connection[Any],
    columns: Mapping[str, Any],
    *,
    stage: Stage,
    levels: Sequence[Level],
    tests: Sequence[Test],
    at: datetime,
) -> None:
    """Begin a run with its tests; the first has its turn at once."""
    written = {
        "venue": stage.venue,
        "showing": stage.showing,
        "begun": stage.begun,
        "begun_at": stage.begun_at.isoformat(),
    }
    row = tx.execute(
        _QUERIES.insert_run,
        {
            **columns,
            "levels": [each.value for each in levels],
            "stage": Jsonb(written),
            "at": at,
        },
    ).fetchone()
    for place, test in enumerate(tests):
        tx.execute(
            _QUERIES.insert_step,
            {
                "run_no": row[0] if row else 0,
                "place": place,
                "test": test.value,
                "began_at": at if place == 0 else None,
            },
        )


def lock_run(tx: Connection[Any], reference: str) -> bool:
    """Take a run until the transaction ends; whether there is one."""
    return tx.execute(_QUERIES.lock_run, {"reference": reference}).fetchone() is not None


def find_run(tx: Connection[Any], reference: str) -> Run | None:
    """Give a run with its steps, or None."""
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_QUERIES.find_run, {"reference": reference}).fetchone()
    return None if row is None else _run(tx, row)


def list_runs(
    tx: Connection[Any], organisation_codes: Sequence[str], limit: int
) -> list[Run]:
    """Give the newest runs of organisations."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            _QUERIES.list_runs,
            {"organisation_codes": list(organisation_codes), "limit": limit},
        ).fetchall()
    return [_run(tx, row) for row in rows]


def list_holding(
    tx: Connection[Any], organisation_codes: Sequence[str], day: date
) -> dict[str, tuple[str, str]]:
    """Give (product, version) that were certified last and hold on a day, by organisation."""
    rows = tx.execute(
        _QUERIES.list_holding, {"organisation_codes": list(organisation_codes), "day": day}
    )
    return {code: (product, version) for code, product, version in rows}


def begin_step(tx: Connection[Any], run: Run, step: Step, at: datetime) -> None:
    """Let a test have its turn, from now on."""
    tx.execute(_QUERIES.begin_step, {"run_no": run.run_no, "place": step.place, "at": at})


def end_step(
    tx: Connection[Any], run: Run, step: Step, columns: Mapping[str, Any], at: datetime
) -> None:
    """Say what became of a test: state, detail, request_id, shown."""
    tx.execute(
        _QUERIES.end_step,
        {"run_no": run.run_no, "place": step.place, "at": at, **columns},
    )


def answer_step(tx: Connection[Any], run: Run, step: Step, answers: Sequence[str]) -> None:
    """Keep what was answered by hand."""
    tx.execute(
        _QUERIES.answer_step,
        {"run_no": run.run_no, "place": step.place, "answers": list(answers)},
    )


def end_run(
    tx: Connection[Any],
    run: Run,
    state: RunState,
    at: datetime,
    *,
    ends_date: date | None = None,
    certificate: Mapping[str, Any] | None = None,
) -> None:
    """Say what became of a run."""
    tx.execute(
        _QUERIES.end_run,
        {
            "run_no": run.run_no,
            "state": state.value,
            "at": at,
            "ends_date": ends_date,
            "certificate": None if certificate is None else Jsonb(dict(certificate)),
        },
    )


def withdraw_run(tx: Connection[Any], reference: str, at: datetime, words: str) -> bool:
    """Withdraw a certificate; whether there was one that held."""
    values = {"reference": reference, "at": at, "words": words}
    return tx.execute(_QUERIES.withdraw_run, values).fetchone() is not None


def lock_current(
    tx: Connection[Any], key_id: str
) -> tuple[int, int, Test, datetime | None] | None:
    """Give (run, place, test, when its fault was met) of the test that a key goes through."""
    row = tx.execute(_QUERIES.lock_current, {"key_id": key_id}).fetchone()
    return None if row is None else (row[0], row[1], Test(row[2]), row[3])


def meet_fault(tx: Connection[Any], run_no: int, place: int, at: datetime) -> None:
    """Note when a test's fault was first met."""
    tx.execute(_QUERIES.meet_fault, {"run_no": run_no, "place": place, "at": at})


def list_certified(tx: Connection[Any], limit: int) -> list[Certified]:
    """Give every certificate, the newest first."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_QUERIES.list_certified, {"limit": limit}).fetchall()
    return [
        Certified(
            reference=row["reference"],
            organisation_code=row["organisation_code"],
            vendor=row["vendor"],
            product=row["product"],
            version=row["version"],
            levels=tuple(
                Level(each) for each in row["certificate"]["certificate"]["levels"]
            ),
            issued_date=row["ended_at"].date(),
            ends_date=row["ends_date"],
            withdrawn_at=row["withdrawn_at"],
        )
        for row in rows
    ]


def list_keys(
    tx: Connection[Any], organisation_codes: Sequence[str], at: datetime, limit: int
) -> list[str]:
    """Give the living keys of organisations' sources that sign batches, the newest first."""
    values = {"organisation_codes": list(organisation_codes), "at": at, "limit": limit}
    return [row[0] for row in tx.execute(_QUERIES.list_keys, values)]


def list_codes(tx: Connection[Any], organisation_ids: Sequence[int]) -> list[str]:
    """Give the codes of organisations."""
    values = {"organisation_ids": list(organisation_ids)}
    return [row[0] for row in tx.execute(_QUERIES.list_codes, values)]


def _run(tx: Connection[Any], row: Mapping[str, Any]) -> Run:
    stage = dict(row["stage"])
    stage["begun_at"] = datetime.fromisoformat(stage["begun_at"])
    with tx.cursor(row_factory=dict_row) as cursor:
        steps = cursor.execute(_QUERIES.list_steps, {"run_no": row["run_no"]}).fetchall()
    return Run(
        **{
            **row,
            "stage": Stage(**stage),
            "levels": tuple(Level(each) for each in row["levels"]),
            "state": RunState(row["state"]),
        },
        steps=tuple(
            Step(**{**each, "test": Test(each["test"]), "state": State(each["state"])})
            for each in steps
        ),
    )
