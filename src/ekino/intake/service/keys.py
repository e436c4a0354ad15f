"""Intake keys: a source's own key for what is handed in for it, kept in a file of ours."""

import base64
import hashlib
import os
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service as access
from ekino.access.signature import (
    SignedRequest,
    content_digest,
    read_signature,
    signature_base,
    signature_parameters,
)
from ekino.db.database import Database, Role
from ekino.intake.model.upload import Source
from ekino.kernel.errors import Refused

_PLAIN = re.compile(r"[^a-z0-9]+")
_SLUG_CHARACTERS_MAX = 40
_MEDIA_TYPE = "application/json"


class Keys:
    """The folder of intake keys, `keys/intake` under the folder of everything else."""

    def __init__(self, folder: Path, *, public_url: str = "") -> None:
        """Take the folder, and the address that batches are signed for."""
        self._folder = folder
        self._uri = f"{public_url.rstrip('/') or 'https://intake.invalid'}/v1/batches"

    def ensure(self, db: Database, source: Source, *, at: datetime) -> str:
        """
        Give the name of a source's intake key that is alive; make one if there is none.

        A key whose time is over, or that was revoked, is kept beside and another takes its place.
        """
        path = self._path(source.code)
        if path.exists():
            key_id = _name(source.code, _read(path))
            found = access.find_key(db, key_id)
            if found is None:
                return self._register(db, source, path, at)
            if found.revoked_at is None and at < found.valid_until:
                return key_id
            path.rename(path.with_suffix(f".ended-{secrets.token_hex(4)}"))
        _make(path)
        return self._register(db, source, path, at)

    def _register(self, db: Database, source: Source, path: Path, at: datetime) -> str:
        private = _read(path)
        key_id = _name(source.code, private)
        public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
        with db.transaction(Role.OFFICE) as tx:
            access.add_key(
                tx,
                key_id=key_id,
                public_key=public,
                source_id=source.source_id,
                valid_from=at - timedelta(minutes=5),
                is_named_by_us=True,
            )
            access.note(
                tx, actor="intake", action="key_added", subject=f"key/{key_id}", detail={}
            )
        return key_id

    def _path(self, source_code: str) -> Path:
        digest = hashlib.sha256(source_code.encode()).hexdigest()[:16]
        return self._folder / f"{digest}.key"

    def sign(
        self, source_code: str, key_id: str, body: bytes, *, at: datetime
    ) -> SignedRequest:
        """
        Give a batch's signed request, made as any sender makes it and read as any is.

        Raises `Refused` when the key of this name is not in our folder.
        """
        private = self._find(source_code, key_id)
        parameters = signature_parameters(
            created=int(at.timestamp()),
            key_id=key_id,
            nonce=secrets.token_urlsafe(16),
        )
        digest = content_digest(body)
        base = signature_base(
            method="POST",
            target_uri=self._uri,
            digest=digest,
            content_type=_MEDIA_TYPE,
            parameters=parameters,
        )
        signature = base64.b64encode(private.sign(base)).decode()
        return read_signature(
            method="POST",
            target_uri=self._uri,
            content_type=_MEDIA_TYPE,
            digest_header=digest,
            input_header=f"ekino={parameters}",
            signature_header=f"ekino=:{signature}:",
            body=body,
        )

    def _find(self, source_code: str, key_id: str) -> Ed25519PrivateKey:
        path = self._path(source_code)
        for each in (path, *sorted(path.parent.glob(f"{path.stem}.ended-*"))):
            if each.exists() and _name(source_code, private := _read(each)) == key_id:
                return private
        detail = f"the intake key {key_id!r} is not in {self._folder}"
        raise Refused(detail, code="intake_key_missing")


def _name(source_code: str, private: Ed25519PrivateKey) -> str:
    """Name a key by its source and by itself, so that another machine's is another key."""
    raw = private.public_key().public_bytes_raw()
    slug = _PLAIN.sub("-", source_code.lower()).strip("-")[:_SLUG_CHARACTERS_MAX]
    return f"intake/{slug or 'source'}-{hashlib.sha256(raw).hexdigest()[:12]}"


def _read(path: Path) -> Ed25519PrivateKey:
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        detail = f"{path} holds no Ed25519 key"
        raise Refused(detail, code="key_unreadable")
    return private


def _make(path: Path) -> None:
    """Write a new key whole beside its place first: a crash never leaves half of one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    beside = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        # A link, not a rename: whoever comes second takes the first one's key.
        path.hardlink_to(beside)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
