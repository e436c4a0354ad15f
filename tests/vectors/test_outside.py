"""The log as programs read it that nobody here wrote: Go's sumdb, aics-tlog, and its witness."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ekino.proofs.checkpoint import Checkpoint, Policy, Proof, Witness, write_checkpoint
from ekino.proofs.edge import Edge
from ekino.proofs.folder import LogFolder
from ekino.proofs.merkle import consistency_proof, inclusion_path
from ekino.proofs.note import read_vkey
from ekino.proofs.tiles import TileReader
from ekino.proofs.witness import WitnessAhead, WitnessClient, WitnessRefuses
from log_making import ORIGIN, a_log, an_entry, signer_of
from machine import GO_PATH, go_with_sumdb, outside_programs
from outside_witness import Serving, answer_of

HERE = Path(__file__).parent / "outside"
SIGNER = signer_of()
VKEY = SIGNER.verifier.vkey
EVERY_SIZE_TO = 1_100
AROUND = range(65_530, 65_543)


def checkpoint_note(size: int, root: bytes) -> bytes:
    head = Checkpoint(ORIGIN, size, root)
    return write_checkpoint(head, [SIGNER.line(head.text)])


@pytest.fixture(scope="module")
def every_size(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log that stopped at every size up to 1,100 and around 65,536, with each checkpoint."""
    folder = tmp_path_factory.mktemp("every")
    files, edge = LogFolder(folder), Edge(0, [], [])
    (folder / "checkpoint.0").write_bytes(checkpoint_note(0, edge.root()))
    for size in (*range(1, EVERY_SIZE_TO + 1), *AROUND):
        edge, written = edge.extended(
            [an_entry(number) for number in range(edge.size, size)]
        )
        for tile, body in written:
            # As the log writes them, but without waiting for the disk 1,100 times.
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            assert not path.exists() or path.read_bytes() == body
            path.write_bytes(body)
        (folder / f"checkpoint.{size}").write_bytes(checkpoint_note(size, edge.root()))
    assert files.read_checkpoint() == b""
    return folder


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the verifier on Debian's packages, without a network."""
    program = tmp_path_factory.mktemp("go") / "verify"
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(GO_PATH),
        "GOCACHE": str(program.parent / "cache"),
        "GOFLAGS": "",
    }
    words = [str(go_with_sumdb()), "build", "-o", str(program), str(HERE / "verify.go")]
    subprocess.run(words, check=True, env=environment, capture_output=True, timeout=300)
    return program


@pytest.mark.needs_go
def test_go_reads_every_size(go: Path, every_size: Path) -> None:
    """T11."""
    answer = answer_of(go, "folder", VKEY, every_size)

    assert answer.stderr == ""
    assert (
        answer.stdout
        == f"{1 + EVERY_SIZE_TO + len(AROUND)} checkpoints, {AROUND[-1]} entries\n"
    )


@pytest.mark.needs_outside_verifiers
def test_aics_tlog_reads_every_size(every_size: Path) -> None:
    """T11."""
    python = (outside_programs() or Path()) / "python"

    answer = answer_of(python, HERE / "read_all.py", VKEY, every_size)

    assert answer.stderr == ""
    assert answer.stdout == f"{1 + EVERY_SIZE_TO + len(AROUND)} checkpoints\n"


@pytest.mark.needs_go
def test_go_accepts_our_proofs_and_no_other(go: Path, tmp_path: Path) -> None:
    checkpoint, _ = a_log(tmp_path / "log", 700)
    folder = LogFolder(tmp_path / "log")
    reader = TileReader(700, folder.read)
    assert checkpoint.size == 700
    for index in (0, 255, 256, 699):
        path = inclusion_path(index, 700, reader.subtree)
        name = tmp_path / f"{index}.tlog-proof"
        name.write_bytes(Proof(index, tuple(path), folder.read_checkpoint()).encoded)
        assert answer_of(go, "proof", VKEY, name, an_entry(index).hex()).returncode == 0
        assert answer_of(go, "proof", VKEY, name, an_entry(index + 1).hex()).returncode == 1
        name.write_bytes(Proof(index, tuple(path[:-1]), folder.read_checkpoint()).encoded)
        assert answer_of(go, "proof", VKEY, name, an_entry(index).hex()).returncode == 1


@pytest.mark.needs_go
def test_go_and_ours_find_a_flipped_bit(go: Path, tmp_path: Path) -> None:
    a_log(tmp_path / "log", 700)
    tile = tmp_path / "log" / "tile" / "0" / "001"
    altered = bytearray(tile.read_bytes())
    altered[77] ^= 4
    tile.write_bytes(altered)
    assert answer_of(go, "folder", VKEY, tmp_path / "log").returncode == 1


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Serving]:
    with Serving(tmp_path, VKEY) as serving:
        yield serving


@pytest.mark.needs_outside_verifiers
def test_the_witness_cosigns_our_heads_and_refuses_our_forks(
    witness: Serving, tmp_path: Path
) -> None:
    """T3 and T7: two heads of one size, or a smaller one, are never both cosigned."""
    entries = [an_entry(number) for number in range(900)]
    policy = Policy(
        None, (Witness("w1", read_vkey(witness.vkey), witness.url),), quorum="w1"
    )
    with httpx2.Client(trust_env=False) as connections:
        client = WitnessClient(policy.witnesses[0], connections)
        for size in (1, 2, 255, 256, 257, 900):
            grown, _ = a_log(tmp_path / f"log{size}", size, entries=entries[:size])
            reader = TileReader(size, LogFolder(tmp_path / f"log{size}").read)
            line = client.cosign(
                grown,
                checkpoint_note(size, grown.root),
                lambda old, size=size, reader=reader: consistency_proof(
                    old, size, reader.subtree
                ),  # type: ignore[misc]
            )
            assert line.startswith("— witness.example/w1 ")
        # Somebody else's client, which does not know how far the witness is, is told.
        stranger = WitnessClient(policy.witnesses[0], connections)
        stranger.cosign(
            grown,
            checkpoint_note(900, grown.root),
            lambda old: consistency_proof(old, 900, reader.subtree),
        )
        dropped = entries[:10] + entries[11:] + [an_entry(5_000)]
        for forged in (dropped, [*entries[:-1], an_entry(7)], dropped + entries):
            size = len(forged)
            fork, _ = a_log(
                tmp_path / f"fork{size}{forged[-1].hex()[:12]}", size, entries=forged
            )
            with pytest.raises(WitnessRefuses):
                client.cosign(
                    fork,
                    checkpoint_note(size, fork.root),
                    lambda old, size=size: [bytes(32)] * (old != size),  # type: ignore[misc]
                )
        smaller, _ = a_log(tmp_path / "smaller", 899, entries=entries[:899])
        with pytest.raises(WitnessAhead):
            client.cosign(smaller, checkpoint_note(899, smaller.root), lambda _old: [])
    shutil.rmtree(tmp_path, ignore_errors=True)
