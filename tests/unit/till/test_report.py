"""The kit reports by itself while it sends, and sales never wait for a report."""

import os
import signal
import threading
import time
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till import Client, Declared, Event, Key, Reporter, Roll, Spool, Till
from ekino_till.command.desk import Desk, Settings
from ekino_till.command.sending import send
from ekino_till.report import REPORT_AGAIN_S, REPORT_EVERY_S, declared_by
from register_stand_in import REGISTER_KEY, StandIn

SILENT_AFTER_S = 12 * 60
KEY = Key("vendor.example/till-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
SOFTWARE = {"product": "Example POS", "version": "4.2"}
STARTS = datetime(2024, 11, 24, 14, tzinfo=UTC)


def a_spool(folder: Path) -> Spool:
    spool = Spool(folder / "spool", roll=Roll("Asia/Aqtau"))
    about: dict[str, Any] = {"venue": "aqtau-1", "showing": "S", "happened_at": STARTS}
    spool.add(
        [
            Event.of("showing_announced", hall="1", film_version="v", starts_at=STARTS, **about),
            *(
                Event.of("sold", ticket=f"T-{n}", price_minor=100, sales_channel="web", **about)
                for n in (1, 2)
            ),
            Event.of("refunded", ticket="T-2", price_minor=100, **about),
        ]
    )  # fmt: skip
    return spool


def test_one_report_may_be_lost_and_the_source_is_not_silent_yet() -> None:
    assert 2 * REPORT_EVERY_S + REPORT_AGAIN_S < SILENT_AFTER_S


def test_a_till_that_follows_reports_at_once_in_time_and_at_the_end(tmp_path: Path) -> None:
    """Found in review: only `ekino-till status` ever reported."""
    with StandIn() as register:
        till = Till(
            a_spool(tmp_path),
            Client(register.url, KEY),
            register_key=REGISTER_KEY,
            software=SOFTWARE,
        )
        stop = threading.Event()
        register.refuse = lambda event: "" if event["kind"] == "sold" else "unknown"
        following = threading.Thread(
            target=till.follow, args=(stop,), kwargs={"look_s": 0.01}
        )
        following.start()
        deadline = time.monotonic() + 20
        while not register.reports and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        in_between = len(register.reports)
        stop.set()
        following.join(20)
        till.close()

    assert in_between == 1
    first, last = register.reports
    assert first["software"] == SOFTWARE
    assert (first["next_sequence"], first["waiting_events"]) == (5, 0)
    assert first["days"] == last["days"] == [
        {"venue": "aqtau-1", "business_date": "2024-11-24", "tickets": 1, "gross_minor": 100,
         "refunds": 1, "is_final": True},
    ]  # fmt: skip


def test_the_command_that_follows_reports_and_says_what_the_register_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Namespace(folder=str(tmp_path), json=True, follow=True, give_up_after_s=1.0)
    desk = Desk(options)
    Key.open(desk.path_of(KEY.key_id), KEY.key_id)
    with StandIn() as register:
        register.missing = [{"first": 2, "last": 3, "venue": "aqtau-1"}]
        desk.keep(
            Settings(
                register=register.url,
                key_id=KEY.key_id,
                venue="aqtau-1",
                timezone="Asia/Aqtau",
                software=SOFTWARE,
            )
        )
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
        send(desk, options)

    assert [each["software"] for each in register.reports] == [SOFTWARE, SOFTWARE]
    assert capsys.readouterr().err.count("the register lacks events 2 to 3") == 1


def test_a_till_that_names_nobody_does_not_report(tmp_path: Path) -> None:
    with StandIn() as register:
        till = Till(Spool(tmp_path / "spool"), Client(register.url, KEY))
        till.drain()
        till.close()

    assert register.reports == []


def test_a_refused_report_holds_up_no_sale_and_is_made_again_later(tmp_path: Path) -> None:
    with StandIn() as register:
        spool = a_spool(tmp_path)
        client = Client(register.url, KEY)
        reporter = Reporter(spool, client, SOFTWARE, days=list)
        register.faults = [(404, {}, b'{"code": "not_found", "detail": "no such address"}')]

        assert not reporter.report_if_due()
        assert reporter.trouble.startswith("not_found")
        assert 0 < reporter.due_in_s() <= REPORT_AGAIN_S
        register.missing = [{"first": 2, "last": 3, "venue": "aqtau-1"}]
        assert reporter.report_if_due(is_last=True)
        assert (reporter.trouble, reporter.answer["missing"]) == ("", register.missing)
        assert register.reports[0]["waiting_events"] == 4
        assert REPORT_AGAIN_S < reporter.due_in_s() <= REPORT_EVERY_S
        client.close()
        spool.close()


def test_a_day_is_final_when_it_is_over_and_nothing_waits(tmp_path: Path) -> None:
    spool = a_spool(tmp_path)
    # The business day ends at six in the morning of the venue.
    ends = datetime(2024, 11, 25, 1, tzinfo=UTC)

    def is_final(at: datetime, **more: str) -> bool:
        (day,) = declared_by(spool, at=at, **more)
        return day.is_final

    assert not is_final(ends)
    assert is_final(ends - timedelta(days=1), final_until="2024-11-24")
    spool.settle(spool.next_batch(10), ["entered"] * 4)
    assert not is_final(ends - timedelta(seconds=1))
    assert is_final(ends)
    spool.close()


def test_a_reporter_says_who_speaks(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    client = Client("http://127.0.0.1:1", KEY)
    with pytest.raises(ValueError, match="product and version"):
        Reporter(spool, client, {"product": "x"})
    day = Declared(venue="v", business_date="2026-11-26", tickets=1, gross_minor=2)
    assert day.to_wire()["is_final"] is False
    spool.close()
