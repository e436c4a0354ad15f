"""What others may ask of notices: to tell something."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection

from ekino.kernel.errors import Broken
from ekino.notices import store
from ekino.notices.model import FACTS_BYTES_MAX, KINDS, Kind, is_subject, new_notice_id

__all__ = ["Kind", "tell", "tell_once"]


def tell(
    tx: Connection[Any],
    *,
    organisation_code: str | None,
    kind: str,
    subject: str,
    data: Mapping[str, object],
) -> str:
    """
    Tell an organisation something, and give the notice's id.

    It is told when the caller's transaction commits and not otherwise; None tells the
    register's own people. `subject` names what it is about as the API names it; `data` is thin:
    ids and states, never a person's particulars. The roles of ingest, office and followers may
    tell. Raises `Broken` for what no notice can say.
    """
    facts = msgspec.json.encode(data)
    if kind not in KINDS or not is_subject(subject) or len(facts) > FACTS_BYTES_MAX:
        detail = f"no notice can say {kind!r} of {subject[:80]!r} in {len(facts)} bytes"
        raise Broken(detail, code="notice_malformed")
    notice_id = new_notice_id()
    store.insert_notice(
        tx,
        notice_id=notice_id,
        organisation_code=organisation_code,
        kind=kind,
        subject=subject,
        facts=facts,
    )
    return notice_id


def tell_once(
    tx: Connection[Any],
    organisations: Iterable[str | None],
    *,
    once: str,
    until: datetime,
    kind: str,
    subject: str,
    data: Mapping[str, object],
) -> bool:
    """
    Tell each of these organisations something unless it was told before, and say whether it was.

    `once` names what is told over all who look; it is remembered until an instant, after which
    nobody may look for it. Only followers tell once. Raises what `tell` raises.
    """
    if not store.insert_told_once(tx, once, until):
        return False
    for code in organisations:
        tell(tx, organisation_code=code, kind=kind, subject=subject, data=data)
    return True
