"""The diary of a long run: every request and its answer on disk, read back when it is over."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ekino.cli.bench.answers import WrongAnswer
from ekino.cli.bench.mixture import Expected, expected_of
from ekino.cli.bench.post import Post
from ekino.cli.bench.store import Store, Sums
from ekino.register.model import OWN_SOURCE

_SENT_AGAIN = "already_entered"
_DONE = 200
# Batches whose first answer, and a source's tickets whose sale, are kept in mind: an errand is
# over long before so many more have come.
_BATCHES_REMEMBERED = 4_000
_TICKETS_REMEMBERED = 20_000


class _Line(msgspec.Struct, array_like=True):
    source: int
    is_again: bool
    body: bytes
    answer: bytes


class Diary:
    """
    Written while the load runs, one line an answer, so that nothing grows in memory.

    Lines stand in the order of answers; a till's batches stand in the order of their errand.
    """

    def __init__(self, path: Path) -> None:
        """Begin an empty one."""
        self._path = path
        self._file = path.open("wb")
        self._encoder = msgspec.msgpack.Encoder()
        self.took_ms: list[float] = []
        self.pushbacks = 0

    def note(self, post: Post) -> None:
        """Write down an answer; it must have come, right or wrong."""
        if post.code != _DONE:
            detail = f"HTTP {post.code} for a good batch: {post.answer[:300]!r}"
            raise WrongAnswer(detail)
        self.took_ms.append(post.took_ns / 1e6)
        self.pushbacks += post.pushbacks
        is_again = post.first is not None
        line = self._encoder.encode(
            _Line(post.source.number, is_again, post.body, post.answer)
        )
        self._file.write(len(line).to_bytes(4, "big") + line)

    def _lines(self) -> Iterator[_Line]:
        self._file.flush()
        decode = msgspec.msgpack.Decoder(_Line).decode
        with self._path.open("rb") as file:
            while head := file.read(4):
                yield decode(file.read(int.from_bytes(head, "big")))

    def verify(self, store: Store, *, first: int) -> dict[str, int]:
        """
        Hold every answer and every entry against what each event must have led to.

        Gives how often each outcome was met. Raises `WrongAnswer`.
        """
        showings = store.showings()
        past_end = store.size()
        tickets: list[str | None] = [None] * (past_end - first)
        met: dict[str, int] = {}
        sums: dict[tuple[int, str], list[int]] = {}
        sold: dict[int, dict[str, Expected]] = {}
        told_first: dict[bytes, list[int | None]] = {}
        for line in self._lines():
            answer = msgspec.json.decode(line.answer)
            expected = expected_of(line.body, sold.setdefault(line.source, {}))
            _verify_outcomes(line, answer, expected)
            for outcome in answer["outcomes"]:
                met[outcome] = met.get(outcome, 0) + 1
            if line.is_again:
                if told_first.get(line.body) != answer["positions"]:
                    raise WrongAnswer("a batch sent again was told other positions")
                continue
            told_first[line.body] = answer["positions"]
            _forget(told_first, _BATCHES_REMEMBERED)
            _forget(sold[line.source], _TICKETS_REMEMBERED)
            _note(answer["positions"], expected, tickets, first)
            for each in expected:
                if each.outcome == "entered":
                    key = (showings[each.showing], each.sales_channel)
                    total = sums.setdefault(key, [0, 0, 0])
                    total[0] += each.admissions
                    total[1] += each.gross_minor
                    total[2] += each.fees_minor
        _verify_entries(store, tickets, first)
        whole: Sums = {key: (each[0], each[1], each[2]) for key, each in sums.items()}
        if store.recount(first, past_end) != whole:
            raise WrongAnswer("the register's sums are not those of what was sent")
        return met


def _forget(remembered: dict[Any, Any], most: int) -> None:
    while len(remembered) > most:
        del remembered[next(iter(remembered))]


def _verify_outcomes(
    line: _Line, answer: dict[str, Any], expected: Sequence[Expected]
) -> None:
    wanted = [
        _SENT_AGAIN if line.is_again and each.outcome == "entered" else each.outcome
        for each in expected
    ]
    if answer["outcomes"] != wanted:
        pairs = zip(answer["outcomes"], wanted, expected, strict=False)
        detail = f"told, expected: {[each for each in pairs if each[0] != each[1]][:3]}"
        raise WrongAnswer(detail)


def _note(
    positions: Sequence[int | None],
    expected: Sequence[Expected],
    tickets: list[str | None],
    first: int,
) -> None:
    for position, each in zip(positions, expected, strict=True):
        if (position is None) == (each.outcome == "entered"):
            detail = f"{each} was told position {position}"
            raise WrongAnswer(detail)
        if position is None:
            continue
        if tickets[position - first] is not None:
            detail = f"position {position} was given twice"
            raise WrongAnswer(detail)
        tickets[position - first] = each.ticket


def _verify_entries(store: Store, tickets: Sequence[str | None], first: int) -> None:
    """Hold a span of the register, but what it states itself, against what tills were told."""
    expected = first
    for position, source, subject in store.positions(first, first + len(tickets)):
        told = tickets[position - first]
        is_right = told is None if source == OWN_SOURCE else told == subject
        if position != expected or not is_right:
            detail = f"position {expected} was told for {told}, the register has {subject}"
            raise WrongAnswer(detail)
        expected += 1
    if expected != first + len(tickets):
        detail = f"position {expected} is not in the register"
        raise WrongAnswer(detail)
