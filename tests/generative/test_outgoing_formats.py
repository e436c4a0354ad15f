"""What the register knows, written in each format and read back: same tickets, same sums."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekino.ingest.formats import comscore, eais, icaa
from ekino.ingest.formats.facts import (
    Admission,
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
)
from ekino.ingest.formats.outgoing import eais as eais_out
from ekino.ingest.formats.outgoing import evenings
from ekino.ingest.formats.outgoing import icaa as icaa_out
from ekino.ingest.formats.outgoing import nightly as nightly_out
from ekino.ingest.formats.outgoing import siae as siae_out
from ekino.ingest.formats.siae import checks, log, lta
from ekino.ingest.formats.siae.log_mapping import log_facts
from ekino.ingest.formats.siae.lta_mapping import lta_facts
from ekino.kernel.errors import Malformed
from ekino.kernel.moments import business_date, zone

ROME = "Europe/Rome"
FIRST = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VENUES = ("teatro", "arena")
FILMS = tuple(
    FilmName(certificate=str(number), title=title, language=language, distributor="Promotore")
    for number, title, language in ((1, "Il corvo", "I"), (2, "La luna", "F"), (3, "Notte", "I"))
)  # fmt: skip
RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
WRITTEN_AT = datetime(2026, 3, 9, 3, 0)  # noqa: DTZ001 - local, for a file's name
HALLS = {
    (venue, hall): (f"{venue[:2]}{hall}", f"Sala {hall}")
    for venue in VENUES
    for hall in "12"
}


@st.composite
def invented(draw: st.DrawFn) -> Facts:
    """Invent some evenings: sales with seats or without, some given back, some who went in."""
    facts = Facts(format="invented", currency="EUR")
    slots = draw(
        st.lists(
            st.tuples(st.sampled_from(VENUES), st.sampled_from("12"), st.integers(0, 60)),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    for venue, hall, hours in slots:
        code = f"{venue}-{hall}-{hours}"
        facts.showings.append(
            Showing(
                place=code,
                code=code,
                venue=venue,
                hall=hall,
                starts_at=(FIRST + timedelta(hours=hours)).astimezone(zone(ROME)),
                film=draw(st.sampled_from(FILMS)),
            )
        )
        for number in range(draw(st.integers(0, 5))):
            sale = invent_sale(draw, code, number)
            facts.sales.append(sale)
            end = draw(st.sampled_from(["", "", "in", "back", "void"]))
            if end == "in":
                facts.admissions.append(
                    Admission(place=code, showing=code, ticket=sale.ticket, at=FIRST)
                )
            elif end:
                kind = ReversalKind.REFUNDED if end == "back" else ReversalKind.VOIDED
                facts.reversals.append(
                    Reversal(
                        place=code,
                        showing=code,
                        ticket=sale.ticket,
                        at=sale.sold_at + timedelta(minutes=draw(st.integers(1, 90))),
                        kind=kind,
                        price_minor=sale.price_minor,
                        fee_minor=sale.fee_minor,
                    )
                )
    return facts


def invent_sale(draw: st.DrawFn, showing: str, number: int) -> Sale:
    season = draw(st.sampled_from(["", "", "ABB1.7"]))
    return Sale(
        place=showing,
        showing=showing,
        ticket=f"{showing}-{number}",
        sold_at=FIRST - timedelta(minutes=draw(st.integers(1, 5000))),
        price_minor=0 if season else draw(st.sampled_from([0, 1, 999, 1500, 123_456])),
        currency="EUR",
        fee_minor=0 if season else draw(st.sampled_from([0, 150])),
        section=draw(st.sampled_from(["PA", "UN"])),
        seat=draw(st.sampled_from(["", f"{number + 1}"])),
        season_ticket=season,
    )


def net(facts: Facts) -> dict[str, tuple[int, int]]:
    """Give tickets and takings by local start: what every format has a word for."""
    return {
        f"{each.showing.starts_at:%Y%m%d%H%M}/{each.showing.hall}": (
            each.tickets,
            each.gross_minor,
        )
        for each in evenings(facts)
    }


def merged(parts: list[Facts]) -> Facts:
    whole = Facts(format="merged", currency="EUR")
    for part in parts:
        for name in ("showings", "sales", "reversals", "admissions"):
            getattr(whole, name).extend(getattr(part, name))
    return whole


def sums(facts: Facts) -> Counter[tuple[int, int]]:
    return Counter(net(facts).values())


@RELAXED
@given(facts=invented())
def test_eais_says_every_ticket_and_takes_the_same_ones_back(facts: Facts) -> None:
    out = eais_out.write(
        facts, cinemas={"teatro": "11", "arena": "22"}, written_at=WRITTEN_AT
    )

    assert len({each.name for each in out.files}) == len(out.files) == len(facts.showings)
    again = merged(
        [eais.read(each.content, currency="EUR", timezone=ROME) for each in out.files]
    )
    assert sums(again) == sums(facts)
    assert Counter(sale.price_minor for sale in again.sales) == Counter(
        sale.price_minor for sale in facts.sales
    )
    assert len({each.ticket for each in again.reversals}) == len(facts.reversals)
    assert {each.ticket for each in again.reversals} <= {
        each.ticket for each in again.sales
    }
    assert Counter(each.reason for each in out.unsaid) == Counter(
        fee_unsaid=sum(1 for sale in facts.sales if sale.fee_minor),
        entry_unsaid=len(facts.admissions),
    )


@RELAXED
@given(facts=invented())
def test_icaa_adds_up_to_the_same_spectators_and_takings(facts: Facts) -> None:
    sending = icaa_out.Sending(
        mailbox="XYZ", previous=date(2026, 3, 1), sent=date(2026, 3, 8)
    )
    starts = Counter((each.venue, each.hall, each.starts_at) for each in facts.showings)
    assert max(starts.values()) == 1

    out = icaa_out.write(facts, sending, halls=HALLS)

    again = icaa.read(out.files[0].content, currency="EUR", timezone=ROME)
    positive = {
        key: (tickets, gross if tickets else 0)
        for key, (tickets, gross) in by_hall(facts).items()
    }
    assert by_hall(again) == positive
    assert out.files[0].name == "XYZFL067.txt"
    assert again.problems == []


def by_hall(facts: Facts) -> dict[str, tuple[int, int]]:
    found = {}
    for each in evenings(facts):
        hall = HALLS.get((each.showing.venue, each.showing.hall), (each.showing.hall,))[0]
        start = f"{each.showing.starts_at:%Y%m%d%H%M}"
        found[f"{hall}/{start}"] = (each.tickets, each.gross_minor)
    return found


def an_issuing(**changes: Any) -> siae_out.Issuing:
    given: dict[str, Any] = {
        "organiser": "00000000001",
        "licensee": "00000000002",
        "system": "E0000001",
        "card": "C0000001",
        "genre": "45",
        "venues": {"teatro": "0000000000001", "arena": "0000000000002"},
        "seal": lambda number: f"{number:016X}",
    }
    return siae_out.Issuing(**(given | changes))


@RELAXED
@given(facts=invented())
def test_log_and_list_agree_with_one_another_and_with_what_was_sold(facts: Facts) -> None:
    out = siae_out.write(facts, an_issuing(first_number=100), day=date(2026, 3, 2))

    documents = {each.name[:3]: each.content for each in out.files}
    the_log = log.parse(documents["LOG"])
    lists = [lta.parse(documents["LTA"])] if "LTA" in documents else []
    assert checks.check_all(logs=[the_log], lists=lists) == []
    assert [issue.number for issue in the_log.issues] == list(
        range(100, 100 + len(facts.sales) + len(facts.reversals))
    )
    logged = log_facts(the_log, currency="EUR", timezone=ROME)
    assert (logged.tickets, logged.gross_minor) == (facts.tickets, facts.gross_minor)
    assert Counter(
        (sale.price_minor, sale.fee_minor, sale.season_ticket) for sale in logged.sales
    ) == (
        Counter(
            (sale.price_minor, sale.fee_minor, sale.season_ticket) for sale in facts.sales
        )
    )
    assert Counter(each.kind for each in logged.reversals) == Counter(
        each.kind for each in facts.reversals
    )
    if lists:
        listed = lta_facts(lists[0], currency="EUR", timezone=ROME)
        assert len(listed.admissions) == len(facts.admissions)
        assert len(listed.reversals) == len(facts.reversals)


@RELAXED
@given(facts=invented())
def test_the_nightly_summary_adds_up_to_the_venues_days(facts: Facts) -> None:
    for venue in VENUES:
        days = nightly_out.summaries(
            facts, venue=venue, timezone=ROME, day_starts_hour=6, sent_day=date(2026, 3, 4)
        )
        for day, document in days.items():
            own = [
                each
                for each in evenings(facts)
                if each.showing.venue == venue
                and business_date(each.showing.starts_at, ROME, 6) == day
            ]
            assert document.admissions == sum(each.tickets for each in own)
            assert document.gross_minor == sum(each.gross_minor for each in own)
            assert sum(line.showings for line in document.lines) == len(own)


A_FACT = Facts(
    format="invented",
    currency="EUR",
    showings=[
        Showing(
            place="line 1", code="s", venue="teatro", hall="1",
            starts_at=datetime(2026, 3, 2, 21, 0, tzinfo=zone(ROME)), film=FILMS[0],
        )
    ],
    reversals=[
        Reversal(
            place="line 2", showing="s", ticket="t", at=FIRST, kind=ReversalKind.REFUNDED,
            price_minor=1,
        )
    ],
)  # fmt: skip


def test_what_a_format_has_no_words_for_is_told() -> None:
    out = eais_out.write(A_FACT, cinemas={"teatro": "1"}, written_at=WRITTEN_AT)
    fiscal = siae_out.write(A_FACT, an_issuing(), day=date(2026, 3, 2))

    assert [each.reason for each in out.unsaid] == ["return_unsaid"]
    assert [each.reason for each in fiscal.unsaid] == ["return_unsaid"]
    assert [each.name for each in fiscal.files] == ["LOG_20260302_E0000001_001.xsi"]


def test_a_venue_or_a_hall_without_a_name_in_the_format_is_refused_by_name() -> None:
    with pytest.raises(Malformed) as refused:
        eais_out.write(A_FACT, cinemas={}, written_at=WRITTEN_AT)
    assert refused.value.code == "venue_unnamed"
    sending = icaa_out.Sending(
        mailbox="XYZ", previous=date(2026, 3, 1), sent=date(2026, 3, 8)
    )
    with pytest.raises(Malformed) as refused:
        icaa_out.write(A_FACT, sending, halls={})
    assert refused.value.code == "hall_unnamed"


def test_the_nightly_files_are_read_back() -> None:
    out = nightly_out.write(
        Facts(format="invented", currency="EUR", showings=A_FACT.showings),
        venue="teatro", timezone=ROME, day_starts_hour=6, sent_day=date(2026, 3, 3),
    )  # fmt: skip

    (file,) = out.files
    assert file.name == "nightly_teatro_20260302.xml"
    assert comscore.parse(file.content).lines[0].showings == 1


def test_a_seat_that_was_given_back_and_sold_again_is_read_in_that_order() -> None:
    first, again = (
        Sale(
            place="line", showing="s", ticket=ticket, sold_at=FIRST + timedelta(hours=hours),
            price_minor=900, currency="EUR", row="1", seat="2",
        )
        for ticket, hours in (("a", 0), ("b", 2))
    )  # fmt: skip
    back = Reversal(
        place="line", showing="s", ticket="a", at=FIRST + timedelta(hours=1),
        kind=ReversalKind.REFUNDED, price_minor=900,
    )  # fmt: skip
    facts = Facts(
        format="invented", currency="EUR", showings=A_FACT.showings, sales=[again, first],
        reversals=[back],
    )  # fmt: skip

    (file,) = eais_out.write(facts, cinemas={"teatro": "1"}, written_at=WRITTEN_AT).files
    read = eais.read(file.content, currency="EUR", timezone=ROME)

    assert [sale.sold_at for sale in read.sales] == [first.sold_at, again.sold_at]
    assert [each.ticket for each in read.reversals] == [read.sales[0].ticket]
