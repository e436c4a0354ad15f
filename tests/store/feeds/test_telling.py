"""What rounds tell besides alarms: refused events by the hour, keys that end, states that change."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.service.rounds import Rounds
from ekino.feeds.service.telling import HOUR_SETTLES_S, HOURS_TOLD_MAX, KEY_EXPIRING_DAYS
from ekino.kernel.moments import to_text
from ekino.web.webhooks import KINDS
from feed_country import OPENING, FeedCountry

SETTLED = OPENING + timedelta(hours=1, seconds=HOUR_SETTLES_S)
# Of the country's keys.
ENDS = OPENING.replace(year=2027, month=12, day=1, hour=0)


@pytest.fixture
def country(db: Database) -> FeedCountry:
    made = FeedCountry(db, {"a": 4, "b": 1})
    execute(
        db,
        "UPDATE access.source SET vendor_code = 'maker', organisation_code = 'runner' WHERE code = 'source-a'",
    )
    return made


def execute(db: Database, statement: str, *values: object) -> None:
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute(statement, values)


def told(db: Database, kind: str) -> list[tuple[Any, ...]]:
    """Give what was told of a kind, in order; each says what the contract's example says."""
    with psycopg.connect(db.dsn) as superuser:
        rows = superuser.execute(
            "SELECT organisation_code, subject, facts FROM notices.notice WHERE kind = %s ORDER BY notice_no",
            (kind,),
        ).fetchall()
    for _, _, facts in rows:
        assert set(facts) == set(KINDS[kind].facts)
    return rows


def test_refused_events_are_told_once_an_hour_with_their_count(
    country: FeedCountry,
) -> None:
    def counts() -> list[tuple[Any, ...]]:
        found = told(country.db, "batch.refused")
        return [(code, facts["outcome"], facts["events"]) for code, _, facts in found]

    with country.serving():
        for till in (0, 1, 0):
            country.sell("a", till=till, showing="nowhere")
        country.sell("a")
        country.sell("b", showing="nowhere")
        country.at = SETTLED - timedelta(seconds=1)
        country.look()
        too_soon = counts()
        country.at = SETTLED + timedelta(seconds=10)
        country.sell("a", showing="nowhere")
        country.look()
        first = counts()
        country.at += timedelta(seconds=10)
        country.look()
        Rounds(clock=lambda: country.at + timedelta(seconds=10)).follow(country.db)
        again = counts()
        country.at += timedelta(hours=1)
        country.look()

    expected = [
        ("maker", "showing_not_in_catalog", 3),
        ("runner", "showing_not_in_catalog", 3),
        # Nobody's: the register's own people are told.
        (None, "showing_not_in_catalog", 1),
    ]
    assert too_soon == []
    assert first == again == expected
    assert counts() == [
        *expected,
        ("maker", "showing_not_in_catalog", 1),
        ("runner", "showing_not_in_catalog", 1),
    ]
    _, subject, facts = told(country.db, "batch.refused")[0]
    assert subject == "feeds/source-a"
    assert (facts["since"], facts["until"]) == (
        to_text(OPENING),
        to_text(OPENING + timedelta(hours=1)),
    )


def test_an_hour_that_is_not_counted_whole_is_not_told(country: FeedCountry) -> None:
    with country.serving():
        country.sell("a", showing="nowhere")
        country.look()
        country.at = OPENING + timedelta(minutes=59)
        country.sell("a", showing="nowhere")
    country.at = SETTLED
    country.rounds.follow(country.db)
    before = told(country.db, "batch.refused")

    while feeds.follow(country.db):
        pass
    country.at += timedelta(seconds=10)
    country.rounds.follow(country.db)

    assert before == []
    assert [facts["events"] for _, _, facts in told(country.db, "batch.refused")] == [2, 2]


def test_after_a_rest_a_day_is_told_and_no_more(country: FeedCountry) -> None:
    with country.serving():
        country.sell("b", showing="nowhere")
        country.at += timedelta(hours=1)
        country.sell("b", showing="nowhere")
    while feeds.follow(country.db):
        pass
    country.at = SETTLED + timedelta(hours=HOURS_TOLD_MAX)
    country.look()

    assert [facts["since"] for _, _, facts in told(country.db, "batch.refused")] == [
        to_text(OPENING + timedelta(hours=1))
    ]


def test_a_key_that_ends_soon_is_told_once(country: FeedCountry) -> None:
    db = country.db
    execute(db, "UPDATE access.key SET revoked_at = now() WHERE key_id = 'a/till-1'")
    execute(db, "UPDATE access.key SET replaced_by = 'a/till-0' WHERE key_id = 'a/till-2'")
    execute(
        db, "UPDATE access.key SET key_id = 'intake/source-a/x' WHERE key_id = 'a/till-3'"
    )
    execute(
        db,
        "INSERT INTO access.key SELECT 'кілт/1', source_id, sha256('x'), valid_from, valid_until, NULL, kind,"
        " '\\x00000001' FROM access.key WHERE key_id = 'b/till-0'",
    )
    country.at = ENDS - timedelta(days=KEY_EXPIRING_DAYS, seconds=1)
    country.look()
    too_soon = told(db, "key.expiring")

    for hours in (1, 2, 30 * 24):
        country.at = ENDS - timedelta(days=KEY_EXPIRING_DAYS) + timedelta(hours=hours - 1)
        country.look()
        Rounds(clock=lambda: country.at + timedelta(seconds=10)).follow(db)

    assert too_soon == []
    a, b = (
        {"key_id": key_id, "source": source, "valid_until": to_text(ENDS)}
        for key_id, source in (("a/till-0", "source-a"), ("b/till-0", "source-b"))
    )
    assert told(db, "key.expiring") == [
        ("maker", "key/a/till-0", a),
        ("runner", "key/a/till-0", a),
        (None, "key/b/till-0", b),
    ]


def test_a_state_that_changes_is_told_and_the_first_is_not(country: FeedCountry) -> None:
    country.look()
    first = told(country.db, "feed.state_changed")
    for state in ("suspended", "suspended", "active"):
        execute(
            country.db, "UPDATE access.source SET state = %s WHERE code = 'source-a'", state
        )
        country.at += timedelta(seconds=10)
        country.look()

    assert first == []
    rows = told(country.db, "feed.state_changed")
    assert [(code, facts["before"], facts["state"]) for code, _, facts in rows] == [
        (code, before, state)
        for before, state in (("on_line", "suspended"), ("suspended", "on_line"))
        for code in (None, "maker", "runner")
    ]
    assert {subject for _, subject, _ in rows} == {"feeds/source-a/a"}
