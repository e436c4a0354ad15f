"""Made-up documents of SIAE: one concert, told alike by LOG, LTA, RMG, RPM and RCA."""

from datetime import date, time
from typing import Any

from ekino.ingest.formats.siae import log, lta, rca, summaries

EVENING = date(2026, 3, 1)
NINE = time(21, 0)
SYSTEM, CARD, VENUE = "E0000001", "C0000001", "0000000000001"
ORGANISER, LICENSEE = "00000000001", "00000000002"
CONCERT = "Concerto inventato"


def an_issue(number: int, seal: str = "", **changes: Any) -> log.Issue:
    """Give a title of a concert at nine: full price, with a presale fee."""
    given: dict[str, Any] = {
        "organiser": ORGANISER,
        "licensee": LICENSEE,
        "vat_paid_before": "N",
        "taxation": "S",
        "system": SYSTEM,
        "card": CARD,
        "seal": seal or f"{number:016X}",
        "issued_day": EVENING,
        "issued_clock": time(10, number),
        "number": number,
        "title_class": "I1",
        "seat_order": "PA",
        "requester": "WEB",
    }
    return log.Issue(**(given | changes))


def an_access(**changes: Any) -> log.AccessTitle:
    """Give a ticket of the concert."""
    given: dict[str, Any] = {
        "gross_minor": 3000,
        "presale_minor": 300,
        "vat_minor": 273,
        "presale_vat_minor": 27,
        "venue": VENUE,
        "day": EVENING,
        "clock": NINE,
        "genre": "53",
        "title": CONCERT,
    }
    return log.AccessTitle(**(given | changes))


REDUCED = {
    "gross_minor": 2000,
    "presale_minor": 0,
    "vat_minor": 182,
    "presale_vat_minor": 0,
}
FREE = {"gross_minor": 0, "presale_minor": 0, "vat_minor": 0, "presale_vat_minor": 0}
NOTIONAL = {
    "gross_minor": None,
    "presale_minor": None,
    "vat_minor": None,
    "presale_vat_minor": None,
    "figurative_minor": 1500,
    "figurative_vat_minor": 136,
}


def a_pass(**changes: Any) -> log.Pass:
    """Give a season pass for five concerts."""
    given: dict[str, Any] = {
        "code": "ABB00001",
        "number": 1,
        "turn": "L",
        "events": 5,
        "valid_until": "20261231",
        "part_minor": 2000,
        "entertainment_part_minor": 0,
        "vat_part_minor": 182,
        "gross_minor": 10000,
        "presale_minor": 0,
        "vat_minor": 909,
        "presale_vat_minor": 0,
    }
    return log.Pass(**(given | changes))


def a_pass_ticket() -> log.PassTicket:
    """Give a ticket of the concert for the pass."""
    return log.PassTicket(
        venue=VENUE,
        day=EVENING,
        clock=NINE,
        genre="53",
        title=CONCERT,
        code="ABB00001",
        number=1,
        figurative_minor=2000,
        figurative_vat_minor=182,
    )


def a_log(**changes: Any) -> log.Document:
    """Give seven issues: full, reduced, free, a pass, its ticket, an annulment, VAT paid before."""
    given: dict[str, Any] = {
        "issues": (
            an_issue(1, access=an_access(), seat="12"),
            an_issue(2, access=an_access(**REDUCED), title_class="R1"),
            an_issue(3, access=an_access(**FREE), title_class="O1", seat_order="UN"),
            an_issue(4, season_pass=a_pass()),
            an_issue(5, pass_ticket=a_pass_ticket(), vat_paid_before="B"),
            an_issue(
                6,
                access=an_access(**REDUCED, annuls="S"),
                title_class="R1",
                reference=log.AnnulledReference(number=2, card=CARD, reason="004"),
            ),
            an_issue(
                7,
                access=an_access(**NOTIONAL),
                vat_paid_before="F",
                title_class="O2",
                seat_order="UN",
            ),
        )
    }
    return log.Document(**(given | changes))


