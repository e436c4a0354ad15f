"""Who made a signature, asked afterwards and for the record: no leave to do anything."""

from contextlib import suppress

import psycopg
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ekino.access.service.keys import REQUEST_KINDS, Keyring
from ekino.access.signature import SignedRequest
from ekino.kernel.errors import EkinoError


def fits(keyring: Keyring, request: SignedRequest) -> bool:
    """
    Whether the holder of a key that the keyring ever recalled made this signature.

    Asks nobody, and not whether key or clock are good now: a till whose clock is wrong signs as
    rightly as any. `Keyring.verify` is what gives leave.
    """
    key = keyring.held(request.key_id)
    if key is None or key.kind not in REQUEST_KINDS:
        return False
    try:
        # A name keeps its 32 bytes for ever, so that an old memory judges no worse.
        crypto_sign_open(request.signature + request.base, bytes(key.public_key))
    except BadSignatureError:
        return False
    return True


def learn(keyring: Keyring, key_id: str) -> None:
    """Recall a key unless it ever was; nothing happens where there is none, or no answer."""
    if keyring.held(key_id) is None:
        with suppress(EkinoError, psycopg.Error):
            keyring.recall(key_id)
