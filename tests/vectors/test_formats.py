"""Foreign formats: our own files, read to the published facts or refused by the published name."""

import json
from pathlib import Path
from typing import Any

import pytest

from ekino.ingest.formats import comscore, eais, facts_json, icaa, native_ndjson
from ekino.ingest.formats.icaa import incidents
from ekino.ingest.formats.siae import log, lta, lta_fixed, rca, summaries
from ekino.ingest.formats.table import FORMATS, choose
from ekino.kernel.errors import Malformed
from published import as_published

HERE = Path(__file__).with_name("formats")
KNOWN: dict[str, Any] = json.loads((HERE / "known.json").read_text("utf-8"))
REFUSED: dict[str, Any] = json.loads((HERE / "refused.json").read_text("utf-8"))
WRITERS: dict[str, Any] = {
    "eais": eais,
    "icaa": icaa,
    "icaa_incidents": incidents,
    "siae_log": log,
    "siae_lta": lta,
    "siae_lta_fixed": lta_fixed,
    "siae_summary": summaries,
    "siae_rca": rca,
    "nightly": comscore,
}


# Read only: people and other systems write them, and we do not.
READ_ONLY = {"sheet", "sessions", "weeks", "film_days", "listing"}


@pytest.mark.parametrize("name", KNOWN)
def test_a_published_file_says_the_published_facts(name: str) -> None:
    said, raw = KNOWN[name], (HERE / name).read_bytes()

    assert published(raw, said["read_as"]) == said["facts"]
    assert choose(raw).name == said["read_as"]["format"]


def published(raw: bytes, given: dict[str, str]) -> dict[str, Any]:
    """Read a file, and give what it says in the form in which the vectors hold it."""
    read = FORMATS[given["format"]].read
    if read is not None:
        return as_published(
            read(raw, currency=given["currency"], timezone=given["timezone"])
        )
    lines = native_ndjson.read(raw)
    return {
        "events": [fields for _, fields in lines.events],
        "unmapped": [[each.reason, each.place] for each in lines.unmapped],
        "counts": dict(sorted(lines.counts.items())),
    }


def test_every_format_has_a_file() -> None:
    assert {said["read_as"]["format"] for said in KNOWN.values()} == set(FORMATS)


@pytest.mark.parametrize(
    "name", [name for name in KNOWN if KNOWN[name]["read_as"]["format"] not in READ_ONLY]
)
def test_a_published_file_is_written_again_byte_for_byte(name: str) -> None:
    raw = (HERE / name).read_bytes()

    assert written_again(raw, KNOWN[name]["read_as"]["format"]) == raw


def written_again(raw: bytes, format_: str) -> bytes:
    """Read a file and write what was read."""
    if format_ == native_ndjson.NAME:
        return b"".join(
            native_ndjson.write(fields for _, fields in native_ndjson.read(raw).events)
        )
    if format_ == facts_json.FORMAT:
        # Written without blanks, and with every field: twice the same, and once as here.
        facts = facts_json.read(raw)
        again = facts_json.read(facts_json.serialise(facts, name="again"))
        return raw if again == facts else b""
    module = WRITERS[format_]
    written: bytes = module.serialise(module.parse(raw))
    return written


@pytest.mark.parametrize("name", REFUSED)
def test_a_published_broken_file_is_refused_by_the_published_name(name: str) -> None:
    said = REFUSED[name]
    read = FORMATS[said["format"]].read
    assert read is not None

    with pytest.raises(Malformed) as refused:
        read((HERE / "refused" / name).read_bytes(), currency="EUR", timezone="Europe/Rome")

    assert {
        "format": said["format"],
        "code": refused.value.code,
        "place": refused.value.problems[0].pointer,
        "problems": len(refused.value.problems),
    } == said


def test_every_vector_is_listed() -> None:
    files = {path.name for path in HERE.iterdir() if path.is_file()}

    assert files - {"known.json", "refused.json"} == set(KNOWN)
    assert {path.name for path in (HERE / "refused").iterdir()} == set(REFUSED)
