"""The outbox: a notice is there with what it tells of, or neither is."""

from contextlib import suppress

import psycopg
import pytest

from ekino.db.database import Database, Role
from ekino.kernel.errors import Broken
from ekino.notices import service
from ekino.notices.model import FACTS_BYTES_MAX


def told(db: Database) -> list[tuple[object, ...]]:
    with psycopg.connect(db.dsn) as superuser:
        return superuser.execute(
            "SELECT notice_id, organisation_code, kind, subject, facts FROM notices.notice"
        ).fetchall()


@pytest.mark.parametrize("role", [Role.INGEST, Role.OFFICE, Role.FOLLOWER])
def test_a_notice_is_told_when_the_transaction_commits(db: Database, role: Role) -> None:
    with db.transaction(role) as tx:
        notice_id = service.tell(
            tx,
            organisation_code="exh-aurora",
            kind="feed.state_changed",
            subject="own-aurora/aurora-1",
            data={"state": "silent"},
        )

    assert told(db) == [
        (
            notice_id,
            "exh-aurora",
            "feed.state_changed",
            "own-aurora/aurora-1",
            {"state": "silent"},
        )
    ]


def test_what_is_rolled_back_was_never_told(db: Database) -> None:
    with suppress(ZeroDivisionError), db.transaction(Role.OFFICE) as tx:
        service.tell(tx, organisation_code=None, kind="test.ping", subject="x", data={})
        raise ZeroDivisionError

    assert told(db) == []


@pytest.mark.parametrize(
    ("kind", "subject", "data"),
    [
        ("no.such.kind", "x", {}),
        ("test.ping", "", {}),
        ("test.ping", "two\nlines", {}),
        ("test.ping", "x", {"a": "b" * FACTS_BYTES_MAX}),
    ],
)
def test_what_no_notice_can_say_is_refused(
    db: Database, kind: str, subject: str, data: dict[str, str]
) -> None:
    with pytest.raises(Broken), db.transaction(Role.OFFICE) as tx:
        service.tell(tx, organisation_code=None, kind=kind, subject=subject, data=data)


def test_a_notice_of_just_the_most_bytes_is_told(db: Database) -> None:
    data = {"a": "b" * (FACTS_BYTES_MAX - len('{"a":""}'))}

    with db.transaction(Role.OFFICE) as tx:
        service.tell(tx, organisation_code=None, kind="test.ping", subject="x", data=data)

    assert told(db)[0][4] == data
