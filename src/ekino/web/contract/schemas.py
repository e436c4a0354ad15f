"""/schemas/{name}.json: JSON Schemas of all that is sent and answered, with examples."""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

import msgspec

from ekino.feeds.api import FeedReport
from ekino.ingest import wire
from ekino.ingest.api import ANSWER_SCHEMA, problem_of_refusal
from ekino.ingest.model import Outcome
from ekino.kernel.moments import to_text
from ekino.web import problems, webhooks
from ekino.web.contract.examples import ENTERED, REFUSED
from ekino.web.contract.problem_pages import EXAMPLES_AT
from ekino.web.contract.requests import error_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EVENT_KINDS: Mapping[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind
    for union in (wire.TicketEvent, wire.ShowingEvent)
    for kind in get_args(union)
}


REPORT: Mapping[str, Any] = {
    "software": {"product": "Example POS", "version": "4.2"},
    "sent_at": "2026-11-20T23:10:00+05:00",
    "waiting_events": 0,
    "oldest_waiting_at": None,
    "next_sequence": 1041,
    "days": [
        {
            "venue": "aqtau-1",
            "business_date": "2026-11-20",
            "is_final": True,
            "tickets": 120,
            "gross_minor": 30_000_000,
            "refunds": 2,
        }
    ],
}


_SIGNATURE = (
    "q7wpoYEQ7XnlM7iOuj3Wb0YgdcNnao3AZ/WLcdo3VwInLOHSgFJn58ULotxeGTOsakcsJIup44wG"
    "EGWzHA9Haah/rAo="
)
# As it looks; who checks it wants the register's own key, so an example proves nothing.
RECEIPT = "\n".join(
    (
        "ekino-receipt-v1",
        "9f2c" * 16,
        "5871",
        "1",
        to_text(EXAMPLES_AT),
        "",
        f"— ekino.example/receipts {_SIGNATURE}",
        "",
    )
)


@cache
def schemas() -> Mapping[str, dict[str, Any]]:
    """Give every schema by its name: one for each kind of event, and the rest."""
    found = {f"event-{name}": _of_kind(name, kind) for name, kind in EVENT_KINDS.items()}
    found["batch"] = _finished(
        "batch", "Batch", _of(wire.Batch), [{"events": [dict(each) for each in ENTERED]}]
    )
    found["batch-answer"] = _finished(
        "batch-answer", "The answer to a batch", ANSWER_SCHEMA, [example_answer()]
    )
    found["problem"] = _finished(
        "problem",
        "Problem (RFC 9457)",
        problems.SCHEMA,
        [
            problems.body_of(error_of(code), at=EXAMPLES_AT)
            for code in ("created_out_of_window", "too_many_waiting", "body_bytes_max")
        ],
    )
    found["feeds-report"] = _finished(
        "feeds-report", "A source's report of its feed", _of(FeedReport), [REPORT]
    )
    found |= {
        f"webhook-{kind}": _finished(
            f"webhook-{kind}", each.summary, each.schema(kind), [each.example(kind)]
        )
        for kind, each in webhooks.KINDS.items()
    }
    return found


def _of(kind: Any) -> dict[str, Any]:
    """Give the schema of a struct with all it refers to."""
    return msgspec.json.schema(kind)


def _of_kind(name: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    examples = [dict(each) for each in ENTERED if each["kind"] == name]
    return _finished(f"event-{name}", (kind.__doc__ or "").strip(), _of(kind), examples)


def _finished(
    name: str, title: str, schema: Mapping[str, Any], examples: list[Any]
) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": address_of(name),
        "title": title,
        **{key: value for key, value in schema.items() if key != "title"},
        "examples": examples,
    }


def address_of(name: str) -> str:
    """Give the address of a schema."""
    return f"/schemas/{name}.json"


def example_answer() -> dict[str, Any]:
    """Give the answer to a batch of two events, one of which is refused."""
    refused = Outcome.SHOWING_NOT_IN_CATALOG
    problem = problem_of_refusal(REFUSED[refused].refusal(refused)) | {"index": 1}
    return {
        "batch_sha256": "9f2c" * 16,
        "received_at": to_text(EXAMPLES_AT),
        "register_size": 5872,
        "entered": 1,
        "already_entered": 0,
        "refused": 1,
        "late": 0,
        "outcomes": [Outcome.ENTERED.value, refused.value],
        "positions": [5871, None],
        "receipt": RECEIPT,
        "problems": [problem],
    }
