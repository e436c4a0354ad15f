"""`ekino import`, `ekino validate`: files handed in, and files looked at before they are."""

import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ekino.ingest.formats.facts import Facts
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
    """Hand FILE in for a source: judged whole, mapped to our codes, entered at the door."""
    from ekino.intake import service
    from ekino.kernel.moments import now

    handed = service.Handed(
        content=_read_file(file),
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
            judged = service.judge_only(db, whose, handed, at=now())
            summary, findings = _of_judgement(file, source, judged), judged.findings
        else:
            upload = service.hand_in(
                db, keys, whose, handed, handed_by="ekino import", at=now()
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
            caption = f"{summary['findings']} rows to look at"
            print_table(rows[:FINDINGS_PRINTED_MAX], caption=caption)
    if summary.get("refusal"):
        click.echo(f"ekino: refused: {summary['refusal']['detail']}", err=True)
        click.echo(f"  {summary['refusal']['fix']}", err=True)
        return Exit.FAILED
    is_clean = not (
        summary["findings"] or summary["waiting_showings"] or summary["refused"]
    )
    return Exit.DONE if is_clean else Exit.PROBLEMS_FOUND


# The command's name is a word of Python's own.
globals()["import"] = import_file


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "format_", default="", help="Its format; else told by its content."
)
@click.option("--currency", help="ISO 4217; else the register's.")
@click.option("--timezone", help="IANA name; else the register's.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_obj
def validate(
    office: Office,
    file: Path,
    format_: str,
    currency: str | None,
    timezone: str | None,
    *,
    is_json: bool,
) -> None:
    """Look at FILE without a register: its format, its sums, and every row to mend."""
    from ekino.ingest.formats.facts import Facts
    from ekino.intake.service import judging

    what = judging.read(
        _read_file(file),
        format_=format_,
        currency=currency or office.settings.currency,
        timezone=timezone or office.settings.timezone,
    )
    if isinstance(what, Facts):
        summary, findings = _of_facts(file, what), judging.findings_of(what)
    else:
        kinds = Counter(str(event["kind"]) for _, event in what.events)
        summary = {
            "file": file.name,
            "format": what.format,
            "events": len(what.events),
            "by_kind": dict(kinds),
            "findings": what.counts["findings"],
        }
        findings = what.findings
    summary |= {"waiting_showings": 0, "refused": 0}
    sys.exit(_tell(summary, findings, is_json=is_json))


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
        "findings": len(facts.unmapped) + len(facts.problems),
    }
