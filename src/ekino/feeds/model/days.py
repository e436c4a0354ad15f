"""A feed's day: what was declared beside what is registered, and how whole it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

_MILLION = 1_000_000


class Match(StrEnum):
    """What declared totals say beside what is registered; the answer to a report."""

    EQUAL = "equal"
    DIFFERS = "differs"
    NOT_FINAL = "not_final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What one key says a day came to: good tickets, and what was paid for them without fees."""

    key_id: str
    tickets: int
    gross_minor: int
    is_final: bool
    declared_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One feed's day, as far as it can be judged."""

    business_date: date
    # Until when late words are waited for: the day's end and the delay that is allowed.
    closes_at: datetime
    # Events that were entered about the venue on that day; those that were refused and not mended;
    # numbers that are missing.
    entered: int
    unmended: int
    missing: int
    # Of the day's showings: good tickets and their takings, and when they last moved.
    tickets: int
    gross_minor: int
    registered_at: datetime | None
    declared: tuple[Declared, ...] = ()
    # What keys declared that were rotated since, where those that went on have declared the day.
    earlier: tuple[Declared, ...] = ()
    # Keys that spoke of the venue while the day could still hear them.
    spoken: frozenset[str] = frozenset()
    showings: int = 0
    is_excused: bool = False
    # The source was asked about silence on it.
    was_silent: bool = False
    # What follows from it, worked out once and asked in every round: how its declared totals
    # compare, and how whole it is.
    match: Match = field(init=False)
    ppm: int | None = field(init=False)

    def __post_init__(self) -> None:
        """Work out what follows."""
        object.__setattr__(self, "match", registered_match(self))
        object.__setattr__(self, "ppm", completeness_ppm(self))


def words_of(
    declared: Sequence[Declared], continued: Mapping[str, str]
) -> tuple[tuple[Declared, ...], tuple[Declared, ...]]:
    """
    Give a day's latest words, and the earlier ones that they may stand for.

    `continued` says which key was rotated to which: that goes on with its numbers. Where one that
    went on has declared the day, the earlier word is a part of the day, or the day as it was.
    """
    keys = {each.key_id for each in declared}
    is_over = {key_id: _goes_on(key_id, keys, continued) for key_id in keys}
    return (
        tuple(each for each in declared if not is_over[each.key_id]),
        tuple(each for each in declared if is_over[each.key_id]),
    )


def _goes_on(key_id: str, keys: set[str], continued: Mapping[str, str]) -> bool:
    """Say whether a key that went on with another's numbers, or one after it, is among these."""
    seen = {key_id}
    while (key_id := continued.get(key_id, "")) and key_id not in seen:
        if key_id in keys:
            return True
        seen.add(key_id)
    return False


def registered_match(day: Day) -> Match:
    """
    Compare a day's declared totals with what is registered.

    Each till declares what it knows: the day is equal when all together come to what is
    registered, or when one of them, which speaks for all, does. A day that was split over two
    keys of one till is equal when both parts together are. Nothing is said before every key that
    spoke of the venue has made its last word.
    """
    if not day.declared or not all(each.is_final for each in day.declared):
        return Match.NOT_FINAL
    registered = (day.tickets, day.gross_minor)
    if registered in {(each.tickets, each.gross_minor) for each in day.declared}:
        return Match.EQUAL
    if registered in (totals_of(day.declared), totals_of(day.earlier + day.declared)):
        return Match.EQUAL
    if day.spoken - {each.key_id for each in day.declared}:
        return Match.NOT_FINAL
    return Match.DIFFERS


def totals_of(declared: Sequence[Declared]) -> tuple[int, int]:
    """Give tickets and takings of all keys together."""
    return sum(each.tickets for each in declared), sum(
        each.gross_minor for each in declared
    )


def final_totals(day: Day) -> tuple[int, int] | None:
    """Give what was declared for the day as a whole; None before it is final."""
    match day.match:
        case Match.EQUAL:
            return day.tickets, day.gross_minor
        case Match.DIFFERS:
            return totals_of(day.declared)
        case _:
            return None


def completeness_ppm(day: Day) -> int | None:
    """
    Give how much of a day the register holds, in parts of a million; None when nothing is known.

    Beside declared totals when they are final: the smaller number of tickets by the larger.
    Before that by the source's own numbers: what was entered by what should have been. A day of
    which the source was asked why it was silent, and of which nothing came, holds nothing.
    """
    final = final_totals(day)
    if final is not None:
        low, high = sorted((day.tickets, final[0]))
        return _MILLION if high <= 0 else max(low, 0) * _MILLION // high
    expected = day.entered + day.missing + day.unmended
    if expected:
        return day.entered * _MILLION // expected
    return 0 if day.was_silent and day.showings else None


def is_below(day: Day, *, permille: int, at: datetime) -> bool | None:
    """Say whether a closed day is below what is promised; None when it cannot be judged."""
    ppm = day.ppm
    if at < day.closes_at or day.is_excused or ppm is None:
        return None
    return ppm < permille * 1_000
