"""SIAE to facts: passes, free titles, sections and promoters of concerts keep their meaning."""

import json
from typing import Any

import pytest

from ekino.ingest.formats.facts import Facts, ReversalKind
from ekino.ingest.formats.siae import log, lta, rca, summaries
from ekino.ingest.formats.siae.log_mapping import log_facts
from ekino.ingest.formats.siae.lta_mapping import lta_facts
from ekino.ingest.formats.siae.totals_mapping import rca_facts, summary_facts
from ekino.ingest.formats.table import choose
from ekino.kernel.errors import Malformed
from siae_files import (
    CARD,
    CONCERT,
    ORGANISER,
    SYSTEM,
    VENUE,
    a_log,
    an_access,
    an_issue,
    an_lta,
    an_rca,
    an_rmg,
    an_rpm,
)

ROME: Any = {"currency": "EUR", "timezone": "Europe/Rome"}


def log_of(*issues: log.Issue) -> Facts:
    document = a_log(issues=issues) if issues else a_log()
    return log_facts(document, **ROME)


def test_a_concert_is_a_showing_with_its_promoter() -> None:
    (showing,) = log_of().showings

    assert (showing.code, showing.venue) == (f"{VENUE}.20260301.2100", VENUE)
    assert (showing.film.title, showing.film.distributor) == (CONCERT, ORGANISER)
    assert showing.starts_at.isoformat() == "2026-03-01T21:00:00+01:00"


def test_tickets_are_sold_with_their_section_their_fee_and_their_kind() -> None:
    full, reduced, free, of_pass, prepaid = log_of().sales

    assert (full.ticket, full.seat) == (f"{SYSTEM}.{CARD}.1", "12")
    assert (full.price_minor, full.fee_minor, full.concession) == (3000, 300, "")
    assert (reduced.price_minor, reduced.concession) == (2000, "R1")
    assert (free.price_minor, free.concession, free.section) == (0, "O1", "UN")
    assert (of_pass.price_minor, of_pass.season_ticket) == (0, "ABB00001.1")
    assert (prepaid.price_minor, prepaid.concession) == (0, "O2")


def test_an_annulment_takes_back_its_original() -> None:
    (reversal,) = log_of().reversals

    assert (reversal.ticket, reversal.price_minor) == (f"{SYSTEM}.{CARD}.2", 2000)
    assert (reversal.kind, reversal.reason) == (
        ReversalKind.REFUNDED,
        "asked by the client",
    )
    assert log_of().gross_minor == 3000


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("001", ReversalKind.VOIDED),
        ("002", ReversalKind.VOIDED),
        ("003", ReversalKind.VOIDED),
        ("004", ReversalKind.REFUNDED),
        ("005", ReversalKind.REFUNDED),
        ("", ReversalKind.REFUNDED),
    ],
)
def test_why_it_was_annulled_says_whether_the_sale_ever_stood(
    reason: str, kind: ReversalKind
) -> None:
    annulment = an_issue(
        2, access=an_access(annuls="S"), annulled_number=1, annulled_reason=reason
    )

    (reversal,) = log_of(annulment).reversals

    assert reversal.kind is kind


def test_a_season_pass_is_kept_with_its_price_and_is_no_sale() -> None:
    kept = [each for each in log_of().unmapped if each.reason == "season_pass_sold"]

    assert [json.loads(each.raw)["gross_minor"] for each in kept] == [10_000]
    assert log_of().counts == {
        "ticket": 4,
        "free": 2,
        "ticket_of_pass": 1,
        "season_pass_sold": 1,
        "annulment": 1,
    }


def test_what_is_no_ticket_at_all_is_kept() -> None:
    lire = an_issue(1, access=an_access(), currency="L")
    nothing = an_issue(2)
    of_nothing = an_issue(3, access=an_access(annuls="S"))

    reasons = [each.reason for each in log_of(lire, nothing, of_nothing).unmapped]

    assert reasons[:3] == ["currency_other", "title_missing", "annulment_of_nothing"]


