"""The six questions across SIAE's documents: silent on a good evening, each fault has a name."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from ekino.ingest.formats.siae import log, lta, rca, summaries
from ekino.ingest.formats.siae.checks import Discrepancy, check_all
from siae_files import (
    CARD,
    a_log,
    a_pass,
    a_title,
    an_access,
    an_issue,
    an_lta,
    an_rca,
    an_rmg,
    an_rpm,
)


def found(
    *,
    issues: tuple[log.Issue, ...] | None = None,
    titles: tuple[lta.Title, ...] | None = None,
    access: rca.Document | None = None,
    summary: summaries.Document | None = None,
) -> list[Discrepancy]:
    """Ask of the good evening with something changed; what is not given is left as it is."""
    the_log = a_log() if issues is None else a_log(issues=issues)
    the_list = an_lta()
    if titles is not None:
        the_list = an_lta(events=(with_titles(the_list.events[0], titles),))
    return check_all(
        logs=[the_log],
        lists=[the_list],
        access=[access or an_rca()],
        summaries_=[summary or an_rmg(), an_rpm()],
    )


def with_titles(event: lta.Event, titles: tuple[lta.Title, ...]) -> lta.Event:
    return replace(event, titles=titles)


def names(discrepancies: list[Discrepancy]) -> Counter[tuple[int, str]]:
    return Counter((each.check, each.code) for each in discrepancies)


ISSUES = a_log().issues
TITLES = an_lta().events[0].titles


def changed(row: Any, **changes: Any) -> Any:
    """Change a row; fields that are never kept are not given."""
    values = {name: getattr(row, name) for name in type(row).__slots__}
    kept = {
        name: value
        for name, value in values.items()
        if name not in {"registration", "purchase", "participant", "holder"}
    }
    return type(row)(**(kept | changes))


def test_a_good_evening_is_silent() -> None:
    assert found() == []


@pytest.mark.parametrize("index", [0, 2, 3, 4, 6])
def test_an_issue_that_is_in_no_list_is_told(index: int) -> None:
    number = ISSUES[index].number
    missing = found(titles=tuple(title for title in TITLES if title.number != number))

    assert [each.subject.split()[2] for each in missing if each.check == 1] == [str(number)]
    assert (1, "missing_in_list") in names(missing)


def test_an_annulment_is_listed_by_its_original() -> None:
    bare = changed(TITLES[1], annulled_number=None, annulled_seal="", annulled_card="")
    told = found(titles=(TITLES[0], bare, *TITLES[2:]))

    assert names(told)[1, "missing_in_list"] == 1
    assert names(told)[3, "annulment_not_named"] == 1


def test_a_title_that_is_in_no_log_and_one_that_is_listed_twice_are_told() -> None:
    told = found(titles=(*TITLES, a_title(59, "VT"), TITLES[0]))

    assert names(told)[1, "missing_in_log"] == 1
    assert names(told)[1, "listed_twice"] == 1
    assert names(told)[6, "seal_twice"] == 1


def test_another_seal_is_another_title() -> None:
    told = found(titles=(changed(TITLES[0], seal="A" * 16), *TITLES[1:]))

    assert names(told) == Counter({(1, "missing_in_list"): 1, (1, "missing_in_log"): 1})


def test_the_price_in_the_list_holds_the_presale_fee() -> None:
    (told,) = found(titles=(changed(TITLES[0], gross_minor=3000), *TITLES[1:]))

    assert (told.check, told.code) == (2, "price_differs")
    assert told.words == "LOG says 3300 cents with the presale fee, LTA 3000."


def test_an_annulment_of_nothing_is_told() -> None:
    annulment = ISSUES[5]
    nothing = changed(annulment, reference=None)
    elsewhere = changed(
        annulment, reference=log.AnnulledReference(number=77, card=CARD, reason="004")
    )
    itself = changed(
        annulment, reference=log.AnnulledReference(number=6, card=CARD, reason="004")
    )
    for issue, code in (
        (nothing, "original_not_named"),
        (elsewhere, "original_missing"),
        (itself, "original_is_annulment"),
    ):
        told = found(issues=(*ISSUES[:5], issue, *ISSUES[6:]))
        assert names(told) == Counter({(3, code): 1})


def test_an_annulment_may_name_its_original_by_attributes() -> None:
    by_attributes = changed(
        ISSUES[5],
        reference=None,
        annulled_number=2,
        annulled_card=CARD,
        annulled_reason="004",
    )

    assert found(issues=(*ISSUES[:5], by_attributes, *ISSUES[6:])) == []


def test_an_original_that_is_not_marked_is_told() -> None:
    open_title = changed(
        TITLES[1],
        state="VT",
        is_annulled="N",
        annulled_number=None,
        annulled_seal="",
    )
    told = names(found(titles=(TITLES[0], open_title, *TITLES[2:])))

    assert told[3, "original_not_marked"] == 1
    assert told[4, "entries_differ"] == 2


def test_an_annulled_title_whose_annulment_is_in_no_log_is_told() -> None:
    told = found(issues=(*ISSUES[:5], *ISSUES[6:]))

    assert names(told)[3, "annulment_missing"] == 1
    assert {code for check, code in names(told) if check == 5} >= {"count_differs"}


def test_entries_that_differ_are_told_by_state() -> None:
    inside = changed(TITLES[5], state="ZT")
    told = found(titles=(*TITLES[:5], inside))

    assert [each.words for each in told] == [
        "State VT: LTA has 0 titles, RCA 1.",
        "State ZT: LTA has 1 titles, RCA 0.",
    ]


def test_access_totals_that_do_not_add_up_are_told() -> None:
    document = an_rca()
    (event,) = document.events
    (issuer,) = event.issuers
    order = issuer.tickets[0]
    wrong = replace(order.ends[0], listed=5)
    issuer = replace(
        issuer, tickets=(replace(order, ends=(wrong, order.ends[1])), issuer.tickets[1])
    )
    told = found(access=replace(document, events=(replace(event, issuers=(issuer,)),)))

    assert [each.words for each in told] == ["State total: LTA has 0 titles, RCA 4."]


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("count", "count_differs"),
        ("gross_minor", "gross_differs"),
        ("presale_minor", "presale_differs"),
        ("vat_minor", "vat_differs"),
        ("presale_vat_minor", "presale_vat_differs"),
        ("services_minor", "services_differs"),
    ],
)
def test_a_summary_that_is_not_the_log_added_up_is_told_by_figure(
    field: str, code: str
) -> None:
    document = an_rmg()
    (organiser,) = document.organisers
    (event,) = organiser.events
    order = event.orders[0]
    sold = replace(order.sold[0], **{field: getattr(order.sold[0], field) + 1})
    order = replace(order, sold=(sold, order.sold[1]))
    event = replace(event, orders=(order, event.orders[1]))
    organiser = replace(organiser, events=(event,))

    told = found(summary=replace(document, organisers=(organiser,)))

    assert names(told) == Counter({(5, code): 1})


def test_a_pass_and_a_service_are_added_up_too() -> None:
    service = log.Service(code="CAT", amount_minor=500)
    issues = (
        an_issue(1, access=an_access(services=(service,)), seat="12"),
        *ISSUES[1:3],
        an_issue(4, season_pass=a_pass(gross_minor=9000)),
        *ISSUES[4:],
    )

    told = names(found(issues=issues))

    # Once against the day, once against the month.
    assert told == Counter({(5, "services_differs"): 2, (5, "gross_differs"): 2})


def test_issues_of_another_day_are_of_the_month_only() -> None:
    later = changed(ISSUES[0], issued_day=ISSUES[0].issued_day.replace(day=2))

    told = found(issues=(later, *ISSUES[1:]))

    assert {each.code for each in told} == {
        "count_differs", "gross_differs", "presale_differs", "vat_differs",
        "presale_vat_differs",
    }  # fmt: skip
    assert len(told) == 5


def test_a_seal_that_occurs_twice_is_told() -> None:
    twice = changed(ISSUES[2], seal=ISSUES[0].seal)

    told = found(issues=(*ISSUES[:2], twice, *ISSUES[3:]))

    assert [each.subject for each in told if each.check == 6] == [ISSUES[0].seal]
