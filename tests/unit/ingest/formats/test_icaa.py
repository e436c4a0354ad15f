"""ICAA files: every total and every reference is checked, sums are spread without loss."""

from datetime import date, time
from typing import Any

import pytest

from ekino.ingest.formats import icaa
from ekino.ingest.formats.icaa import incidents
from ekino.ingest.formats.icaa.document import period
from ekino.ingest.formats.icaa.records import RECORDS, Programmed
from ekino.ingest.formats.table import choose
from ekino.kernel.errors import Malformed
from foreign_files import EVENING, an_icaa, held

RAW = icaa.serialise(an_icaa())
LINES = RAW.split(b"\r\n")


def changed(number: int, old: bytes, new: bytes) -> bytes:
    """Give the file with one line changed."""
    lines = list(LINES)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    return b"\r\n".join(lines)


def swapped(first: int, second: int) -> bytes:
    lines = list(LINES)
    lines[first - 1], lines[second - 1] = lines[second - 1], lines[first - 1]
    return b"\r\n".join(lines)


def without(number: int) -> bytes:
    return b"\r\n".join(LINES[: number - 1] + LINES[number:])


def test_a_file_is_read_as_it_was_written() -> None:
    assert icaa.parse(RAW) == an_icaa()
    assert icaa.serialise(icaa.parse(RAW)) == RAW


def test_each_record_has_the_length_of_its_kind() -> None:
    widths = {record.HEAD: record.WIDTH for record in RECORDS}

    assert widths == {"0": 56, "1": 43, "2": 41, "3": 28, "4": 146, "5": 21}
    assert [len(line) for line in LINES[:-1]] == [
        widths[line.decode("latin-1")[0]] for line in LINES[:-1]
    ]


def test_the_header_adds_up_what_is_in_the_file() -> None:
    assert LINES[0] == b"0XYZFL" + b"054061" + b"00000000015" + b"00000000003" + (
        b"00000000010" + b"00000076.51"
    )


def test_blanks_at_the_end_and_carriage_returns_may_be_missing() -> None:
    short = b"\n".join(line.rstrip(b" ") for line in LINES).rstrip(b"\n")

    assert icaa.parse(short) == an_icaa()


def test_records_of_one_showing_may_stand_together() -> None:
    """Writers differ: what a record refers to stands above it, and that is all the order."""
    order = (1, 2, 3, 4, 7, 5, 8, 9, 6, 10, 11, 12, 13, 14, 15)
    assert sorted(order) == list(range(1, 16))

    assert icaa.parse(b"\r\n".join(LINES[number - 1] for number in order)) == an_icaa()


