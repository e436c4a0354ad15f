"""What the register tells others: the payload of each kind of notice, and how it is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ekino.notices.model import Kind, body_of

TOLD_AT = "2026-11-20T12:20:03Z"
# Headers of Standard Webhooks 1.0; the signature is Ed25519 (`v1a`).
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "webhook-id": "The notice's id, the same over all attempts: store it to drop repeats",
        "webhook-timestamp": "When this attempt was made, in Unix seconds",
        "webhook-signature": "v1a,<base64>; several during a rotation, a space between them",
    }
)


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of notice: what it says, and an example of its facts."""

    summary: str
    subject: str
    facts: Mapping[str, object]

    def schema(self, kind: str) -> dict[str, Any]:
        """Give the schema of the payload: thin, the truth is read from the API."""
        return {
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": {"const": kind},
                "timestamp": {"type": "string", "format": "date-time"},
                "data": {
                    "type": "object",
                    "required": ["subject"],
                    "properties": {"subject": {"type": "string", "maxLength": 200}},
                },
            },
        }

    def example(self, kind: str) -> Any:
        """Give a payload as it is sent."""
        return body_of(kind, TOLD_AT, self.subject, self.facts)


KINDS: Mapping[str, Told] = MappingProxyType(
    {
        Kind.FEED_STATE_CHANGED.value: Told(
            "A feed is on line, late, silent, incomplete or suspended now",
            "feeds/vendor/aqtau-1",
            {
                "source": "vendor",
                "venue": "aqtau-1",
                "state": "silent",
                "before": "on_line",
                "reason": "silent",
                "since": TOLD_AT,
            },
        ),
        Kind.FEED_ALARM.value: Told(
            "Something about a feed needs explanation, or needs it no longer",
            "feeds/vendor/aqtau-1",
            {
                "kind": "gap",
                "source": "vendor",
                "venue": "aqtau-1",
                "about": "vendor.example/till-1",
                "alarm": 17,
                "state": "open",
                "numbers": 2,
            },
        ),
        Kind.FEED_EXCUSE_DECIDED.value: Told(
            "What became of an excuse",
            "excuse/17",
            {"state": "accepted"},
        ),
        Kind.CORRECTION_REQUESTED.value: Told(
            "A cinema asks a source to correct what it reported",
            "correction/K7Q2M-4RXTD",
            {"venue": "aqtau-1"},
        ),
        Kind.CERTIFICATION_COMPLETED.value: Told(
            "A certification has come to its end",
            "certification/7Q2M4RXT",
            {"state": "certified", "levels": ["basic_sale", "refund"]},
        ),
        Kind.KEY_REGISTERED.value: Told(
            "A key was let in by a code, or took another's place",
            "key/vendor.example/batch-2",
            {
                "key_id": "vendor.example/batch-2",
                "source": "vendor",
                "valid_until": "2028-11-25T00:00:00Z",
                "replaces": "vendor.example/batch-1",
                "overlap_until": "2026-12-03T00:00:00Z",
            },
        ),
        Kind.KEY_EXPIRING.value: Told(
            "A key ends soon: let another take its place",
            "key/vendor.example/till-1",
            {
                "key_id": "vendor.example/till-1",
                "source": "vendor",
                "valid_until": "2026-12-01T00:00:00Z",
            },
        ),
        Kind.BATCH_REFUSED.value: Told(
            "Events were not entered: one notice for a source, cause and hour",
            "feeds/vendor",
            {
                "source": "vendor",
                "outcome": "showing_not_in_catalog",
                "events": 2,
                "since": "2026-11-20T11:00:00Z",
                "until": "2026-11-20T12:00:00Z",
            },
        ),
        Kind.TEST_PING.value: Told(
            "Somebody tries whether notices arrive", "test/ping", {}
        ),
    }
)


def openapi() -> dict[str, Any]:
    """Give the section `webhooks` of the OpenAPI document."""
    return {
        kind: {
            "post": {
                "operationId": "told" + "".join(each.title() for each in _words(kind)),
                "summary": told.summary,
                "parameters": [
                    {
                        "name": name,
                        "in": "header",
                        "required": True,
                        "description": words,
                        "schema": {"type": "string"},
                    }
                    for name, words in HEADERS.items()
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"$ref": f"#/components/schemas/{name_of(kind)}"},
                            "example": told.example(kind),
                        }
                    },
                },
                "responses": {
                    "2XX": {"description": "It has arrived"},
                    "410": {"description": "Tell this endpoint nothing more"},
                },
            }
        }
        for kind, told in KINDS.items()
    }


def components() -> dict[str, Any]:
    """Give the payloads' schemas by the names that documents use."""
    return {name_of(kind): told.schema(kind) for kind, told in KINDS.items()}


def name_of(kind: str) -> str:
    """Give a kind's name among a document's schemas: `WebhookFeedAlarm`."""
    return "Webhook" + "".join(each.title() for each in _words(kind))


def _words(kind: str) -> list[str]:
    return kind.replace(".", "_").split("_")
