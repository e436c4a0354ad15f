"""From an ICAA file to facts: sums become sales that are marked as spread, and nothing is lost."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from ekino.ingest.formats.facts import (
    Facts,
    FilmName,
    Sale,
    Showing,
    Total,
    Unmapped,
    malformed,
    spread,
)
from ekino.ingest.formats.fixed import write_record
from ekino.ingest.formats.icaa.document import Document, parse, period
from ekino.ingest.formats.icaa.records import REGULAR, Film, Held
from ekino.ingest.formats.leftovers import Leftovers
from ekino.ingest.formats.refusals import problem_at
from ekino.kernel.errors import Problem
from ekino.kernel.moments import zone

# Spectators of one file, each of them a sale: a year of a large house.
SPECTATORS_MAX = 2_000_000
CURRENCY = "EUR"
# An incident code that says that there was none.
NO_INCIDENT = frozenset({"", "0", "00", "000"})
_DIGITS = 2


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read a file into facts, or refuse it whole."""
    return facts(parse(raw), currency=currency, timezone=timezone)


def facts(document: Document, *, currency: str, timezone: str) -> Facts:
    """
    Map a document: a showing for each record 2, its spectators as sales that are synthetic.

    The takings are spread without loss and the moment of sale is that of the showing: the file
    knows no other. Raises `Malformed`: too_many_tickets, currency_differs.
    """
    if currency != CURRENCY:
        raise malformed(
            "",
            "currency_differs",
            f"amounts of ICAA are euros, and {currency} is asked for",
            f"Hand the file in for venues whose currency is {CURRENCY}.",
        )
    if document.header.spectators > SPECTATORS_MAX:
        raise malformed(
            "line 1",
            "too_many_tickets",
            f"{document.header.spectators} spectators; at most {SPECTATORS_MAX} are read at once",
            "Send the file by halls or by days.",
        )
    result = Facts(format="icaa", version=document.file_kind, currency=currency)
    result.totals.append(
        Total(
            place="line 1",
            tickets=document.header.spectators,
            gross_minor=_minor(document.header.gross),
            currency=currency,
        )
    )
    for row in document.rows:
        result.counts[f"record_{row.HEAD}"] += 1
    leftovers = Leftovers()
    _map_showings(document, result, leftovers, timezone)
    _keep_rest(document, result, leftovers)
    result.problems.extend(_outside_the_sending(document))
    return result


def _minor(amount: Decimal) -> int:
    return int(amount.scaleb(_DIGITS))


def showing_code(held: Held) -> str:
    """Name a showing by hall, date and time, as the file does."""
    return f"{held.hall}.{held.day:%Y%m%d}.{held.clock:%H%M}"


def _place(row: Held | Film) -> str:
    return f"line {row.line}" if row.line else f"record {row.HEAD}"


def _map_showings(
    document: Document, result: Facts, leftovers: Leftovers, timezone: str
) -> None:
    films = {film.key: film for film in document.films}
    shown: dict[tuple[object, ...], list[Film]] = defaultdict(list)
    for row in document.shown:
        shown[row.hall, row.day, row.clock].append(films[row.hall, row.film])
    names = {hall.hall: hall.name for hall in document.halls}
    for held in document.held:
        of_it = shown[held.key]
        starts_at = datetime.combine(held.day, held.clock, zone(timezone))
        result.showings.append(
            Showing(
                place=_place(held),
                code=showing_code(held),
                venue=document.mailbox,
                hall=held.hall,
                starts_at=starts_at,
                film=_film(of_it[0]) if of_it else FilmName(),
            )
        )
        leftovers.note("hall name", names[held.hall])
        result.totals.append(
            Total(
                place=_place(held),
                venue=document.mailbox,
                hall=held.hall,
                showing=showing_code(held),
                day=held.business_date,
                tickets=held.spectators,
                gross_minor=_minor(held.gross),
                currency=result.currency,
            )
        )
        _sell(held, starts_at, result)
        result.unmapped.extend(
            Unmapped(
                place=_place(film),
                raw=write_record(film, film.HEAD, film.WIDTH),
                reason="film_beyond_the_first",
                words=f"Films of the showing {showing_code(held)}: {len(of_it)}; its tickets are"
                " counted to the first.",
            )
            for film in of_it[1:]
        )


def _film(film: Film) -> FilmName:
    return FilmName(
        certificate=film.rating_file.strip(),
        title=film.title.strip(),
        language=film.language,
        format=film.projection,
        distributor=film.distributor_name.strip() or film.distributor,
    )


def _sell(held: Held, starts_at: datetime, result: Facts) -> None:
    gross_minor = _minor(held.gross)
    if gross_minor and not held.spectators:
        result.unmapped.append(
            Unmapped(
                place=_place(held),
                raw=write_record(held, held.HEAD, held.WIDTH),
                reason="takings_without_spectators",
                words=f"The showing took {held.gross} and nobody saw it.",
            )
        )
    code = showing_code(held)
    result.sales.extend(
        Sale(
            place=_place(held),
            showing=code,
            ticket=f"{code}.{number}",
            sold_at=starts_at,
            price_minor=price_minor,
            currency=result.currency,
            is_synthetic=True,
        )
        for number, price_minor in enumerate(spread(gross_minor, held.spectators), 1)
    )


def _keep_rest(document: Document, result: Facts, leftovers: Leftovers) -> None:
    """Keep what is none of the facts: incidents, the programme, codes of versions."""
    result.unmapped.extend(
        Unmapped(
            place=_place(held),
            raw=write_record(held, held.HEAD, held.WIDTH),
            reason="incident",
            words=f"The showing {showing_code(held)} has the incident code {held.incident}.",
        )
        for held in document.held
        if held.incident not in NO_INCIDENT
    )
    result.unmapped.extend(
        Unmapped(
            place=f"line {row.line}" if row.line else "record 5",
            raw=write_record(row, row.HEAD, row.WIDTH),
            reason="programme",
            words=f"Programme of the hall {row.hall} for {row.day}, showings: {row.showings}.",
        )
        for row in document.programmed
    )
    for film in document.films:
        leftovers.note("original version", film.original_version)
        leftovers.note("language of the subtitles", film.subtitles)
        leftovers.note("code of the distributor", film.distributor)
    result.unmapped.extend(leftovers.unmapped())


def _outside_the_sending(document: Document) -> list[Problem]:
    """Tell showings of a regular file that are older than the sending before it."""
    days = period(document)
    if days is None or document.file_kind != REGULAR:
        return []
    return [
        problem_at(
            place=_place(held),
            code="showing_outside_the_sending",
            detail=f"{showing_code(held)} counts to {held.business_date}, before the sending of"
            f" {days[0]}",
            fix="Send what is late as a file of the kind AT.",
        )
        for held in document.held
        if held.business_date < days[0]
    ]
