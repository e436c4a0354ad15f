"""A fortnight of the invented trade as the watch would have written it down, and what is asked."""

from datetime import datetime, timedelta

import psycopg

from organisations import SOURCES, Trade

DAYS = 14
# Numbers that nothing else on a page has.
FIRST_ALARM = 70_001
# Of every feed: an alarm of the venue at this place in the list has this kind.
_KINDS = ("gap", "silent", "late", "refused")


def watch_over(trade: Trade, at: datetime) -> dict[tuple[str, str], int]:
    """Write a fortnight until `at` down, and give the alarms by (source, venue)."""
    alarms: dict[tuple[str, str], int] = {}
    feeds = [
        (source, venue) for source, (_, _, venues) in SOURCES.items() for venue in venues
    ]
    with psycopg.connect(trade.db.dsn, autocommit=True) as superuser:
        for number, (source, venue) in enumerate(feeds):
            place = (trade.sources[source], trade.venues[venue])
            kind = _KINDS[number % len(_KINDS)]
            state = {"gap": "incomplete", "refused": "incomplete"}.get(kind, kind)
            superuser.execute(
                "INSERT INTO feeds.status VALUES (%s, %s, %s, %s, %s)",
                (*place, state, at - timedelta(hours=2 + number), kind),
            )
            for back in range(DAYS):
                day = (at - timedelta(days=back)).date()
                _insert_day(superuser, place, day, state if back == 0 else "on_line", back)
            superuser.execute(
                "INSERT INTO feeds.venue_hour VALUES (%s, %s, %s, 90, 80, 6, 4, 0, 3, 1,"
                " '{20,30,20,5,5,5,3,1,1,0}')",
                (*place, at.replace(minute=0, second=0, microsecond=0)),
            )
            superuser.execute(
                "INSERT INTO feeds.refused VALUES (%s, %s, %s, 'showing_not_in_catalog', 6)",
                (*place, at.replace(minute=0, second=0, microsecond=0)),
            )
            superuser.execute(
                "INSERT INTO feeds.gap (key_id, line_venue_id, source_id, venue_id, business_date,"
                " first_sequence, last_sequence, seen_at) VALUES (%s, 0, %s, %s, %s, 17, 19, %s)",
                (f"{source}/batch", *place, at.date(), at - timedelta(hours=1)),
            )
            row = superuser.execute(
                "INSERT INTO feeds.alarm (alarm_id, kind, source_id, venue_id, subject, known_at, opened_at,"
                " last_seen_at, times, facts) OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, '', %s, %s, %s, 1,"
                " '{\"numbers\": 3}') RETURNING alarm_id",
                (
                    FIRST_ALARM + number,
                    kind,
                    *place,
                    at - timedelta(hours=2),
                    at - timedelta(hours=1),
                    at,
                ),
            ).fetchone()
            assert row is not None
            alarms[source, venue] = row[0]
    return alarms


def _insert_day(
    superuser: psycopg.Connection[object],
    place: tuple[int, int],
    day: object,
    state: str,
    back: int,
) -> None:
    whole = 1_000_000 - 7_000 * (back % 4)
    superuser.execute(
        "INSERT INTO feeds.venue_day VALUES (%s, %s, %s, 80, 6, 2, 3, 0, 80, 16000000, 79, 15800000,"
        " NULL, 8, 7, 3, %s, %s, false, %s, 9)",
        (*place, day, state, whole, back > 1),
    )
