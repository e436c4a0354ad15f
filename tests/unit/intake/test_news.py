"""News: only what changed is told, and told changes add up to how things stand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ekino.ingest.formats.facts import (
    Admission,
    Facts,
    Reversal,
    ReversalKind,
    Sale,
)
from ekino.ingest.formats.readings import Reading
from ekino.intake.connectors.news import Known, News, news_of

EVENING = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


def a_sale(ticket: str = "t1", **changes: object) -> Sale:
    sale = Sale(
        place="order A",
        showing="s1",
        ticket=ticket,
        sold_at=EVENING,
        price_minor=1000,
        currency="EUR",
        fee_minor=50,
        row="1",
        seat="2",
    )
    return replace(sale, **changes)  # type: ignore[arg-type]


def an_end(ticket: str = "t1") -> Reversal:
    return Reversal(
        place="order A",
        showing="s1",
        ticket=ticket,
        at=EVENING,
        kind=ReversalKind.REFUNDED,
        price_minor=1000,
    )


def a_scan(minutes: int = 0, ticket: str = "t1") -> Admission:
    at = EVENING + timedelta(minutes=minutes)
    return Admission(place="scan", showing="s1", ticket=ticket, at=at)


def a_reading(
    *sales: Sale, ends: tuple[Reversal, ...] = (), scans: tuple[Admission, ...] = ()
) -> Reading:
    return Reading(
        facts=Facts(
            format="pretix",
            currency="EUR",
            sales=list(sales),
            reversals=list(ends),
            admissions=list(scans),
        )
    )


def told(news: News) -> list[tuple[str, str]]:
    """Give the kinds of event and the tickets, in the order of their kinds."""
    facts = news.facts
    return [
        *(("sold", each.ticket) for each in facts.sales),
        *(("corrected", each.ticket) for each in facts.corrections),
        *((str(each.kind), each.ticket) for each in facts.reversals),
        *(("admitted", each.ticket) for each in facts.admissions),
    ]


def test_the_same_again_is_no_news() -> None:
    reading = a_reading(a_sale(), a_sale("t2"), ends=(an_end("t2"),), scans=(a_scan(),))
    first = news_of(reading, {})

    assert told(first) == [("sold", "t1"), ("sold", "t2"), ("refunded", "t2"), ("admitted", "t1")]  # fmt: skip
    again = news_of(reading, first.known)
    assert (again.events, again.known) == (0, {})


def test_another_price_or_seat_is_a_correction_with_the_new_figures() -> None:
    known = news_of(a_reading(a_sale()), {}).known
    news = news_of(a_reading(a_sale(price_minor=800, seat="3")), known)

    assert told(news) == [("corrected", "t1")]
    (correction,) = news.facts.corrections
    assert (correction.price_minor, correction.fee_minor, correction.seat) == (800, 50, "3")


def test_a_new_secret_alone_is_kept_and_not_told() -> None:
    reading = a_reading(a_sale())
    known = news_of(reading, {}).known
    reading.secrets["t1"] = "ab" * 32
    news = news_of(reading, known)

    assert news.events == 0
    assert news.known["t1"].secret_sha256 == "ab" * 32


def test_another_showing_is_another_ticket() -> None:
    known = news_of(a_reading(a_sale()), {}).known
    news = news_of(a_reading(a_sale(showing="s2")), known)

    assert told(news) == [("sold", "t1~2"), ("voided", "t1")]
    assert news.facts.reversals[0].showing == "s1"
    assert news_of(a_reading(a_sale(showing="s2")), news.known).events == 0


def test_an_end_gives_back_what_the_register_believes_it_cost() -> None:
    known = news_of(a_reading(a_sale(price_minor=700, fee_minor=10)), {}).known
    (end,) = news_of(a_reading(a_sale(), ends=(an_end(),)), known).facts.reversals

    assert (end.price_minor, end.fee_minor) == (700, 10)


def test_what_was_never_sold_is_not_given_back() -> None:
    assert news_of(a_reading(ends=(an_end(),)), {}).events == 0


def test_what_was_let_in_unpaid_and_lapsed_is_given_back() -> None:
    known = news_of(a_reading(a_sale()), {}).known

    assert told(news_of(a_reading(ends=(an_end(),)), known)) == [("refunded", "t1")]


def test_a_ticket_that_comes_back_is_sold_again_under_another_name() -> None:
    known = news_of(a_reading(a_sale(), ends=(an_end(),)), {}).known
    back = news_of(a_reading(a_sale()), known)
    gone = news_of(a_reading(a_sale(), ends=(an_end(),)), back.known)

    assert told(back) == [("sold", "t1~2")]
    assert told(gone) == [("refunded", "t1~2")]


def test_a_scan_after_the_end_and_one_of_nothing_are_kept() -> None:
    known = news_of(a_reading(a_sale(), ends=(an_end(),)), {}).known
    late = a_reading(scans=(a_scan(), a_scan(ticket="t9")))
    news = news_of(late, known)

    assert news.events == 0
    assert [each.reason for each in news.facts.unmapped] == ["scan_after_end", "scan_of_no_ticket"]  # fmt: skip
    assert news_of(a_reading(scans=(a_scan(),)), known | news.known).facts.unmapped == []


# How an order may stand at one look: nothing, sold with a price at a showing, or given back.
_STATES = st.one_of(
    st.none(),
    st.tuples(st.sampled_from([800, 1000]), st.sampled_from(["s1", "s2"]), st.booleans()),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["t1", "t2"]), _STATES, st.integers(0, 2)), max_size=25
    )
)
def test_what_was_told_adds_up_to_how_things_stand(
    history: list[tuple[str, tuple[int, str, bool] | None, int]],
) -> None:
    known: dict[str, Known] = {}
    money: dict[str, int] = {}
    stands: dict[str, int] = {}
    for ticket, state, scans in history:
        if state is None:
            continue
        price, showing, is_gone = state
        reading = a_reading(
            a_sale(ticket, price_minor=price, showing=showing),
            ends=(an_end(ticket),) if is_gone else (),
            scans=tuple(a_scan(minutes, ticket) for minutes in range(scans)),
        )
        news = news_of(reading, known)
        known |= news.known
        for sale in news.facts.sales:
            assert sale.ticket not in money
            money[sale.ticket] = sale.price_minor
        for correction in news.facts.corrections:
            assert correction.ticket in money
            money[correction.ticket] = correction.price_minor
        for end in news.facts.reversals:
            assert money.pop(end.ticket) == end.price_minor
            money[end.ticket] = 0
        if not is_gone or known[ticket].is_sold:
            stands[ticket] = price
        else:
            stands[ticket] = 0
        assert news_of(reading, known).events == 0
    assert sum(money.values()) == sum(stands.values())