BROKEN = {
    "lines": (changed(1, b"00000000015", b"00000000016"), "lines_differ", "line 1"),
    "showings": (changed(1, b"00000000003", b"00000000004"), "showings_differ", "line 1"),
    "spectators": (changed(1, b"00000000010", b"00000000011"), "spectators_differ", "line 1"),
    "takings": (changed(1, b"76.51", b"76.52"), "takings_differ", "line 1"),
    "a showing's spectators": (changed(4, b"00007", b"00008"), "spectators_differ", "line 1"),
    "a showing's takings": (changed(4, b"52.51", b"52.50"), "takings_differ", "line 1"),
    "a line lost": (without(15), "programmed_below_held", "line 6"),
    "a film lost": (without(12), "film_unknown", "line 9"),
    "a showing lost": (without(4), "showing_unknown", "line 6"),
    "a film of a showing lost": (without(9), "film_count_differs", "line 5"),
    "a hall lost": (without(2), "hall_unknown", "line 3"),
    "no header": (without(1), "header_missing", "line 1"),
    "header second": (swapped(1, 2), "header_missing", "line 1"),
    "two headers": (LINES[0] + b"\r\n" + RAW, "records_out_of_order", "line 2"),
    "hall below": (swapped(2, 4), "records_out_of_order", "line 2"),
    "showing below": (swapped(4, 7), "records_out_of_order", "line 4"),
    "twice": (changed(5, b"2100", b"1800"), "record_given_twice", "line 5"),
    "unknown record": (changed(3, b"1H2", b"7H2"), "record_unknown", "line 3"),
    "a blank line": (changed(3, LINES[2], b""), "record_unknown", "line 3"),
    "too long": (changed(14, b"02", b"02999"), "record_too_long", "line 14"),
    "no date": (changed(4, b"010326", b"320326"), "columns_wrong", "line 4, columns 14–19"),
    "no time": (changed(4, b"1800", b"18:0"), "columns_wrong", "line 4, columns 20–23"),
    "comma": (changed(4, b"52.51", b"52,51"), "columns_wrong", "line 4, columns 31–38"),
    "blank numbers": (changed(4, b"00007", b"    7"), "columns_wrong", "line 4, columns 26–30"),
    "cut within a record": (RAW[:200], "columns_wrong", "line 5, columns 14–19"),
    "cut between records": (b"\r\n".join(LINES[:12]), "film_unknown", "line 10"),
    "kind": (changed(1, b"FL", b"XX"), "columns_wrong", "line 1, columns 5–6"),
    "day of the year": (changed(1, b"054", b"367"), "day_of_year_wrong", "line 1"),
    "utf-8": (RAW.decode("latin-1").encode(), "encoding_wrong", "line 1"),
    "utf-16": (RAW.decode("latin-1").encode("utf-16"), "encoding_wrong", "line 1"),
    "empty": (b"\r\n", "file_empty", ""),
    "control characters": (changed(2, b"Sala", b"S\x07la"), "columns_wrong",
                           "line 2, columns 14–43"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_is_refused_by_name_at_its_line(name: str) -> None:
    raw, code, place = BROKEN[name]

    with pytest.raises(Malformed) as refused:
        icaa.read(raw, currency="EUR", timezone="Europe/Madrid")

    problem = refused.value.problems[0]
    assert (refused.value.code, problem.pointer) == (code, place)
    assert problem.detail
    assert problem.fix


def test_a_showing_after_midnight_counts_to_the_evening_before() -> None:
    night = an_icaa().held[2]

    assert (night.day, night.business_date) == (date(2026, 3, 2), EVENING)
    assert held(
        "H", EVENING, time(5, 59), films=1, spectators=0, gross="0"
    ).business_date < (EVENING)
    assert (
        held("H", EVENING, time(6, 0), films=1, spectators=0, gross="0").business_date
        == EVENING
    )


def test_a_programme_of_the_next_day_does_not_cover_a_showing_of_the_night() -> None:
    document = an_icaa(
        programmed=(
            Programmed(hall="H1", day=EVENING, showings=2),
            Programmed(hall="H2", day=date(2026, 3, 2), showings=2),
        )
    )

    with pytest.raises(Malformed) as refused:
        icaa.serialise(document)

    assert refused.value.code == "programmed_below_held"


def test_sums_become_sales_that_are_marked_and_lose_nothing() -> None:
    facts = icaa.facts(an_icaa(), currency="EUR", timezone="Europe/Madrid")

    assert (facts.tickets, facts.gross_minor) == (10, 7651)
    assert all(sale.is_synthetic for sale in facts.sales)
    assert [sale.price_minor for sale in facts.sales[:7]] == [
        751,
        750,
        750,
        750,
        750,
        750,
        750,
    ]
    assert len({sale.ticket for sale in facts.sales}) == 10
    assert [(total.tickets, total.gross_minor) for total in facts.totals] == [
        (10, 7651),
        (7, 5251),
        (3, 2400),
        (0, 0),
    ]
    assert facts.problems == []


def test_what_is_no_fact_is_kept_as_it_was_written() -> None:
    first = an_icaa().held[0]
    ill = held(first.hall, first.day, first.clock, films=1, spectators=0, gross="5.00")
    values: dict[str, Any] = {name: getattr(ill, name) for name in type(ill).__slots__}
    ill = type(ill)(**(values | {"incident": "007"}))
    document = an_icaa(held=(ill, *an_icaa().held[1:]))

    kept = icaa.facts(document, currency="EUR", timezone="Europe/Madrid").unmapped
    reasons = [each.reason for each in kept]

    assert reasons.count("film_beyond_the_first") == 1
    assert reasons.count("programme") == 2
    assert reasons.count("incident") == reasons.count("takings_without_spectators") == 1
    assert [each.raw for each in kept if each.reason == "incident"] == [
        "2H1          01032618000100000" + "00005.00" + "007"
    ]


def test_a_regular_file_tells_what_is_older_than_the_sending_before() -> None:
    late = an_icaa(previous_day=61, sent_day=68)

    (problem, *_) = icaa.facts(late, currency="EUR", timezone="Europe/Madrid").problems

    assert period(an_icaa()) == (date(2026, 2, 23), date(2026, 3, 2))
    assert period(late) == (date(2026, 3, 2), date(2026, 3, 9))
    assert problem.code == "showing_outside_the_sending"
    assert icaa.facts(
        an_icaa(previous_day=61, sent_day=68, file_kind="AT"),
        currency="EUR",
        timezone="Europe/Madrid",
    ).problems == []  # fmt: skip


def test_days_of_the_year_turn_with_the_year() -> None:
    document = an_icaa(
        held=(
            held(
                "H1", date(2025, 12, 30), time(18, 0), films=1, spectators=1, gross="5.00"
            ),
        ),
        previous_day=364,
        sent_day=6,
    )

    assert period(document) == (date(2025, 12, 30), date(2026, 1, 6))


def test_amounts_of_two_decimals_fit_no_other_currency() -> None:
    with pytest.raises(Malformed) as refused:
        icaa.facts(an_icaa(), currency="KZT", timezone="Asia/Almaty")

    assert refused.value.code == "currency_differs"


def test_names_beyond_latin_letters_and_beyond_their_columns_are_not_written() -> None:
    hall = an_icaa().halls[0]
    for name, code in (("Зал", "encoding_wrong"), ("x" * 31, "columns_wrong")):
        wrong = type(hall)(hall=hall.hall, name=name)
        with pytest.raises(Malformed) as refused:
            icaa.serialise(an_icaa(halls=(wrong, an_icaa().halls[1])))
        assert refused.value.code == code


WEEK = incidents.Document(
    week=incidents.Week(mailbox="XYZ", first=date(2026, 2, 23), last=date(2026, 3, 1)),
    incidents=(
        incidents.Incident(
            hall="H1", days=(True, False, False, False, False, True, True), comment="Obras"
        ),
        incidents.Incident(hall="H2", days=(False,) * 7, comment=""),
    ),
)


def test_the_file_of_incidents_is_read_as_it_was_written() -> None:
    raw = incidents.serialise(WEEK)

    assert raw == (
        b"0XYZ230226010326\r\n"
        b"1H1          1000011Obras\r\n"
        b"1H2          0000000\r\n"
    )  # fmt: skip
    assert incidents.parse(raw) == WEEK


def test_every_record_of_incidents_is_kept_and_told_and_none_is_a_fact() -> None:
    raw = incidents.serialise(WEEK)
    facts = incidents.read(raw, currency="KZT", timezone="Asia/Almaty")

    assert choose(raw).name == facts.format == "icaa_incidents"
    assert (facts.showings, facts.sales, facts.totals, facts.problems) == ([], [], [], [])
    assert dict(facts.counts) == {"record_0": 1, "record_1": 2}
    assert [(each.place, each.reason, each.raw) for each in facts.unmapped[:2]] == [
        ("line 2", "hall_incident", "1H1          1000011Obras"),
        ("line 3", "hall_incident", "1H2          0000000"),
    ]
    assert "Monday, Saturday, Sunday: Obras." in facts.unmapped[0].words
    assert [(each.place, each.raw) for each in facts.unmapped[2:]] == [
        ("field days told of", '{"2026-02-23 to 2026-03-01": 1}'),
        ("field mailbox", '{"XYZ": 1}'),
    ]
    assert choose(icaa.serialise(an_icaa())).name == "icaa"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"1H1          1000011\r\n", "header_missing"),
        (b"0XYZ230226010326\r\n2H1\r\n", "record_unknown"),
        (b"0XYZ230226010326\r\n1H1          1000021\r\n", "columns_wrong"),
        (b"0XYZ230226010326\r\n1H1          10000\r\n", "columns_wrong"),
        (b"0XYZ230226010326\r\n1H1          1000011" + b"x" * 201, "record_too_long"),
    ],
)
def test_a_broken_file_of_incidents_is_refused_by_name(raw: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        incidents.parse(raw)

    assert refused.value.code == code
