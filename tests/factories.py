"""The plainest valid things: a catalog with one cinema, a source with a key, ticket events."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service as access
from ekino.access.signature import (
    SignedRequest,
    content_digest,
    read_signature,
    signature_base,
    signature_parameters,
)
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.ingest.group import Waiting
from ekino.ingest.model import Answer
from ekino.ingest.sales import open_batch
from ekino.kernel.errors import EkinoError

EVENING = datetime(2026, 11, 24, 19, 30, tzinfo=UTC)
URI = "https://ekino.example/v1/batches"
KEY_ID = "vendor.example/batch-1"

CATALOG: dict[str, Any] = {
    "regions": [
        {"code": "KZ-75", "country": "KZ", "kind": "city", "names": {"en": "Almaty"}},
        {"code": "KZ-71", "country": "KZ", "kind": "city", "names": {"en": "Astana"}},
    ],
    "venues": [
        {
            "code": code,
            "name": f"Cinema {code}",
            "region": region,
            "city": "City",
            "timezone": "Asia/Almaty",
            "currency": "KZT",
        }
        for code, region in (("ALA-1", "KZ-75"), ("AST-1", "KZ-71"))
    ],
    "halls": [
        {"venue": venue, "code": hall, "capacity": 100}
        for venue in ("ALA-1", "AST-1")
        for hall in ("1", "2")
    ],
    "films": [
        {
            "code": "steppe",
            "titles": {"en": "Steppe"},
            "countries": ["KZ"],
            "genres": ["drama"],
        },
        {
            "code": "storm",
            "titles": {"en": "Storm"},
            "countries": ["US"],
            "genres": ["action"],
        },
    ],
    "versions": [
        {"code": "steppe-kk", "film": "steppe", "language": "kk"},
        {"code": "storm-ru", "film": "storm", "language": "ru", "kind": "dubbed"},
    ],
    "showings": [
        {
            "venue": venue,
            "code": f"{version}-{hall}",
            "hall": hall,
            "version": version,
            "starts_at": "2026-11-24T14:30:00Z",
        }
        for venue in ("ALA-1", "AST-1")
        for hall, version in (("1", "steppe-kk"), ("2", "storm-ru"))
    ],
}


def a_catalog(db: Database) -> None:
    """Load two cinemas with two halls and two showings each."""
    catalog.load(db, read_document(json.dumps(CATALOG).encode()))


@dataclass
class Vendor:
    """A source with a key that can sign batches."""

    private: Ed25519PrivateKey
    key_id: str
    nonces: int = 0

    def sign(
        self,
        body: bytes,
        *,
        at: datetime = EVENING,
        uri: str = URI,
        method: str = "POST",
        content_type: str = "application/json",
    ) -> dict[str, str]:
        """Give the headers of a signed request."""
        self.nonces += 1
        parameters = signature_parameters(
            created=int(at.timestamp()),
            key_id=self.key_id,
            nonce=f"{id(self):x}-{self.nonces:010d}",
        )
        digest = content_digest(body)
        base = signature_base(
            method=method,
            target_uri=uri,
            digest=digest,
            content_type=content_type,
            parameters=parameters,
        )
        signature = base64.b64encode(self.private.sign(base)).decode()
        return {
            "Content-Type": content_type,
            "Content-Digest": digest,
            "Signature-Input": f"ekino={parameters}",
            "Signature": f"ekino=:{signature}:",
        }

    def request(self, body: bytes, *, at: datetime = EVENING) -> SignedRequest:
        """Give a signed request as the API reads it."""
        headers = self.sign(body, at=at)
        return read_signature(
            method="POST",
            target_uri=URI,
            content_type=headers["Content-Type"],
            digest_header=headers["Content-Digest"],
            input_header=headers["Signature-Input"],
            signature_header=headers["Signature"],
            body=body,
        )


def a_vendor(
    db: Database,
    *,
    code: str = "vendor",
    key_id: str = KEY_ID,
    venues: tuple[str, ...] = ("ALA-1", "AST-1"),
    may_announce: bool = True,
) -> Vendor:
    """Register a source that may speak for all halls of these venues."""
    private = Ed25519PrivateKey.generate()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    source = {
        "code": code,
        "name": code,
        "vendor": None,
        "organisation": None,
        "may_announce": may_announce,
        "state": "active",
        "halls": [(venue, None) for venue in venues],
        "keys": [
            {
                "key_id": key_id,
                "public_key": public,
                "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
                "valid_until": datetime(2027, 12, 1, tzinfo=UTC),
            }
        ],
    }
    access.load_sources(db, [source], actor="test")
    return Vendor(private, key_id)


def a_sale(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Give a sale of ticket T<number> as a vendor writes it."""
    return {
        "kind": "sold",
        "sequence": number,
        "ticket": f"T{number:06d}",
        "venue": "ALA-1",
        "showing": "steppe-kk-1",
        "happened_at": "2026-11-24T19:29:00Z",
        "price_minor": 150_000,
        "sales_channel": "box_office",
        **fields,
    }


def a_later_event(kind: str, number: int, of: int, **fields: Any) -> dict[str, Any]:
    """Give a later event of ticket T<of>."""
    return {
        "kind": kind,
        "sequence": number,
        "ticket": f"T{of:06d}",
        "venue": "ALA-1",
        "showing": "steppe-kk-1",
        "happened_at": "2026-11-24T19:29:30Z",
        **fields,
    }


def a_batch(*events: dict[str, Any]) -> bytes:
    """Write a batch as a vendor sends it."""
    return json.dumps({"events": list(events)}).encode()


def a_waiting(
    vendor: Vendor,
    body: bytes,
    answer: Callable[[Answer | EkinoError], None],
    *,
    at: datetime = EVENING,
) -> Waiting:
    """Give a batch of a vendor's as the front hands it to the writer."""
    return Waiting(
        request=vendor.request(body, at=at), contents=open_batch(body), answer=answer
    )
