"""The log when what it stands on fails: backups put back, a full disk, witnesses that are away."""

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign import Tally
from ekino.db.database import Database
from ekino.kernel.errors import Broken, Pushback
from ekino.proofs.audit import audit
from ekino.proofs.checkpoint import Policy, Witness, open_checkpoint
from ekino.proofs.folder import LogFolder
from ekino.proofs.note import read_vkey
from ekino.proofs.signatures import CHECKS
from ekino.register import service as register
from factories import Vendor, a_catalog, a_vendor
from log_making import enter
from log_running import Signing, integrate, publish, restore_tables, sales
from outside_witness import Serving

DISK_BYTES = 8 * 1024 * 1024


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder whose path is short enough for a unix socket."""
    path = Path(tempfile.mkdtemp(prefix="ekino-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def vendor(db: Database) -> Vendor:
    a_catalog(db)
    return a_vendor(db)


@pytest.fixture
def small_disk(folder: Path) -> Iterator[Path]:
    """Give a folder that is a file system of its own, of 8 MB."""
    disk = folder / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "ekino-test", str(disk)]
    if subprocess.run(words, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk, and not in every container")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def refusal(db: Database, folder: Path, signing: Signing) -> str:
    """Try to integrate and publish; give why nothing was published, or "" if it was."""
    try:
        integrate(db, folder)
        publish(db, folder, signing)
    except (Broken, Pushback) as error:
        return error.code
    return ""


@pytest.mark.family("T9", 10)
def test_a_restored_backup_signs_nothing(
    db: Database, vendor: Vendor, folder: Path, tally: Tally
) -> None:
    """Yesterday's tables under today's files; then yesterday's files too; the signer is today's."""
    kept = []
    with Signing(folder) as signing:
        for day in range(tally.wanted + 1):
            enter(db, vendor, sales(1 + day * 100, 10 + day))
            integrate(db, folder)
            publish(db, folder, signing)
            shutil.copytree(folder / "log", folder / f"backup{day}")
            kept.append((day, register.read_head(db)))
        signed = signing.signer.last
        for day, head in reversed(kept[:-1]):
            backup = folder / f"backup{day}"
            restore_tables(db, head, LogFolder(backup))
            halts = [refusal(db, folder, signing)]
            shutil.rmtree(folder / "log")
            backup.rename(folder / "log")
            # Now tables and files agree with each other, and the signer knows better.
            enter(db, vendor, sales(10_000 + day * 1_000, 3))
            halts.append(refusal(db, folder, signing))
            enter(db, vendor, sales(10_100 + day * 1_000, signed.size))
            halts.append(refusal(db, folder, signing))
            note = LogFolder(folder / "log").read_checkpoint()
            is_as_it_was = (
                open_checkpoint(note, signing.policy, CHECKS).size == head.size
                and signing.signer.last == signed
            )
            is_seen = halts == ["log_is_ahead", "log_is_ahead", "signer_refuses"]
            tally.note(f"day {day}: {halts}", is_seen=is_as_it_was and is_seen)


@pytest.mark.family("D4", 20)
def test_a_full_disk_stops_the_log_and_nothing_else(
    db: Database, vendor: Vendor, small_disk: Path, tally: Tally
) -> None:
    dice = random.Random(4)
    ballast = small_disk / "ballast"
    # The signer's memory is elsewhere: on a full disk it stops, and D9 is what follows.
    with Signing(small_disk.parent) as signing:
        next_sale, stopped = 1, 0
        while not tally.is_done:
            room = dice.randrange(0, 60_000)
            free = shutil.disk_usage(small_disk).free
            ballast.write_bytes(bytes(max(0, free - room)))
            enter(db, vendor, sales(next_sale, 300))
            halt = refusal(db, small_disk, signing)
            stopped += halt == "log_disk"
            # Ingest goes on while the log cannot.
            enter(db, vendor, sales(next_sale + 300, 5))
            next_sale += 305
            ballast.unlink()
            again = refusal(db, small_disk, signing)
            head = open_checkpoint(
                LogFolder(small_disk / "log").read_checkpoint(), signing.policy, CHECKS
            )
            is_whole = head.size == register.read_head(db).size == next_sale - 1
            tally.note(
                f"{room} bytes left: {halt}, {again}",
                is_seen=is_whole and halt in {"", "log_disk"} and again == "",
            )
        assert stopped > 0
        assert audit(db, small_disk / "log", signing.policy, lambda _: None).findings == ()


@pytest.mark.needs_outside_verifiers
def test_without_witnesses_the_log_grows_and_the_checkpoint_catches_up(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    """D9, with a witness that nobody here wrote."""
    with Signing(folder) as signing:
        witness = Serving(folder, signing.signer.vkey)
        named = Witness("w1", read_vkey(witness.vkey), witness.url)
        policy = Policy(read_vkey(signing.signer.vkey), (named,), quorum="w1")
        log = LogFolder(folder / "log")
        enter(db, vendor, sales(1, 100))
        integrate(db, folder)
        with witness:
            assert publish(db, folder, signing, policy) == 100
        for first in (1_001, 2_001, 3_001):
            enter(db, vendor, sales(first, 100))
            assert integrate(db, folder) == 100
            with pytest.raises(Pushback) as away:
                publish(db, folder, signing, policy)
            assert away.value.code == "witnesses_away"
            assert open_checkpoint(log.read_checkpoint(), policy, CHECKS).size == 100
        with witness:
            assert publish(db, folder, signing, policy) == 300
        assert open_checkpoint(log.read_checkpoint(), policy, CHECKS).size == 400
