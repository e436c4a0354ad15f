"""The sequencer, the signer and the publisher over a real register: what halts, what catches up."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.kernel.errors import Broken, NotFound, Pushback, Refused
from ekino.proofs import service
from ekino.proofs.audit import audit
from ekino.proofs.checkpoint import open_checkpoint, read_proof
from ekino.proofs.merkle import is_included, leaf_hash
from ekino.proofs.note import Verifier
from ekino.proofs.reading import open_entry, read_log_entries
from ekino.proofs.sequencer import Sequencer
from ekino.proofs.signatures import CHECKS
from ekino.proofs.signer import Signer, ask
from ekino.register import service as register
from factories import Vendor, a_batch, a_catalog, a_later_event, a_vendor
from log_making import ORIGIN, enter
from log_running import Signing, integrate, publish, sales


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


def nothing(_count: int) -> None:
    """Progress that nobody watches."""


def test_what_is_entered_is_integrated_signed_and_proved(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    enter(
        db,
        vendor,
        sales(1, 300),
        a_batch(a_later_event("refunded", 900, 1, price_minor=150_000)),
    )
    assert service.KeyStatements().follow(db) == 1
    assert integrate(db, folder, entries_max=7) == 302
    with Signing(folder) as signing:
        assert publish(db, folder, signing) == 302
        assert publish(db, folder, signing) == 0
        log = service.PublicLog.at(folder / "log")
        checkpoint = open_checkpoint(log.checkpoint(), signing.policy, CHECKS)
        assert checkpoint.size == 302
        for position, kind in (
            (0, "sold"),
            (255, "sold"),
            (256, "sold"),
            (300, "refunded"),
            (301, "key_added"),
        ):
            proof = read_proof(log.proof(db, position))
            _, opening = open_entry(db, position)
            assert is_included(
                index=position, size=302, leaf=leaf_hash(opening.entry(kind)), path=proof.path, root=checkpoint.root
            )  # fmt: skip
        with pytest.raises(NotFound):
            log.proof(db, 310)
        enter(db, vendor, sales(1_001, 1))
        with pytest.raises(Pushback) as later:
            log.proof(db, 302)
        assert later.value.retry_after_s == 2
        assert audit(db, folder / "log", signing.policy, nothing).findings == ()


def test_a_key_is_stated_once_when_it_is_added_and_once_when_it_is_revoked(
    db: Database, vendor: Vendor
) -> None:
    follower, other = service.KeyStatements(), service.KeyStatements()
    assert follower.follow(db) == 1
    assert other.follow(db) == 0
    access.revoke_key(db, vendor.key_id, actor="test")
    assert follower.follow(db) == 1
    assert service.KeyStatements().follow(db) == 0
    [key] = service.read_keys(db)
    assert (key["kind"], key["added_position"], key["revoked_position"]) == ("batch", 0, 1)
    _, opening = open_entry(db, 1)
    # Anybody can write the statement from the directory and find its hash in the log.
    text = (
        f'{{"kind":"batch","revoked_at":"{key["revoked_at"]}","source":"vendor",'
        f'"statement":"ekino-key-revoked-v1","valid_from":"{key["valid_from"]}",'
        f'"valid_until":"{key["valid_until"]}","vkey":"{key["vkey"]}"}}'
    )
    assert opening.public == text.encode()


def test_two_followers_of_keys_at_once_state_each_key_once(
    db: Database, vendor: Vendor
) -> None:
    followers = [
        threading.Thread(target=lambda: service.KeyStatements().follow(db))
        for _ in range(4)
    ]
    for each in followers:
        each.start()
    for each in followers:
        each.join()
    assert register.read_head(db).size == 1


def test_a_sequencer_goes_on_from_what_another_left(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    for first in range(1, 900, 90):
        enter(db, vendor, sales(first, 90))
        assert integrate(db, folder, entries_max=37) == 90
    whole = read_log_entries(db, first=0, past_end=900)
    edge = service.Sequencer(folder / "log")._recover(db)
    assert edge.size == 900
    other = folder / "other"
    with db.transaction(Role.FOLLOWER) as tx:
        head = tx.execute("SELECT root FROM proofs.head").fetchone()
    from log_making import a_log

    checkpoint, _ = a_log(other, 900, entries=whole)
    assert head == (checkpoint.root,)


def test_a_crash_between_files_and_head_writes_the_same_again(
    db: Database, vendor: Vendor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(db, vendor, sales(1, 600))

    def cut(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ekino.proofs.store.swap_head", cut)
        with pytest.raises(KeyboardInterrupt):
            integrate(db, folder)
    assert (folder / "log" / "tile" / "0" / "001").exists()
    assert integrate(db, folder) == 600


def test_files_of_another_history_halt_the_log(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    enter(db, vendor, sales(1, 300))
    path = folder / "log" / "tile" / "0" / "000"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(8_192))
    with pytest.raises(Broken) as halt:
        integrate(db, folder)
    assert halt.value.code == "log_would_fork"


@pytest.mark.parametrize(
    "name", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"]
)
def test_files_that_are_not_the_heads_halt_the_log(
    db: Database, vendor: Vendor, folder: Path, name: str
) -> None:
    enter(db, vendor, sales(1, 300))
    integrate(db, folder)
    path = folder / "log" / name
    altered = bytearray(path.read_bytes())
    altered[-1] ^= 1
    path.write_bytes(altered)
    if name == "tile/0/000":
        # Left of the edge it is the verifier's to find, not the sequencer's.
        assert integrate(db, folder) == 0
        return
    with pytest.raises(Broken) as halt:
        integrate(db, folder)
    assert halt.value.code == "log_files_differ"
    path.unlink()
    with pytest.raises(Broken) as halt:
        integrate(db, folder)
    assert halt.value.code == "log_files_missing"


def test_two_sequencers_at_once_make_one_log(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    """T10: over one folder they take turns; over two, the loser's head has moved."""
    enter(db, vendor, sales(1, 400))
    one, two = Sequencer(folder / "log"), Sequencer(folder / "log")
    assert one.follow(db, entries_max=100) == 100
    assert two.follow(db, entries_max=100) == 0
    one.close()
    assert two.follow(db, entries_max=100) == 100
    elsewhere = Sequencer(folder / "elsewhere" / "log")
    with pytest.raises(Broken) as halt:
        elsewhere.follow(db)
    assert halt.value.code == "log_files_missing"
    two.close()


