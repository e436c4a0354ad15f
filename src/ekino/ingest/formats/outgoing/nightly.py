"""Facts as a nightly summary: a cinema's business date, added up by hall and title."""

from collections import defaultdict
from datetime import date

from ekino.ingest.formats.comscore import (
    CORRECTION_DAYS_MAX,
    Document,
    Line,
    corrections,
    file_name,
    nightly,
    serialise,
)
from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.outgoing import Evening, Outgoing, Written, evenings
from ekino.kernel.moments import business_date


def summaries(
    facts: Facts, *, venue: str, timezone: str, day_starts_hour: int, sent_day: date
) -> dict[date, Document]:
    """
    Add a venue's facts up by business date: what was given back is taken off.

    A title that lost more than it took on a day, by returns of tickets that these facts do not
    sell, stands at nought.
    """
    by_day: dict[date, dict[tuple[str, str, str], list[Evening]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for evening in evenings(facts):
        showing = evening.showing
        if showing.venue == venue:
            day = business_date(showing.starts_at, timezone, day_starts_hour)
            by_day[day][showing.hall, showing.film.certificate, showing.film.title].append(
                evening
            )
    return {
        day: nightly(
            venue,
            day,
            (
                Line(
                    hall=hall,
                    certificate=certificate,
                    title=title,
                    showings=len(group),
                    admissions=max(0, sum(each.tickets for each in group)),
                    gross_minor=max(0, sum(each.gross_minor for each in group)),
                )
                for (hall, certificate, title), group in groups.items()
            ),
            sent_day=sent_day,
            currency=facts.currency,
        )
        for day, groups in sorted(by_day.items())
    }


def write(
    facts: Facts,
    *,
    venue: str,
    timezone: str,
    day_starts_hour: int,
    sent_day: date,
    day: date | None = None,
) -> Outgoing:
    """Write a file for each business date of a venue's facts; for `day` though it has none."""
    found = summaries(
        facts,
        venue=venue,
        timezone=timezone,
        day_starts_hour=day_starts_hour,
        sent_day=sent_day,
    )
    if day is not None and day not in found:
        found[day] = nightly(venue, day, (), sent_day=sent_day, currency=facts.currency)
    return Outgoing(
        files=[
            Written(name=file_name(document), content=serialise(document))
            for document in found.values()
        ]
    )


def correct(
    facts: Facts, sent: Document, *, timezone: str, day_starts_hour: int, today: date
) -> Outgoing:
    """
    Write a day anew that was sent and has changed since, as `corrected`; nothing if it has not.

    A change that comes more than CORRECTION_DAYS_MAX days after its day is told, not written.
    """
    found = summaries(
        facts,
        venue=sent.cinema,
        timezone=timezone,
        day_starts_hour=day_starts_hour,
        sent_day=today,
    )
    empty = nightly(sent.cinema, sent.day, (), sent_day=today, currency=facts.currency)
    now = {sent.day: found.get(sent.day, empty)}
    made = corrections({sent.day: sent}, now, today=today)
    out = Outgoing(
        files=[
            Written(name=file_name(document), content=serialise(document))
            for document in made.documents
        ]
    )
    for day in made.too_late:
        words = f"it changed more than {CORRECTION_DAYS_MAX} days after it"
        out.leave_out(day.isoformat(), "", "correction_too_late", words)
    return out
