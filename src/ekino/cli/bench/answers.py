"""Judging the answers: a benchmark is a test first, and fast wrong answers are no figures."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from ekino.cli.bench.post import Post
from ekino.cli.bench.store import Store, Sums
from ekino.kernel.errors import Broken
from ekino.register.model import OWN_SOURCE

_DONE = 200
_ENTERED = "entered"
_KNOWN = "already_entered"


class _Answer(msgspec.Struct):
    outcomes: list[str]
    positions: list[int | None]


class _Event(msgspec.Struct):
    kind: str
    ticket: str
    venue: str
    showing: str
    sequence: int
    price_minor: int = 0
    fee_minor: int = 0
    sales_channel: str = ""


class _Batch(msgspec.Struct):
    events: list[_Event]


_read_answer = msgspec.json.Decoder(_Answer).decode
_read_batch = msgspec.json.Decoder(_Batch).decode


class WrongAnswer(Broken):
    """The register answered wrongly, or lost or doubled something: nothing else matters."""

    code = "bench_wrong_answer"


def verify_answers(posts: Sequence[Post]) -> dict[int, str]:
    """
    Check every answer by itself, and give the ticket of each position that was told.

    New sales must all be entered; what was sent before must be answered `already_entered`
    with the positions of the first time. Raises `WrongAnswer`.
    """
    told: dict[int, str] = {}
    for post in posts:
        if post.code != _DONE:
            detail = f"HTTP {post.code} for a good batch: {post.answer[:300]!r}"
            raise WrongAnswer(detail)
        answer = _read_answer(post.answer)
        expected = _ENTERED if post.first is None else _KNOWN
        if answer.outcomes != [expected] * post.events:
            detail = (
                f"expected {post.events} × {expected}, were told {answer.outcomes[:5]} …"
            )
            raise WrongAnswer(detail)
        if post.first is None:
            events = _read_batch(post.body).events
            for event, position in zip(events, answer.positions, strict=True):
                if position is None or position in told:
                    detail = f"ticket {event.ticket} was told position {position}"
                    raise WrongAnswer(detail)
                told[position] = event.ticket
        elif answer.positions != _read_answer(post.first.answer).positions:
            raise WrongAnswer("a batch sent again was told other positions")
    return told


def told_positions(post: Post) -> list[int]:
    """Give the positions that an answer named."""
    return [each for each in _read_answer(post.answer).positions if each is not None]


def verify_register(
    store: Store, told: dict[int, str], *, first: int, past_end: int
) -> None:
    """
    Check that a span of the register is exactly what the answers said, ticket by ticket.

    Raises `WrongAnswer` for a gap, an entry nobody was told of, or one told and not there.
    """
    expected, own = first, 0
    for position, source, subject in store.positions(first, past_end):
        if position != expected:
            detail = f"position {expected} is not in the register"
            raise WrongAnswer(detail)
        expected += 1
        if source == OWN_SOURCE:
            # What the register itself states was never sent by a till.
            own += 1
        elif told.get(position) != subject:
            detail = (
                f"position {position} holds ticket {subject}, the till was told it has "
                f"{told.get(position)}"
            )
            raise WrongAnswer(detail)
    if expected != past_end or len(told) + own != past_end - first:
        detail = (
            f"{len(told)} events were acknowledged, the register holds "
            f"{expected - first - own} of positions {first} … {past_end - 1}"
        )
        raise WrongAnswer(detail)


def sums_of(posts: Sequence[Post], showings: dict[tuple[str, str], int]) -> Sums:
    """Add up what was sold, from the very bytes that were sent and acknowledged."""
    sums: dict[tuple[int, str], list[int]] = {}
    for post in posts:
        if post.first is not None:
            continue
        for event in _read_batch(post.body).events:
            key = (showings[event.venue, event.showing], event.sales_channel)
            total = sums.setdefault(key, [0, 0, 0])
            total[0] += 1
            total[1] += event.price_minor
            total[2] += event.fee_minor
    return {key: (each[0], each[1], each[2]) for key, each in sums.items()}


def added(one: Sums, other: Sums) -> Sums:
    """Add two counts of different things."""
    merged = dict(one)
    for key, (admissions, gross, fees) in other.items():
        before = merged.get(key, (0, 0, 0))
        merged[key] = (before[0] + admissions, before[1] + gross, before[2] + fees)
    return merged


def verify_equal(what: str, found: Sums, expected: Sums) -> None:
    """Raise `WrongAnswer` unless two counts of the same are the same."""
    if found == expected:
        return
    keys = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    shown: list[Any] = [
        {"showing": key, "found": found.get(key), "expected": expected.get(key)}
        for key in keys[:3]
    ]
    detail = f"{what}: {len(keys)} of {len(expected)} differ, such as {json.dumps(shown)}"
    raise WrongAnswer(detail)
