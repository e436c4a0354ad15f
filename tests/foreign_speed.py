"""
How fast foreign files are read into facts, and written: rows and megabytes a second.

    python tests/foreign_speed.py [ROWS]

Each document is made up, of ROWS rows (30,000 unless told otherwise); what was written is read
back and compared, so a fast wrong answer is none.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock
from typing import Any

from ekino.ingest.formats import eais, icaa
from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.icaa.records import Programmed, Shown
from ekino.ingest.formats.siae import log, log_mapping, lta, lta_mapping
from foreign_files import an_eais, an_icaa, held
from siae_files import a_title, an_access, an_issue, an_lta

ROWS = 30_000
DAYS_OF_TEN = 10


def documents(rows: int) -> Iterator[tuple[str, Any, Any, Callable[[bytes], Facts]]]:
    """Give (name, module, document, reader) of each format."""
    line = an_eais().lines[0]
    lines = tuple(replace(line, seat=str(n % 40), row=str(n // 40)) for n in range(rows))
    euros: Any = {"currency": "EUR", "timezone": "Europe/Rome"}
    yield "EAIS, tickets", eais, an_eais(lines=lines), lambda raw: eais.read(raw, **euros)
    access = an_access()
    issues = tuple(an_issue(1, seal=f"{n:016X}", access=access) for n in range(rows))
    yield (
        "SIAE LOG, titles",
        log,
        log.Document(issues=issues),
        lambda raw: log_mapping.read(raw, **euros),
    )
    titles = tuple(a_title(1, "ZT", seal=f"{n:016X}") for n in range(rows))
    (event,) = an_lta().events
    values = {name: getattr(event, name) for name in lta.Event.__slots__}
    yield (
        "SIAE LTA, titles",
        lta,
        an_lta(events=(lta.Event(**(values | {"titles": titles})),)),
        lambda raw: lta_mapping.read(raw, **euros),
    )
    yield (
        "ICAA, showings of 20 spectators",
        icaa,
        a_box_office_file(rows // DAYS_OF_TEN),
        lambda raw: icaa.read(raw, **euros),
    )


def a_box_office_file(showings: int) -> icaa.Document:
    days = [date(2001, 1, 1) + timedelta(days=n) for n in range(showings // DAYS_OF_TEN)]
    rows = tuple(
        held("H1", day, clock(hour, 0), films=1, spectators=20, gross="123.45")
        for day in days
        for hour in range(10, 10 + DAYS_OF_TEN)
    )
    return an_icaa(
        halls=an_icaa().halls[:1],
        held=rows,
        shown=tuple(
            Shown(hall="H1", day=row.day, clock=row.clock, film="1") for row in rows
        ),
        films=an_icaa().films[:1],
        programmed=tuple(
            Programmed(hall="H1", day=day, showings=DAYS_OF_TEN) for day in days
        ),
    )


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Give how long an action takes, and what it gives."""
    begins = time.perf_counter()
    given = action()
    return time.perf_counter() - begins, given


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure each format once and print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    tell("| Rows | MB | read, rows/s | read, MB/s | written, rows/s |")
    for name, module, document, read in documents(rows):
        count = rows // DAYS_OF_TEN if module is icaa else rows
        writing_s, raw = seconds(lambda m=module, d=document: m.serialise(d))  # type: ignore[misc]  # bound at once
        reading_s, facts = seconds(lambda r=read, b=raw: r(b))  # type: ignore[misc]  # as above
        if module.parse(raw) != document or not facts.sales:
            message = f"{name}: what was written is not read back"
            raise SystemExit(message)
        size = len(raw) / 1e6
        tell(
            f"| {name}: {count:,} | {size:.1f} | {count / reading_s:,.0f} |"
            f" {size / reading_s:.1f} | {count / writing_s:,.0f} |"
        )
    tell(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
