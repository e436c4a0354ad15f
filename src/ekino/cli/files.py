"""`ekino import`, `ekino validate`: files handed in, and files looked at before they are."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office, print_json, print_table, sentence
from ekino.kernel.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ekino.ingest.formats.facts import Facts
    from ekino.ingest.formats.siae.together import Compared
    from ekino.intake.service import Finding, Judgement, Upload

# Findings printed for people; programs get all that are kept.
FINDINGS_PRINTED_MAX = 200


def _read_file(path: Path) -> bytes:
    """Read a file of at most FILE_BYTES_MAX bytes; `Malformed` before a larger one is read."""
    from ekino.ingest.formats.facts import FILE_BYTES_MAX, malformed

    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        detail = f"the file has {size} bytes; at most {FILE_BYTES_MAX} are read"
        raise malformed("", "file_too_large", detail, "Split it by days.")
    return path.read_bytes()


@contextmanager
def _refusing(file: Path, *, is_json: bool) -> Iterator[None]:
    """Tell a program what a file was refused for; people are told on standard error."""
    try:
        yield
    except Malformed as error:
        if not is_json:
            raise
        problems = [
            {
                "code": each.code,
                "place": each.pointer,
                "detail": each.detail,
                "fix": each.fix,
            }
            for each in error.problems
        ]
        whole = {"code": error.code, "place": "", "detail": error.detail, "fix": ""}
        refusal = {**(problems or [whole])[0], "code": error.code}
        print_json({"file": file.name, "refusal": refusal, "problems": problems})
        sys.exit(Exit.FAILED)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="Code of the source it is handed in for.")
@click.option(
    "--format", "format_", default="", help="Its format; else told by its content."
)
@click.option("--currency", default="", help="ISO 4217; else that of the source's venues.")
@click.option("--timezone", default="", help="IANA name; else that of the source's venues.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Judge it, and enter nothing.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def import_file(
    office: Office,
    file: Path,
    source: str,
    format_: str,
    currency: str,
    timezone: str,
    *,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """
    Hand FILE in for a source: judged whole, mapped to our codes, entered at the door.

    Exit code 0: all of it is entered, notices or not. 1: it is refused whole, and nothing of it
    is entered; the refusal is named. 3: rows are to be mended, wait for a name to be mapped, or
    were refused by the register; the others are entered.
    """
    from ekino.intake import service
    from ekino.kernel.moments import now

    with _refusing(file, is_json=is_json):
        content = _read_file(file)
    handed = service.Handed(
        content=content,
        file_name=file.name,
        format=format_,
        currency=currency,
        timezone=timezone,
    )
    keys = service.Keys(
        office.settings.data_dir / "keys/intake", public_url=office.settings.public_url
    )
    with office.database() as db:
        whose = service.find_source(db, source)
        if is_dry_run:
            with _refusing(file, is_json=is_json):
                judged = service.judge_only(db, whose, handed, at=now())
            summary, findings = _of_judgement(file, source, judged), judged.findings
        else:
            upload = service.hand_in(
                db,
                keys,
                whose,
                handed,
                handed_by="ekino import",
                at=now(),
                has_quota=False,
            )
            with service.door(db) as submit:
                service.send(db, keys, upload.upload_no, submit)
            upload = service.read_upload(db, upload.reference)
            findings = service.list_findings(db, upload, limit=service.FINDINGS_MAX)
            summary = _of_upload(upload)
    sys.exit(_tell(summary, findings, is_json=is_json))


def _of_judgement(file: Path, source: str, judged: "Judgement") -> dict[str, Any]:
    kinds = Counter(str(event["kind"]) for _, event in judged.events)
    return {
        "file": file.name,
        "source": source,
        "reference": None,
        "format": judged.format,
        "version": judged.version,
        "state": "dry run",
        "refusal": None,
        "events": len(judged.events),
        "by_kind": dict(kinds),
        "entered": 0,
        "refused": 0,
        **_counted(judged.counts),
    }


def _of_upload(upload: "Upload") -> dict[str, Any]:
    return {
        "file": upload.file_name,
        "source": upload.source_code,
        "reference": upload.reference,
        "format": upload.format,
        "version": upload.version,
        "state": upload.state.value,
        "refusal": None if upload.refusal is None else asdict(upload.refusal),
        "entered": upload.counts.get("entered", 0),
        "refused": upload.counts.get("refused", 0),
        **_counted(upload.counts),
    }


def _counted(counts: Any) -> dict[str, Any]:
    """Give what became of rows, and beside it what the reader counted."""
    named = {
        "already": counts.get("already", 0),
        "waiting_rows": counts.get("waiting_rows", 0),
        "waiting_showings": counts.get("waiting_showings", 0),
        "findings": counts.get("findings", 0),
        "notices": counts.get("notices", 0),
    }
    others = {
        name: count
        for name, count in sorted(counts.items())
        if name not in {*named, "entered", "refused", "sent_again"}
    }
    return {**named, "counts": others}


def _tell(summary: dict[str, Any], findings: "Sequence[Finding]", *, is_json: bool) -> int:
    """Print what became of a file, and give the exit code."""
    rows = [asdict(each) for each in findings]
    if is_json:
        print_json({**summary, "rows": rows})
    else:
        shown = [{"what": name, "value": str(value)} for name, value in summary.items()]
        print_table(shown, caption=str(summary["file"]))
        if rows:
            caption = (
                f"rows told: {summary['findings']}, of them notices: {summary['notices']}"
            )
            print_table(rows[:FINDINGS_PRINTED_MAX], caption=caption)
    if refusal := summary.get("refusal"):
        where = f"{refusal['place']}: " if refusal["place"] else ""
        words = sentence(refusal["detail"])
        click.echo(f"ekino: {refusal['code']}: {where}{words} {refusal['fix']}", err=True)
        return Exit.FAILED
    return _code_of(summary)


def _code_of(summary: dict[str, Any]) -> int:
    # A notice tells what the register has no place for: there is nothing to mend.
    is_clean = not (
        summary["findings"] - summary["notices"]
        or summary["waiting_showings"]
        or summary["refused"]
    )
    return Exit.DONE if is_clean else Exit.PROBLEMS_FOUND


# The command's name is a word of Python's own.
globals()["import"] = import_file


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--format", "format_", default="", help="Their format; else told by their content."
)
@click.option("--currency", help="ISO 4217; else the format's, or the register's.")
@click.option("--timezone", help="IANA name; else the register's.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def validate(
    office: Office,
    files: tuple[Path, ...],
    format_: str,
    currency: str | None,
    timezone: str | None,
    *,
    is_json: bool,
) -> None:
    """
    Look at files without a register: format, sums, every row to mend.

    LOG, LTA, RCA, RMG and RPM of SIAE given together are compared with one another, too.

    Exit code 0: each can be taken; there may be notices, of what the register has no place for.
    1: one is refused whole; the refusal is named. 3: rows are to be mended, or documents do not
    agree.
    """
    from ekino.ingest.formats.siae import together
    from ekino.ingest.formats.unpacking import unpack

    looked, read = [], []
    for file in files:
        with _refusing(file, is_json=is_json):
            content = _read_file(file)
            looked.append(
                _look_at(
                    file,
                    content,
                    format_=format_,
                    currency=currency or "",
                    register=(
                        office.settings.currency,
                        timezone or office.settings.timezone,
                    ),
                )
            )
        read.append((str(looked[-1][0]["format"]), content))
    if len(files) == 1:
        sys.exit(_tell(*looked[0], is_json=is_json))
    compared = together.compare((name, unpack(raw)) for name, raw in read)
    sys.exit(_tell_together(looked, compared, is_json=is_json))


def _look_at(
    file: Path, content: bytes, *, format_: str, currency: str, register: tuple[str, str]
) -> "tuple[dict[str, Any], Sequence[Finding]]":
    from ekino.ingest.formats.facts import Facts
    from ekino.ingest.formats.table import choose
    from ekino.intake.service import judging

    what = judging.read(
        content,
        format_=format_,
        currency=currency or choose(content, format_).currency or register[0],
        timezone=register[1],
    )
    findings: Sequence[Finding]
    if isinstance(what, Facts):
        summary, judged = _of_facts(file, what), judging.judgement_of(what)
        findings, counts = judged.findings, judged.counts
    else:
        kinds = Counter(str(event["kind"]) for _, event in what.events)
        summary = {
            "file": file.name,
            "format": what.format,
            "events": len(what.events),
            "by_kind": dict(kinds),
        }
        findings, counts = what.findings, what.counts
    told = {name: counts[name] for name in ("findings", "notices")}
    return summary | told | {"waiting_showings": 0, "refused": 0}, findings


def _tell_together(
    looked: "Sequence[tuple[dict[str, Any], Sequence[Finding]]]",
    compared: "Compared",
    *,
    is_json: bool,
) -> int:
    """Print what files are one by one, and what they say of one another; give the exit code."""
    found = [asdict(each) for each in compared.found]
    if is_json:
        files = [
            {**summary, "rows": [asdict(each) for each in findings]}
            for summary, findings in looked
        ]
        checks = {"asked": list(compared.asked), "found": found}
        print_json({"files": files, "checks": checks})
        worst = max(_code_of(summary) for summary, _ in looked)
    else:
        worst = max(_tell(*each, is_json=False) for each in looked)
        asked = ", ".join(map(str, compared.asked)) or "none"
        click.echo(f"checks across the files: {asked}", err=True)
        if compared.asked:
            caption = f"what does not agree: {len(found)}"
            print_table(found[:FINDINGS_PRINTED_MAX], caption=caption)
    return Exit.PROBLEMS_FOUND if found else worst


def _of_facts(file: Path, facts: "Facts") -> dict[str, Any]:
    return {
        "file": file.name,
        "format": facts.format,
        "version": facts.version,
        "currency": facts.currency,
        "showings": len(facts.showings),
        "sales": len(facts.sales),
        "reversals": len(facts.reversals),
        "admissions": len(facts.admissions),
        "tickets": facts.tickets,
        "gross_minor": facts.gross_minor,
        "counts": dict(sorted(facts.counts.items())),
    }
