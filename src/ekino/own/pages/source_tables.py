"""The tables of ticketing systems and of requests for corrections."""

from collections.abc import Sequence

from starlette.requests import Request

from ekino.own.model.correction import Correction
from ekino.own.model.sources import Source, SourceKey
from ekino.own.pages.counter import Counter
from ekino.own.service.sources import Bench
from ekino.ui.tables import Cell, Column, Kind, Row, Table

_CORRECTIONS = (
    Column("reference", "own.reference", Kind.TEXT, is_head=True),
    Column("state", "own.state", Kind.TEXT),
    Column("venue", "own.venue", Kind.TEXT),
    Column("ticket", "own.ticket", Kind.TEXT),
    Column("wanted", "own.wanted", Kind.TEXT),
    Column("reason", "own.reason", Kind.TEXT),
    Column("source", "own.source", Kind.TEXT),
    Column("asked_at", "own.asked_at", Kind.CLOCK),
    Column("position", "own.position", Kind.COUNT),
)


def corrections(
    counter: Counter, request: Request, found: Sequence[Correction], *, path: str, name: str
) -> Table:
    """Give requests, the latest first; with `path` each leads to its page there."""

    def text(key: str) -> str:
        return counter.templates.text(request, key)

    return Table(
        name=f"corrections-{name}",
        part="corrections",
        columns=_CORRECTIONS,
        rows=tuple(
            {
                "reference": Cell(
                    each.reference, href=f"{path}/{each.reference}" if path else ""
                ),
                "state": text(f"own.correction.{each.state}"),
                "venue": each.venue_name,
                "ticket": each.ticket,
                "wanted": text(f"own.wanted.{each.wanted}"),
                "reason": text(f"own.reason.{each.reason}"),
                "source": each.source_name,
                "asked_at": each.asked_at,
                "position": each.made_position,
            }
            for each in found
        ),
        timezone=counter.country.timezone,
    )


_SOURCES = (
    Column("source", "own.source", Kind.TEXT, is_head=True),
    Column("state", "own.state", Kind.TEXT),
    Column("heard_at", "own.last_heard", Kind.CLOCK),
    Column("venues", "own.venues", Kind.COUNT),
    Column("halls", "own.halls", Kind.COUNT),
    Column("requests", "own.requests", Kind.COUNT),
    Column("events", "own.events", Kind.COUNT),
    Column("entered", "own.entered", Kind.COUNT),
    Column("refused", "own.refused", Kind.COUNT),
    Column("share_refused", "own.share_refused", Kind.SHARE),
)
_KEYS = (
    Column("key", "own.key", Kind.TEXT, is_head=True),
    Column("source", "own.source", Kind.TEXT),
    Column("kind", "own.key_kind", Kind.TEXT),
    Column("state", "own.state", Kind.TEXT),
    Column("valid_from", "own.valid_from", Kind.CLOCK),
    Column("valid_until", "own.valid_until", Kind.CLOCK),
    Column("heard_at", "own.last_used", Kind.CLOCK),
    Column("requests", "own.requests_ever", Kind.COUNT),
)
_DAYS = (
    Column("day", "own.day", Kind.DATE, is_head=True),
    Column("requests", "own.requests", Kind.COUNT),
    Column("events", "own.events", Kind.COUNT),
    Column("entered", "own.entered", Kind.COUNT),
    Column("again", "own.again", Kind.COUNT),
    Column("refused", "own.refused", Kind.COUNT),
)


def of_bench(counter: Counter, request: Request, bench: Bench) -> tuple[Table, ...]:
    """Give the sources, their keys and their days."""
    at = counter.clock()

    def text(key: str) -> str:
        return counter.templates.text(request, key)

    def source(each: Source) -> Row:
        share = (
            each.refused / each.events if each.refused is not None and each.events else None
        )
        return {
            "source": Cell(each.name, note=each.code),
            "state": text(f"own.light.{each.state(at)}"),
            "heard_at": each.heard_at,
            "venues": each.venues,
            "halls": each.halls,
            "requests": each.batches,
            "events": each.events,
            "entered": each.entered,
            "refused": each.refused,
            "share_refused": share,
        }

    def key(each: SourceKey) -> Row:
        return {
            "key": each.key_id,
            "source": each.source,
            "kind": text(f"own.key.{each.kind}"),
            "state": text(f"own.key_state.{each.state(at)}"),
            "valid_from": each.valid_from,
            "valid_until": each.valid_until,
            "heard_at": each.heard_at,
            "requests": each.batches,
        }

    def table(part: str, columns: tuple[Column, ...], rows: tuple[Row, ...]) -> Table:
        return Table(
            name=f"{part}-{counter.country.today(at)}",
            part=part,
            columns=columns,
            rows=rows,
            timezone=counter.country.timezone,
            as_of=bench.as_of,
            at=at,
        )

    return (
        table("sources", _SOURCES, tuple(source(each) for each in bench.sources)),
        table("keys", _KEYS, tuple(key(each) for each in bench.keys)),
        table(
            "days",
            _DAYS,
            tuple(
                {
                    "day": each.day,
                    "requests": each.batches,
                    "events": each.events,
                    "entered": each.entered,
                    "again": each.again,
                    "refused": each.refused,
                }
                for each in bench.days
            ),
        ),
    )
