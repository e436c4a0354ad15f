"""`ekino export`: a venue's day leaves one register in other people's files and enters another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.cli import export, files
from ekino.cli.office import Exit
from ekino.db.database import Database
from ekino.ingest.formats import comscore, icaa
from ekino.ingest.formats.siae import log, lta
from ekino.intake import service
from ekino.intake.model.upload import Name, NameKind
from ekino.intake.service import exporting
from ekino.kernel.errors import EkinoError
from ekino.settings import Settings
from factories import a_later_event, a_sale, a_vendor
from handing import AT, Village, register_of

DAY = ("--day", "2026-11-24")
SEAT = {"row": "1", "seat": "4"}


@dataclass
class OpenOffice:
    """An office whose database is open already."""

    db: Database
    settings: Settings

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db


def out(db: Database, folder: Path, *words: str, command: Any = export.export) -> Result:
    office = OpenOffice(db, Settings(data_dir=folder))
    return CliRunner().invoke(command, [*words], obj=office)


def an_evening(venue: str, *showings: str) -> bytes:
    """Give an evening on which everything happens: 3 tickets and 720,000 are left of it."""
    first, second = showings
    at: dict[str, Any] = {"venue": venue, "showing": first}
    events = (
        a_sale(1, price_minor=250_000, fee_minor=10_000, **SEAT, **at),
        a_sale(2, price_minor=180_000, concession="student", **at),
        a_sale(3, price_minor=300_000, **{**at, "showing": second}),
        a_later_event("corrected", 4, 2, price_minor=170_000, reason="class", **at),
        a_later_event("refunded", 5, 1, price_minor=250_000, fee_minor=10_000, **at),
        a_sale(6, price_minor=250_000, **SEAT, **at, happened_at="2026-11-24T20:30:00Z"),
        a_later_event("admitted", 7, 3, **{**at, "showing": second}),
    )
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)


@pytest.fixture
def village(db: Database, tmp_path: Path) -> Village:
    village = Village(db, tmp_path)
    village.hand_in(an_evening("ALA-1", "steppe-kk-1", "storm-ru-2"), name="a.ndjson")
    assert register_of(db) == (7, 3, 720_000)
    return village


@pytest.fixture
def theatre(db: Database, tmp_path: Path) -> Village:
    """Give a theatre in euros with the same evening."""
    village = Village(db, tmp_path)
    document = {
        "venues": [
            {
                "code": "ROMA-1", "name": "Teatro", "region": "KZ-75", "city": "Roma",
                "timezone": "Europe/Rome", "currency": "EUR",
            }
        ],
        "halls": [{"venue": "ROMA-1", "code": "grande", "capacity": 800}],
        "showings": [
            {
                "venue": "ROMA-1", "code": code, "hall": "grande", "version": "storm-ru",
                "starts_at": f"2026-11-24T{hour}:30:00Z",
            }
            for code, hour in (("a", 14), ("b", 17))
        ],
    }  # fmt: skip
    catalog.load(db, read_document(json.dumps(document).encode()))
    a_vendor(db, code="teatro", key_id="teatro/batch", venues=("ROMA-1",))
    village.source = service.find_source(db, "teatro")
    village.hand_in(an_evening("ROMA-1", "a", "b"), name="a.ndjson")
    assert register_of(db) == (7, 3, 720_000)
    return village


def test_a_day_goes_through_eais_into_another_register_once(
    village: Village, sandbox_db: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "eais"
    folder.mkdir()
    words = ("--format", "eais", "--venue", "ALA-1", *DAY, "--cinema", "77")
    told = out(village.db, tmp_path, *words, "--into", str(folder))
    written = sorted(folder.iterdir())

    assert told.exit_code == Exit.DONE, told.output
    assert len(written) == 2
    assert all(each.name.startswith("ekb_77_") for each in written)
    assert "fee_unsaid" in told.stderr
    assert "entry_unsaid" in told.stderr

    other = Village(sandbox_db, tmp_path / "other")
    name = Name(kind=NameKind.VENUE, within="", name="77")
    service.map_names(
        other.db, other.keys, other.source, [(name, "ALA-1")], made_by="Айгерім", at=AT
    )
    for each in written:
        other.hand_in(each.read_bytes(), name=each.name)
    there = register_of(sandbox_db)
    assert there[1:] == (3, 720_000)
    for each in written:
        other.hand_in(each.read_bytes() + b"\n", name=each.name)
    assert register_of(sandbox_db) == there


def test_several_files_want_a_folder_and_a_venue_its_number(
    village: Village, tmp_path: Path
) -> None:
    words = ("--format", "eais", "--venue", "ALA-1", *DAY)
    several = out(village.db, tmp_path, *words, "--cinema", "77")
    unnamed = out(village.db, tmp_path, *words)

    assert several.exit_code == Exit.WRONG_USAGE
    assert "these are 2 files" in several.stderr
    assert isinstance(unnamed.exception, EkinoError)
    assert unnamed.exception.code == "venue_unnamed"


def test_a_nightly_summary_is_of_the_day_and_of_an_empty_one(
    village: Village, tmp_path: Path
) -> None:
    words = ("--format", "nightly", "--venue", "ALA-1", "--day")
    full = out(village.db, tmp_path, *words, "2026-11-24").stdout_bytes
    empty = comscore.parse(out(village.db, tmp_path, *words, "2026-11-20").stdout_bytes)
    (one, two) = comscore.read(full, currency="KZT", timezone="Asia/Almaty").totals

    assert one.tickets + two.tickets == 3
    assert sum(each.gross_minor or 0 for each in (one, two)) == 720_000
    assert (empty.day, empty.lines) == (date(2026, 11, 20), ())


@pytest.mark.parametrize("format_", ["icaa", "siae-log", "siae-lta"])
def test_tenge_are_not_written_as_euros(
    village: Village, tmp_path: Path, format_: str
) -> None:
    words = ("--format", format_, "--venue", "ALA-1", *DAY, "--mailbox", "XYZ")
    refused = out(village.db, tmp_path, *words)

    assert isinstance(refused.exception, EkinoError)
    assert refused.exception.code == "currency_differs"
    assert refused.stdout_bytes == b""


def test_a_box_office_file_holds_the_day(theatre: Village, tmp_path: Path) -> None:
    file = tmp_path / "icaa.txt"
    words = ("--format", "icaa", "--venue", "ROMA-1", *DAY, "--mailbox", "XYZ")
    told = out(theatre.db, tmp_path, *words, "--into", str(file), "--hall", "grande=H1")
    facts = icaa.read(file.read_bytes(), currency="EUR", timezone="Europe/Rome")

    assert (told.exit_code, facts.tickets, facts.gross_minor) == (Exit.DONE, 3, 720_000)
    assert {each.hall for each in facts.showings} == {"H1"}
    assert "its name is XYZFL329.txt" in told.stderr


def test_titles_are_not_written_without_the_seals_of_a_device(
    theatre: Village, tmp_path: Path
) -> None:
    words = ("--venue", "ROMA-1", *DAY)
    refused = out(theatre.db, tmp_path, "--format", "siae-log", *words)
    assert isinstance(refused.exception, EkinoError)
    assert refused.exception.code == "seals_missing"

    issuing = tmp_path / "issuing.json"
    said: dict[str, Any] = {
        "organiser": "00000000001", "licensee": "00000000002", "system": "E0000001",
        "card": "C0000001", "genre": "45", "venue": "0000000000001", "first_number": 100,
        "seals": [f"{number:016X}" for number in range(5)],
    }  # fmt: skip
    for count, code in ((4, "seals_missing"), (5, "")):
        issuing.write_text(json.dumps({**said, "seals": said["seals"][:count]}))
        asked = (*words, "--issuing", str(issuing), "--into", str(tmp_path))
        told = out(theatre.db, tmp_path, "--format", "siae-log", *asked)
        assert getattr(told.exception, "code", "") == code or not code
    assert told.exit_code == Exit.DONE, told.output
    assert out(theatre.db, tmp_path, "--format", "siae-lta", *asked).exit_code == Exit.DONE
    documents = sorted(tmp_path.glob("L*_20261124_*.xsi"))
    the_log = log.parse(documents[0].read_bytes())
    the_list = lta.parse(documents[1].read_bytes())
    assert [issue.number for issue in the_log.issues] == [100, 101, 102, 103, 104]
    assert sum(len(event.titles) for event in the_list.events) == 4

    pair = [str(each) for each in documents]
    agreed = out(theatre.db, tmp_path, *pair, "--json", command=files.validate)
    assert json.loads(agreed.stdout)["checks"] == {"asked": [1, 2, 3, 6], "found": []}
    documents[0].write_bytes(
        documents[0].read_bytes().replace(b"0000000000000002", b"00000000000000FF")
    )
    differs = out(theatre.db, tmp_path, *pair, command=files.validate)
    assert differs.exit_code == Exit.PROBLEMS_FOUND
    assert "missing_in_list" in differs.stdout
    assert "missing_in_log" in differs.stdout


def test_a_showing_that_was_cancelled_and_given_back_was_not_held(
    village: Village, tmp_path: Path
) -> None:
    at = {"venue": "ALA-1", "showing": "storm-ru-2", "happened_at": "2026-11-24T20:40:00Z"}
    events = (
        {"kind": "showing_cancelled", **at},
        a_later_event("voided", 9, 3, **at),
    )
    village.hand_in(
        b"".join(json.dumps(each).encode() + b"\n" for each in events), name="b.ndjson"
    )
    assert register_of(village.db)[1:] == (2, 420_000)

    held = exporting.read_day(village.db, "ALA-1", date(2026, 11, 24))
    assert [each.code for each in held.held.showings] == ["steppe-kk-1"]
    assert len(held.facts.showings) == 2
    assert (held.held.tickets, held.held.gross_minor) == (2, 420_000)
    assert (held.facts.tickets, held.facts.gross_minor) == (2, 420_000)


def test_a_night_that_changed_is_written_again_and_says_that_it_is_corrected(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_again(day: datetime, *words: str) -> Result:
        monkeypatch.setattr("ekino.kernel.moments.now", lambda: day)
        return out(
            village.db, tmp_path, "--format", "nightly", "--venue", "ALA-1", *DAY, *words
        )

    in_time, too_late = (
        datetime(2026, 11, 26, 3, tzinfo=UTC),
        datetime(2027, 1, 9, tzinfo=UTC),
    )
    sent = tmp_path / "sent.xml"
    sent.write_bytes(write_again(in_time).stdout_bytes)
    unchanged = write_again(in_time, "--sent", str(sent))
    sale = a_sale(8, price_minor=90_000, venue="ALA-1", showing="steppe-kk-1")
    village.hand_in(json.dumps(sale).encode() + b"\n", name="b.ndjson")
    corrected = write_again(in_time, "--sent", str(sent))
    late = write_again(too_late, "--sent", str(sent))

    assert (unchanged.exit_code, unchanged.stdout_bytes) == (Exit.DONE, b"")
    assert "nothing has changed" in unchanged.stderr
    before, after = (
        comscore.parse(sent.read_bytes()),
        comscore.parse(corrected.stdout_bytes),
    )
    assert (before.state, after.state, after.sent_day) == (
        "first",
        "corrected",
        date(2026, 11, 26),
    )
    assert (after.admissions, after.gross_minor) == (4, 810_000)
    assert (late.exit_code, late.stdout_bytes) == (Exit.FAILED, b"")
    assert "correction_too_late" in late.stderr
