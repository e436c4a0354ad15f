"""Notes, keys, checkpoints and policies: what is accepted, and the many things that are not."""

import base64
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from nacl.signing import SigningKey

from ekino.proofs.checkpoint import (
    Checkpoint,
    Policy,
    Witness,
    open_checkpoint,
    read_checkpoint,
    read_policy,
    read_proof,
    write_checkpoint,
)
from ekino.proofs.note import (
    NoteMalformed,
    NoteUnproved,
    Verifier,
    cosigned,
    read_note,
    read_vkey,
    signature_line,
    verify_note,
    write_note,
)
from ekino.proofs.signatures import CHECKS
from log_making import ORIGIN, signer_of

LOG = signer_of()
POLICY = Policy(LOG.verifier)
HEAD = Checkpoint(ORIGIN, 7, bytes(range(32)))
NOTE = write_checkpoint(HEAD, [LOG.line(HEAD.text)])
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_what_is_written_is_read() -> None:
    assert open_checkpoint(NOTE, POLICY, CHECKS) == HEAD


def test_no_flipped_bit_is_accepted() -> None:
    """T4 for a checkpoint: every bit of it."""
    accepted = []
    for bit in range(len(NOTE) * 8):
        flipped = bytearray(NOTE)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            accepted.append(open_checkpoint(bytes(flipped), POLICY, CHECKS))
        except (NoteMalformed, NoteUnproved):
            continue
    assert accepted == []


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n07\n{base64.b64encode(HEAD.root).decode()}\n",
        f"{ORIGIN}\n+7\n{base64.b64encode(HEAD.root).decode()}\n",
        f"{ORIGIN}\n-7\n{base64.b64encode(HEAD.root).decode()}\n",
        f"{ORIGIN}\n٧\n{base64.b64encode(HEAD.root).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(HEAD.root).decode()}\nextension\n",
        f"{ORIGIN}\n7\n{base64.b64encode(HEAD.root[:31]).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(HEAD.root).decode().replace('=', '')}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(HEAD.root).decode()[:-2]}9=\n",
        f"\n7\n{base64.b64encode(HEAD.root).decode()}\n",
        "",
    ],
)  # fmt: skip
def test_a_checkpoint_has_one_spelling(text: str) -> None:
    with pytest.raises(NoteMalformed):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\n", b"text\n", b"text\n\n", b"text\n\n- name AAAA\n", NOTE[:-1], NOTE + b"\n",
        NOTE.replace(b"\n\n", b"\n\r\n"), NOTE.replace(b"7\n", b"7\x00\n"), b"\xff" + NOTE,
        NOTE.replace(b"=\n", b"\n", 2), NOTE.replace("— ".encode(), "—  ".encode()),
        write_note("a\n", [LOG.line("a\n")] * 101), b"x" * 1_000_001,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(raw: bytes) -> None:
    with pytest.raises((NoteMalformed, NoteUnproved)):
        open_checkpoint(raw, POLICY, CHECKS)


def test_unknown_signatures_are_passed_over_and_a_wrong_known_one_is_not() -> None:
    stranger = signer_of("stranger.example", "stranger")
    lines = [stranger.line(HEAD.text)] * 16 + [LOG.line(HEAD.text)] * 2
    assert open_checkpoint(write_checkpoint(HEAD, lines), POLICY, CHECKS) == HEAD

    wrong = signature_line(LOG.verifier, bytes(64))
    with pytest.raises(NoteUnproved):
        open_checkpoint(write_checkpoint(HEAD, [wrong]), POLICY, CHECKS)
    with pytest.raises(NoteUnproved):
        open_checkpoint(write_checkpoint(HEAD, [stranger.line(HEAD.text)]), POLICY, CHECKS)


def test_a_signature_with_a_larger_s_is_refused() -> None:
    signature = base64.b64decode(LOG.line(HEAD.text).split(" ")[2])[4:]
    larger = int.from_bytes(signature[32:], "little") + ORDER
    forged = signature[:32] + larger.to_bytes(32, "little")
    with pytest.raises(NoteUnproved):
        open_checkpoint(
            write_checkpoint(HEAD, [signature_line(LOG.verifier, forged)]), POLICY, CHECKS
        )


def test_another_origin_under_the_same_key_is_refused() -> None:
    other = Checkpoint("another.example/log", 7, HEAD.root)
    with pytest.raises(NoteUnproved):
        open_checkpoint(write_checkpoint(other, [LOG.line(other.text)]), POLICY, CHECKS)


