"""POST /v1/feeds/report: what a source says of itself and of its days."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ekino.access.service import Key
from ekino.db.database import Database
from ekino.feeds.model.days import Match
from ekino.feeds.model.report import REPORT_DAYS_MAX, Answer, DeclaredDay, Report
from ekino.feeds.service import reports
from ekino.kernel.bounds import (
    AMOUNT_MINOR_MAX,
    CODE_CHARACTERS_MAX,
    SEQUENCE_MAX,
    is_day_of_ours,
)
from ekino.kernel.errors import Malformed
from ekino.kernel.moments import Clock, now, to_text

PATH = "/v1/feeds/report"
MEDIA_TYPE = "application/json"
# Forty days at two hundred bytes each.
REPORT_BYTES_MAX = 32 * 1024
# Good tickets of one day: more than any venue has places.
_TICKETS_MAX = 10_000_000
# An instant beyond these years cannot be turned to UTC by every reader.
_YEAR_MIN, _YEAR_MAX = 2000, 9000
SourceBody = Callable[[Request, int], Awaitable[tuple[Key, bytes]]]

_Text = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]
_Count = Annotated[int, Meta(ge=0, le=_TICKETS_MAX)]
_Instant = Annotated[datetime, Meta(tz=True)]


class Software(Struct, forbid_unknown_fields=True, frozen=True):
    """What sends: product and version, as people would name them to support."""

    product: _Text
    version: _Text


class ReportedDay(Struct, forbid_unknown_fields=True, frozen=True):
    """What one business date came to at one venue, by the sender's own books."""

    venue: _Text
    business_date: date
    is_final: bool
    tickets: _Count
    gross_minor: Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX)]
    refunds: _Count = 0


class FeedReport(Struct, forbid_unknown_fields=True, frozen=True):
    """One report of a source's key."""

    software: Software
    sent_at: _Instant
    waiting_events: _Count
    next_sequence: Annotated[int, Meta(ge=1, le=SEQUENCE_MAX)]
    oldest_waiting_at: _Instant | None = None
    # It says nothing until then, and that is as planned: closed, or switched off.
    resting_until: _Instant | None = None
    days: Annotated[list[ReportedDay], Meta(max_length=REPORT_DAYS_MAX)] = []


_REPORT = msgspec.json.Decoder(FeedReport)


def routes(db: Database, source_body: SourceBody, *, clock: Clock = now) -> list[Route]:
    """Give what a source may say, signed with the key of its batches."""

    async def post_report(request: Request) -> Response:
        """Take a report, and answer what is missing and how days compare."""
        key, body = await source_body(request, REPORT_BYTES_MAX)
        report = read_report(body)
        answer = await run_in_threadpool(lambda: reports.take(db, key, report, at=clock()))
        return Response(msgspec.json.encode(_describe(answer)), media_type=MEDIA_TYPE)

    return [Route(PATH, post_report, methods=["POST"])]


def read_report(body: bytes) -> Report:
    """Read a report; `Malformed` with the first thing that is wrong with it."""
    try:
        said = _REPORT.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(f"no report: {error}", code="report_is_malformed") from error
    texts = [
        said.software.product,
        said.software.version,
        *(day.venue for day in said.days),
    ]
    if not all(text.isprintable() for text in texts):
        detail = "a text holds a character that cannot be printed"
        raise Malformed(detail, code="report_is_malformed")
    instants = [said.sent_at, said.oldest_waiting_at, said.resting_until]
    if not all(_YEAR_MIN <= each.year < _YEAR_MAX for each in instants if each) or not all(
        is_day_of_ours(day.business_date) for day in said.days
    ):
        detail = "a date is of no year of ours"
        raise Malformed(detail, code="report_is_malformed")
    days = [(day.venue, day.business_date) for day in said.days]
    if len(set(days)) < len(days):
        detail = "a venue's day stands twice"
        raise Malformed(detail, code="report_is_malformed")
    return Report(
        product=said.software.product,
        version=said.software.version,
        sent_at=said.sent_at,
        waiting_events=said.waiting_events,
        oldest_waiting_at=said.oldest_waiting_at if said.waiting_events else None,
        next_sequence=said.next_sequence,
        resting_until=said.resting_until,
        days=tuple(
            DeclaredDay(**{name: getattr(day, name) for name in day.__struct_fields__})
            for day in said.days
        ),
    )


def _describe(answer: Answer) -> dict[str, Any]:
    return {
        "recorded_at": to_text(answer.recorded_at),
        "register_size": answer.register_size,
        "clock_ahead_s": round(answer.clock_ahead_s, 3),
        "missing": [
            {"first": each.first, "last": each.last, "venue": each.venue}
            for each in answer.missing
        ],
        "days": [
            {
                "venue": day.declared.venue,
                "business_date": day.declared.business_date.isoformat(),
                "declared": {
                    "tickets": day.declared.tickets,
                    "gross_minor": day.declared.gross_minor,
                },
                "registered": {
                    "tickets": day.tickets,
                    "gross_minor": day.gross_minor,
                    "as_of": answer.as_of,
                },
                "state": day.match.value,
            }
            for day in answer.days
        ],
    }


_TOTALS: dict[str, Any] = {
    "type": "object",
    "required": ["tickets", "gross_minor"],
    "properties": {
        "tickets": {"type": "integer"},
        "gross_minor": {"type": "integer"},
        "as_of": {"type": "integer", "minimum": 0},
    },
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["recorded_at", "register_size", "clock_ahead_s", "missing", "days"],
    "properties": {
        "recorded_at": {"type": "string", "format": "date-time"},
        "register_size": {"type": "integer", "minimum": 0},
        "clock_ahead_s": {"type": "number"},
        "missing": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["first", "last", "venue"],
                "properties": {
                    "first": {"type": "integer", "minimum": 1},
                    "last": {"type": "integer", "minimum": 1},
                    "venue": {"type": "string"},
                },
            },
        },
        "days": {
            "type": "array",
            "maxItems": REPORT_DAYS_MAX,
            "items": {
                "type": "object",
                "required": ["venue", "business_date", "declared", "registered", "state"],
                "properties": {
                    "venue": {"type": "string"},
                    "business_date": {"type": "string", "format": "date"},
                    "declared": _TOTALS,
                    "registered": _TOTALS,
                    "state": {"type": "string", "enum": [each.value for each in Match]},
                },
            },
        },
    },
}


def openapi() -> dict[str, Any]:
    """Give the room's part of the OpenAPI document."""
    (report,), schemas = msgspec.json.schema_components(
        [FeedReport], ref_template="#/components/schemas/{name}"
    )
    return {
        "schemas": {**schemas, "FeedReportAnswer": _ANSWER},
        "paths": {
            PATH: {
                "post": {
                    "operationId": "postFeedReport",
                    "summary": "Say how a source is, and what its days came to",
                    "signed": True,
                    "requestBody": {
                        "required": True,
                        "content": {MEDIA_TYPE: {"schema": report}},
                    },
                    "responses": {
                        "200": {
                            "description": "What is missing, and how each day compares",
                            "content": {
                                MEDIA_TYPE: {
                                    "schema": {
                                        "$ref": "#/components/schemas/FeedReportAnswer"
                                    }
                                }
                            },
                        }
                    },
                    "refusals": [400, 401, 403, 413, 415],
                }
            }
        },
    }
