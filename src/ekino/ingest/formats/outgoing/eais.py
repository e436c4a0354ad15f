"""Facts as EAIS files: a file a showing, a line a sale, and one with a minus for each return."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal

from ekino.ingest.formats import eais
from ekino.ingest.formats.facts import Facts, Sale, malformed
from ekino.ingest.formats.outgoing import Evening, Outgoing, Written, evenings
from ekino.kernel.money import minor_digits

_DIGITS_MAX = 2


def write(facts: Facts, *, cinemas: Mapping[str, str], written_at: datetime) -> Outgoing:
    """
    Write facts as EAIS: `cinemas` gives the number in EAIS of each venue.

    Times are those of the showing's zone. A return is the line of its sale with a minus, as the
    format wants it. Told as unsaid: fees on top of a price, entries, returns of tickets that
    these facts do not sell. Raises `Malformed` (venue_unnamed) for a venue without a number.
    """
    result = Outgoing()
    for evening in evenings(facts):
        document = _document(evening, cinemas, result)
        # A millisecond apart, so that no two files of a cinema have one name.
        at = written_at.replace(microsecond=len(result.files) % 1000 * 1000)
        result.files.append(
            Written(name=eais.file_name(document, at), content=eais.serialise(document))
        )
    for admission in facts.admissions:
        result.leave_out(
            admission.place, admission.ticket, "entry_unsaid", "EAIS knows no entries."
        )
    return result


def _document(
    evening: Evening, cinemas: Mapping[str, str], result: Outgoing
) -> eais.Document:
    showing = evening.showing
    cinema = cinemas.get(showing.venue)
    if cinema is None:
        raise malformed(
            showing.place,
            "venue_unnamed",
            f"the venue {showing.venue[:64]!r} has no number in EAIS",
            "Say which cinema of EAIS it is.",
        )
    zone = showing.starts_at.tzinfo
    sold = {sale.ticket: _line(sale, zone, result) for sale in evening.sales}
    # In the order of their moments: a seat that was given back and sold again is read that way.
    lines = [(sale.sold_at, 0, sold[sale.ticket]) for sale in evening.sales]
    for reversal in evening.reversals:
        line = sold.get(reversal.ticket)
        if line is None:
            result.leave_out(
                reversal.place,
                reversal.ticket,
                "return_unsaid",
                "Its sale is not among the facts.",
            )
        else:
            currency = evening.sales[0].currency
            lines.append((reversal.at, 1, _returned(line, reversal.price_minor, currency)))
    lines.sort(key=lambda each: each[:2])
    return eais.Document(
        cinema=cinema,
        hall=showing.hall,
        starts_at=showing.starts_at.replace(tzinfo=None, microsecond=0),
        certificate=showing.film.certificate,
        format=showing.film.format,
        title=showing.film.title,
        lines=tuple(line for _, _, line in lines),
    )


def _line(sale: Sale, zone: tzinfo | None, result: Outgoing) -> eais.Line:
    if sale.fee_minor:
        result.leave_out(
            sale.place,
            str(sale.fee_minor),
            "fee_unsaid",
            "EAIS has no fee on top of a price.",
        )
    local = sale.sold_at.astimezone(zone)
    return eais.Line(
        seat=sale.seat,
        row=sale.row,
        section=sale.section,
        price=eais.Price(_whole(sale.price_minor, sale.currency)),
        discount=_whole(sale.discount_minor, sale.currency),
        ticket_class=sale.concession or eais.PLAIN_TICKET,
        sold_at=local.replace(tzinfo=None, microsecond=0),
        is_season_ticket=bool(sale.season_ticket),
        is_online=sale.sales_channel in {"web", "app"},
    )


def _returned(line: eais.Line, price_minor: int, currency: str) -> eais.Line:
    values = {name: getattr(line, name) for name in eais.Line.__slots__}
    values["price"] = eais.Price(_whole(price_minor, currency), is_return=True)
    return eais.Line(**values)


def _whole(amount_minor: int, currency: str) -> Decimal:
    digits = minor_digits(currency)
    if digits > _DIGITS_MAX:
        raise malformed(
            "",
            "currency_unfit",
            f"{currency} has {digits} decimals, EAIS two",
            "Use another.",
        )
    return Decimal(amount_minor).scaleb(-digits)
