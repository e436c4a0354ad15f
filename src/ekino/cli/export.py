"""`ekino export`: what the register holds of some days, in a format that others read."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ekino.cli.office import Exit, Office

if TYPE_CHECKING:
    from ekino.ingest.formats.outgoing import Outgoing, Written
    from ekino.intake.service.exporting import VenueDay

# Things that a format has no words for, told one by one.
_UNSAID_PRINTED_MAX = 20
_DAY = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for beside format and days, the names that the register does not know."""

    venue: str | None
    source: str | None
    into: Path | None
    halls: tuple[str, ...]
    cinema: str
    mailbox: str
    previous: datetime | None
    issuing: Path | None
    sent: Path | None


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["ndjson", "nightly", "eais", "icaa", "siae-log", "siae-lta"]),
    required=True,
)
@click.option("--day", type=_DAY, help="The business date; all but ndjson are of one.")
@click.option("--from", "from_day", type=_DAY, help="Instead of --day: the first day.")
@click.option("--to", "to_day", type=_DAY, help="Instead of --day: the day after the last.")
@click.option("--venue", help="Code of a venue; only ndjson is of all when none is named.")
@click.option("--source", help="ndjson: code of a source; else all of them.")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="A folder that is there, for files under their own names, or a file; else standard"
    " output, which takes one file.",
)
@click.option("--cinema", default="", help="eais: the venue's number in EAIS.")
@click.option("--mailbox", default="", help="icaa: the sender's mailbox, three characters.")
@click.option(
    "--previous", type=_DAY, help="icaa: when was sent before; else the day itself."
)
@click.option(
    "--hall",
    "halls",
    multiple=True,
    help="OURS=THEIRS: what the format calls a hall; else our code. Repeatable.",
)
@click.option(
    "--issuing",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="siae: JSON of who issues the titles, with the seals that the fiscal device gave.",
)
@click.option(
    "--sent",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="nightly: the day's file that was sent; it is written anew, corrected, if it changed.",
)
@click.pass_obj
def export(
    office: Office,
    /,
    format_: str,
    day: datetime | None,
    from_day: datetime | None,
    to_day: datetime | None,
    **options: Any,
) -> None:
    """
    Write events (ndjson), or a venue's business date in a format of others.

    EAIS has a file a showing, every other one file. What a format has no words for is told on
    standard error. A LOG and an LTA of SIAE bear seals of a fiscal device: the register has
    none, and refuses (seals_missing) unless --issuing brings them.
    """
    asked, (first, past_last) = Asked(**options), _days(day, from_day, to_day)
    if format_ == "ndjson":
        _write_events(office, first, past_last, asked)
        return
    if (venue := asked.venue) is None:
        message = f"{format_} is of one venue: name it with --venue"
        raise click.UsageError(message)
    if past_last - first != timedelta(days=1):
        message = f"{format_} is of one day: name it with --day"
        raise click.UsageError(message)
    from ekino.intake.service import exporting

    with office.database() as db:
        held = exporting.read_day(db, venue, first.date(), halls=_named(asked.halls))
    out = _WRITERS[format_](held, asked)
    for each in out.unsaid[:_UNSAID_PRINTED_MAX]:
        click.echo(f"not said: {each.place}: {each.reason}: {each.words}", err=True)
    if len(out.unsaid) > _UNSAID_PRINTED_MAX:
        click.echo(f"not said in all: {len(out.unsaid)}", err=True)
    if asked.sent and not out.files and not out.unsaid:
        click.echo("nothing has changed since it was sent", err=True)
        return
    if not out.files:
        click.echo(f"ekino: {venue} has nothing to write of {first:%Y-%m-%d}", err=True)
        sys.exit(Exit.FAILED)
    _put(out.files, asked.into)


def _days(
    day: datetime | None, from_day: datetime | None, to_day: datetime | None
) -> tuple[datetime, datetime]:
    if day is not None and from_day is None and to_day is None:
        return day, day + timedelta(days=1)
    if day is None and from_day is not None and to_day is not None:
        return from_day, to_day
    message = "name a day with --day, or days with --from and --to"
    raise click.UsageError(message)


def _named(halls: Iterable[str]) -> Mapping[str, str]:
    pairs = [each.partition("=") for each in halls]
    if not all(ours and theirs for ours, _, theirs in pairs):
        message = "a hall is named OURS=THEIRS"
        raise click.UsageError(message)
    return {ours: theirs for ours, _, theirs in pairs}


