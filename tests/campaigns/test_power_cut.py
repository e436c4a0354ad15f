"""D3: the power is cut under load, and whatever was acknowledged is there afterwards."""

import json
import random
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path

import psycopg
import pytest

from campaign import Tally
from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.proofs.audit import audit
from ekino.proofs.checkpoint import Checkpoint, Policy, read_checkpoint
from ekino.proofs.edge import Edge
from ekino.proofs.note import read_note, read_vkey
from ekino.proofs.reading import read_log_entries
from factories import Vendor, a_batch, a_catalog, a_sale, a_vendor
from powercut.rig import Knife, a_knife
from serving import Country

pytestmark = pytest.mark.needs_gcc
SENDERS = 4
BATCH_EVENTS = 10
CAUGHT_UP_WAIT_S = 60.0


@pytest.fixture
def country() -> Iterator[Country]:
    """Give a country that ran once and was stopped in order: keys, catalog, vendor are there."""
    folder = Path(tempfile.mkdtemp(prefix="ekino-"))
    folder.chmod(0o755)
    yield Country(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def knife() -> Iterator[Knife]:
    with a_knife() as knife:
        yield knife


def found(country: Country) -> Vendor:
    """Run a new country for a moment."""
    with country, closing(Database(Embedded(country.folder).dsn, set_role=False)) as db:
        a_catalog(db)
        vendor = a_vendor(db)
        note_head_of(country, at_least=1)
    # Whoever leaves last stops the database, so that the next one starts under the knife.
    server = Embedded(country.folder)
    server.open()
    server.close()
    assert not (server.cluster / "postmaster.pid").exists()
    return vendor


def note_head_of(country: Country, *, at_least: int) -> Checkpoint:
    """Wait until the published checkpoint has so many entries, and give it."""
    deadline = time.monotonic() + CAUGHT_UP_WAIT_S
    while True:
        try:
            with urllib.request.urlopen(
                f"{country.url}/log/checkpoint", timeout=10
            ) as note:
                head = read_checkpoint(read_note(note.read()).text)
            if head.size >= at_least:
                return head
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
        assert time.monotonic() < deadline, country.log()[-3_000:]
        time.sleep(0.05)


class Outside:
    """What others were told, noted where no power is cut."""

    def __init__(self, country: Country, vendor: Vendor) -> None:
        self.tickets: dict[int, str] = {}
        self.heads: dict[int, bytes] = {}
        self._country, self._vendor = country, vendor
        self._next = 1
        self._lock = threading.Lock()

    def load(self, seconds: float) -> list[threading.Thread]:
        """Send and read until the other side dies; the threads end by themselves."""
        threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        threads.append(threading.Thread(target=self._watch))
        for each in threads:
            each.start()
        time.sleep(seconds)
        return threads

    def _send(self) -> None:
        uri = f"{self._country.url}/v1/batches"
        while True:
            with self._lock:
                numbers = range(self._next, self._next + BATCH_EVENTS)
                self._next = numbers.stop
                body = a_batch(*map(a_sale, numbers))
                headers = self._vendor.sign(body, at=datetime.now(UTC), uri=uri)
            request = urllib.request.Request(uri, data=body, headers=headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    positions = json.loads(answer.read())["positions"]
            except urllib.error.HTTPError:
                continue
            except (OSError, HTTPException):
                return
            told = zip(positions, (f"T{number:06d}" for number in numbers), strict=True)
            self.tickets.update(told)

    def _watch(self) -> None:
        while True:
            try:
                head = note_head_of(self._country, at_least=0)
            except (OSError, HTTPException):
                return
            self.heads[head.size] = head.root
            time.sleep(0.02)

    def lost(self) -> list[str]:
        """Say what was acknowledged and is not so any more; the country is up."""
        with closing(Database(Embedded(self._country.folder).dsn, set_role=False)) as db:
            with psycopg.connect(db.dsn) as reader:
                rows = reader.execute(
                    "SELECT position, subject FROM register.entry WHERE kind = 'sold'"
                ).fetchall()
            there: dict[int, str] = dict(rows)
            lost = [
                f"{ticket} at {position}"
                for position, ticket in self.tickets.items()
                if there.get(position) != ticket
            ]
            lost += ["doubled"] * (len(set(there.values())) != len(rows))
            edge = Edge(0, [], [])
            for size, root in sorted(self.heads.items()):
                if size > edge.size:
                    entries = read_log_entries(db, first=edge.size, past_end=size)
                    edge, _ = edge.extended(entries)
                lost += [f"head at {size}"] * (edge.root() != root)
            vkey = (self._country.folder / "signer" / "log.vkey").read_text().strip()
            report = audit(
                db, self._country.folder / "log", Policy(read_vkey(vkey)), lambda _: None
            )
            return lost + [str(each) for each in report.findings]


def start(country: Country, knife: Knife, *names: str, lies: bool = False) -> None:
    knife.renew()
    country.environment |= knife.environment(country.folder, lies=lies)
    for name in names:
        country.start(name)
    country.wait()


@pytest.mark.family("D3", 40)
def test_what_was_acknowledged_outlives_a_power_cut(
    country: Country, knife: Knife, tally: Tally
) -> None:
    """Half of the cuts take all that no fsync covered, the others tear it."""
    outside = Outside(country, found(country))
    undone = 0
    start(country, knife, "serve", "worker", "signer")
    try:
        while not tally.is_done:
            dice = random.Random(tally.tried) if tally.tried % 2 else None
            told = len(outside.tickets)
            threads = outside.load(random.Random(tally.tried).uniform(1.2, 3.0))
            cut = knife.cut(country, dice)
            for each in threads:
                each.join()
            undone += cut.undone
            assert len(outside.tickets) > told, "nothing was acknowledged: no test at all"
            start(country, knife, "serve", "worker", "signer")
            note_head_of(country, at_least=max(outside.tickets) + 1)
            lost = outside.lost()
            tally.note(f"cut {tally.tried}: {cut}, {lost[:5]}", is_seen=not lost)
    finally:
        knife.cut(country, None)
    print(f"D3: {len(outside.tickets)} acknowledged, {undone} writes undone")  # noqa: T201 - the campaign's own figure, beside the tally
    assert undone > 0
    assert len(outside.heads) > tally.tried


def test_a_disk_that_lies_loses_everything(country: Country, knife: Knife) -> None:
    """The control: without fsync the same cut takes all that was acknowledged."""
    outside = Outside(country, found(country))
    try:
        start(country, knife, "serve", "worker", "signer", lies=True)
        before = country.get("/health")["register_size"]
        threads = outside.load(2.0)
        knife.cut(country, None)
        for each in threads:
            each.join()
        assert outside.tickets
        start(country, knife, "serve")
        assert country.get("/health")["register_size"] == before
        # The signer has forgotten too, and says so instead of signing anew.
        assert (country.folder / "signer" / "last-signed").read_bytes() == b""
    finally:
        knife.cut(country, None)
