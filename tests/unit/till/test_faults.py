"""The kit between a bad network and a worse machine: nothing is lost, doubled or believed too soon."""

import json
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till import (
    Client,
    Event,
    Key,
    NotAnswered,
    RefusedByRegister,
    RegisterKey,
    Spool,
    SpoolBroken,
    SpoolFull,
    SpoolTaken,
    Till,
)
from ekino_till.receipts import ReceiptWrong
from ekino_till.till import Drained
from register_stand_in import PUBLIC, REGISTER_KEY, StandIn, problem, sign_receipt

AT = datetime(2026, 11, 24, 19, tzinfo=UTC)
KEY = Key("vendor.example/till-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def a_sale(number: int, **more: Any) -> Event:
    fields = {"ticket": f"T{number}", "price_minor": 150_000, "sales_channel": "box_office"}
    return Event.of("sold", venue="ALA-1", showing="s", happened_at=AT, **fields, **more)


@pytest.fixture
def register() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


def a_till(
    folder: Path, register: StandIn, key: RegisterKey | None = REGISTER_KEY, **more: Any
) -> Till:
    return Till(
        Spool(folder / "spool", **more), Client(register.url, KEY), register_key=key
    )


def test_a_receipt_is_kept_with_the_batch_it_proves(
    tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1), a_sale(2))
    till.drain()

    (kept,) = till.spool.receipts()
    proved = REGISTER_KEY.verify(kept.receipt, kept.body, kept.outcomes, kept.positions)
    assert (proved.first, proved.count) == (0, 2)
    assert [json.loads(kept.body)["events"][index]["ticket"] for index in (0, 1)] == [
        "T1",
        "T2",
    ]
    with pytest.raises(ReceiptWrong, match="another batch"):
        REGISTER_KEY.verify(kept.receipt, kept.body + b" ", kept.outcomes, kept.positions)
    with pytest.raises(ReceiptWrong, match="says 2 from 0, the answer 1 from 0"):
        REGISTER_KEY.verify(
            kept.receipt, kept.body, ["entered", "venue_not_in_catalog"], [0, None]
        )
    till.close()


def another_signer(answer: dict[str, Any]) -> dict[str, Any]:
    text = answer["receipt"].partition("\n\n")[0] + "\n"
    return {**answer, "receipt": sign_receipt(text, Ed25519PrivateKey.generate())}


SPOILS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another's signature": another_signer,
    "no receipt": lambda answer: {**answer, "receipt": ""},
    "refusals it never signed": lambda a: {**a, "outcomes": ["venue_not_in_catalog"] * 2},
    "too few outcomes": lambda answer: {**answer, "outcomes": answer["outcomes"][:1]},
    "outcomes that are no words": lambda answer: {**answer, "outcomes": [1, None]},
    "another batch": lambda answer: {**answer, "batch_sha256": "0" * 64},
    "no object": lambda answer: [answer],
    "nothing": lambda _: {},
}


@pytest.mark.parametrize("how", SPOILS)
def test_an_answer_that_proves_nothing_settles_nothing(
    how: str, tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1), a_sale(2))
    register.spoil = SPOILS[how]

    with pytest.raises(NotAnswered):
        till.send_once(Drained())

    assert till.spool.waiting() == 2
    register.spoil = lambda answer: answer
    till.drain()
    assert [event["sequence"] for event in register.entered] == [1, 2]
    assert (till.spool.waiting(), till.spool.refused()) == (0, [])
    till.close()


HTML = b"<html><body>Pay for the network here</body></html>"


@pytest.mark.parametrize("http", [200, 302, 400, 401, 403, 404, 407, 411, 413, 429, 502])
def test_a_portal_in_between_is_not_the_register(
    http: int, tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1))
    # A portal's clock of 1970 is believed by nobody.
    date = {"Date": "Thu, 01 Jan 1970 00:00:00 GMT", "Location": "http://portal.example/"}
    register.faults = [(http, date, HTML)]

    with pytest.raises(NotAnswered):
        till.send_once(Drained())

    assert till.spool.waiting() == 1
    assert till.send_once(Drained())
    assert till.spool.waiting() == 0
    till.close()


def test_a_revoked_key_is_told_by_name_and_loses_nothing(
    tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1))
    register.faults = [problem(401, "key_revoked")]

    with pytest.raises(RefusedByRegister) as caught:
        till.drain()

    assert (caught.value.code, till.spool.waiting()) == ("key_revoked", 1)
    till.close()


