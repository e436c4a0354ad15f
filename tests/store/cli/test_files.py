"""`ekino import` and `ekino validate`: the same words with and without --dry-run, honest exit codes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ekino.cli import export, files
from ekino.cli.office import Exit
from ekino.db.database import Database
from ekino.ingest.formats import comscore, icaa
from ekino.kernel.errors import Malformed
from ekino.settings import Settings
from foreign_files import an_icaa
from handing import SHEET, Village, register_of


@dataclass
class OpenOffice:
    """An office whose database is open already."""

    db: Database
    settings: Settings

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self.db


@dataclass
class Shell:
    """Runs the commands over a village's register."""

    village: Village
    folder: Path

    def run(self, command: Any, content: bytes, *words: str) -> Result:
        file = self.folder / "tickets.csv"
        file.write_bytes(content)
        office = OpenOffice(self.village.db, Settings(data_dir=self.folder))
        return CliRunner().invoke(command, [str(file), *words], obj=office)

    def told(
        self, *words: str, content: bytes = SHEET.encode()
    ) -> tuple[int, dict[str, Any]]:
        result = self.run(
            files.import_file, content, "--source", "village", "--json", *words
        )
        return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def shell(db: Database, tmp_path: Path) -> Shell:
    return Shell(Village(db, tmp_path), tmp_path)


def test_a_dry_run_says_what_is_done_in_the_same_words(shell: Shell) -> None:
    dry_code, dry = shell.told("--dry-run")
    nothing = register_of(shell.village.db)
    code, done = shell.told()

    assert (dry_code, code, nothing) == (Exit.DONE, Exit.DONE, (0, 0, 0))
    assert set(done) <= set(dry)
    assert dry["events"] == done["entered"] == 4
    for name in ("format", "version", "already", "waiting_rows", "findings", "rows"):
        assert dry[name] == done[name]
    assert register_of(shell.village.db) == (4, 3, 730_000)


def test_rows_to_mend_are_listed_and_change_the_exit_code(shell: Shell) -> None:
    code, done = shell.told(content=SHEET.replace("A-2;1800", "A-2;дорого").encode())

    assert (code, done["entered"], done["findings"]) == (Exit.PROBLEMS_FOUND, 3, 1)
    assert [(row["place"], row["field"], row["code"]) for row in done["rows"]] == [
        ("line 3", "price", "amount_unreadable")
    ]


def test_a_refused_file_fails_and_says_how_to_mend_it(shell: Shell) -> None:
    broken = SHEET.encode()[:-30]
    result = shell.run(
        files.import_file, broken, "--source", "village", "--format", "sheet"
    )

    assert result.exit_code == Exit.FAILED
    assert "unexpected end of data" in result.stderr
    assert "ekino: file_truncated: " in result.stderr
    assert "Send the file again, whole." in result.stderr
    assert register_of(shell.village.db) == (0, 0, 0)


def test_a_gigabyte_is_refused_before_it_is_read(shell: Shell) -> None:
    file = shell.folder / "huge.csv"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 30)
    office = OpenOffice(shell.village.db, Settings(data_dir=shell.folder))
    result = CliRunner().invoke(files.validate, [str(file)], obj=office)

    assert isinstance(result.exception, Malformed)
    assert result.exception.code == "file_too_large"


def test_a_file_is_looked_at_without_a_register(shell: Shell) -> None:
    result = shell.run(files.validate, SHEET.encode(), "--json")
    told = json.loads(result.stdout)

    assert (result.exit_code, told["format"], told["tickets"], told["gross_minor"]) == (
        Exit.DONE,
        "sheet",
        3,
        730_000,
    )
    bad = shell.run(files.validate, SHEET.replace("19:30", "25:30").encode())
    assert bad.exit_code == Exit.PROBLEMS_FOUND
    assert "time_unreadable" in bad.stdout


def test_a_file_with_nothing_but_notices_is_in_order(shell: Shell) -> None:
    result = shell.run(files.validate, icaa.serialise(an_icaa()), "--json")
    told = json.loads(result.stdout)

    assert told["findings"] == told["notices"] == len(told["rows"]) > 0
    assert (result.exit_code, told["currency"]) == (Exit.DONE, "EUR")


def test_a_refusal_has_its_name_and_is_said_once(shell: Shell) -> None:
    broken = icaa.serialise(an_icaa()).replace(b"\r\n5", b"\r\n7")
    told = shell.run(files.validate, broken, "--format", "icaa", "--json")
    refusal = json.loads(told.stdout)["refusal"]
    handed = shell.run(
        files.import_file, broken, "--source", "village", "--currency", "EUR",
        "--format", "icaa", "--dry-run", "--json",
    )  # fmt: skip

    assert told.exit_code == handed.exit_code == Exit.FAILED
    assert set(refusal) == {"code", "place", "detail", "fix"}
    assert refusal["code"] == "record_unknown"
    assert refusal["place"].startswith("line ")
    assert json.loads(handed.stdout)["refusal"] == refusal


def test_what_is_written_out_is_read_in_as_the_same(shell: Shell) -> None:
    shell.told()
    office = OpenOffice(shell.village.db, Settings(data_dir=shell.folder))
    days = ["--from", "2026-11-24", "--to", "2026-11-25"]

    def out(*words: str) -> bytes:
        result = CliRunner().invoke(export.export, [*days, *words], obj=office)
        assert result.exit_code == Exit.DONE, result.output
        return result.stdout_bytes

    lines = out("--format", "ndjson", "--venue", "ALA-1")
    kinds = [json.loads(line)["kind"] for line in lines.splitlines()]
    code, again = shell.told(content=lines)

    assert kinds == ["showing_announced", "sold", "sold", "sold"]
    assert (code, again["already"], again["entered"]) == (Exit.DONE, 4, 0)
    assert out("--format", "ndjson", "--venue", "AST-1") == b""
    nightly = comscore.parse(out("--format", "nightly", "--venue", "ALA-1"))
    assert (nightly.admissions, nightly.gross_minor) == (3, 730_000)
    assert {line.hall: line.admissions for line in nightly.lines} == {"1": 2, "2": 1}
