"""What others may ask of certification: to begin, to look, to try again; who is certified."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access.service import Key, audit
from ekino.certification import store
from ekino.certification.model.certificate import log_sha256, members_of, text_of
from ekino.certification.model.plan import (
    FAULTS,
    PRESETS,
    Fault,
    Level,
    State,
    is_certified,
    tests_of,
)
from ekino.certification.model.rules import judge
from ekino.certification.model.run import (
    CERTIFICATE_DAYS,
    NAME_CHARACTERS_MAX,
    Certified,
    Run,
    RunState,
    Step,
)
from ekino.certification.model.scene import Attempt, Scene
from ekino.certification.service.reading import attempts_of, shown_of
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotFound, Refused
from ekino.notices.service import Kind, tell
from ekino.workbench.service import Observed, requests

# The name of a run: read aloud on the telephone, and nobody guesses another's.
_REFERENCE_CHARACTERS = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Rows of the public list.
CERTIFIED_MAX = 1_000
# A beginning whose answer was lost is asked for again within so long; later it is another one,
# in showings that have not begun meanwhile.
BEGUN_ALIKE_S = 600
# Runs on a page.
RUNS_SHOWN_MAX = 20
KEYS_SHOWN_MAX = 100
# How long the register is away in the test of a backlog, and how long it fails in that of a
# failure: long enough to see how a till comes back, short enough to wait for.
AWAY_S = 4
FAILURE_S = 2
# Answers by hand, and characters of each.
ANSWERS_MAX = 10
ANSWER_CHARACTERS_MAX = 400
_LASTS_S = {Fault.AWAY: AWAY_S, Fault.FAILURE: FAILURE_S}

# Gives the signed note of a text.
Sign = Callable[[str], str]
# Gives a key's requests since an instant.
Requests = Callable[[str, datetime], Sequence[Observed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """What signs certificates, and in whose name; without `sign` none is given."""

    sign: Sign | None
    register: str


def begin(
    db: Database,
    key: Key,
    *,
    product: str,
    version: str,
    levels: Sequence[Level],
    at: datetime,
) -> Run:
    """
    Begin a certification of what speaks with this key; one that runs already is left.

    The same again, within BEGUN_ALIKE_S and before anything is decided, is the same run.

    Raises `Refused` for a key of no source, a name that cannot be shown, no level, or a source
    without a showing that begins soon and one that has begun.
    """
    if key.source_id is None:
        raise Refused("only a source's key is certified", code="source_only")
    named = (product.strip(), version.strip())
    if not all(
        0 < len(each) <= NAME_CHARACTERS_MAX and each.isprintable() for each in named
    ):
        detail = f"product and version have 1 to {NAME_CHARACTERS_MAX} characters"
        raise Refused(detail, code="certification_refused")
    if not levels:
        detail = f"name a preset ({', '.join(PRESETS)}) or levels"
        raise Refused(detail, code="certification_refused")
    reference = "".join(secrets.choice(_ALPHABET) for _ in range(_REFERENCE_CHARACTERS))
    with db.transaction(Role.OFFICE) as tx:
        sender = store.find_sender(tx, key.source_id)
        stage = store.find_stage(tx, key.source_id, at)
        if sender is None or stage is None:
            detail = (
                "a certification plays in two showings of one venue: one that begins in an "
                "hour or later, and one that has begun"
            )
            raise Refused(detail, code="certification_has_no_showing")
        store.lock_source(tx, key.source_id)
        columns = {
            "source_id": key.source_id,
            "key_id": key.key_id,
            "product": named[0],
            "version": named[1],
        }
        since = at - timedelta(seconds=BEGUN_ALIKE_S)
        begun = store.find_begun(tx, columns, levels=levels, since=since)
        if begun is not None:
            # The answer to it was lost, or a button was pressed twice.
            return _find(tx, begun)
        store.leave_runs(tx, key.source_id, at)
        store.insert_run(
            tx,
            {
                **columns,
                "reference": reference,
                "organisation_code": sender["organisation_code"],
                "vendor": sender["vendor"],
            },
            stage=stage,
            levels=levels,
            tests=tests_of(tuple(levels)),
            at=at,
        )
        return _find(tx, reference)


def look(db: Database, reference: str, issuer: Issuer, *, at: datetime) -> Run:
    """
    Judge what has come since, and give the run as it stands.

    Tests are decided one after the other; the last decision ends the run and, when every level
    is earned, signs its certificate. Raises `NotFound` for an unknown reference.
    """
    with db.transaction(Role.READER) as tx:
        run = _find(tx, reference)
    if run.state is not RunState.RUNNING:
        return run
    observed = requests(db, run.key_id, run.started_at)
    with db.transaction(Role.OFFICE) as tx:
        # Lock first, then look: two who look at once decide a test once.
        store.lock_run(tx, reference)
        run = _find(tx, reference)
        if run.state is RunState.RUNNING:
            _advance(tx, run, observed, issuer, at)
        # From here what is decided is decided; a crash before it is decided again alike.
        return _find(tx, reference)


def _advance(
    tx: Connection[Any],
    run: Run,
    observed: Sequence[Observed],
    issuer: Issuer,
    at: datetime,
) -> None:
    attempts = attempts_of(observed)
    for step in run.steps:
        if step.state is not State.WAITING:
            continue
        began_at = step.began_at or at
        if step.began_at is None:
            store.begin_step(tx, run, step, at)
        ruling = judge(_scene(run, step, attempts, began_at))
        if ruling.state is State.WAITING:
            return
        shown = next(
            (shown_of(each) for each in observed if each.request_id == ruling.request_id),
            "",
        )
        columns = {
            "state": ruling.state.value,
            "detail": ruling.detail,
            "request_id": ruling.request_id,
            "shown": shown,
        }
        store.end_step(tx, run, step, columns, at)
    _end(tx, _find(tx, run.reference), attempts, issuer, at)


def _scene(run: Run, step: Step, attempts: Sequence[Attempt], began_at: datetime) -> Scene:
    return Scene(
        test=step.test,
        stage=run.stage,
        began_at=began_at,
        attempts=[each for each in attempts if each.at >= began_at],
        before=attempts,
        fault_met_at=step.fault_met_at,
        answers=step.answers,
    )


def _end(
    tx: Connection[Any], run: Run, attempts: Sequence[Attempt], issuer: Issuer, at: datetime
) -> None:
    if not is_certified(run.levels, run.states) or issuer.sign is None:
        # What failed may be tried again until somebody ends the run; and without a key to sign
        # with it waits for whoever has one.
        return
    ends_date = (at + timedelta(days=CERTIFICATE_DAYS)).date()
    members = members_of(
        run,
        issued_at=at,
        ends_date=ends_date,
        log=log_sha256(attempts),
        register=issuer.register,
    )
    certificate = {"certificate": members, "note": issuer.sign(text_of(members))}
    store.end_run(
        tx, run, RunState.CERTIFIED, at, ends_date=ends_date, certificate=certificate
    )
    _tell(tx, run, RunState.CERTIFIED)


def _tell(tx: Connection[Any], run: Run, state: RunState) -> None:
    if not run.organisation_code:
        return
    tell(
        tx,
        organisation_code=run.organisation_code,
        kind=Kind.CERTIFICATION_COMPLETED.value,
        subject=f"certification/{run.reference}",
        data={"state": state.value, "levels": [each.value for each in run.earned]},
    )


def find_run(db: Database, reference: str) -> Run:
    """Give a run as it was last looked at; `NotFound` for an unknown reference."""
    with db.transaction(Role.READER) as tx:
        return _find(tx, reference)


def list_runs(db: Database, organisation_codes: Sequence[str]) -> list[Run]:
    """Give the newest runs of organisations."""
    with db.transaction(Role.READER) as tx:
        return store.list_runs(tx, organisation_codes, RUNS_SHOWN_MAX)


def list_holding(
    db: Database, organisation_codes: Sequence[str], day: date
) -> dict[str, tuple[str, str]]:
    """
    Give (product, version) that were certified last and hold on a day, by organisation.

    One of each, however often any of them goes through the tests.
    """
    with db.transaction(Role.READER) as tx:
        return store.list_holding(tx, organisation_codes, day)


def take_step(
    db: Database,
    reference: str,
    test: str,
    wanted: str,
    *,
    answers: Sequence[str] = (),
    at: datetime,
) -> Run:
    """
    Try a test again (`again`), leave it out (`skip`) or answer it by hand (`answer`).

    Raises `NotFound` for an unknown run or test, and `Refused` for a run that has ended or a
    step that there is not.
    """
    with db.transaction(Role.OFFICE) as tx:
        store.lock_run(tx, reference)
        run = _find(tx, reference)
        step = next((each for each in run.steps if each.test.value == test), None)
        if step is None:
            raise NotFound(f"there is no test {test[:40]!r} here", code="test_not_found")
        if run.state is not RunState.RUNNING:
            detail = f"certification {reference} is {run.state}: begin another"
            raise Refused(detail, code="certification_is_over")
        match wanted:
            case "again":
                store.begin_step(tx, run, step, at)
            case "skip":
                columns = {
                    "state": State.SKIPPED.value,
                    "detail": "",
                    "request_id": "",
                    "shown": "",
                }
                store.end_step(tx, run, step, columns, at)
            case "answer":
                given = [each[:ANSWER_CHARACTERS_MAX] for each in answers[:ANSWERS_MAX]]
                store.answer_step(tx, run, step, given)
            case _:
                detail = f"{wanted[:40]!r} is none of again, skip, answer"
                raise Refused(detail, code="certification_refused")
        return _find(tx, reference)


def end(db: Database, reference: str, *, at: datetime) -> Run:
    """End a certification as it stands: whatever is not earned by now is not."""
    with db.transaction(Role.OFFICE) as tx:
        store.lock_run(tx, reference)
        run = _find(tx, reference)
        if run.state is RunState.RUNNING:
            store.end_run(tx, run, RunState.NOT_CERTIFIED, at)
            _tell(tx, run, RunState.NOT_CERTIFIED)
        return _find(tx, reference)


def withdraw(db: Database, reference: str, words: str, *, actor: str, at: datetime) -> None:
    """
    Withdraw a certificate, saying why; `NotFound` when none of this name holds.

    The audit trail of the register that certified says who did, and why.
    """
    with db.transaction(Role.OFFICE) as tx:
        if not store.withdraw_run(tx, reference, at, words.strip()):
            raise _not_found(reference)
        audit.note(
            tx,
            actor=actor,
            action="certificate_withdrawn",
            subject=f"certification/{reference}",
            detail={"words": words.strip()},
        )


def list_certified(db: Database) -> list[Certified]:
    """Give the public list: every certificate, the newest first, expired and withdrawn too."""
    with db.transaction(Role.READER) as tx:
        return store.list_certified(tx, CERTIFIED_MAX)


def list_keys(
    db: Database, organisation_codes: Sequence[str], *, at: datetime
) -> list[str]:
    """Give the living keys of organisations that sign batches, the newest first."""
    with db.transaction(Role.READER) as tx:
        return store.list_keys(tx, organisation_codes, at, KEYS_SHOWN_MAX)


def list_codes(db: Database, organisation_ids: Sequence[int]) -> list[str]:
    """Give the codes of organisations, by their numbers in this very database."""
    with db.transaction(Role.READER) as tx:
        return store.list_codes(tx, organisation_ids)


def fault_for(db: Database, key_id: str, *, at: datetime) -> Fault | None:
    """
    Give what a batch of a key is to meet just now, and note that it has been met; None: nothing.

    It is asked of what the key's holder signed, and of nothing else.
    """
    with db.transaction(Role.OFFICE) as tx:
        current = store.lock_current(tx, key_id)
        if current is None:
            return None
        run_no, place, test, met_at = current
        fault = FAULTS.get(test)
        if fault is None:
            return None
        if met_at is None:
            store.meet_fault(tx, run_no, place, at)
            return fault
        lasts_s = _LASTS_S.get(fault, 0)
        return fault if at < met_at + timedelta(seconds=lasts_s) else None


def _find(tx: Connection[Any], reference: str) -> Run:
    run = store.find_run(tx, reference)
    if run is None:
        raise _not_found(reference)
    return run


def _not_found(reference: str) -> NotFound:
    return NotFound(
        f"there is no certification {reference[:20]!r}", code="certification_not_found"
    )
