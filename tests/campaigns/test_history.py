"""Family T: attacks on history. Each is tried in numbers, and none may pass."""

import random
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from campaign import Tally
from ekino.db.database import Database
from ekino.proofs.audit import Reader, audit
from ekino.proofs.checkpoint import Checkpoint, Policy, write_checkpoint
from ekino.proofs.folder import LogFolder
from ekino.proofs.merkle import (
    consistency_proof,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
)
from ekino.proofs.reading import read_log_entries
from ekino.proofs.replica import verify_copy
from ekino.proofs.signatures import CHECKS
from ekino.proofs.tiles import TileReader
from factories import a_batch, a_catalog, a_sale, a_vendor
from log_making import ORIGIN, a_log, an_entry, enter, signer_of

SIZE = 600
# What a superuser would change of a sale, and to what.
COLUMNS = {
    "gross_minor": "gross_minor + %(n)s", "fees_minor": "fees_minor + %(n)s", "admissions": "admissions - 1",
    "showing_id": "showing_id + %(n)s", "happened_at": "happened_at + %(n)s * interval '1 minute'",
    "recorded_at": "recorded_at - %(n)s * interval '1 hour'", "subject": "subject || %(n)s",
    "kind": "'admitted'", "sales_channel": "'agent'", "is_late": "NOT is_late",
}  # fmt: skip
MOVES = {
    "delete": "DELETE FROM register.entry WHERE position = %(a)s",
    "renumber": "UPDATE register.entry SET position = -1 - position WHERE position = %(a)s",
    "delete with its batch": "DELETE FROM register.batch WHERE batch_no = (SELECT batch_no FROM register.entry WHERE position = %(a)s)",
    "another's event": "UPDATE register.entry SET ordinal = (SELECT ordinal FROM register.entry WHERE position = %(b)s) WHERE position = %(a)s",
    "another's subject": "UPDATE register.entry SET subject = subject || (SELECT subject FROM register.entry WHERE position = %(b)s) WHERE position = %(a)s",
}


