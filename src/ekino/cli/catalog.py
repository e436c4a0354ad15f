"""`ekino catalog`: load and list what may be sold, and where."""

from dataclasses import asdict
from pathlib import Path

import click

from ekino.cli.office import Office, print_json, print_table


@click.group()
def catalog() -> None:
    """Load and list regions, organisations, venues, halls, films, versions, showings."""


@catalog.command()
@click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--regions", help="Load the regions that ship for a country, such as KZ.")
@click.option("--kind", help="What the rows of a CSV file are, such as venues.")
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Say what would change.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object a file on stdout.")
@click.pass_obj
def load(
    office: Office,
    files: tuple[Path, ...],
    regions: str | None,
    kind: str | None,
    *,
    is_dry_run: bool,
    is_json: bool,
) -> None:
    """Load FILES (JSON documents, or CSV with --kind): each all or none."""
    from ekino.catalog import service
    from ekino.catalog.document import read_csv, read_document

    if not files and not regions:
        message = "name a file, or --regions KZ"
        raise click.UsageError(message)
    documents = (
        [(f"regions {regions}", service.shipped_regions(regions))] if regions else []
    )
    for path in files:
        if path.suffix.lower() == ".csv":
            name = kind or path.stem
            documents.append((str(path), read_csv(path.read_text("utf-8-sig"), name)))
        else:
            documents.append((str(path), read_document(path.read_bytes())))
    with office.database() as db:
        for name, document in documents:
            report = service.load(db, document, is_dry_run=is_dry_run)
            rows = [{"list": each, **asdict(loaded)} for each, loaded in report.items()]
            if is_json:
                print_json({"file": name, "lists": rows})
            else:
                print_table(rows, caption=f"{name}{' (dry run)' if is_dry_run else ''}")


@catalog.command("list")
@click.argument("kind")
@click.option("--after", default="", help="Begin after this code.")
@click.option("--limit", type=click.IntRange(1, 5_000), default=100, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="One JSON object a row on stdout.")
@click.pass_obj
def list_kind(office: Office, kind: str, after: str, limit: int, *, is_json: bool) -> None:
    """List rows of KIND by code."""
    from ekino.catalog import service

    with office.database() as db:
        rows = service.list_rows(db, kind, after=after, limit=limit)
    if is_json:
        for row in rows:
            print_json(row)
    else:
        print_table(rows, caption=f"{len(rows)} {kind}")
