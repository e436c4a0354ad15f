"""Facts as an ICAA box-office file: showings with their sums, films by hall, the programme."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from ekino.ingest.formats.facts import Facts, FilmName, malformed
from ekino.ingest.formats.icaa.document import Document, serialise
from ekino.ingest.formats.icaa.records import (
    REGULAR,
    Film,
    Hall,
    Held,
    Programmed,
    Shown,
)
from ekino.ingest.formats.outgoing import (
    Evening,
    Outgoing,
    Written,
    evenings,
    verify_euros,
)
from ekino.kernel.bounds import is_clean

_TITLE_COLUMNS, _NAME_COLUMNS, _CODE_COLUMNS = 50, 30, 12
_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Who sends a file, and when; days are those on which the sendings are made."""

    mailbox: str
    previous: date
    sent: date
    file_kind: str = REGULAR


def write(
    facts: Facts, sending: Sending, *, halls: Mapping[tuple[str, str], tuple[str, str]]
) -> Outgoing:
    """
    Write facts as one file: `halls` gives code and name of each (venue, hall).

    What was given back is taken off, and what a showing lost altogether is nought. Told as
    unsaid: single tickets, which the format adds up; titles that are cut. Raises `Malformed` as
    `serialise` does, `hall_unnamed` for a hall without a code, and `currency_differs` for
    amounts that are no euros.
    """
    verify_euros(facts, "ICAA")
    result = Outgoing()
    shown = evenings(facts)
    codes = [_code(evening, halls) for evening in shown]
    films = _films(shown, codes)
    held = tuple(
        _held(evening, code, result) for evening, code in zip(shown, codes, strict=True)
    )
    planned = Counter((row.hall, row.business_date) for row in held)
    document = Document(
        mailbox=sending.mailbox,
        file_kind=sending.file_kind,
        previous_day=sending.previous.timetuple().tm_yday,
        sent_day=sending.sent.timetuple().tm_yday,
        halls=tuple(
            Hall(hall=code, name=name[:_NAME_COLUMNS].strip())
            for code, name in sorted(set(halls.values()))
            if code in codes
        ),
        held=held,
        shown=tuple(
            Shown(hall=row.hall, day=row.day, clock=row.clock, film=films[row.hall, film])
            for row, film in zip(held, (each.showing.film for each in shown), strict=True)
        ),
        films=tuple(_film(hall, film, code) for (hall, film), code in films.items()),
        programmed=tuple(
            Programmed(hall=hall, day=day, showings=count)
            for (hall, day), count in sorted(planned.items())
        ),
    )
    name = f"{sending.mailbox}{sending.file_kind}{document.sent_day:03d}.txt"
    result.files.append(Written(name=name, content=serialise(document)))
    return result


def _code(evening: Evening, halls: Mapping[tuple[str, str], tuple[str, str]]) -> str:
    showing = evening.showing
    found = halls.get((showing.venue, showing.hall))
    if found is None:
        raise malformed(
            showing.place,
            "hall_unnamed",
            f"the hall {showing.hall[:64]!r} of {showing.venue[:64]!r} has no code in ICAA",
            "Say which hall of ICAA it is.",
        )
    return found[0]


def _films(
    shown: Sequence[Evening], codes: Sequence[str]
) -> dict[tuple[str, FilmName], str]:
    """Give each hall's films their numbers; another language is another film."""
    found: dict[tuple[str, FilmName], str] = {}
    counts: Counter[str] = Counter()
    for evening, code in zip(shown, codes, strict=True):
        if (code, evening.showing.film) not in found:
            counts[code] += 1
            found[code, evening.showing.film] = f"{counts[code]:05d}"
    return found


def _film(hall: str, film: FilmName, code: str) -> Film:
    return Film(
        hall=hall,
        film=code,
        rating_file=film.certificate[:_CODE_COLUMNS].strip(),
        title=film.title[:_TITLE_COLUMNS].strip(),
        distributor="",
        distributor_name=film.distributor[:_TITLE_COLUMNS].strip(),
        original_version="",
        language=film.language[:1].strip(),
        subtitles="",
        projection=film.format[:1].strip(),
    )


def _held(evening: Evening, code: str, result: Outgoing) -> Held:
    showing = evening.showing
    if len(showing.film.title) > _TITLE_COLUMNS or not is_clean(showing.film.title):
        result.leave_out(
            showing.place, showing.film.title, "title_cut", "The title has 50 columns."
        )
    start = showing.starts_at
    return Held(
        hall=code,
        day=start.date(),
        clock=time(start.hour, start.minute),
        films=1,
        spectators=max(0, evening.tickets),
        gross=Decimal(max(0, evening.gross_minor)).scaleb(-_DIGITS),
        incident="000",
    )
