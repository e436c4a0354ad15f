"""EAIS 3.2.0: sales and returns keep their pairs, nothing is lost, broken copies have names."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from ekino.ingest.formats import eais
from ekino.ingest.formats.eais import Price
from ekino.ingest.formats.facts import Facts, ReversalKind
from ekino.kernel.bounds import CODE_CHARACTERS_MAX
from ekino.kernel.errors import Malformed
from foreign_files import an_eais

RAW = eais.serialise(an_eais())
SOLD_AT = datetime(2026, 3, 1, 12, 0, 5)  # noqa: DTZ001 - local to the cinema


def a_line(price: str, **changes: Any) -> eais.Line:
    given: dict[str, Any] = {
        "row": "5",
        "seat": "7",
        "price": Price(Decimal(price.lstrip("-")), price.startswith("-")),
        "sold_at": SOLD_AT,
    }
    return eais.Line(**(given | changes))


def facts(*lines: eais.Line, **rest: Any) -> Facts:
    document = an_eais(lines=lines) if lines else an_eais()
    return eais.facts(document, currency="RUB", timezone="Europe/Moscow", **rest)


def test_a_document_is_read_as_it_was_written() -> None:
    assert eais.parse(RAW) == an_eais()
    assert eais.serialise(eais.parse(RAW)) == RAW


def test_the_sum_is_what_was_paid_less_what_was_given_back() -> None:
    result = facts()

    assert (len(result.sales), len(result.reversals)) == (4, 1)
    assert (result.tickets, result.gross_minor) == (3, 250_000 + 90_000)
    assert result.counts == {"sold": 4, "returned": 1, "free": 1}


def test_a_showing_is_told_with_the_files_own_names_in_the_cinemas_zone() -> None:
    (showing,) = facts().showings

    assert (showing.venue, showing.hall) == ("1234", "Зал 1")
    assert showing.starts_at.isoformat() == "2026-03-01T18:30:00+03:00"
    assert showing.film.text == "111000126 | Выдуманный слон"
    assert len(showing.code) <= CODE_CHARACTERS_MAX


def test_a_ticket_keeps_its_seat_its_concession_its_channel_and_its_season_ticket() -> None:
    plain, student, standing, season = facts().sales

    assert (plain.row, plain.seat, plain.concession) == ("5", "7", "")
    assert (plain.sales_channel, plain.payment) == ("web", "card")
    assert (student.concession, student.discount_minor) == ("Студенческий", 69_950)
    assert (standing.section, standing.row, standing.seat) == ("Танцпол", "", "")
    assert (season.price_minor, season.season_ticket) == (0, eais.SEASON_TICKET_UNNUMBERED)
    assert all(len(sale.ticket) <= CODE_CHARACTERS_MAX for sale in facts().sales)


def test_a_return_takes_back_the_sale_of_its_seat() -> None:
    result = facts(
        a_line("2500"),
        a_line("-2500", section="elsewhere"),
        a_line("1800", sold_at=SOLD_AT),
    )

    first, again = result.sales
    (returned,) = result.reversals
    assert returned.ticket == first.ticket
    assert first.ticket != again.ticket
    assert (returned.price_minor, returned.kind) == (250_000, ReversalKind.REFUNDED)


def test_a_return_in_a_file_of_its_own_names_the_same_ticket() -> None:
    sold = facts(a_line("2500"))
    returned = facts(a_line("-2500"))

    assert returned.reversals[0].ticket == sold.sales[0].ticket
    assert returned.counts["returned_of_another_file"] == 1


def test_a_return_that_gives_its_own_moment_finds_the_sale_that_is_known() -> None:
    sold, line = facts(a_line("2500")).sales[0].ticket, a_line("-2500")
    later = a_line("-2500", sold_at=datetime(2026, 3, 1, 15, 0))  # noqa: DTZ001 - as above
    key = eais.seat_key(an_eais(), line)

    assert facts(later).reversals[0].ticket != sold
    assert facts(later, sold_before={key: sold}).reversals[0].ticket == sold


def test_standing_tickets_of_one_moment_are_different_tickets_every_time() -> None:
    floor = [a_line("900", row="", seat="", section="Танцпол") for _ in range(3)]
    back = a_line("-900", row="", seat="", section="Танцпол")

    result = facts(*floor, back)

    assert len({sale.ticket for sale in result.sales}) == 3
    assert result.reversals[0].ticket == result.sales[-1].ticket
    assert facts(*floor, back) == result


def test_the_minus_alone_says_that_a_free_ticket_was_returned() -> None:
    document = an_eais(lines=(a_line("0"), a_line("-0")))

    again = eais.parse(eais.serialise(document))

    assert again.lines[1].price == Price(Decimal(0), is_return=True)
    assert facts(*again.lines).tickets == 0


def test_attributes_that_we_do_not_know_are_kept_and_told() -> None:
    raw = RAW.replace(b'ver="3.2.0"', b'ver="3.2.0" pos_version="7"').replace(
        b'place_x="7"', b'place_x="7" loyalty="abc"'
    )

    document = eais.parse(raw)

    assert document.others == (("pos_version", "7"),)
    assert document.lines[0].others == (("loyalty", "abc"),)
    assert eais.parse(eais.serialise(document)) == document
    told = {each.place: each.raw for each in facts_of(document).unmapped}
    assert told["field loyalty"] == '{"abc": 1}'
    assert told["field pos_version"] == '{"7": 1}'


def facts_of(document: eais.Document) -> Facts:
    return eais.facts(document, currency="RUB", timezone="Europe/Moscow")


def test_what_has_no_place_is_told_by_field() -> None:
    told = {each.place: each.raw for each in facts().unmapped}

    assert told["field payment_id"] == '{"RRN000000001": 1}'
    assert {each.reason for each in facts().unmapped} == {"field_without_a_place"}


BROKEN = {
    "version": (RAW.replace(b"3.2.0", b"3.1.9"), "version_wrong", "line 2"),
    "no version": (RAW.replace(b' ver="3.2.0"', b""), "version_wrong", "line 2"),
    "root": (RAW.replace(b"seans ", b"show ").replace(b"/seans", b"/show"), "root_wrong", "line 2"),
    "price": (RAW.replace(b'"-1800.5"', b'"-1800,50"'), "value_wrong", "line 5"),
    "price too fine": (RAW.replace(b'"1800.5"', b'"1800.505"'), "value_wrong", "line 4"),
    "no price": (RAW.replace(b' price="2500"', b""), "attribute_missing", "line 3"),
    "date": (RAW.replace(b"20260301 18:30", b"20260231 18:30"), "value_wrong", "line 2"),
    "dashes": (RAW.replace(b"20260301 18:30", b"2026-03-01 18:30"), "value_wrong", "line 2"),
    "hall": (RAW.replace("Зал 1".encode(), b""), "value_wrong", "line 2"),
    "yes": (RAW.replace(b'online="true"', b'online="1"'), "value_wrong", "line 3"),
    "child": (RAW.replace(b"<form", b"<ticket", 1), "element_unexpected", "line 3"),
    "text": (RAW.replace(b"\n</seans>", b"sold\n</seans>"), "text_unexpected", "line 2"),
    "encoding": (RAW.decode().encode("cp1251"), "encoding_wrong", "line 2"),
    "cut": (RAW[:-20], "file_truncated", "line 7"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_is_refused_by_name_at_its_line(name: str) -> None:
    raw, code, place = BROKEN[name]

    with pytest.raises(Malformed) as refused:
        eais.read(raw, currency="RUB", timezone="Europe/Moscow")

    problem = refused.value.problems[0]
    assert (refused.value.code, problem.pointer) == (code, place)
    assert problem.detail
    assert problem.fix


def test_every_wrong_line_is_told_at_once() -> None:
    raw = RAW.replace(b'sale_date="20260301 12:00:05"', b'sale_date="noon"')

    with pytest.raises(Malformed) as refused:
        eais.parse(raw)

    assert [problem.pointer for problem in refused.value.problems] == [
        f"line {number}" for number in range(3, 8)
    ]


def test_kopecks_in_a_currency_without_them_are_refused() -> None:
    with pytest.raises(Malformed) as refused:
        eais.facts(an_eais(), currency="JPY", timezone="Asia/Tokyo")

    assert refused.value.code == "amount_too_fine"


def test_what_cannot_be_said_is_not_written() -> None:
    for document in (an_eais(hall=" "), an_eais(title="a\x00b"), an_eais(cinema="x")):
        with pytest.raises(Malformed) as refused:
            eais.serialise(document)
        assert refused.value.code == "value_wrong"


def test_a_file_is_named_after_its_cinema_and_moment() -> None:
    at = datetime(2026, 3, 1, 23, 5, 9, 7_000)  # noqa: DTZ001 - local to the cinema
    name = eais.file_name(an_eais(), at)

    assert name == "ekb_1234_20260301_230509007.xml"
    eais.verify_file_name(name, an_eais())
    for wrong in ("ekb_1235_20260301_230509007.xml", "ekb_1234.xml", name + ".zip"):
        with pytest.raises(Malformed) as refused:
            eais.verify_file_name(wrong, an_eais())
        assert refused.value.code == "file_name_wrong"