def _write_events(
    office: Office, first: datetime, past_last: datetime, asked: Asked
) -> None:
    from ekino.ingest.formats import native_ndjson
    from ekino.intake.service import exporting

    into = asked.into
    if into is not None and into.is_dir():
        into /= f"{asked.venue or 'all'}_{first:%Y%m%d}.ndjson"
    with office.database() as db:
        events = exporting.read_events(
            db,
            from_date=first.date(),
            to_date=past_last.date(),
            venue=asked.venue,
            source=asked.source,
        )
        out = sys.stdout.buffer if into is None else into.open("wb")
        for line in native_ndjson.write(events):
            out.write(line)
        if into is not None:
            out.close()
            click.echo(str(into), err=True)


def _put(files: "list[Written]", into: Path | None) -> None:
    """Write files into a folder under their names, or the only one where it is asked for."""
    if into is not None and into.is_dir():
        for each in files:
            (into / each.name).write_bytes(each.content)
            click.echo(str(into / each.name), err=True)
        return
    if len(files) > 1:
        message = f"these are {len(files)} files: name a folder that is there with --into"
        raise click.UsageError(message)
    if into is None:
        sys.stdout.buffer.write(files[0].content)
        click.echo(f"its name is {files[0].name}", err=True)
    else:
        into.write_bytes(files[0].content)
        click.echo(f"{into}; its name is {files[0].name}", err=True)


def _nightly(held: "VenueDay", asked: Asked) -> "Outgoing":
    from ekino.ingest.formats.comscore import parse
    from ekino.ingest.formats.outgoing import nightly
    from ekino.kernel.moments import now, zone

    if asked.sent is not None:
        sent = parse(asked.sent.read_bytes())
        if (sent.cinema, sent.day) != (held.venue, held.day):
            message = (
                f"--sent is {sent.cinema} on {sent.day}, not {held.venue} on {held.day}"
            )
            raise click.UsageError(message)
        return nightly.correct(
            held.held,
            sent,
            timezone=held.timezone,
            day_starts_hour=held.day_starts_hour,
            today=now().astimezone(zone(held.timezone)).date(),
        )
    return nightly.write(
        held.held,
        venue=held.venue,
        timezone=held.timezone,
        day_starts_hour=held.day_starts_hour,
        sent_day=held.day + timedelta(days=1),
        day=held.day,
    )


def _eais(held: "VenueDay", asked: Asked) -> "Outgoing":
    from ekino.ingest.formats.outgoing import eais
    from ekino.kernel.moments import now, zone

    return eais.write(
        held.facts,
        cinemas={held.venue: asked.cinema} if asked.cinema else {},
        written_at=now().astimezone(zone(held.timezone)).replace(tzinfo=None),
    )


def _icaa(held: "VenueDay", asked: Asked) -> "Outgoing":
    from ekino.ingest.formats.outgoing import icaa

    if not asked.mailbox:
        message = "icaa names who sends: --mailbox"
        raise click.UsageError(message)
    sending = icaa.Sending(
        mailbox=asked.mailbox,
        previous=asked.previous.date() if asked.previous else held.day,
        sent=held.day + timedelta(days=1),
    )
    named = {(held.venue, code): (code, name) for code, name in held.halls.items()}
    return icaa.write(held.held, sending, halls=named)


def _siae(held: "VenueDay", asked: Asked, document: str) -> "Outgoing":
    from ekino.ingest.formats.outgoing import siae, verify_euros

    verify_euros(held.facts, "SIAE")
    if asked.issuing is None:
        raise siae.no_seals("", "it holds none")
    issuing = siae.read_issuing(asked.issuing.read_bytes(), held.venue)
    out = siae.write(held.facts, issuing, day=held.day)
    out.files = [each for each in out.files if each.name.startswith(document)]
    return out


_WRITERS: "Mapping[str, Callable[[VenueDay, Asked], Outgoing]]" = {
    "nightly": _nightly,
    "eais": _eais,
    "icaa": _icaa,
    "siae-log": lambda held, asked: _siae(held, asked, "LOG"),
    "siae-lta": lambda held, asked: _siae(held, asked, "LTA"),
}
