"""What of a request may be kept: everything but what opens something or names somebody."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ekino.workbench.model.observed import BODY_KEPT_BYTES_MAX

MASK = "•••"
# Names whose values are secrets, receipts or somebody's particulars.
MASKED_NAMES = frozenset(
    {
        "token", "receipt", "fiscal_receipt", "code", "secret", "password", "email", "phone",
        "contact", "operator", "name", "received_base64", "opening",
    }
)  # fmt: skip
# Headers that matter to whoever writes a client; no cookie is among them.
KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "content-digest", "content-encoding", "content-length",
        "content-type", "ekino-simulate", "ekino-version", "idempotency-key", "signature",
        "signature-input", "user-agent",
    }
)  # fmt: skip
# A signature's headers have some two hundred characters.
HEADER_KEPT_CHARACTERS_MAX = 1_000
_UNKEPT = re.compile(r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\U0010ffff\n]")
# Names that are masked where nobody can read the structure.
_LOOSE = re.compile(
    r'("(?:' + "|".join(sorted(MASKED_NAMES)) + r')"\s*:\s*)"(?:[^"\\]|\\.)*("|$)'
)


def mask_text(body: bytes, *, bytes_max: int = BODY_KEPT_BYTES_MAX) -> str:
    """
    Give a body as it may be kept: JSON with masked values, or nothing of what is none.

    Cut at `bytes_max`; what is cut, or is broken JSON, is masked by its names alone.
    """
    if not body:
        return ""
    if len(body) <= bytes_max:
        try:
            # All three: what can just be read may be too deep to be masked or written.
            return clean(json.dumps(_masked(json.loads(body)), ensure_ascii=False))
        except (ValueError, RecursionError):
            pass
    text = body[:bytes_max].decode("utf-8", "replace")
    if not text.lstrip().startswith(("{", "[")):
        return ""
    return clean(_LOOSE.sub(rf'\1"{MASK}"', text))


def keep_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that may be kept, with lower-case names."""
    return {
        name: clean(value[:HEADER_KEPT_CHARACTERS_MAX])
        for name, value in headers.items()
        if name in KEPT_HEADERS
    }


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK if name in MASKED_NAMES and each else _masked(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return value


def clean(text: str) -> str:
    """Give a text that PostgreSQL keeps and a page shows."""
    return _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", text)
