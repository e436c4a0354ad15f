"""Signed requests: e-Kino's profile of RFC 9421, and nothing but the standard library."""

# Source: RFC 9421 (HTTP Message Signatures), RFC 9530 (Digest Fields); the profile is
# docs/reference/signatures.md.

import base64
import binascii
import hashlib
import re
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

_PARAMETERS = re.compile(
    r'^ekino=(?P<value>\("@method" "@target-uri" "content-digest" "content-type"\)'
    r';created=(?P<created>[0-9]{1,12});keyid="(?P<keyid>[!#-\[\]-~]{1,128})"'
    r';alg="(?P<alg>[a-z0-9-]{1,32})";nonce="(?P<nonce>[!#-\[\]-~]{8,64})"'
    r';tag="(?P<tag>[a-z0-9-]{1,32})")$'
)
_SIGNATURE = re.compile(r"^ekino=:(?P<value>[A-Za-z0-9+/]{86}==):$")
_DIGEST = re.compile(r"^sha-256=:(?P<value>[A-Za-z0-9+/]{43}=):$")


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
    base: bytes
    target_uri: str
    body_sha256: bytes
    # The address that it came from, as the connection or a trusted proxy says; "" for unknown.
    client: str = ""


def content_digest(body: bytes) -> str:
    """Give the Content-Digest header of a body: `sha-256=:…:` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signature_parameters(*, created: int, key_id: str, nonce: str) -> str:
    """Give the parameters in the profile's one order."""
    return (
        f'{COMPONENTS};created={created};keyid="{key_id}";alg="{ALGORITHM}"'
        f';nonce="{nonce}";tag="{TAG}"'
    )


def signature_base(
    *, method: str, target_uri: str, digest: str, content_type: str, parameters: str
) -> bytes:
    """Give the bytes that are signed: five lines, LF between them, none at the end."""
    return (
        f'"@method": {method}\n'
        f'"@target-uri": {target_uri}\n'
        f'"content-digest": {digest}\n'
        f'"content-type": {content_type}\n'
        f'"@signature-params": {parameters}'
    ).encode()


def read_signature(
    *,
    method: str,
    target_uri: str,
    content_type: str,
    digest_header: str,
    input_header: str,
    signature_header: str,
    body: bytes | None,
    client: str = "",
) -> SignedRequest:
    """
    Read a request's signature and rebuild what must have been signed.

    Raises `SignatureMissing` when nothing is signed, `SignatureMalformed` for anything left
    out, added or in another order, and `DigestMismatch` when the body is another. Whether
    the signature is right is not asked here. With `body` None, one that is still to come, the
    claim has the digest that is promised: `verify_body` holds it to that.
    """
    if not (input_header and signature_header):
        detail = (
            "the request is not signed: it wants Signature-Input and Signature, as "
            "/problems/signature_missing shows them"
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
    body_sha256 = _decode(digest["value"])
    if body is not None:
        _verify_digest(body_sha256, body)
    base = signature_base(
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
        base=base,
        target_uri=target_uri,
        body_sha256=body_sha256,
        client=client,
    )


def verify_body(claim: SignedRequest, body: bytes) -> None:
    """Raise `DigestMismatch` when a body that came later is not the one that was signed."""
    _verify_digest(claim.body_sha256, body)


def _verify_digest(promised: bytes, body: bytes) -> None:
    if hashlib.sha256(body).digest() != promised:
        detail = "the body is not the one that Content-Digest names"
        raise DigestMismatch(detail)


def _decode(text: str) -> bytes:
    """Undo base64 in its one spelling: a signature that can be written twice is two."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if base64.b64encode(raw).decode() != text:
        detail = "the signature's headers hold something that is not canonical base64"
        raise SignatureMalformed(detail)
    return raw