def test_sequencers_that_race_over_two_folders_never_fork(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    enter(db, vendor, sales(1, 400))
    results: list[str] = []

    def run(name: str) -> None:
        sequencer = Sequencer(folder / name / "log")
        try:
            for _ in range(40):
                sequencer.follow(db, entries_max=10)
        except (Broken, Pushback) as error:
            results.append(error.code)
        sequencer.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    # Whoever loses the swap once has files that are not the head's, and stops.
    assert set(results) <= {"log_head_moved", "log_files_missing"}
    assert len(results) >= 1
    with db.transaction(Role.FOLLOWER) as tx:
        [size] = tx.execute("SELECT size FROM proofs.head").fetchone() or [0]
    from log_making import a_log

    checkpoint, _ = a_log(
        folder / "expected", size, entries=read_log_entries(db, first=0, past_end=size)
    )
    with db.transaction(Role.FOLLOWER) as tx:
        assert tx.execute("SELECT root FROM proofs.head").fetchone() == (checkpoint.root,)


def test_the_head_moves_only_forward_and_only_from_where_it_is(db: Database) -> None:
    from ekino.proofs.store import TreeHead, read_head, swap_head

    with db.transaction(Role.FOLLOWER) as tx:
        head = read_head(tx)
        assert swap_head(tx, head, TreeHead(5, b"r" * 32))
        assert not swap_head(tx, head, TreeHead(6, b"s" * 32))
    import psycopg

    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        db.transaction(Role.FOLLOWER) as tx,
    ):
        swap_head(tx, TreeHead(5, b"r" * 32), TreeHead(4, b"q" * 32))