@pytest.mark.parametrize(
    "vkey",
    [
        "", "name", "name+00000000+", "na me+00000000+AQ==", LOG.verifier.vkey + "=",
        LOG.verifier.vkey.replace("+", "+0", 1), LOG.verifier.vkey.upper(),
        "x+" + LOG.verifier.vkey.partition("+")[2],
        Verifier("x", 0x05, bytes(32)).vkey, Verifier("x", 0x01, bytes(31)).vkey,
    ],
)  # fmt: skip
def test_a_vkey_has_one_spelling(vkey: str) -> None:
    with pytest.raises(NoteMalformed):
        read_vkey(vkey)


def witness_line(seed: int, name: str, at_s: int, text: str) -> tuple[Verifier, str]:
    key = SigningKey(bytes([seed] * 32))
    verifier = Verifier(name, 0x04, bytes(key.verify_key))
    signature = key.sign(cosigned(verifier, at_s, text)).signature
    return verifier, signature_line(verifier, at_s.to_bytes(8, "big") + signature)


def test_a_quorum_is_counted_by_the_policy() -> None:
    pairs = [
        witness_line(seed, f"w{seed}.example", 1_760_000_000, HEAD.text)
        for seed in (1, 2, 3)
    ]
    text = f"log {LOG.verifier.vkey}\n" + "".join(
        f"witness w{number} {verifier.vkey} https://w{number}.example\n"
        for number, (verifier, _) in enumerate(pairs)
    )
    text += (
        "group both 2 w0 w1 w2 # two of three\ngroup all-of-it all both w0\nquorum both\n"
    )
    policy = read_policy(text)
    lines = [line for _, line in pairs]

    def is_accepted(signed: list[str], policy: Policy) -> bool:
        try:
            open_checkpoint(
                write_checkpoint(HEAD, [LOG.line(HEAD.text), *signed]), policy, CHECKS
            )
        except NoteUnproved:
            return False
        return True

    assert [is_accepted(lines[:count], policy) for count in range(4)] == [
        False,
        False,
        True,
        True,
    ]
    # One witness twice is one witness.
    assert not is_accepted([lines[0], lines[0]], policy)
    nested = read_policy(text.replace("quorum both", "quorum all-of-it"))
    assert is_accepted(lines[:2], nested)
    assert not is_accepted(lines[1:], nested)


@pytest.mark.parametrize(
    "line",
    [
        "quorum nobody",
        "group g 2 w",
        "group g 3",
        "witness w",
        "log x",
        "hello",
        "group g 0 w",
    ],
)
def test_a_policy_that_cannot_be_read_is_refused(line: str) -> None:
    verifier, _ = witness_line(1, "w.example", 0, HEAD.text)
    with pytest.raises(NoteMalformed):
        read_policy(f"witness w {verifier.vkey}\n{line}\n")


def test_a_cosignature_of_ml_dsa_44_is_verified() -> None:
    key = mldsa.MLDSA44PrivateKey.generate()
    verifier = Verifier("w.example/pq", 0x06, key.public_key().public_bytes_raw())
    signature = key.sign(cosigned(verifier, 5, HEAD.text))
    line = signature_line(verifier, (5).to_bytes(8, "big") + signature)
    note = read_note(write_checkpoint(HEAD, [LOG.line(HEAD.text), line]))

    assert (verifier, 5) in verify_note(note, [LOG.verifier, verifier], CHECKS)
    assert read_vkey(verifier.vkey) == verifier
    policy = Policy(LOG.verifier, (Witness("pq", verifier),), quorum="pq")
    assert (
        open_checkpoint(write_checkpoint(HEAD, [LOG.line(HEAD.text), line]), policy, CHECKS)
        == HEAD
    )
    other = read_note(write_checkpoint(Checkpoint(ORIGIN, 8, HEAD.root), [line]))
    with pytest.raises(NoteUnproved):
        verify_note(other, [verifier], CHECKS)


def test_random_bytes_are_no_proof() -> None:
    dice = random.Random(11)
    good = (
        b"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 3\n"
        + base64.b64encode(bytes(32))
        + b"\n\n"
        + NOTE
    )
    assert read_proof(good).encoded == good
    for _ in range(500):
        broken = bytearray(good)
        broken[dice.randrange(40)] = dice.randrange(256)
        try:
            assert read_proof(bytes(broken)).encoded == bytes(broken)
        except NoteMalformed:
            continue
