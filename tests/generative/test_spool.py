"""The spool loses and doubles nothing, whatever fails between the till and the register."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ekino_till import Event, NotAnswered, Spool, SpoolFull, SpoolTaken, Till
from ekino_till.till import Drained

AT = datetime(2026, 11, 24, 19, tzinfo=UTC)


def a_sale(number: int, venue: str = "ALA-1") -> Event:
    return Event.of(
        "sold",
        venue=venue,
        showing="s",
        happened_at=AT,
        ticket=f"T{number}",
        price_minor=150_000,
        sales_channel="box_office",
    )


class FakeRegister:
    """Stands in for the register's answers: idempotent, and failing when told to."""

    def __init__(self) -> None:
        self.entered: list[bytes] = []
        self.failures: list[str] = []

    def send(self, body: bytes) -> dict[str, Any]:
        failure = self.failures.pop(0) if self.failures else ""
        if failure == "lost request":
            raise NotAnswered(failure)
        outcomes = []
        for event in json.loads(body)["events"]:
            raw = json.dumps(event).encode()
            outcomes.append("already_entered" if raw in self.entered else "entered")
            if raw not in self.entered:
                self.entered.append(raw)
        if failure == "lost answer":
            raise NotAnswered(failure)
        digest = "0" * 64 if failure == "other answer" else hashlib.sha256(body).hexdigest()
        return {"outcomes": outcomes, "batch_sha256": digest, "problems": []}

    def close(self) -> None:
        """Nothing is open."""


STEPS = st.lists(
    st.sampled_from(
        [
            "sell",
            "sell",
            "sell",
            "send",
            "lost request",
            "lost answer",
            "other answer",
            "crash",
        ]
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, batch_events=st.integers(1, 5))
def test_every_sale_is_entered_once_and_in_order(
    steps: list[str], batch_events: int
) -> None:
    register = FakeRegister()
    sold = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spool.db"
        till = Till(Spool(path), register, batch_events=batch_events)  # type: ignore[arg-type]
        for step in steps:
            if step == "sell":
                sold += 1
                till.say(a_sale(sold))
            elif step == "crash":
                till.close()
                till = Till(Spool(path), register, batch_events=batch_events)  # type: ignore[arg-type]
            else:
                register.failures = [] if step == "send" else [step]
                try:
                    till.send_once(Drained())
                except NotAnswered:
                    continue
        register.failures = []
        till.drain()
        assert till.spool.waiting() == 0
        till.close()
    tickets = [json.loads(raw)["ticket"] for raw in register.entered]
    assert tickets == [f"T{number}" for number in range(1, sold + 1)]
    assert [json.loads(raw)["sequence"] for raw in register.entered] == list(
        range(1, sold + 1)
    )


SELLER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from test_spool import a_sale
    from ekino_till import Spool
    spool = Spool(Path(sys.argv[1]))
    number = 0
    while True:
        number += 1
        print(spool.add([a_sale(number)])[0], flush=True)
    """
)


def test_a_till_killed_ten_times_loses_no_sale_that_it_confirmed(tmp_path: Path) -> None:
    dice = random.Random(1)
    confirmed: list[int] = []
    for _ in range(10):
        seller = subprocess.Popen(
            [
                sys.executable,
                "-c",
                SELLER,
                str(tmp_path / "spool.db"),
                str(Path(__file__).parent),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert seller.stdout is not None
        for _ in range(dice.randrange(1, 30)):
            confirmed.append(int(seller.stdout.readline()))
        os.kill(seller.pid, signal.SIGKILL)
        seller.wait()
        seller.stdout.close()

    spool = Spool(tmp_path / "spool.db")
    written = [json.loads(waiting.body)["sequence"] for waiting in spool.next_batch(10_000)]
    spool.close()
    assert written == list(range(1, len(written) + 1))
    assert set(confirmed) <= set(written)


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", events_max=2)
    spool.add([a_sale(1), a_sale(2)])

    with pytest.raises(SpoolFull):
        spool.add([a_sale(3)])

    assert spool.waiting() == 2
    spool.close()


def test_a_spool_belongs_to_one_process(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")

    with pytest.raises(SpoolTaken):
        Spool(tmp_path / "spool.db")

    spool.close()


def test_what_the_register_refuses_is_kept_with_its_answer(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.add([a_sale(1), a_sale(2)])
    batch = spool.next_batch(10)

    spool.settle(batch, ["entered", "venue_not_in_catalog"], "[]")

    assert spool.waiting() == 0
    ((body, outcome, _),) = spool.refused()
    assert (json.loads(body)["ticket"], outcome) == ("T2", "venue_not_in_catalog")
    spool.close()
