"""Facts in the form in which `tests/vectors` publishes them."""

from typing import Any

from ekino.ingest.formats.facts import Facts, FilmName


def as_published(facts: Facts) -> dict[str, Any]:
    """Give facts in the form in which the vectors hold them."""
    seldom = {
        "corrections": [
            [
                each.ticket, each.at.isoformat(), each.price_minor, each.fee_minor,
                each.discount_minor, each.section, each.row, each.seat, each.concession,
                each.reason,
            ]
            for each in facts.corrections
        ],
        "problems": [[each.code, each.pointer] for each in facts.problems],
    }  # fmt: skip
    return {name: value for name, value in seldom.items() if value} | {
        "format": facts.format,
        "version": facts.version,
        "tickets": facts.tickets,
        "gross_minor": facts.gross_minor,
        "showings": [
            [each.code, each.venue, each.hall, each.starts_at.isoformat(), each.film.text]
            for each in facts.showings
        ],
        "sales": [
            [
                each.ticket, each.showing, each.sold_at.isoformat(), each.price_minor,
                each.fee_minor, each.discount_minor, each.section, each.row, each.seat,
                each.concession, each.season_ticket,
            ]
            for each in facts.sales
        ],
        "reversals": [
            [each.ticket, each.at.isoformat(), each.kind.value, each.price_minor]
            for each in facts.reversals
        ],
        "admissions": [[each.ticket, each.at.isoformat()] for each in facts.admissions],
        "totals": [
            [
                each.venue, each.hall, each.showing,
                FilmName(title=each.film, language=each.language).text,
                each.day.isoformat() if each.day else None, each.tickets, each.gross_minor,
            ]
            for each in facts.totals
        ],
        "unmapped": sorted(
            [reason, place]
            for reason, place in {
                (each.reason, each.place)
                for each in facts.unmapped
                if each.reason != "field_without_a_place"
            }
        ),
        "counts": dict(sorted(facts.counts.items())),
    }  # fmt: skip
