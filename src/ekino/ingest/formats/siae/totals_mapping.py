"""From RMG, RPM and RCA to facts: totals to compare with, and what is of no showing."""

import json
from typing import Any

from ekino.ingest.formats.facts import Facts, Total, Unmapped
from ekino.ingest.formats.siae import rca, summaries
from ekino.ingest.formats.siae.mapping import Showings, begin, place_of, showing_code
from ekino.kernel.moments import zone

# The state of an annulled title begins with it: AT on paper, AD digital.
_ANNULLED = "A"


def read_summary(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read an RMG or an RPM into facts, or refuse it whole."""
    return summary_facts(summaries.parse(raw), currency=currency, timezone=timezone)


def read_rca(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read an RCA into facts, or refuse it whole."""
    return rca_facts(rca.parse(raw), currency=currency, timezone=timezone)


def summary_facts(document: summaries.Document, *, currency: str, timezone: str) -> Facts:
    """
    Map a summary: for each event what was sold and not annulled, as a total to compare with.

    Season passes and other income are of no showing and are kept as unmapped.
    """
    kind = summaries.DAILY if isinstance(document, summaries.Daily) else summaries.MONTHLY
    result = begin("siae_summary", f"{kind} {summaries.VERSION}", currency)
    zone(timezone)
    for organiser in document.organisers:
        result.counts["organiser"] += 1
        for event in organiser.events:
            result.counts["event"] += 1
            result.totals.append(_event_total(event, document, result.currency))
        kept: tuple[tuple[str, Any], ...] = (
            *(("season_passes", each) for each in organiser.passes),
            *(("other_income", each) for each in organiser.other_income),
            *(
                ("other_income", each)
                for one in organiser.events
                for each in one.other_income
            ),
        )
        for reason, row in kept:
            result.counts[reason] += 1
            result.unmapped.append(
                Unmapped(
                    place=place_of(
                        getattr(row, "line", 0), result.counts[reason], row.ELEMENT
                    ),
                    raw=repr(row),
                    reason=reason,
                    words=f"{row.ELEMENT} of {organiser.name} is of no showing.",
                )
            )
    return result


def _event_total(
    event: summaries.Event, document: summaries.Document, currency: str
) -> Total:
    tickets = gross_minor = 0
    for order in event.orders:
        issued: tuple[Any, ...] = (*order.sold, *order.prepaid, *order.of_pass)
        annulled: tuple[Any, ...] = (
            *order.annulled,
            *order.prepaid_annulled,
            *order.of_pass_annulled,
        )
        tickets += sum(row.count for row in issued) - sum(row.count for row in annulled)
        gross_minor += sum(row.gross_minor for row in order.sold)
        gross_minor -= sum(row.gross_minor for row in order.annulled)
    return Total(
        place=place_of(event.line, 1, event.ELEMENT),
        venue=event.place.code,
        showing=showing_code(event.place.code, event.day, event.clock),
        film=event.genres[0].works[0].title,
        day=document.day if isinstance(document, summaries.Daily) else None,
        tickets=tickets,
        gross_minor=gross_minor,
        currency=currency,
    )


def rca_facts(document: rca.Document, *, currency: str, timezone: str) -> Facts:
    """
    Map a summary of access control: titles of each event, as a total of tickets to compare with.

    What became of them at the door is no fact of ours, and is kept as unmapped.
    """
    result = begin("siae_rca", rca.VERSION, currency)
    showings = Showings(result, timezone)
    for number, event in enumerate(document.events, 1):
        place = place_of(event.line, number, event.ELEMENT)
        orders: list[Any] = [
            order for issuer in event.issuers for order in (*issuer.tickets, *issuer.passes)
        ]
        capacity = max((order.capacity for order in orders), default=None)
        code = showings.tell(place, event, event.organiser_name, capacity)
        result.counts["event"] += 1
        states: dict[str, int] = {}
        for order in orders:
            for ends in order.ends:
                result.counts["listed"] += ends.listed
                for state, count in ends.by_state.items():
                    states[state] = states.get(state, 0) + count
        annulled = sum(states.get(f"{_ANNULLED}{support}", 0) for support in "TD")
        result.totals.append(
            Total(
                place=place,
                venue=event.venue,
                showing=code,
                film=event.title,
                tickets=sum(ends.listed for order in orders for ends in order.ends)
                - annulled,
                gross_minor=None,
                currency=currency,
            )
        )
        result.unmapped.append(
            Unmapped(
                place=place,
                raw=json.dumps({"showing": code, "states": dict(sorted(states.items()))}),
                reason="access_totals",
                words=f"Titles of {code} by what became of them; not entered. `ekino validate`"
                " with their LTA compares them.",
            )
        )
    return result
