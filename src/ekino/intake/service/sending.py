"""Sending: an upload's batches, signed and handed in at the register's own door, in their order."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ekino.access.signature import SignedRequest
from ekino.db.database import Database, Role
from ekino.ingest.model import Answer, Outcome
from ekino.ingest.service import Front
from ekino.intake.model.upload import (
    RAW_CHARACTERS_MAX,
    Finding,
    State,
    count_waiting,
    state_after,
)
from ekino.intake.service.keys import Keys
from ekino.intake.store import uploads as store
from ekino.kernel.errors import EkinoError, NotAuthenticated
from ekino.kernel.moments import Clock, now

# Hands a signed batch in and gives the answer, after the commit.
Submit = Callable[[SignedRequest, bytes], Answer]


@contextmanager
def door(db: Database, *, clock: Clock = now) -> Iterator[Submit]:
    """Open the register's door in this process: for commands and for the follower."""
    front = Front(db, clock=clock)
    front.start()
    try:
        with asyncio.Runner() as runner:
            yield lambda request, body: runner.run(front.submit(request, body))
    finally:
        front.stop()


def send(
    db: Database,
    keys: Keys,
    upload_no: int,
    submit: Submit,
    *,
    batches_max: int | None = None,
    clock: Clock = now,
) -> int:
    """
    Send what is not answered of an upload, at most `batches_max` batches; give how many were.

    Whoever is interrupted is finished by another: a batch sent twice is known by its bytes, and
    the first answer is kept. Raises what the door raises, with everything answered so far kept.
    """
    sent = 0
    with db.transaction(Role.OFFICE) as tx:
        kept = store.find_content(tx, upload_no)
    source = "" if kept is None else kept.source
    while batches_max is None or sent < batches_max:
        with db.transaction(Role.OFFICE) as tx:
            batch = store.next_batch(tx, upload_no)
        if batch is None:
            break
        moment = clock()
        try:
            answer = submit(
                keys.sign(source, batch.key_id, batch.body, at=moment), batch.body
            )
        except NotAuthenticated as error:
            _refuse_all(db, upload_no, batch, error, at=moment)
        else:
            _keep(db, upload_no, batch, answer, at=moment)
        sent += 1
    _settle(db, upload_no)
    return sent


def _keep(
    db: Database, upload_no: int, batch: store.Waiting, answer: Answer, *, at: datetime
) -> None:
    entered = answer.outcomes.count(Outcome.ENTERED)
    already = answer.outcomes.count(Outcome.ALREADY_ENTERED)
    positions = [each for each in answer.positions if each is not None]
    kept = {
        "batch_sha256": answer.batch_sha256,
        "received_at": answer.received_at,
        "register_size": answer.register_size,
        "entered": entered,
        "already_entered": already,
        "refused": len(answer.outcomes) - entered - already,
        "late": answer.late,
        "first_position": min(positions, default=None),
        "last_position": max(positions, default=None),
    }
    findings = [
        Finding(
            place=batch.places[each.index],
            field=each.field,
            code=each.outcome.value,
            words=each.detail[:RAW_CHARACTERS_MAX],
        )
        for each in answer.problems
    ]
    with db.transaction(Role.OFFICE) as tx:
        store.lock(tx, upload_no)
        if store.answer_batch(tx, upload_no, batch.ordinal, kept, at=at):
            store.add_findings(tx, upload_no, findings)
        # From here the answer is kept, and the batch is not sent again.


def _refuse_all(
    db: Database,
    upload_no: int,
    batch: store.Waiting,
    error: EkinoError,
    *,
    at: datetime,
) -> None:
    """Keep that a batch was refused as a whole: its key or its source may not speak any more."""
    kept: dict[str, Any] = {
        "entered": 0,
        "already_entered": 0,
        "refused": batch.events,
        "code": error.code,
    }
    finding = Finding(place="", field="", code=error.code, words=error.detail)
    with db.transaction(Role.OFFICE) as tx:
        store.lock(tx, upload_no)
        if store.answer_batch(tx, upload_no, batch.ordinal, kept, at=at):
            store.add_findings(tx, upload_no, [finding])


def _settle(db: Database, upload_no: int) -> None:
    """Say how an upload stands by its batches' answers."""
    with db.transaction(Role.OFFICE) as tx:
        # Lock first, then look: another may have answered the last batch meanwhile.
        locked = store.lock(tx, upload_no)
        if locked is None or locked[0] is State.REFUSED:
            return
        counted = store.count_batches(tx, upload_no)
        state = state_after(
            batches=counted["batches"],
            answered=counted["answered"],
            waiting_rows=count_waiting(locked[1]),
        )
        sums = {name: counted[name] for name in ("entered", "refused")}
        sums["sent_again"] = counted["already"]
        store.set_state(tx, upload_no, state, sums)