def a_title(number: int, state: str, **changes: Any) -> lta.Title:
    """Give a row of the list."""
    given: dict[str, Any] = {
        "system": SYSTEM,
        "card": CARD,
        "number": number,
        "seal": f"{number:016X}",
        "issued_day": EVENING,
        "issued_clock": time(10, number),
        "listed_day": EVENING,
        "listed_clock": time(10, number, 30),
        "title_class": "I1",
        "seat_order": "PA",
        "gross_minor": 0,
        "support": "BT",
        "support_id": f"{number:020d}",
        "state": state,
    }
    if state[0] in "ZM":
        given |= {"entered_day": EVENING, "entered_clock": time(20, 31, number)}
    return lta.Title(**(given | changes))


def an_lta(**changes: Any) -> lta.Document:
    """Give the list of the same seven issues; the annulled one names its annulment."""
    titles = (
        a_title(1, "ZT", gross_minor=3300, seat="12"),
        a_title(
            2,
            "AT",
            gross_minor=2000,
            title_class="R1",
            is_annulled="S",
            annulled_day=EVENING,
            annulled_clock=time(10, 6),
            annulled_card=CARD,
            annulled_number=6,
            annulled_seal=f"{6:016X}",
        ),
        a_title(3, "MT", title_class="O1", seat_order="UN"),
        a_title(4, "VD", gross_minor=10000, for_season_ticket="S", pass_code="ABB00001",
                pass_number=1, pass_events=5, support="FI"),
        a_title(5, "ZD", for_season_ticket="S", pass_code="ABB00001", pass_number=1,
                pass_events=5, support="FI"),
        a_title(7, "VT", title_class="O2", seat_order="UN"),
    )  # fmt: skip
    given: dict[str, Any] = {
        "system": SYSTEM,
        "licensee": LICENSEE,
        "day": EVENING,
        "events": (
            lta.Event(
                organiser=ORGANISER,
                venue=VENUE,
                day=EVENING,
                clock=NINE,
                title=CONCERT,
                genre="53",
                opened_day=EVENING,
                opened_clock=time(20, 0),
                supports=(
                    lta.Support(name="BIGLIETTO", code="BT"),
                    lta.Support(name="FIDELITY", code="FI"),
                ),
                titles=titles,
            ),
        ),
    }
    return lta.Document(**(given | changes))


def seat_orders(*, is_monthly: bool) -> tuple[summaries.SeatOrder, ...]:
    """Give what was sold in the stalls and on the floor."""
    vat = 0 if is_monthly else None
    stalls = summaries.SeatOrder(
        code="PA",
        capacity=300,
        free_vat_minor=vat,
        sold=(
            summaries.Sold(
                title_class="I1", count=1, gross_minor=3000, presale_minor=300,
                vat_minor=273, presale_vat_minor=27, services_minor=0,
            ),
            summaries.Sold(
                title_class="R1", count=1, gross_minor=2000, presale_minor=0,
                vat_minor=182, presale_vat_minor=0, services_minor=0,
            ),
        ),
        annulled=(
            summaries.Annulled(
                title_class="R1", count=1, gross_minor=2000, presale_minor=0,
                vat_minor=182, presale_vat_minor=0, services_minor=0,
            ),
        ),
        of_pass=(
            summaries.OfPass(
                pass_code="ABB00001", title_class="I1", count=1, figurative_minor=2000,
                figurative_vat_minor=182,
            ),
        ),
    )  # fmt: skip
    floor = summaries.SeatOrder(
        code="UN",
        capacity=500,
        free_vat_minor=vat,
        sold=(
            summaries.Sold(
                title_class="O1", count=1, gross_minor=0, presale_minor=0, vat_minor=0,
                presale_vat_minor=0, services_minor=0,
            ),
        ),
        prepaid=(
            summaries.Prepaid(
                title_class="O2", count=1, figurative_minor=1500, figurative_vat_minor=136
            ),
        ),
    )  # fmt: skip
    return stalls, floor