def test_one_event_that_cannot_be_read_holds_up_nobody(
    tmp_path: Path, register: StandIn
) -> None:
    """A sector went bad under the spool: the batch is refused whole, again and again."""
    till = a_till(tmp_path, register)
    till.say(*(a_sale(number) for number in range(1, 8)))
    with sqlite3.connect(tmp_path / "spool") as db:
        db.execute("UPDATE waiting SET body = ? WHERE number = 3", (b'{"kind":"so',))
    db.close()

    def enter_or_refuse(path: str, headers: dict[str, str], body: bytes) -> Any:
        if b'"kind":"so}' in body.replace(b'"so,', b'"so}').replace(b'"so]', b'"so}'):
            return problem(400, "batch_is_malformed")
        return StandIn.answer(register, path, headers, body)

    register.answer = enter_or_refuse  # type: ignore[method-assign]
    drained = till.drain()

    assert [event["ticket"] for event in register.entered] == [
        f"T{number}" for number in (1, 2, 4, 5, 6, 7)
    ]
    assert drained.outcomes == {"entered": 6, "batch_is_malformed": 1}
    assert [row[:2] for row in till.spool.refused()] == [
        (b'{"kind":"so', "batch_is_malformed")
    ]
    till.close()


def test_a_thousand_refusals_keep_a_thousand_problems_and_not_a_million(
    tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(*(a_sale(number) for number in range(1_000)))
    register.refuse = lambda _: "venue_not_in_catalog"

    till.drain()

    refused = till.spool.refused()
    assert [json.loads(words)["index"] for _, _, words in refused] == list(range(1_000))
    assert sum(len(words) for _, _, words in refused) < 200_000
    # The venue is in the catalog by now.
    register.refuse = lambda _: ""
    assert till.spool.try_again(["ticket_was_never_sold"]) == 0
    assert till.spool.try_again(["venue_not_in_catalog"]) == 1_000
    till.drain()
    assert [event["sequence"] for event in register.entered] == list(range(1, 1_001))
    assert (till.spool.waiting(), till.spool.refused()) == (0, [])
    till.close()


def test_a_number_that_another_event_has_is_given_anew(
    tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1))
    register.refuse = lambda _: "identity_used_for_another_event"
    till.drain()
    register.refuse = lambda _: ""

    till.spool.try_again()
    till.drain()

    assert [event["sequence"] for event in register.entered] == [2]
    till.close()


def test_a_wrong_clock_is_set_by_the_registers_and_a_jump_is_followed(
    tmp_path: Path, register: StandIn
) -> None:
    wrong = {"by": 7_200.0}
    client = Client(register.url, KEY, clock=lambda: time.time() + wrong["by"])
    till = Till(Spool(tmp_path / "spool"), client)
    till.say(a_sale(1))
    register.faults = [problem(401, "created_out_of_window")]

    till.drain()

    created = [
        int(headers["Signature-Input"].partition("created=")[2].partition(";")[0])
        for _, headers, _ in register.requests
    ]
    assert created[0] - time.time() == pytest.approx(7_200, abs=30)
    assert created[1] - time.time() == pytest.approx(0, abs=30)
    assert client.clock_ahead_s == pytest.approx(7_200, abs=30)
    # Somebody sets the clock while the till runs.
    wrong["by"] = 0.0
    till.say(a_sale(2))
    register.faults = [problem(401, "created_out_of_window")]
    till.drain()
    assert client.clock_ahead_s == 0.0
    assert len(register.entered) == 2
    till.close()


def test_a_connection_that_lay_idle_costs_no_failure(
    tmp_path: Path, register: StandIn
) -> None:
    till = a_till(tmp_path, register)
    till.say(a_sale(1))
    till.drain()
    register.faults = [(200, {"Connection": "close"}, b"{}")]
    till.say(a_sale(2))
    with pytest.raises(NotAnswered):
        till.send_once(Drained())

    assert till.send_once(Drained())
    till.close()


def test_a_batch_stays_below_what_the_register_takes(
    tmp_path: Path, register: StandIn
) -> None:
    spool = Spool(tmp_path / "spool")
    spool.add(a_sale(number, seat="Қ" * 64, row="Қ" * 64) for number in range(10))
    one = len(spool.next_batch(1)[0].body)

    assert len(spool.next_batch(10, bytes_max=3 * (one + 1))) == 3
    assert len(spool.next_batch(10, bytes_max=1)) == 1
    spool.close()


