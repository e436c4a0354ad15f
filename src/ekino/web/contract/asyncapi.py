"""/asyncapi.json: what the register says by itself, to whoever reads its stream or is called."""

from typing import Any

from ekino.totals import live
from ekino.web import webhooks

ADDRESS = "/asyncapi.json"


_HEADERS = {
    "type": "object",
    "required": list(webhooks.HEADERS),
    "properties": {
        name: {"type": "string", "description": words}
        for name, words in webhooks.HEADERS.items()
    },
}
_LIVE = {
    "address": "/live",
    "title": "The running day",
    "description": (
        "Server-sent events over GET. One event replaces the parts of the live page that "
        f"changed ({', '.join(live.PARTS)}); a comment every {live.HEARTBEAT_S:.0f} s says "
        f"that the stream is alive. A reader that finds {live.READERS_MAX} others is "
        "answered 503 with Retry-After."
    ),
    "servers": [{"$ref": "#/servers/register"}],
    "messages": {"Parts": {"$ref": "#/components/messages/Parts"}},
}
_SERVERS = {
    "register": {
        "host": "ekino.example",
        "protocol": "https",
        "description": "The register: readers connect to it.",
    },
    "endpoint": {
        "host": "vendor.example",
        "protocol": "https",
        "description": "An organisation's endpoint: the register calls it.",
    },
}


def document(version: str) -> dict[str, Any]:
    """Give the AsyncAPI 3.0 document: the live page's stream, and webhooks."""
    messages = _messages()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "e-Kino",
            "version": version,
            "description": (
                "What the register says by itself: figures of the running day to whoever "
                "reads the stream, and notices to the endpoints of an organisation."
            ),
        },
        "defaultContentType": "application/json",
        "servers": _SERVERS,
        "channels": {"live": _LIVE, "webhooks": _webhooks(messages)},
        "operations": {
            "sendLive": {
                "action": "send",
                "channel": {"$ref": "#/channels/live"},
                "summary": "Tell readers of the live page what has changed",
            },
            "sendNotice": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhooks"},
                "summary": "Tell an organisation what has happened",
            },
        },
        "components": {
            "messages": {
                "Parts": {
                    "name": "message",
                    "title": "Parts of the live page, as HTML in the reader's language",
                    "contentType": live.MEDIA_TYPE,
                    "payload": {"type": "string"},
                },
                **messages,
            },
            "schemas": webhooks.components(),
        },
    }


def _messages() -> dict[str, Any]:
    return {
        webhooks.name_of(kind): {
            "name": kind,
            "title": told.summary,
            "contentType": "application/json",
            "headers": _HEADERS,
            "payload": {"$ref": f"#/components/schemas/{webhooks.name_of(kind)}"},
            "examples": [{"name": kind, "payload": told.example(kind)}],
        }
        for kind, told in webhooks.KINDS.items()
    }


def _webhooks(messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": "/{endpoint}",
        "title": "Notices",
        "description": (
            "Standard Webhooks 1.0 over POST, signed with Ed25519. The text that is signed "
            "is {webhook-id}.{webhook-timestamp}.{body}, byte by byte. 2xx is success, 410 "
            "ends the endpoint, all else is tried again for days."
        ),
        "servers": [{"$ref": "#/servers/endpoint"}],
        "parameters": {"endpoint": {"description": "As the organisation set it."}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }
