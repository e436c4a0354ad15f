"""From a LOG to facts: tickets sold and annulled, tickets of season passes, passes kept aside."""

import json
from datetime import datetime

from ekino.ingest.formats.facts import Facts, Reversal, ReversalKind, Sale, Unmapped
from ekino.ingest.formats.leftovers import Leftovers
from ekino.ingest.formats.siae import log
from ekino.ingest.formats.siae.codes import ANNULMENT_REASONS, NEVER_STOOD
from ekino.ingest.formats.siae.mapping import (
    Showings,
    begin,
    concession_of,
    place_of,
    seat_of,
    ticket_code,
)


def read(raw: bytes, *, currency: str, timezone: str) -> Facts:
    """Read a LOG into facts, or refuse it whole."""
    return log_facts(log.parse(raw), currency=currency, timezone=timezone)


def log_facts(document: log.Document, *, currency: str, timezone: str) -> Facts:
    """
    Map a log: a title issued is a sale, an annulment a reversal of the title that it names.

    A ticket for a season pass is a sale for nothing that names the pass. A pass itself is of no
    showing: sold or annulled, it is kept as unmapped, with its price.
    """
    result = begin("siae_log", document.version, currency)
    showings = Showings(result, timezone)
    leftovers = Leftovers()
    paid = {
        issue.key: issue.access.gross_minor or 0
        for issue in document.issues
        if issue.access is not None
    }
    for number, issue in enumerate(document.issues, 1):
        place = place_of(issue.line, number, issue.ELEMENT)
        _note_issue(leftovers, issue)
        title = issue.access or issue.pass_ticket
        if title is None or issue.currency != "E":
            _keep_issue(result, place, issue)
            continue
        code = showings.tell(place, title, issue.organiser)
        at = showings.moment(issue.issued_day, issue.issued_clock)
        if issue.is_annulment:
            _annul(result, place, issue, code, at, paid)
        else:
            _issue(result, place, issue, code, at)
    result.unmapped.extend(leftovers.unmapped())
    return result


def _issue(result: Facts, place: str, issue: log.Issue, code: str, at: datetime) -> None:
    access, of_pass = issue.access, issue.pass_ticket
    price_minor = (access.gross_minor or 0) if access else 0
    result.counts["ticket_of_pass" if of_pass else "ticket"] += 1
    if access and not price_minor:
        result.counts["free"] += 1
    result.sales.append(
        Sale(
            place=place,
            showing=code,
            ticket=ticket_code(issue.key),
            sold_at=at,
            price_minor=price_minor,
            currency=result.currency,
            fee_minor=(access.presale_minor or 0) if access else 0,
            section=issue.seat_order,
            seat=seat_of(issue.seat),
            concession=concession_of(issue.title_class),
            season_ticket=f"{of_pass.code}.{of_pass.number}" if of_pass else "",
        )
    )


def _annul(
    result: Facts,
    place: str,
    issue: log.Issue,
    code: str,
    at: datetime,
    paid: dict[tuple[str, str, int], int],
) -> None:
    original = issue.original
    if original is None:
        _keep(
            result,
            place,
            issue,
            "annulment_of_nothing",
            "The annulment does not say of what.",
        )
        return
    access = issue.access
    own = (access.gross_minor or 0) if access else 0
    result.counts["annulment"] += 1
    result.reversals.append(
        Reversal(
            place=place,
            showing=code,
            ticket=ticket_code(original),
            at=at,
            kind=ReversalKind.VOIDED
            if issue.reason in NEVER_STOOD
            else ReversalKind.REFUNDED,
            price_minor=paid.get(original, own),
            fee_minor=(access.presale_minor or 0) if access else 0,
            reason=ANNULMENT_REASONS.get(issue.reason, issue.reason),
        )
    )


def _keep_issue(result: Facts, place: str, issue: log.Issue) -> None:
    """Keep what is no ticket for a showing: a season pass, lire, or nothing at all."""
    sold = issue.season_pass
    if sold is not None and issue.currency == "E":
        reason = "season_pass_annulled" if issue.is_annulment else "season_pass_sold"
        words = (
            f"Season pass {sold.code}.{sold.number} (events: {sold.events},"
            f" cents: {sold.gross_minor or 0}); it is of no showing."
        )
    elif issue.currency != "E":
        reason, words = "currency_other", "The amounts are in lire."
    else:
        reason, words = "title_missing", "It holds neither a ticket nor a pass."
    result.counts[reason] += 1
    _keep(result, place, issue, reason, words)


def _keep(result: Facts, place: str, issue: log.Issue, reason: str, words: str) -> None:
    sold = issue.season_pass
    said = {
        "system": issue.system,
        "card": issue.card,
        "number": issue.number,
        "seal": issue.seal,
        "issued_at": f"{issue.issued_day:%Y-%m-%d}T{issue.issued_clock:%H:%M}",
        "title_class": issue.title_class,
        "annuls": list(issue.original) if issue.original else None,
        "reason": issue.reason,
        "pass": f"{sold.code}.{sold.number}" if sold else None,
        "events": sold.events if sold else None,
        "gross_minor": (sold.gross_minor or 0) if sold else None,
        "presale_minor": (sold.presale_minor or 0) if sold else None,
    }
    raw = json.dumps(
        {name: value for name, value in said.items() if value not in (None, "")}
    )
    result.unmapped.append(Unmapped(place=place, raw=raw, reason=reason, words=words))


def _note_issue(leftovers: Leftovers, issue: log.Issue) -> None:
    for name, value in (
        ("SigilloFiscale", issue.seal),
        ("CFTitolare", issue.licensee),
        ("IVAPreassolta", issue.vat_paid_before),
        ("TipoTassazione", issue.taxation),
        ("TipoTitolo", issue.title_class),
        ("Causale", issue.cause),
        ("PuntoVendita", issue.point_of_sale),
        ("CodiceRichiedenteEmissioneSigillo", issue.requester),
        ("Prestampa", issue.preprint),
        ("ImponibileIntrattenimenti", issue.entertainment_base_minor),
    ):
        leftovers.note(name, value)
    access: log.AccessTitle | log.PassTicket | None = issue.access or issue.pass_ticket
    for name, field in (
        ("IVACorrispettivo", "vat_minor"),
        ("IVAPrevendita", "presale_vat_minor"),
        ("ImportoFigurativo", "figurative_minor"),
        ("IVAFigurativa", "figurative_vat_minor"),
    ):
        leftovers.note(name, getattr(access, field, None))
    if issue.access is not None:
        for service in issue.access.services:
            leftovers.note("Complementare", f"{service.code} {service.amount_minor}")
