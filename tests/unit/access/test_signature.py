"""A signature is the profile to the character, or it is refused by name."""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access.service import Keyring, verify_alive, verify_operator
from ekino.access.signature import (
    COMPONENTS,
    CREATED_AHEAD_MAX_S,
    CREATED_BEFORE_MAX_S,
    SignedRequest,
    content_digest,
    read_signature,
    signature_base,
    signature_parameters,
)
from ekino.access.store import Key
from ekino.kernel.errors import EkinoError, NotAllowed, NotAuthenticated, Pushback

EVENING = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
CREATED = int(EVENING.timestamp())
URI = "https://ekino.example/v1/batches"
BODY = b'{"events":[]}'
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = "vendor.example/till-1"
NONCE = "AAECAwQFBgcICQoL"
INPUT = "ekino=" + signature_parameters(created=CREATED, key_id=KEY_ID, nonce=NONCE)
KEY = Key(
    key_id=KEY_ID,
    source_id=7,
    public_key=PRIVATE.public_key().public_bytes_raw(),
    valid_from=EVENING - timedelta(days=1),
    valid_until=EVENING + timedelta(days=1),
    revoked_at=None,
    source_code="vendor",
    may_announce=False,
    source_state="active",
)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request as it arrives."""

    method: str = "POST"
    target_uri: str = URI
    content_type: str = "application/json"
    digest: str = content_digest(BODY)
    input: str = INPUT
    signature: str = ""
    body: bytes = BODY


def signed(sent: Sent) -> Sent:
    base = signature_base(
        method=sent.method,
        target_uri=sent.target_uri,
        digest=sent.digest,
        content_type=sent.content_type,
        parameters=sent.input.removeprefix("ekino="),
    )
    value = base64.b64encode(PRIVATE.sign(base)).decode()
    return replace(sent, signature=f"ekino=:{value}:")


GOOD = signed(Sent())


def a_keyring(*keys: Key) -> Keyring:
    """Give a keyring that has just read these keys and asks no database."""
    keyring = Keyring(None)  # type: ignore[arg-type]
    for key in keys:
        keyring.remember(key)
    return keyring


def read(sent: Sent) -> SignedRequest:
    return read_signature(
        method=sent.method,
        target_uri=sent.target_uri,
        content_type=sent.content_type,
        digest_header=sent.digest,
        input_header=sent.input,
        signature_header=sent.signature,
        body=sent.body,
    )


def outcome(sent: Sent, *, key: Key = KEY, now: datetime = EVENING) -> str:
    """Give the code under which a request is refused, or "accepted"."""
    try:
        a_keyring(key).verify(read(sent), now=now)
    except EkinoError as error:
        return error.code
    return "accepted"


def test_a_request_of_the_profile_is_accepted() -> None:
    assert outcome(GOOD) == "accepted"


def parameters(text: str) -> Sent:
    """Give a request that is rightly signed over other parameters."""
    return signed(Sent(input=text))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (replace(GOOD, method="PUT"), "signature_wrong"),
        (replace(GOOD, target_uri=URI + "?x=1"), "signature_wrong"),
        (replace(GOOD, target_uri=URI.replace("https", "http")), "signature_wrong"),
        (replace(GOOD, content_type="text/plain"), "signature_wrong"),
        (replace(GOOD, body=BODY + b" "), "digest_mismatch"),
        (replace(GOOD, digest=content_digest(b"")), "digest_mismatch"),
        (replace(GOOD, digest=""), "signature_malformed"),
        (replace(GOOD, digest=GOOD.digest + "\n"), "signature_malformed"),
        (replace(GOOD, digest=GOOD.digest.replace("256", "512")), "signature_malformed"),
        (replace(GOOD, input=""), "signature_missing"),
        (replace(GOOD, signature=""), "signature_missing"),
        (replace(GOOD, signature="ekino=::"), "signature_malformed"),
        (replace(GOOD, signature=GOOD.signature + "\n"), "signature_malformed"),
        (replace(GOOD, signature=GOOD.signature.replace("ekino", "sig1")),
         "signature_malformed"),
        (replace(GOOD, signature=f"{GOOD.signature}, {GOOD.signature}"),
         "signature_malformed"),
        (replace(GOOD, signature=f"ekino=:{'A' * 86}==:"), "signature_wrong"),
        (replace(GOOD, signature=f"ekino=:{'A' * 85}B==:"), "signature_malformed"),
        (parameters(INPUT + "\n"), "signature_malformed"),
        (parameters(f"{INPUT}, {INPUT}"), "signature_malformed"),
        (parameters(INPUT.replace('"@method" "@target-uri"', '"@target-uri" "@method"')),
         "signature_malformed"),
        (parameters(INPUT.replace(' "content-type"', "")), "signature_malformed"),
        (parameters(INPUT.replace('-type"', '-type" "date"')), "signature_malformed"),
        (parameters(INPUT.replace(";tag=", ";expires=1;tag=")), "signature_malformed"),
        (parameters(INPUT.replace(f";created={CREATED}", "")), "signature_malformed"),
        (parameters(INPUT.replace(f';nonce="{NONCE}"', "")), "signature_malformed"),
        (parameters(INPUT.replace("ed25519", "hmac-sha256")), "signature_malformed"),
        (parameters(INPUT.replace("ekino-ingest", "other")), "signature_malformed"),
        (replace(GOOD, input=INPUT.replace("ekino=", "sig1=")), "signature_malformed"),
        (parameters(INPUT.replace(KEY_ID, "with space")), "signature_malformed"),
        (replace(GOOD, input=INPUT.replace(NONCE, NONCE[::-1])), "signature_wrong"),
        (replace(GOOD, input=INPUT.replace(str(CREATED), str(CREATED + 1))),
         "signature_wrong"),
    ],
)  # fmt: skip
def test_a_request_that_differs_is_refused_by_name(sent: Sent, code: str) -> None:
    assert outcome(sent) == code


@pytest.mark.parametrize(
    ("characters", "code"),
    [
        (7, "signature_malformed"),
        (8, "accepted"),
        (64, "accepted"),
        (65, "signature_malformed"),
    ],
)
def test_a_nonce_has_8_to_64_characters(characters: int, code: str) -> None:
    assert outcome(parameters(INPUT.replace(NONCE, "n" * characters))) == code


@pytest.mark.parametrize(
    ("characters", "code"),
    [(1, "accepted"), (128, "accepted"), (129, "signature_malformed")],
)
def test_a_key_id_has_1_to_128_characters(characters: int, code: str) -> None:
    name = "k" * characters
    sent = parameters(INPUT.replace(KEY_ID, name))
    assert outcome(sent, key=KEY._replace(key_id=name)) == code


@pytest.mark.parametrize(
    ("age_s", "code"),
    [
        (CREATED_BEFORE_MAX_S, "accepted"),
        (CREATED_BEFORE_MAX_S + 1, "created_out_of_window"),
        (-CREATED_AHEAD_MAX_S, "accepted"),
        (-CREATED_AHEAD_MAX_S - 1, "created_out_of_window"),
    ],
)
def test_a_signature_is_good_from_300_s_before_to_60_s_ahead(age_s: int, code: str) -> None:
    assert outcome(GOOD, now=EVENING + timedelta(seconds=age_s)) == code


def test_a_clock_that_is_off_is_told_ours() -> None:
    late = EVENING + timedelta(hours=1)
    with pytest.raises(NotAuthenticated, match=str(int(late.timestamp()))):
        a_keyring(KEY).verify(read(GOOD), now=late)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (KEY._replace(revoked_at=EVENING), "key_revoked"),
        (KEY._replace(valid_from=EVENING), "accepted"),
        (KEY._replace(valid_from=EVENING + timedelta(microseconds=1)), "key_expired"),
        (KEY._replace(valid_until=EVENING + timedelta(microseconds=1)), "accepted"),
        (KEY._replace(valid_until=EVENING), "key_expired"),
        (KEY._replace(source_state="suspended"), "source_suspended"),
        (KEY._replace(public_key=bytes([9] + [0] * 31)), "signature_wrong"),
    ],
)
def test_a_key_signs_only_while_it_is_alive(key: Key, code: str) -> None:
    assert outcome(GOOD, key=key) == code


def test_a_nonce_is_good_once_for_each_key() -> None:
    keyring = a_keyring(KEY, KEY._replace(key_id="other"))
    keyring.verify(read(GOOD), now=EVENING)
    other = read(parameters(INPUT.replace(KEY_ID, "other")))
    keyring.verify(other, now=EVENING)
    with pytest.raises(NotAuthenticated) as refusal:
        keyring.verify(read(GOOD), now=EVENING)
    assert refusal.value.code == "nonce_used"


def test_a_wrong_signature_uses_up_no_nonce() -> None:
    keyring = a_keyring(KEY)
    forged = read(replace(GOOD, signature=f"ekino=:{'A' * 86}==:"))
    with pytest.raises(NotAuthenticated):
        keyring.verify(forged, now=EVENING)
    assert keyring.verify(read(GOOD), now=EVENING) == KEY


def nth(number: int) -> SignedRequest:
    """Give a rightly signed request with a nonce of its own."""
    return read(parameters(INPUT.replace(NONCE, f"nonce-{number:04}")))


def test_as_many_nonces_are_held_as_the_limit_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ekino.access.service.keys.NONCES_MAX", 3)
    keyring = a_keyring(KEY)
    for number in range(3):
        keyring.verify(nth(number), now=EVENING)
    with pytest.raises(Pushback) as refusal:
        keyring.verify(nth(3), now=EVENING)
    assert refusal.value.code == "too_many_signed_requests"


def test_a_full_keyring_never_forgets_a_nonce_that_could_be_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ekino.access.service.keys.NONCES_MAX", 1)
    keyring = a_keyring(KEY)
    keyring.verify(nth(0), now=EVENING)
    accepted = EVENING + timedelta(seconds=CREATED_BEFORE_MAX_S)
    with pytest.raises(NotAuthenticated, match="nonce"):
        keyring.verify(nth(0), now=accepted)
    with pytest.raises(Pushback):
        keyring.verify(nth(1), now=accepted)


def test_only_an_operators_key_is_an_operators() -> None:
    assert verify_operator(KEY._replace(source_id=None, kind="operator")) == KEY_ID
    with pytest.raises(NotAllowed):
        verify_operator(KEY)
    with pytest.raises(NotAllowed):
        # The log's own key speaks for no source either, and commands nobody.
        verify_operator(KEY._replace(source_id=None, kind="log"))


def test_an_alive_key_is_not_refused() -> None:
    verify_alive(KEY, EVENING)


def test_the_components_are_those_of_the_specification() -> None:
    assert COMPONENTS == '("@method" "@target-uri" "content-digest" "content-type")'
