"""Files that wait: for names that nobody has mapped yet, or for somebody to send them."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.intake.model.upload import Name, NameKind, Source, State, Upload
from ekino.intake.service import handing, judging
from ekino.intake.service.keys import Keys
from ekino.intake.service.sending import door, send
from ekino.intake.store import catalog
from ekino.intake.store import uploads as store
from ekino.kernel.errors import Refused
from ekino.kernel.moments import Clock, now

_LOG = logging.getLogger("ekino.intake")
# Files judged again in one step: while somebody waits for the page, or the follower's others do.
JUDGED_AT_ONCE_MAX = 10
# A follower leaves an upload so long to whoever began it.
LEAVE_S = 10
# Uploads finished in one step of the follower.
UPLOADS_AT_ONCE = 20


def map_names(
    db: Database,
    keys: Keys,
    source: Source,
    codes: Sequence[tuple[Name, str]],
    *,
    made_by: str,
    at: datetime,
) -> list[Upload]:
    """
    Say once what a source's names mean, and judge again the first files that wait for them.

    Of many files the others are judged by the follower, a few at a time. Raises `Refused` with
    `code_unknown` when a code is none that the source may use; nothing is written then.
    """
    with db.transaction(Role.OFFICE) as tx:
        _verify_codes(tx, source, codes)
        for name, code in codes:
            catalog.put_mapping(tx, source.source_id, name, code, made_by=made_by, at=at)
        access.note(
            tx,
            actor=made_by,
            action="names_mapped",
            subject=f"source/{source.code}",
            detail={"names": len(codes)},
        )
        waiting = store.list_mapped(
            tx, source_id=source.source_id, limit=JUDGED_AT_ONCE_MAX
        )
        # From here what was said holds, and `judge_waiting` finds whatever is not judged here.
    return [_try_again(db, keys, source, upload_no, at=at) for upload_no, _ in waiting]


def judge_waiting(db: Database, keys: Keys, *, at: datetime) -> int:
    """Judge again some files whose names were mapped meanwhile, and give how many."""
    with db.transaction(Role.OFFICE) as tx:
        waiting = store.list_mapped(tx, source_id=None, limit=JUDGED_AT_ONCE_MAX)
    for upload_no, code in waiting:
        with db.transaction(Role.OFFICE) as tx:
            source = catalog.find_source(tx, code)
        # A source that was suspended since waits with its files.
        if source is not None:
            _try_again(db, keys, source, upload_no, at=at)
    return len(waiting)


def _verify_codes(
    tx: Connection[Any], source: Source, codes: Sequence[tuple[Name, str]]
) -> None:
    halls = {venue.code: venue.halls for venue in source.venues}
    for name, code in codes:
        if name.kind is NameKind.VENUE:
            is_there = code in halls
        elif name.kind is NameKind.HALL:
            is_there = code in halls.get(name.within, {})
        else:
            is_there = catalog.has_version(tx, code)
        if not is_there:
            detail = f"{code!r} is no {name.kind.value} that this source may name"
            raise Refused(detail, code="code_unknown")


def _try_again(
    db: Database, keys: Keys, source: Source, upload_no: int, *, at: datetime
) -> Upload:
    """Judge a file again; one that cannot be read any more goes on waiting, and stops no other."""
    try:
        return _judge_again(db, keys, source, upload_no, at=at)
    except Refused as error:
        _LOG.warning("upload %s waits: %s", upload_no, error.detail)
        with db.transaction(Role.OFFICE) as tx:
            store.leave_waiting(tx, upload_no, at=at)
        return handing.read_upload(db, upload_no)


def _judge_again(
    db: Database, keys: Keys, source: Source, upload_no: int, *, at: datetime
) -> Upload:
    key_id = keys.ensure(db, source, at=at)
    with db.transaction(Role.OFFICE) as office:
        _, first = store.lock_numbering(office, source.source_id, key_id)
        kept = store.find_content(office, upload_no)
        locked = store.lock(office, upload_no)
        if kept is not None and locked is not None and locked[0] is State.WAITING:
            named, currency, timezone = kept.asked.split("|")
            handed = handing.Handed(
                content=kept.content, format=named, currency=currency, timezone=timezone
            )
            what = handing.read(source, handed)
            with db.transaction(Role.READER) as reader:
                judged = judging.judge(office, reader, source, what, at=kept.handed_at)
            counted = store.count_batches(office, upload_no)
            # What this file had entered itself was not there before it.
            own = counted["entered"] + counted["already"]
            judged.counts["already"] = max(0, judged.counts["already"] - own)
            store.judge_again(
                office,
                upload_no,
                state=handing.state_of(judged),
                counts=judged.counts,
                at=at,
            )
            handing.write(
                office, source, upload_no, judged, key_id, first,
                ordinal=counted["batches"],
            )  # fmt: skip
        # From here what was mapped waits to be sent.
    return handing.read_upload(db, upload_no)


class Finisher:
    """
    The follower `intake`: judges again what waited for names, and sends what nobody sends.

    A process may go away before an upload is answered; and names are mapped once for all files.
    """

    def __init__(self, keys: Keys, *, clock: Clock = now) -> None:
        """Take the keys that batches are signed with."""
        self._keys = keys
        self._clock = clock

    def follow(self, db: Database) -> int:
        """Judge some uploads again, send what is left of others; give how many, and batches."""
        at = self._clock()
        judged = judge_waiting(db, self._keys, at=at)
        before = at - timedelta(seconds=LEAVE_S)
        with db.transaction(Role.OFFICE) as tx:
            left = store.list_entering(tx, before=before, limit=UPLOADS_AT_ONCE)
        if not left:
            return judged
        with door(db, clock=self._clock) as submit:
            return judged + sum(
                send(db, self._keys, upload_no, submit, clock=self._clock)
                for upload_no in left
            )
