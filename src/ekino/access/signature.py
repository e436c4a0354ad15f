"""Signed requests: e-Kino's profile of RFC 9421, and nothing but the standard library."""

# Source: RFC 9421 (HTTP Message Signatures) and RFC 9530 (Digest Fields); the profile stands
# in docs/reference/signatures.md.

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from ekino.kernel.errors import NotAuthenticated

LABEL = "ekino"
TAG = "ekino-ingest"
ALGORITHM = "ed25519"
COMPONENTS = '("@method" "@target-uri" "content-digest" "content-type")'
# A signature made longer ago than this is refused; so is one from the future.
CREATED_BEFORE_MAX_S = 300
CREATED_AHEAD_MAX_S = 60
SIGNATURE_BYTES = 64
KEY_ID_CHARACTERS_MAX = 128
NONCE_CHARACTERS_MIN = 8
NONCE_CHARACTERS_MAX = 64

# Printable ASCII without space, quote and backslash: what stands in a quoted string as it is.
_PLAIN = r"[!#-\[\]-~]"
_KEY_ID = re.compile(f"{_PLAIN}{{1,{KEY_ID_CHARACTERS_MAX}}}")
_PARAMETERS = re.compile(
    rf"{LABEL}=(?P<value>{re.escape(COMPONENTS)}"
    rf';created=(?P<created>[0-9]{{1,12}})'
    rf';keyid="(?P<keyid>{_PLAIN}{{1,{KEY_ID_CHARACTERS_MAX}}})"'
    rf';alg="(?P<alg>[a-z0-9-]{{1,32}})"'
    rf';nonce="(?P<nonce>{_PLAIN}{{{NONCE_CHARACTERS_MIN},{NONCE_CHARACTERS_MAX}}})"'
    rf';tag="(?P<tag>[a-z0-9-]{{1,32}})")'
)
_SIGNATURE = re.compile(rf"{LABEL}=:(?P<value>[A-Za-z0-9+/]{{86}}==):")
_DIGEST = re.compile(r"sha-256=:(?P<value>[A-Za-z0-9+/]{43}=):")


class SignatureMissing(NotAuthenticated):
    """The request is not signed at all."""

    code = "signature_missing"


class SignatureMalformed(NotAuthenticated):
    """The signature's headers are not exactly the profile."""

    code = "signature_malformed"


class DigestMismatch(NotAuthenticated):
    """The body is not the one that was signed."""

    code = "digest_mismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request's claim to come from a key: what was signed, by whom, when."""

    key_id: str
    # Unix seconds, by the sender's clock.
    created: int
    nonce: str
    signature: bytes
    # The five lines that were signed.
    lines: bytes
    target_uri: str
    body_sha256: bytes


def is_key_id(text: str) -> bool:
    """Say whether a text can stand as keyid: printable ASCII, no space, quote, backslash."""
    return _KEY_ID.fullmatch(text) is not None


def content_digest(body: bytes) -> str:
    """Give the Content-Digest header of a body: `sha-256=:…:` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_parameters(*, created: int, key_id: str, nonce: str) -> str:
    """Give the parameters in the profile's one order."""
    return (
        f'{COMPONENTS};created={created};keyid="{key_id}";alg="{ALGORITHM}"'
        f';nonce="{nonce}";tag="{TAG}"'
    )


def lines_to_sign(
    *, method: str, target_uri: str, digest: str, content_type: str, parameters: str
) -> bytes:
    """
    Give the bytes that are signed: five lines, LF between them, none at the end.

    RFC 9421 calls them the signature base (§2.5).
    """
    return (
        f'"@method": {method}\n'
        f'"@target-uri": {target_uri}\n'
        f'"content-digest": {digest}\n'
        f'"content-type": {content_type}\n'
        f'"@signature-params": {parameters}'
    ).encode()


def signed_headers(  # noqa: PLR0913 - the parts of a request
    sign: Callable[[bytes], bytes],
    *,
    key_id: str,
    method: str,
    target_uri: str,
    content_type: str,
    body: bytes,
    created: int,
    nonce: str,
) -> dict[str, str]:
    """
    Sign a request and give the four headers to send with it.

    `sign` turns bytes into their 64 bytes of Ed25519, such as a private key's `sign`.
    """
    digest = content_digest(body)
    parameters = signature_parameters(created=created, key_id=key_id, nonce=nonce)
    lines = lines_to_sign(
        method=method,
        target_uri=target_uri,
        digest=digest,
        content_type=content_type,
        parameters=parameters,
    )
    return {
        "Content-Type": content_type,
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{base64.b64encode(sign(lines)).decode()}:",
    }


def read_signature(  # noqa: PLR0913 - the parts of a request
    *,
    method: str,
    target_uri: str,
    content_type: str,
    digest_header: str,
    input_header: str,
    signature_header: str,
    body: bytes,
) -> SignedRequest:
    """
    Read a request's signature and rebuild what must have been signed.

    Raises `SignatureMissing` when nothing is signed, `SignatureMalformed` for anything left
    out, added or in another order, and `DigestMismatch` when the body is another. Whether the
    signature is right is not asked here.
    """
    if not (input_header and signature_header):
        detail = (
            "the request is not signed: Signature-Input and Signature are wanted, as "
            "docs/reference/signatures.md describes them"
        )
        raise SignatureMissing(detail)
    digest = _DIGEST.fullmatch(digest_header)
    if digest is None:
        detail = "Content-Digest must be sha-256=:<base64 of the body's SHA-256>:"
        raise SignatureMalformed(detail)
    parameters = _PARAMETERS.fullmatch(input_header)
    if parameters is None:
        detail = (
            f"Signature-Input must be {LABEL}={COMPONENTS};created=…;keyid=…;"
            f'alg="{ALGORITHM}";nonce=…;tag="{TAG}", exactly in this order'
        )
        raise SignatureMalformed(detail)
    if parameters["alg"] != ALGORITHM or parameters["tag"] != TAG:
        detail = f'alg must be "{ALGORITHM}" and tag "{TAG}"'
        raise SignatureMalformed(detail)
    signature = _SIGNATURE.fullmatch(signature_header)
    if signature is None:
        detail = f"Signature must be {LABEL}=:<base64 of {SIGNATURE_BYTES} bytes>:"
        raise SignatureMalformed(detail)
    body_sha256 = hashlib.sha256(body).digest()
    if _decode(digest["value"]) != body_sha256:
        detail = "the body is not the one that Content-Digest names"
        raise DigestMismatch(detail)
    lines = lines_to_sign(
        method=method,
        target_uri=target_uri,
        digest=digest_header,
        content_type=content_type,
        parameters=parameters["value"],
    )
    return SignedRequest(
        key_id=parameters["keyid"],
        created=int(parameters["created"]),
        nonce=parameters["nonce"],
        signature=_decode(signature["value"]),
        lines=lines,
        target_uri=target_uri,
        body_sha256=body_sha256,
    )


def _decode(text: str) -> bytes:
    """Undo base64 that has one spelling only: spare bits are zero."""
    try:
        raw = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raw = b""
    if binascii.b2a_base64(raw, newline=False).decode() != text:
        detail = "the signature's headers hold something that is not canonical base64"
        raise SignatureMalformed(detail)
    return raw