def test_without_a_signer_the_log_grows_and_the_checkpoint_catches_up(
    db: Database, vendor: Vendor, folder: Path
) -> None:
    """D9."""
    signing = Signing(folder)
    with signing:
        pass
    for first in (1, 1_001, 2_001):
        enter(db, vendor, sales(first, 100))
        assert integrate(db, folder) == 100
        with pytest.raises(Pushback) as away:
            publish(db, folder, signing)
        assert away.value.code == "signer_away"
    with signing:
        assert publish(db, folder, signing) == 300


def test_a_signer_signs_only_what_extends(folder: Path) -> None:
    from log_making import a_log

    first, _ = a_log(folder / "one", 10)
    other, _ = a_log(folder / "two", 20, entries=[bytes(66)] * 20)
    signer = Signer(folder / "signer", ORIGIN)
    signer.sign(first.size, first.root, [])
    line = signer.sign(first.size, first.root, [])
    assert line.startswith("— ekino.example/register ")
    for size, root, proof in (
        (other.size, other.root, []),
        (other.size, other.root, [bytes(32)]),
        (first.size, other.root, []),
        (first.size - 1, first.root, []),
        (0, first.root, []),
    ):
        with pytest.raises(Refused):
            signer.sign(size, root, proof)
    assert signer.last.root == first.root
    with pytest.raises(Refused) as second:
        Signer(folder / "signer", ORIGIN)
    assert second.value.code == "signer_is_running"
    signer._turn.leave()
    with pytest.raises(Refused) as renamed:
        Signer(folder / "signer", "another.example/log")
    assert renamed.value.code == "log_origin_changed"


def test_a_key_without_its_memory_signs_nothing(folder: Path) -> None:
    Signer(folder / "signer", ORIGIN)._turn.leave()
    (folder / "signer" / "last-signed").unlink()
    with pytest.raises(Broken) as lost:
        Signer(folder / "signer", ORIGIN)
    assert lost.value.code == "signer_state_lost"


@pytest.mark.parametrize(
    "request_text",
    ["", "hello", "sign", "sign 1", "sign x y", "sign 01 AA==", "x" * 5_000, "last\nx"],
)
def test_a_signer_survives_what_it_is_asked(folder: Path, request_text: str) -> None:
    with Signing(folder) as signing:
        try:
            outcome, last, _, line = ask(signing.socket, request_text)
            assert (outcome.split(" ")[0], last.size, line) in {
                ("refused", 0, ""),
                ("ok", 0, ""),
            }
        except OSError:
            assert request_text in ("", "x" * 5_000)
        assert ask(signing.socket, "last\n")[0] == "ok"


def test_a_receipt_names_the_run_and_is_signed(db: Database, folder: Path) -> None:
    from ekino.proofs.note import read_note, verify_note

    receipts = service.Receipts.open(db, folder / "keys" / "receipts.key", ORIGIN)
    note = read_note(
        receipts.seal("ab" * 32, 17, 3, "2026-11-26T10:00:00.000000Z").encode()
    )
    verifier: Verifier = receipts.signer.verifier
    assert verify_note(note, [verifier], CHECKS) == [(verifier, None)]
    assert (
        note.text == f"ekino-receipt-v1\n{'ab' * 32}\n17\n3\n2026-11-26T10:00:00.000000Z\n"
    )
    again = service.Receipts.open(db, folder / "keys" / "receipts.key", ORIGIN)
    assert again.signer.verifier == verifier
    [listed] = service.read_keys(db)
    assert (listed["kind"], listed["vkey"]) == ("receipt", verifier.vkey)
