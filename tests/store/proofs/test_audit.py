"""T1 and T2: whatever a superuser does to the tables, the audit says where."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.proofs.audit import audit
from ekino.proofs.checkpoint import Policy
from ekino.proofs.folder import LogFolder
from ekino.proofs.reading import read_log_entries
from factories import Vendor, a_batch, a_catalog, a_later_event, a_sale, a_vendor
from log_making import a_log, enter

SIZE = 600
# Each alters one row so that a figure, a time, a place or a name is another.
EDITS = [
    "UPDATE register.entry SET gross_minor = gross_minor - 1 WHERE position = %s",
    "UPDATE register.entry SET fees_minor = fees_minor + 1 WHERE position = %s",
    "UPDATE register.entry SET admissions = 0 WHERE position = %s",
    "UPDATE register.entry SET admissions = 2 WHERE position = %s",
    "UPDATE register.entry SET happened_at = happened_at + interval '1 microsecond' WHERE position = %s",
    "UPDATE register.entry SET recorded_at = recorded_at - interval '1 day' WHERE position = %s",
    "UPDATE register.entry SET showing_id = showing_id + 1 WHERE position = %s",
    "UPDATE register.entry SET kind = 'voided' WHERE position = %s",
    "UPDATE register.entry SET kind = 'key_added' WHERE position = %s",
    "UPDATE register.entry SET sales_channel = 'agent' WHERE position = %s",
    "UPDATE register.entry SET sales_channel = NULL WHERE position = %s",
    "UPDATE register.entry SET source_id = source_id + 1 WHERE position = %s",
    "UPDATE register.entry SET subject = subject || 'x' WHERE position = %s",
    "UPDATE register.entry SET identity_no = identity_no + 7 WHERE position = %s",
    "UPDATE register.entry SET is_late = NOT is_late WHERE position = %s",
    "UPDATE register.entry SET ordinal = ordinal + 1 WHERE position = %s",
    "UPDATE register.entry SET ordinal = 999 WHERE position = %s",
    "UPDATE register.entry SET ordinal = -1 WHERE position = %s",
    "UPDATE register.entry SET batch_no = batch_no + 1 WHERE position = %s",
    "UPDATE register.entry SET batch_no = 99 WHERE position = %s",
    "UPDATE register.entry SET position = 100000 WHERE position = %s",
    "UPDATE register.entry SET position = -1 WHERE position = %s",
    "DELETE FROM register.entry WHERE position = %s",
    # What came with the batch, and its bytes.
    "UPDATE register.batch SET key_id = 'x' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET signature = 'x' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET nonce = 'x' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET signed_at = signed_at + interval '1 s' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET body_sha256 = sha256('x') WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET salt = sha256('x') WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET body = '{\"events\":[]}', body_encoding = 'identity' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET body = 'x', body_encoding = 'identity' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "UPDATE register.batch SET body = 'x', body_encoding = 'zstd' WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
    "DELETE FROM register.batch WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %s)",
]


@pytest.fixture
def vendor(db: Database) -> Vendor:
    a_catalog(db)
    return a_vendor(db)


@pytest.fixture
def log(db: Database, vendor: Vendor, tmp_path: Path) -> tuple[Path, Policy]:
    """Give a log over 600 entries of several kinds, in batches of one and of many."""
    bodies = [
        a_batch(*(a_sale(number) for number in range(first, first + 97)))
        for first in range(1, 583, 97)
    ]
    bodies += [
        a_batch(a_later_event("refunded", 1_000 + of, of, price_minor=150_000))
        for of in range(1, 10)
    ]
    bodies += [
        a_batch(*(a_later_event("admitted", 2_000 + of, of) for of in range(20, 29)))
    ]
    enter(db, vendor, *bodies)
    path = tmp_path / "log"
    _, policy = a_log(path, SIZE, entries=read_log_entries(db, first=0, past_end=SIZE))
    return path, policy


def nothing(_count: int) -> None:
    """Progress that nobody watches."""


def as_superuser(db: Database, act: Callable[[psycopg.Connection[Any]], object]) -> None:
    """Do what no role of the product may, with the triggers out of the way."""
    with psycopg.connect(db.dsn) as root:
        root.execute("SET session_replication_role = replica")
        for table, trigger in (
            ("entry", "entry_is_append_only"),
            ("batch", "batch_is_append_only"),
        ):
            root.execute(f"ALTER TABLE register.{table} DISABLE TRIGGER {trigger}")
        act(root)


def found(db: Database, log: tuple[Path, Policy]) -> set[str]:
    return {finding.code for finding in audit(db, log[0], log[1], nothing).findings}


def test_an_honest_register_is_clean(db: Database, log: tuple[Path, Policy]) -> None:
    report = audit(db, log[0], log[1], nothing)
    assert (report.register_size, report.log_size, report.findings) == (SIZE, SIZE, ())


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_found_where_it_was_made(
    db: Database, log: tuple[Path, Policy], edit: str
) -> None:
    position = random.Random(edit).randrange(SIZE)
    as_superuser(db, lambda root: root.execute(edit, [position]))
    findings = audit(db, log[0], log[1], nothing).findings
    assert position in {finding.position for finding in findings}


def test_rows_that_were_swapped_are_found(db: Database, log: tuple[Path, Policy]) -> None:
    def swap(root: psycopg.Connection[Any]) -> None:
        for was, becomes in ((10, -5), (20, 10), (-5, 20)):
            root.execute(
                "UPDATE register.entry SET position = %s WHERE position = %s",
                [becomes, was],
            )

    as_superuser(db, swap)
    assert {each.position for each in audit(db, log[0], log[1], nothing).findings} == {
        10,
        20,
    }


def test_a_back_dated_row_is_found(db: Database, log: tuple[Path, Policy]) -> None:
    def insert(root: psycopg.Connection[Any]) -> None:
        root.execute(
            "UPDATE register.entry SET position = position + 10000 WHERE position >= 50"
        )
        root.execute(
            "UPDATE register.entry SET position = position - 9999 WHERE position >= 10000"
        )
        root.execute(
            "INSERT INTO register.entry SELECT 50, batch_no, recorded_at, happened_at, showing_id, identity_no, "
            "gross_minor, fees_minor, source_id, kind, sales_channel, ordinal, admissions, is_late, 'X' "
            "FROM register.entry WHERE position = 49"
        )
        root.execute("UPDATE register.head SET size = size + 1")

    as_superuser(db, insert)
    assert found(db, log) == {"entry_differs"}


def test_a_register_cut_short_is_found(db: Database, log: tuple[Path, Policy]) -> None:
    def cut(root: psycopg.Connection[Any]) -> None:
        root.execute("DELETE FROM register.entry WHERE position >= 590")
        root.execute("UPDATE register.head SET size = 590")

    as_superuser(db, cut)
    assert {"log_is_ahead", "entry_missing"} <= found(db, log)


def test_an_altered_log_is_found_too(db: Database, log: tuple[Path, Policy]) -> None:
    path, _ = log
    tile = path / "tile" / "0" / "001"
    altered = bytearray(tile.read_bytes())
    altered[100] ^= 1
    tile.write_bytes(altered)
    assert found(db, log) == {"tile_differs"}
    checkpoint = path / "checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes().replace(b"600", b"599"))
    assert found(db, log) == {"checkpoint_unproved"}


def test_a_log_signed_by_somebody_else_proves_nothing(
    db: Database, log: tuple[Path, Policy]
) -> None:
    from log_making import signer_of

    stranger = signer_of(seed="stranger")
    folder = LogFolder(log[0])
    text = folder.read_checkpoint().decode().rpartition("\n\n")[0] + "\n"
    folder.replace_checkpoint((text + "\n" + stranger.line(text)).encode())
    assert found(db, log) == {"checkpoint_unproved"}
