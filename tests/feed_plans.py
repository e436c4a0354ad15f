"""Faults of a month of feeds: what goes wrong, and from when it can be known."""

from collections.abc import Callable  # noqa: TC003 the other half is of types only
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ekino.feeds.model.halls import spans_of
from ekino.feeds.model.judging import REFUSED_MIN
from feed_kinds import Till

if TYPE_CHECKING:
    from feed_month import Source

# On this day of the month, so that rules which learn have learned.
FAULT_DAY = 19
# A hall is looked at in every round for a day and a half, days in every sixth.
WATCH_EVERY = {"hall": 1, "days": 6}
WATCH_FOR_S = {"hall": 130_000, "days": 9 * 86_400}


def plan(source: "Source") -> None:
    """Put the source's fault into its agenda."""
    day = min(
        day for day in source.open_days if day >= source.first + timedelta(days=FAULT_DAY)
    )
    opens, closes = source.open_days[day]
    # Some way into the day, while showings are on.
    moment = (
        opens + timedelta(minutes=45) + (closes - opens) * source.dice.uniform(0.1, 0.3)
    )
    till = source.tills[0]
    acts: dict[str, Callable[[], None]] = {
        "silence": lambda: _silence(source),
        "till": lambda: _till(source, source.tills[-1]),
        "gap": lambda: _gap(source, till),
        "duplicate": lambda: _duplicate(source, till),
        "late": lambda: _late(source, till),
        "skew": lambda: _skew(source, till),
        "refused": lambda: _refused(source, till),
        "totals": lambda: setattr(source, "lies_from", day),
        "hall": lambda: setattr(source, "lost_hall", "0"),
        "days": lambda: setattr(source, "lost_percent", 10),
    }
    if source.fault in ("hall", "days"):
        # Only the rule can say from when: look as often as the rounds do.
        for place in range(0, WATCH_FOR_S[source.fault], 10 * WATCH_EVERY[source.fault]):
            source.at(
                opens + timedelta(seconds=place + 10 * source.phase),
                lambda: source.look(days=True),
            )
    source.at(opens if source.fault == "days" else moment, acts[source.fault])


def _word(source: "Source") -> None:
    source.watch(source.now)
    source.known_at = source.now


def _silence(source: "Source") -> None:
    """Let the line be dead for hours, and nobody excuse it."""
    source.off.append((source.now, source.now + timedelta(hours=6)))
    words = [word for till in source.tills for word in (till.heard_at, till.reported_at)]
    source.known_at = _missed_from(source, max(filter(None, words)))
    source.watch(source.known_at)


def _missed_from(source: "Source", word: datetime) -> datetime:
    """Give from when a word is missed: while a showing is on, and so long after the last."""
    spans = [
        span
        for venue in range(1, source.kind.venues + 1)
        for span in spans_of(
            each.starts_at for each in source.showings if each.venue == venue
        )
    ]
    wait = source.rules.silence
    return min(
        max(begin, word) + wait for begin, end in spans if max(begin, word) + wait < end
    )


def _till(source: "Source", till: Till) -> None:
    """Let one of several tills die with what it has not sent; the others go on selling."""
    till.is_dead, till.spool = True, []
    word = max(filter(None, (till.heard_at, till.reported_at)))
    spans = spans_of(each.starts_at for each in source.showings)
    missed = word + source.rules.silence
    source.known_at = min(max(begin, missed) for begin, end in spans if missed < end)
    source.watch(source.known_at)


def _gap(source: "Source", till: Till) -> None:
    """Use numbers up for events that never come; the next batch shows it."""
    till.next_number += 3
    source.gap_of = till


def _duplicate(source: "Source", till: Till) -> None:
    """Let a number stand for another event too."""
    source.deliver_one(till, number=1)
    _word(source)


def _late(source: "Source", till: Till) -> None:
    """Let an event come that is older than is allowed."""
    source.deliver_one(till, age=source.allowed + timedelta(hours=2))
    _word(source)


def _skew(source: "Source", till: Till) -> None:
    """Set a till's clock two minutes back; its fifth word in a row shows it."""
    till.off_s = -120


def _refused(source: "Source", till: Till) -> None:
    """Let a till sell what the catalog does not know."""
    for _ in range(REFUSED_MIN + 1):
        source.deliver_one(till, outcome="showing_not_in_catalog")
    _word(source)
