"""Whoever asks for feeds is given feeds, and an organisation its own."""

from datetime import date, timedelta

import psycopg

from ekino.db.database import Database, Role
from ekino.feeds import service
from ekino.feeds.service import THE_STATE, Asker, watching
from factories import EVENING
from organisations import Trade

_SINCE, _UNTIL = EVENING - timedelta(days=30), EVENING + timedelta(days=1)


def places(db: Database, asker: Asker = THE_STATE) -> set[tuple[str, str]]:
    return {
        (feed.source, feed.venue)
        for feed in service.list_feeds(db, service.Whose(asker=asker))
    }


def test_an_organisation_reads_its_own_feeds_only(db: Database) -> None:
    trade = Trade(db)
    with psycopg.connect(db.dsn) as superuser:
        for code, venue in (
            ("own-aurora", "aurora-1"),
            ("cloud", "aurora-2"),
            ("cloud", "lonely-1"),
        ):
            place = (trade.sources[code], trade.venues[venue])
            superuser.execute(
                "INSERT INTO feeds.alarm (kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, times, facts)"
                " VALUES ('gap', %s, %s, '', %s, %s, %s, 1, '{}')",
                (*place, EVENING, EVENING, EVENING),
            )
    exhibitor = Asker(Role.EXHIBITOR, trade.ids["exh-aurora"])
    vendor = Asker(Role.VENDOR, trade.ids["vendor-two"])
    nobody = Asker(Role.EXHIBITOR, trade.ids["exh-empty"])

    names = {number: code for code, number in trade.venues.items()} | {0: "elsewhere"}

    def seen(asker: Asker) -> list[set[str]]:
        return [
            {
                names[each.venue_id]
                for each in service.list_hours(
                    db, service.Whose(asker=asker), since=_SINCE, until=_UNTIL
                )
            },
            {
                names[each.venue_id]
                for each in service.list_alarms(db, service.Whose(asker=asker))
            },
        ]

    assert places(db) == {
        ("own-aurora", "aurora-1"),
        ("cloud", "aurora-2"),
        ("cloud", "borealis-1"),
        ("cloud", "lonely-1"),
    }
    assert places(db, exhibitor) == {("own-aurora", "aurora-1"), ("cloud", "aurora-2")}
    assert places(db, vendor) == {
        ("cloud", "aurora-2"),
        ("cloud", "borealis-1"),
        ("cloud", "lonely-1"),
    }
    assert places(db, nobody) == set()
    assert seen(THE_STATE) == [
        {*trade.venues, "elsewhere"},
        {"aurora-1", "aurora-2", "lonely-1"},
    ]
    assert seen(exhibitor) == [{"aurora-1", "aurora-2"}] * 2
    assert seen(vendor) == [
        {"aurora-2", "borealis-1", "lonely-1", "elsewhere"},
        {"aurora-2", "lonely-1"},
    ]
    assert seen(nobody) == [set(), set()]


def test_every_question_has_an_answer_for_everybody_who_may_ask(db: Database) -> None:
    trade = Trade(db)
    for asker in (
        THE_STATE,
        Asker(Role.EXHIBITOR, trade.ids["exh-aurora"]),
        Asker(Role.VENDOR, trade.ids["vendor-one"]),
    ):
        assert (
            service.list_days(
                db,
                service.Whose(asker=asker),
                first=date(2026, 11, 1),
                past_end=date(2026, 12, 1),
            )
            == []
        )
        assert service.list_gaps(db, service.Whose(asker=asker), is_open=False) == []
        service.list_unmended(db, service.Whose(asker=asker))
        service.sum_refused(db, service.Whose(asker=asker), since=_SINCE, until=_UNTIL)
        assert [
            sender.key_id
            for sender in service.list_senders(db, service.Whose(asker=asker))
            if sender.source_id == trade.sources["own-aurora"]
        ] == ["own-aurora/batch"]


def test_whoever_asks_for_two_is_told_once_of_what_both_may_see(db: Database) -> None:
    trade = Trade(db)
    with psycopg.connect(db.dsn) as superuser:
        for _ in range(2):
            superuser.execute(
                "INSERT INTO feeds.alarm (kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, times, facts)"
                " VALUES ('gap', %s, %s, gen_random_uuid()::text, %s, %s, %s, 1, '{}')",
                (
                    trade.sources["cloud"],
                    trade.venues["aurora-2"],
                    EVENING,
                    EVENING,
                    EVENING,
                ),
            )
    askers = (
        Asker(Role.EXHIBITOR, trade.ids["exh-aurora"]),
        Asker(Role.VENDOR, trade.ids["vendor-two"]),
    )
    view = watching.View(db, askers)

    feeds = view.each(lambda whose: service.list_feeds(db, whose))
    alarms = view.each(lambda whose: service.list_alarms(db, whose))

    assert [(each.source, each.venue) for each in feeds] == [
        ("cloud", "aurora-2"),
        ("own-aurora", "aurora-1"),
        ("cloud", "borealis-1"),
        ("cloud", "lonely-1"),
    ]
    assert len(alarms) == 2
