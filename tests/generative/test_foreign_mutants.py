"""Whatever is done to a foreign file, it is read whole or refused by name."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ekino.ingest.formats.table import FORMATS, choose, to_keep
from ekino.kernel.errors import Malformed

HERE = Path(__file__).parents[1] / "vectors/formats"
KNOWN: dict[str, Any] = json.loads((HERE / "known.json").read_text("utf-8"))
MUTANTS = 250
# What breaks readers: marks of XML, blanks, bytes of other encodings, odd numbers.
PIECES = (
    b"", b"<", b">", b"&", b'"', b"\0", b"\xff", b"\xc3", b"\r\n", b" ", b"-", b".", b"9" * 20,
    b"<!DOCTYPE x>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"&#0;", b"&#55296;", b"&#x10FFFF;",
    b"\xef\xbb\xbf", "٣".encode(), b"1e5", b"NaN", b"Infinity", b"-0",
)  # fmt: skip


def mutant(raw: bytes, roll: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(roll.randint(1, 4)):
        first = roll.randrange(len(changed) + 1)
        length = roll.randint(0, 20)
        if roll.random() < 0.5:
            changed[first : first + length] = roll.choice(PIECES)
        elif roll.random() < 0.5:
            second = roll.randrange(len(changed) + 1)
            changed[first:first] = changed[second : second + length * 10]
        else:
            changed[first : first + 1] = bytes([roll.randrange(256)])
    return bytes(changed)


# Their rows stand alone: a broken one is kept and told, and sinks no other.
BY_ROWS = {"sheet", "sessions", "weeks", "film_days", "listing"}


@pytest.mark.parametrize(
    "name", [name for name in KNOWN if FORMATS[KNOWN[name]["read_as"]["format"]].read]
)
def test_a_mutant_is_read_whole_or_refused_by_name(name: str) -> None:
    given, raw = KNOWN[name]["read_as"], (HERE / name).read_bytes()
    read = FORMATS[given["format"]].read
    assert read is not None
    roll = random.Random(name)
    refused = read_whole = told = 0
    known = read(raw, currency=given["currency"], timezone=given["timezone"])

    for _ in range(MUTANTS):
        changed = mutant(raw, roll)
        try:
            facts = read(changed, currency=given["currency"], timezone=given["timezone"])
        except Malformed as error:
            refused += all(
                each.code and each.detail and each.fix for each in error.problems
            )
        else:
            read_whole += 1
            told += len(facts.unmapped) > len(known.unmapped)
        assert isinstance(to_keep(changed), bytes)

    assert refused + read_whole == MUTANTS
    is_by_rows = given["format"] in BY_ROWS
    assert refused + (told if is_by_rows else 0) > MUTANTS // 4


@pytest.mark.parametrize("name", KNOWN)
def test_a_mutant_is_recognised_or_refused_by_name(name: str) -> None:
    raw = (HERE / name).read_bytes()
    roll = random.Random(name)

    for _ in range(MUTANTS):
        changed = mutant(raw, roll)
        try:
            found = choose(changed).name
        except Malformed as error:
            found = error.code
        assert found in {*FORMATS, "format_unknown", "format_ambiguous", "file_unreadable"}
