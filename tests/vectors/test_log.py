"""The published vectors of the log's formats; every key in them is public."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from ekino.proofs import merkle
from ekino.proofs.checkpoint import (
    Checkpoint,
    Policy,
    Witness,
    open_checkpoint,
    read_proof,
    write_checkpoint,
)
from ekino.proofs.note import Verifier, read_note, read_vkey, signature_line, verify_note
from ekino.proofs.signatures import CHECKS
from ekino.proofs.tiles import Tile, pack_entries, right_edge, tiles_between

V: dict[str, Any] = json.loads((Path(__file__).parent / "log.json").read_text("utf-8"))
SIZE = 70_000


def b64(text: str) -> bytes:
    return base64.b64decode(text)


@cache
def levels() -> tuple[list[bytes], ...]:
    """Give the large log's hashes level by level, full subtrees only."""
    level = [merkle.leaf_hash(f"entry {number}".encode()) for number in range(SIZE)]
    found = [level]
    while len(level) > 1:
        level = merkle.level_above(level)
        found.append(level)
    return tuple(found)


def subtree(level: int, index: int) -> bytes:
    return levels()[level][index]


def test_the_eight_leaves_of_rfc_6962() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in V["rfc6962_leaves_hex"]]

    assert [merkle.root_of(leaves[:size]).hex() for size in range(9)] == V[
        "rfc6962_roots_hex"
    ]

    small = [leaves]
    while len(small[-1]) > 1:
        small.append(merkle.level_above(small[-1]))

    def eight(level: int, index: int) -> bytes:
        return small[level][index]

    assert [each.hex() for each in merkle.inclusion_path(5, 8, eight)] == V[
        "rfc6962_inclusion_5_of_8"
    ]
    assert [each.hex() for each in merkle.consistency_proof(6, 8, eight)] == V[
        "rfc6962_consistency_6_8"
    ]
    assert [each.hex() for each in merkle.consistency_proof(3, 7, eight)] == V[
        "rfc6962_consistency_3_7"
    ]


@pytest.mark.parametrize("size", [int(size) for size in V["roots"]])
def test_the_roots_of_the_large_log(size: int) -> None:
    assert merkle.root_of_range(0, size, subtree) == b64(V["roots"][str(size)])


def test_the_proofs_of_the_large_log() -> None:
    path = [
        base64.b64encode(each).decode()
        for each in merkle.inclusion_path(12_345, SIZE, subtree)
    ]
    proof = [
        base64.b64encode(each).decode()
        for each in merkle.consistency_proof(60_000, SIZE, subtree)
    ]

    assert path == V["inclusion_12345_of_70000"]
    assert proof == V["consistency_60000_70000"]


def test_the_names_of_keys() -> None:
    log, witness = read_vkey(V["log_vkey"]), read_vkey(V["witness_vkey"])

    assert (log.name, log.key_id.hex(), log.public_key.hex()) == (
        V["origin"],
        V["log_key_id"],
        V["log_pub_hex"],
    )
    assert (witness.name, witness.key_id.hex()) == (V["witness_name"], V["witness_key_id"])
    assert (log.vkey, witness.vkey) == (V["log_vkey"], V["witness_vkey"])


def test_the_checkpoint_is_signed_to_the_byte() -> None:
    log = read_vkey(V["log_vkey"])
    checkpoint = Checkpoint(V["origin"], SIZE, b64(V["roots"][str(SIZE)]))
    signed = SigningKey(bytes.fromhex(V["log_seed_hex"])).sign(checkpoint.text.encode())

    note = write_checkpoint(checkpoint, [signature_line(log, signed.signature)])

    assert note.decode() == V["checkpoint_70000"]
    assert open_checkpoint(note, Policy(log), CHECKS) == checkpoint


def test_the_cosignature_is_verified_with_its_time() -> None:
    witness = read_vkey(V["witness_vkey"])
    line = V["cosignature_line_70000_t1760000000"]
    note = read_note((V["checkpoint_70000"] + line.removesuffix("\n") + "\n").encode())

    assert verify_note(note, [witness], CHECKS) == [(witness, 1_760_000_000)]


def test_the_proof_that_a_visitor_keeps() -> None:
    raw = V["tlog_proof_12345"].encode()
    proof = read_proof(raw)
    log, witness = read_vkey(V["log_vkey"]), read_vkey(V["witness_vkey"])
    policy = Policy(log, (Witness("w1", witness),), quorum="w1")
    checkpoint = open_checkpoint(proof.checkpoint, policy, CHECKS)

    assert proof.encoded == raw
    assert merkle.is_included(
        index=12_345,
        size=checkpoint.size,
        leaf=merkle.leaf_hash(b"entry 12345"),
        path=proof.path,
        root=checkpoint.root,
    )


def test_the_paths_and_bytes_of_tiles() -> None:
    tiles = list(tiles_between(0, SIZE))
    paths: dict[str, Any] = V["tile_paths_70000"]
    for level in range(3):
        ours = [tile.path for tile in tiles if tile.level == level]
        theirs = paths[f"level{level}"]
        assert (ours[0], ours[-1]) == (theirs[0], theirs[-1])
        assert set(theirs) <= set(ours)
    assert [tile.path for tile in right_edge(SIZE)] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert Tile(0, 1_234_067).path in json.dumps(paths)

    def digest(level: int, index: int, width: int) -> str:
        hashes = levels()[8 * level][index * 256 : index * 256 + width]
        return hashlib.sha256(b"".join(hashes)).hexdigest()

    assert digest(1, 1, 17) == V["sha256_of_tile_1_001_p_17"]
    assert digest(0, 273, 112) == V["sha256_of_tile_0_273_p_112"]
    bundle = pack_entries([f"entry {number}".encode() for number in range(273 * 256, SIZE)])
    assert hashlib.sha256(bundle).hexdigest() == V["sha256_of_entries_273_p_112"]


def test_a_verifier_is_what_its_vkey_says() -> None:
    witness = read_vkey(V["witness_vkey"])

    assert read_vkey(Verifier(witness.name, 0x04, witness.public_key).vkey) == witness