def organisers(*, is_monthly: bool) -> tuple[summaries.Organiser, ...]:
    """Give the summary of the same seven issues, added up by hand."""
    event = summaries.Event(
        tax=summaries.Tax(taxation="S"),
        place=summaries.Place(name="Teatro Inventato", code=VENUE),
        day=EVENING,
        clock=NINE,
        genres=(
            summaries.Genre(
                code="53",
                share="100",
                works=(summaries.Work(title=CONCERT, performer="Quartetto Inventato"),),
            ),
        ),
        orders=seat_orders(is_monthly=is_monthly),
    )
    passes = summaries.Passes(
        code="ABB00001",
        valid_until="20261231",
        taxation="S",
        turn="L",
        seat_order="PA",
        title_class="I1",
        events=5,
        issued=summaries.PassesIssued(
            count=1, gross_minor=10000, presale_minor=0, vat_minor=909, presale_vat_minor=0
        ),
    )
    return (
        summaries.Organiser(
            name="Promotore Inventato",
            tax_number=ORGANISER,
            kind="P",
            events=(event,),
            passes=(passes,),
        ),
    )


_LICENSEE = summaries.Licensee(name="Titolare", tax_number=LICENSEE, system=SYSTEM)


def an_rmg(**changes: Any) -> summaries.Daily:
    """Give the summary of the day."""
    given: dict[str, Any] = {
        "replaces": "N",
        "day": EVENING,
        "made_day": date(2026, 3, 2),
        "made_clock": time(3, 0),
        "number": 1,
        "licensee": _LICENSEE,
        "organisers": organisers(is_monthly=False),
    }
    return summaries.Daily(**(given | changes))


def an_rpm(**changes: Any) -> summaries.Monthly:
    """Give the summary of the month, in which nothing else was sold."""
    given: dict[str, Any] = {
        "replaces": "N",
        "month": EVENING,
        "made_day": date(2026, 4, 1),
        "made_clock": time(3, 0),
        "number": 1,
        "licensee": _LICENSEE,
        "organisers": organisers(is_monthly=True),
    }
    return summaries.Monthly(**(given | changes))


_ENDS = (
    "not_entered", "automatic", "manual", "annulled", "banned", "stolen", "blacklisted",
)  # fmt: skip


def ends(shape: Any, title_class: str, **counts: int) -> Any:
    """Give a row of access totals; what is not named is nought."""
    noughts = {f"{end}_{support}": 0 for end in _ENDS for support in ("paper", "digital")}
    return shape(title_class=title_class, listed=sum(counts.values()), **(noughts | counts))


def an_rca(**changes: Any) -> rca.Document:
    """Give the access totals of the same list, counted by hand."""
    issuer = rca.Issuer(
        system=SYSTEM,
        tickets=(
            rca.TicketOrder(
                code="PA",
                capacity=300,
                ends=(
                    ends(rca.TicketEnds, "I1", automatic_paper=1),
                    ends(rca.TicketEnds, "R1", annulled_paper=1),
                ),
            ),
            rca.TicketOrder(
                code="UN",
                capacity=500,
                ends=(
                    ends(rca.TicketEnds, "O1", manual_paper=1),
                    ends(rca.TicketEnds, "O2", not_entered_paper=1),
                ),
            ),
        ),
        passes=(
            rca.PassOrder(
                code="PA",
                capacity=300,
                ends=(
                    ends(rca.PassEnds, "I1", not_entered_digital=1, automatic_digital=1),
                ),
            ),
        ),
    )
    given: dict[str, Any] = {
        "replaces": "N",
        "licensee": rca.Licensee(
            name="Titolare",
            tax_number=LICENSEE,
            system=SYSTEM,
            day=EVENING,
            made_day=date(2026, 3, 2),
            made_clock=time(3, 0),
            number=1,
        ),
        "events": (
            rca.Event(
                organiser=ORGANISER,
                organiser_name="Promotore Inventato",
                organiser_kind="P",
                taxation="S",
                share="0",
                venue_name="Teatro Inventato",
                venue=VENUE,
                day=EVENING,
                clock=NINE,
                genre="53",
                title=CONCERT,
                author="",
                performer="Quartetto Inventato",
                nationality="",
                works=1,
                issuers=(issuer,),
            ),
        ),
    }
    return rca.Document(**(given | changes))