def nothing(_count: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def audited(db: Database, tmp_path: Path) -> tuple[Database, Path, Policy]:
    a_catalog(db)
    vendor = a_vendor(db)
    enter(
        db,
        vendor,
        *(
            a_batch(*(a_sale(number) for number in range(first, first + 50)))
            for first in range(1, SIZE, 50)
        ),
    )
    _, policy = a_log(
        tmp_path / "log", SIZE, entries=read_log_entries(db, first=0, past_end=SIZE)
    )
    return db, tmp_path / "log", policy


def altered(db: Database) -> psycopg.Connection[Any]:
    """Open a transaction with a superuser's powers; it is rolled back afterwards."""
    root = psycopg.connect(db.dsn)
    for table, trigger in (
        ("entry", "entry_is_append_only"),
        ("batch", "batch_is_append_only"),
    ):
        root.execute(f"ALTER TABLE register.{table} DISABLE TRIGGER {trigger}")
    return root


def is_unlike_the_log(
    audited: tuple[Database, Path, Policy],
    statement: str,
    undo: str,
    values: dict[str, Any],
) -> bool:
    db, path, policy = audited
    with altered(db) as root:
        root.execute(
            "CREATE TABLE IF NOT EXISTS kept_entry AS SELECT * FROM register.entry"
        )
        root.execute(
            "CREATE TABLE IF NOT EXISTS kept_batch AS SELECT * FROM register.batch"
        )
        root.execute(statement, values)
    is_found = bool(audit(db, path, policy, nothing).findings)
    with altered(db) as root:
        root.execute(undo)
        root.execute("DELETE FROM register.batch")
        root.execute("INSERT INTO register.batch SELECT * FROM kept_batch")
    return is_found


UNDO = "DELETE FROM register.entry; INSERT INTO register.entry SELECT * FROM kept_entry"


@pytest.mark.family("T1", 500)
def test_one_field_of_one_sale(
    audited: tuple[Database, Path, Policy], tally: Tally
) -> None:
    dice = random.Random(1)
    while not tally.is_done:
        column, change = dice.choice(list(COLUMNS.items()))
        values = {"a": dice.randrange(SIZE), "n": dice.randrange(1, 100)}
        statement = f"UPDATE register.entry SET {column} = {change} WHERE position = %(a)s"
        tally.note(
            f"{column} {values}",
            is_seen=is_unlike_the_log(audited, statement, UNDO, values),
        )
    assert audit(*audited, nothing).findings == ()


@pytest.mark.family("T2", 200)
def test_rows_deleted_swapped_and_renumbered(
    audited: tuple[Database, Path, Policy], tally: Tally
) -> None:
    dice = random.Random(2)
    while not tally.is_done:
        name, statement = dice.choice(list(MOVES.items()))
        first, second = dice.sample(range(SIZE), 2)
        if name == "another's event" and first % 50 == second % 50:
            continue
        values = {"a": first, "b": second}
        tally.note(
            f"{name} {values}", is_seen=is_unlike_the_log(audited, statement, UNDO, values)
        )


@pytest.mark.family("T3", 100)
def test_a_log_signed_again_with_its_own_key(tally: Tally) -> None:
    """A monitor that keeps its last head accepts no other history, whoever signs it."""
    dice = random.Random(3)
    entries = [an_entry(number) for number in range(400)]
    while not tally.is_done:
        kept = dice.randrange(2, 400)
        place = dice.randrange(kept)
        forged = list(entries)
        attack = dice.choice(["drop", "alter", "swap", "add early"])
        match attack:
            case "drop":
                del forged[place]
            case "alter":
                forged[place] = an_entry(9_999)
            case "swap":
                other = (place + 1) % kept
                forged[place], forged[other] = forged[other], forged[place]
            case _:
                forged.insert(place, an_entry(9_999))
        honest, other_tree = leaves_reader(entries[:kept]), leaves_reader(forged)
        proof = consistency_proof(kept, len(forged), other_tree.subtree)
        is_accepted = is_consistent(
            first=kept, second=len(forged), first_root=honest.root(), second_root=other_tree.root(), proof=proof
        )  # fmt: skip
        tally.note(f"{attack} at {place} of {kept}", is_seen=not is_accepted)


def leaves_reader(entries: list[bytes]) -> TileReader:
    from ekino.proofs.edge import Edge

    _, files = Edge(0, [], []).extended(entries)
    bodies = {tile.path: body for tile, body in files}
    return TileReader(len(entries), lambda tile: bodies[tile.path])


@pytest.mark.family("T4", 1_000)
def test_one_bit_of_what_is_served(tmp_path: Path, tally: Tally) -> None:
    dice = random.Random(4)
    _, policy = a_log(tmp_path, 1_500)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    while not tally.is_done:
        path = dice.choice(paths)
        honest = path.read_bytes()
        flipped = bytearray(honest)
        bit = dice.randrange(len(honest) * 8)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        _, findings = verify_copy(Reader(tmp_path), policy, CHECKS, nothing)
        tally.note(f"bit {bit} of {path.name}", is_seen=bool(findings))
        path.write_bytes(honest)
    assert verify_copy(Reader(tmp_path), policy, CHECKS, nothing)[1] == []


@pytest.mark.family("T5", 20)
def test_the_replica_of_cve_2026_56865(tmp_path: Path, tally: Tally) -> None:
    """Size 70,000, one bit of tile/1/000: Go's own reader of tiles did not see it."""
    dice = random.Random(5)
    _, policy = a_log(tmp_path, 70_000)
    path = tmp_path / "tile" / "1" / "000"
    honest = path.read_bytes()
    while not tally.is_done:
        flipped = bytearray(honest)
        bit = dice.randrange(len(honest) * 8)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        _, findings = verify_copy(Reader(tmp_path), policy, CHECKS, nothing)
        tally.note(
            f"bit {bit}", is_seen=[each.code for each in findings] == ["tile_differs"]
        )


@pytest.mark.family("T6", 2_000)
def test_forged_proofs(tally: Tally) -> None:
    dice = random.Random(6)
    entries = [an_entry(number) for number in range(500)]
    reader = leaves_reader(entries)
    while not tally.is_done:
        size = dice.randrange(2, 501)
        tree = leaves_reader(entries[:size])
        index = dice.randrange(size)
        path = inclusion_path(index, size, tree.subtree)
        claim: dict[str, Any] = {
            "index": index,
            "size": size,
            "leaf": leaf_hash(entries[index]),
            "path": path,
            "root": tree.root(),
        }
        assert is_included(**claim)
        match dice.randrange(7):
            case 0:
                claim["path"] = path[:-1]
            case 1:
                claim["path"] = [*path, dice.randbytes(32)]
            case 2:
                claim["index"] = size + dice.randrange(5)
            case 3:
                claim["leaf"] = leaf_hash(entries[(index + 1) % size])
            case 4:
                # A node offered as an entry of 64 bytes.
                claim["leaf"] = leaf_hash(claim["leaf"] + path[0])
                claim["path"] = path[1:]
            case 5:
                claim["root"] = reader.subtree(0, 0)
            case _:
                place = dice.randrange(len(path))
                claim["path"] = [*path[:place], dice.randbytes(32), *path[place + 1 :]]
        tally.note(str((size, index)), is_seen=not is_included(**claim))


@pytest.mark.family("T7", 100)
def test_two_heads_for_two_clients(tmp_path: Path, tally: Tally) -> None:
    """The signer never signs both: neither two of one size nor two that fork later."""
    from ekino.kernel.errors import Refused
    from ekino.proofs.signer import Signer

    dice = random.Random(7)
    signer = Signer(tmp_path / "signer", ORIGIN)
    entries = [an_entry(0)]
    while not tally.is_done:
        before = len(entries)
        entries += [an_entry(dice.randrange(10**9)) for _ in range(dice.randrange(1, 9))]
        tree = leaves_reader(entries)
        last = signer.last.size
        signer.sign(
            len(entries), tree.root(), consistency_proof(last, len(entries), tree.subtree)
        )
        fork = [*entries[: before - 1], an_entry(10**9), *entries[before:]]
        forged = leaves_reader(fork)
        proof = consistency_proof(len(entries), len(fork), forged.subtree)
        try:
            signer.sign(len(fork), forged.root(), proof)
            is_refused = False
        except Refused:
            is_refused = True
        tally.note(f"{before} of {len(entries)}", is_seen=is_refused)


@pytest.mark.family("T8", 200)
def test_checkpoints_in_other_spellings(tally: Tally) -> None:
    from ekino.proofs.checkpoint import open_checkpoint
    from ekino.proofs.note import NoteMalformed, NoteUnproved

    dice = random.Random(8)
    signer = signer_of()
    head = Checkpoint(ORIGIN, 70_000, bytes(range(32)))
    note = write_checkpoint(head, [signer.line(head.text)])
    spellings = [
        lambda text: text.replace("\n70000\n", f"\n{'0' * dice.randrange(1, 5)}70000\n"),
        lambda text: text.replace("\n70000\n", f"\n{dice.choice('+- ')}70000\n"),
        lambda text: text.replace("=\n", "\n", dice.randrange(1, 3)),
        lambda text: text[: dice.randrange(len(text))],
        lambda text: text.replace(" ", dice.choice(["  ", "\u00a0", "\t", ""]), 1),
        lambda text: text.replace("—", dice.choice(["-", "–", "--", "— —"])),
        lambda text: text.replace("\n\n", "\n" * dice.choice([1, 3, 4])),
        lambda text: text + dice.choice(["\n", " ", "x", "\r\n"]),
        lambda text: text.replace(ORIGIN, ORIGIN.upper(), dice.randrange(1, 3)),
    ]
    while not tally.is_done:
        forged = dice.choice(spellings)(note.decode()).encode()
        try:
            open_checkpoint(forged, Policy(signer.verifier), CHECKS)
            is_refused = False
        except (NoteMalformed, NoteUnproved):
            is_refused = True
        tally.note(repr(forged), is_seen=is_refused)


@pytest.mark.family("T10", 50)
def test_two_sequencers_over_one_folder(tmp_path: Path, tally: Tally) -> None:
    """Whoever writes second finds the same bytes, or is refused: a path never changes."""
    from ekino.kernel.errors import Broken

    dice = random.Random(10)
    while not tally.is_done:
        size = dice.randrange(1, 700)
        folder = tmp_path / f"log{tally.tried}"
        entries = [an_entry(number) for number in range(size)]
        a_log(folder, size, entries=entries)
        LogFolder(folder).write([])
        fork = [*entries[:-1], an_entry(-1)]
        try:
            a_log(folder, size, entries=fork)
            is_refused = False
        except Broken:
            is_refused = True
        tally.note(f"size {size}", is_seen=is_refused)
        shutil.rmtree(folder)