def test_a_full_disk_refuses_the_sale_by_name_and_the_till_goes_on_later(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool")
    spool.add([a_sale(1)])
    (pages,) = spool._db.execute("PRAGMA page_count").fetchone()
    spool._db.execute(f"PRAGMA max_page_count = {pages}")
    number = 1

    def sell_on() -> None:
        nonlocal number
        while True:
            number += 1
            spool.add([a_sale(number)])

    with pytest.raises(SpoolFull, match="disk") as caught:
        sell_on()
    assert caught.value.events_max is None
    spool._db.execute("PRAGMA max_page_count = 1000000")

    assert spool.add([a_sale(number)]) == [number]
    assert spool.waiting() == number
    spool.close()


@pytest.mark.parametrize(
    "torn", [b"no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4_000]
)
def test_a_torn_file_is_named_and_left_as_it_is(torn: bytes, tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(torn)

    for _ in range(2):
        with pytest.raises(SpoolBroken, match="spool"):
            Spool(tmp_path / "spool")

    assert (tmp_path / "spool").read_bytes() == torn


def test_many_processes_may_sell_and_one_may_send(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool", is_shared=True)
    second = Spool(tmp_path / "spool", is_shared=True)

    assert first.add([a_sale(1)]) + second.add([a_sale(2)]) + first.add([a_sale(3)]) == [
        1,
        2,
        3,
    ]
    assert (first.waiting(), second.waiting()) == (3, 3)
    with pytest.raises(SpoolTaken):
        Spool(tmp_path / "spool")
    with first.sending(), pytest.raises(SpoolTaken, match="sending"), second.sending():
        pass
    with second.sending():
        second.settle(second.next_batch(2), ["entered", "entered"])
    assert first.waiting() == 1
    first.close()
    second.close()


def test_a_forked_child_does_not_sell_with_its_parents_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool._pid = os.getpid() + 1

    with pytest.raises(SpoolTaken, match="forked"):
        spool.add([a_sale(1)])
    spool._pid = os.getpid()
    spool.close()


def test_a_spool_that_numbered_each_venue_goes_on_above_all_of_them(tmp_path: Path) -> None:
    old = Spool(tmp_path / "spool", numbers="venue")
    old.add([a_sale(1), a_sale(2)])
    old.add([Event.of("voided", venue="B", showing="s", happened_at=AT, ticket="T1")])
    assert (old.last_number("ALA-1"), old.last_number("B")) == (2, 1)
    old.close()
    new = Spool(tmp_path / "spool")

    assert new.add([a_sale(3)]) == [3]
    assert new.last_number() == 3
    new.close()


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path

    from datetime import UTC, datetime
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from ekino_till import Client, Event, Key, RegisterKey, Spool, Till
    from ekino_till.till import Drained

    folder, url, line = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    key = Key("vendor.example/till-1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    register_key = RegisterKey("ekino.example/receipts", bytes.fromhex(sys.argv[4]))
    till = Till(Spool(folder / "spool"), Client(url, key), register_key=register_key)
    steps = 0

    def count(frame, event, argument):
        global steps
        if "/ekino_till/" not in frame.f_code.co_filename:
            return None
        if event == "line":
            steps += 1
            if steps == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return count

    last = till.spool.last_number()
    sys.settrace(count)
    fields = {"ticket": f"T{last + 1}", "price_minor": 1, "sales_channel": "web"}
    about = {"venue": "ALA-1", "showing": "s", "happened_at": datetime.now(UTC)}
    (number,) = till.say(Event.of("sold", **about, **fields))
    os.write(1, b"%d\\n" % number)
    till.send_once(Drained())
    sys.settrace(None)
    os.write(1, b"whole\\n")
    """
)


def test_killed_at_every_line_it_loses_no_sale_and_doubles_none(
    tmp_path: Path, register: StandIn
) -> None:
    """One process a line of say, sign, send, read and settle; `kill -9` stands at each."""
    told: list[int] = []
    line, is_whole = 1, False
    while not is_whole:
        words = [str(tmp_path), register.url, str(line), PUBLIC.hex()]
        child = subprocess.run(
            [sys.executable, "-c", KILLED, *words],
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode in (0, -9), child.stderr
        said = child.stdout.split()
        told += [int(each) for each in said if each.isdigit()]
        is_whole = "whole" in said
        # The till is started again and goes on where it was killed.
        till = a_till(tmp_path, register)
        till.drain()
        till.close()
        # Every line while the sale is written down, every third of the rest.
        line += 1 if line < 60 else 3
    spool = Spool(tmp_path / "spool")
    kept = list(spool.receipts())
    spool.close()

    assert line > 150
    numbers = [event["sequence"] for event in register.entered]
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(told) <= set(numbers)
    assert len(set(told)) == len(told)
    for each in kept:
        REGISTER_KEY.verify(each.receipt, each.body, each.outcomes, each.positions)
