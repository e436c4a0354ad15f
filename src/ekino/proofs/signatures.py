"""How signatures of notes are checked here; an auditor may bring his own library instead."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ekino.proofs.note import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    ED25519,
    Check,
)

try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:  # pragma: no cover - an OpenSSL without ML-DSA
    mldsa = None  # type: ignore[assignment]


def is_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an Ed25519 signature fits; S ≥ L is refused by the library."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_ml_dsa_44(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether an ML-DSA-44 signature fits."""
    try:
        mldsa.MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


CHECKS: dict[int, Check] = {ED25519: is_ed25519, COSIGNATURE_ED25519: is_ed25519}
if mldsa is not None:
    CHECKS[COSIGNATURE_ML_DSA_44] = is_ml_dsa_44