def test_seats_without_numbers_are_no_seats() -> None:
    (sale,) = log_of(an_issue(1, access=an_access(), seat="UNICO")).sales

    assert sale.seat == ""


def test_a_second_title_of_one_event_is_told() -> None:
    facts = log_of(
        an_issue(1, access=an_access()), an_issue(2, access=an_access(title="Altro"))
    )

    assert len(facts.showings) == 1
    assert facts.unmapped[0].reason == "event_named_otherwise"


def test_a_list_tells_who_went_in_and_the_same_sales_as_the_log() -> None:
    facts = lta_facts(an_lta(), **ROME)
    from_log = {sale.ticket: sale for sale in log_of().sales}

    assert [each.ticket.rsplit(".")[-1] for each in facts.admissions] == ["1", "3", "5"]
    assert facts.admissions[0].at.isoformat() == "2026-03-01T20:31:01+01:00"
    assert [each.ticket for each in facts.reversals] == [f"{SYSTEM}.{CARD}.2"]
    assert facts.showings[0].code == log_of().showings[0].code
    for sale in facts.sales:
        if sale.ticket in from_log and not from_log[sale.ticket].fee_minor:
            logged = from_log[sale.ticket]
            assert (sale.price_minor, sale.section, sale.seat, sale.sold_at) == (
                logged.price_minor, logged.section, logged.seat, logged.sold_at,
            )  # fmt: skip
            assert (sale.concession, sale.season_ticket) == (
                logged.concession,
                logged.season_ticket,
            )


def test_what_a_pass_cost_is_not_what_this_evening_took() -> None:
    facts = lta_facts(an_lta(), **ROME)

    assert facts.gross_minor == 3300
    assert [json.loads(each.raw)["gross_minor"] for each in facts.unmapped
            if each.reason == "season_pass_price"] == [10_000]  # fmt: skip


def test_a_list_beside_a_log_tells_no_sales() -> None:
    facts = lta_facts(an_lta(), is_with_sales=False, **ROME)

    assert facts.sales == []
    assert len(facts.admissions) == 3


def test_a_summary_declares_what_the_evening_took() -> None:
    for document, day in ((an_rmg(), an_rmg().day), (an_rpm(), None)):
        facts = summary_facts(document, **ROME)
        (total,) = facts.totals
        assert (total.tickets, total.gross_minor, total.day) == (4, 3000, day)
        assert total.showing == log_of().showings[0].code
        assert [each.reason for each in facts.unmapped] == ["season_passes"]


def test_access_totals_are_kept_by_state() -> None:
    facts = rca_facts(an_rca(), **ROME)

    assert json.loads(facts.unmapped[0].raw)["states"] == {
        "AT": 1, "MT": 1, "VD": 1, "VT": 1, "ZD": 1, "ZT": 1,
    }  # fmt: skip
    assert facts.showings[0].capacity == 500
    assert facts.counts == {"event": 1, "listed": 6}


def test_cents_of_another_currency_are_refused() -> None:
    with pytest.raises(Malformed) as refused:
        log_facts(a_log(), currency="KZT", timezone="Asia/Almaty")

    assert refused.value.code == "currency_differs"


def test_each_document_is_known_by_its_content() -> None:
    files = {
        "siae_log": log.serialise(a_log()),
        "siae_lta": lta.serialise(an_lta()),
        "siae_summary": summaries.serialise(an_rmg()),
        "siae_rca": rca.serialise(an_rca()),
    }

    assert {name: choose(raw).name for name, raw in files.items()} == {
        name: name for name in files
    }
    assert choose(summaries.serialise(an_rpm())).name == "siae_summary"
    bomb = b'<!DOCTYPE LogTransazione [<!ENTITY a "b>">]><LogTransazione/>'
    assert choose(bomb).name == "siae_log"
