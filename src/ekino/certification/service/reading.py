"""Requests as the workbench observed them, read as attempts to send a batch."""

import json
from collections.abc import Sequence
from typing import Any

from ekino.certification.model.scene import Attempt
from ekino.workbench.service import Observed

PATH = "/v1/batches"
# Of a request that is shown beside a ruling.
SHOWN_CHARACTERS_MAX = 4_000


def attempts_of(observed: Sequence[Observed]) -> list[Attempt]:
    """Give the batches among these requests, in the order in which they came."""
    return [
        Attempt(
            request_id=each.request_id,
            at=each.at,
            answer=each.answer,
            code=each.code,
            body_sha256=each.body_sha256,
            events=tuple(
                event for event in _list(each.body, "events") if isinstance(event, dict)
            ),
            outcomes=tuple(str(one) for one in _list(each.answer_body, "outcomes")),
        )
        for each in sorted(observed, key=lambda each: each.at)
        if each.path == PATH and each.method == "POST"
    ]


def _list(text: str, name: str) -> list[Any]:
    """Give a list of a JSON object; nothing of what is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def shown_of(observed: Observed) -> str:
    """Write a request as it was received, and what it was answered."""
    lines = [
        f"{observed.method} {observed.path}",
        *(f"{name}: {value}" for name, value in sorted(observed.headers.items())),
        "",
        observed.body,
    ]
    asked = "\n".join(lines)[:SHOWN_CHARACTERS_MAX]
    number = observed.answer or "no answer"
    return f"{asked}\n\n→ {number}\n{observed.answer_body[:SHOWN_CHARACTERS_MAX]}"
