"""The table of what the register made of events, in the reader's words."""

from collections.abc import Callable, Iterable
from urllib.parse import quote

from ekino.ingest.model import FIX, Outcome
from ekino.ui.tables import Cell, Column, Kind, Row
from ekino.workbench.service.dev import Made

Text = Callable[..., str]
COLUMNS = (
    Column("at", "dev.at", Kind.CLOCK),
    Column("kind", "dev.kind", Kind.TEXT),
    Column("subject", "dev.subject", Kind.TEXT, is_head=True),
    Column("outcome", "dev.outcome", Kind.TEXT),
    Column("reason", "dev.reason", Kind.TEXT),
    Column("fix", "dev.fix", Kind.TEXT),
    Column("key", "dev.key", Kind.TEXT),
)
# Outcomes of which a reason is told, by its message.
REASONED = frozenset(outcome.value for outcome in FIX)
# What a reason may name; an event that cannot be read names nothing.
_NAMED = ("venue", "showing", "ticket", "sequence", "field", "detail")
_ON_PURPOSE = frozenset({Outcome.REFUSED_IN_TEST, Outcome.SEAT_ALREADY_SOLD})
# In the place of what is not named.
_NOTHING = "–"


def rows(found: Iterable[Made], text: Text, *, mode: str) -> list[Row]:
    """Give a row for each event: of a refused one its cause, its reason and what to do."""
    return [
        {
            "at": each.recorded_at,
            "kind": _kind(each, text),
            "subject": _subject(each, text, mode),
            "key": each.key_id,
            **_became(each, text, mode),
        }
        for each in found
    ]


def _kind(each: Made, text: Text) -> str:
    # What the test register refuses on purpose is a sale, and is kept without what it names.
    kind = each.kind or ("sold" if each.outcome in _ON_PURPOSE else "")
    return text(f"entries.kind.{kind}") if kind else text("dev.unreadable")


def _subject(each: Made, text: Text, mode: str) -> Cell:
    number = each.problem.get("sequence", "")
    return Cell(
        each.subject or _NOTHING,
        href=f"/dev/inspect?mode={mode}&id={quote(each.subject, safe='')}"
        if each.subject
        else "",
        note=text("dev.number", number=number) if number else "",
    )


def _became(each: Made, text: Text, mode: str) -> Row:
    if each.position is not None:
        return {
            "outcome": Cell(
                text("dev.entered"),
                href=f"/dev/inspect?mode={mode}&id={each.position}",
                note=text("dev.at_position", number=each.position),
            ),
            "reason": None,
            "fix": None,
        }
    if each.outcome not in REASONED:
        return {"outcome": each.outcome, "reason": None, "fix": None}
    named = {name: each.problem.get(name) or _NOTHING for name in _NAMED}
    unreadable = each.outcome == Outcome.EVENT_IS_MALFORMED
    return {
        "outcome": Cell(
            text(f"own.cause.{each.outcome}"),
            href=f"/problems/{each.outcome}",
            note=each.outcome,
        ),
        "reason": Cell(
            text(f"dev.reason.{each.outcome}", **named),
            # The reader of JSON speaks no language but its own.
            note=named["detail"] if unreadable else "",
        ),
        "fix": text(f"own.fix.{each.outcome}"),
    }
