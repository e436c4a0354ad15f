"""The catalog document: what may be said, at each limit and one past it."""

import json
from collections.abc import Mapping
from typing import Any

import pycountry
import pytest

from ekino.catalog.document import (
    DOCUMENT_BYTES_MAX,
    ROWS_MAX,
    YEAR_MAX,
    YEAR_MIN,
    read_csv,
    read_document,
)
from ekino.catalog.service import shipped_regions
from ekino.kernel.errors import EkinoError, Malformed, Refused

Row = Mapping[str, Any]
PLAIN: dict[str, dict[str, Any]] = {
    "regions": {"code": "KZ-75", "country": "KZ", "names": {"kk": "Алматы"}},
    "organisations": {"code": "studio", "name": "Studio", "country": "KZ"},
    "venues": {
        "code": "aurora",
        "name": "Aurora",
        "region": "KZ-75",
        "city": "Алматы",
        "timezone": "Asia/Almaty",
        "currency": "KZT",
    },
    "halls": {"venue": "aurora", "code": "1", "capacity": 100},
    "films": {"code": "steppe", "titles": {"kk": "Дала үні"}},
    "versions": {"code": "steppe-kk", "film": "steppe", "language": "kk"},
    "releases": {"film": "steppe", "country": "KZ", "release_date": "2026-11-19"},
    "showings": {
        "venue": "aurora",
        "code": "s1",
        "hall": "1",
        "version": "steppe-kk",
        "starts_at": "2026-11-24T19:30:00+05:00",
    },
}


def outcome(kind: str, changes: Row) -> str:
    """Give the code under which a row is refused, or "taken"."""
    try:
        read_document(json.dumps({kind: [{**PLAIN[kind], **changes}]}).encode())
    except EkinoError as error:
        [problem] = error.problems
        is_named = problem.pointer.startswith(f"/{kind}/0")
        return problem.code if is_named else f"named at {problem.pointer}"
    return "taken"


@pytest.mark.parametrize("kind", PLAIN)
def test_the_plainest_row_of_each_kind_is_taken(kind: str) -> None:
    assert outcome(kind, {}) == "taken"


MALFORMED = "document_is_malformed"


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("films", {"code": "x" * 64}, "taken"),
        ("films", {"code": "x" * 65}, MALFORMED),
        ("films", {"code": ""}, MALFORMED),
        ("films", {"titles": {"kk": "x" * 500}}, "taken"),
        ("films", {"titles": {"kk": "x" * 501}}, MALFORMED),
        ("films", {"titles": {}}, MALFORMED),
        ("films", {"titles": {f"l{number}": "x" for number in range(20)}}, "taken"),
        ("films", {"titles": {f"l{number}": "x" for number in range(21)}}, MALFORMED),
        ("films", {"genres": ["drama"] * 40}, "taken"),
        ("films", {"genres": ["drama"] * 41}, MALFORMED),
        ("films", {"running_time_min": 1}, "taken"),
        ("films", {"running_time_min": 0}, MALFORMED),
        ("films", {"running_time_min": 2_000}, "taken"),
        ("films", {"running_time_min": 2_001}, MALFORMED),
        ("films", {"countries": ["kz"]}, MALFORMED),
        ("films", {"age_mark": "21+"}, "taken"),
        ("films", {"age_mark": "UA 13+"}, "taken"),
        ("films", {"isan": "ISAN 0000-0000-9E59-0000-O-0000-0000-2"}, "taken"),
        ("films", {"isan": "ISAN 0000-0000-9E59-0000-O-0000-0000-3"}, "isan_malformed"),
        ("films", {"eidr": "10.5240/EA73-79D7-1B2B-B378-3A73-M"}, "taken"),
        ("films", {"eidr": "10.5240/EA73-79D7-1B2B-B378-3A73-N"}, "eidr_malformed"),
        ("organisations", {"bin": "971240001315"}, "taken"),
        ("organisations", {"bin": "971240001316"}, "bin_malformed"),
        ("organisations", {"name": "A\u0000B"}, "text_not_printable"),
        ("organisations", {"name": "A\nB"}, "text_not_printable"),
        ("regions", {"country": "IN"}, "region_of_another_country"),
        ("regions", {"kato": "750000000"}, "taken"),
        ("regions", {"kato": "75000000"}, MALFORMED),
        ("venues", {"kind": "open_air"}, "taken"),
        ("venues", {"kind": "bar"}, MALFORMED),
        ("venues", {"timezone": "Asia/Alma-Ata"}, "timezone_unknown"),
        ("venues", {"timezone": "+05:00"}, "timezone_unknown"),
        ("venues", {"currency": "kzt"}, MALFORMED),
        ("venues", {"business_day_starts_hour": 11}, "taken"),
        ("venues", {"business_day_starts_hour": 12}, MALFORMED),
        ("venues", {"business_day_starts_hour": -1}, MALFORMED),
        ("venues", {"colour": "red"}, MALFORMED),
        ("halls", {"capacity": 1_000_000}, "taken"),
        ("halls", {"capacity": 1_000_001}, MALFORMED),
        ("halls", {"capacity": -1}, MALFORMED),
        ("halls", {"valid_from": "2026-02-30"}, MALFORMED),
        ("versions", {"kind": "dubbed"}, "taken"),
        ("versions", {"kind": "silent"}, MALFORMED),
        ("versions", {"kind": "subtitled"}, "subtitles_not_named"),
        ("versions", {"kind": "subtitled", "subtitle_language": "ru"}, "taken"),
        ("showings", {"starts_at": "2026-11-24T19:30:00"}, MALFORMED),
        ("showings", {"starts_at": f"{YEAR_MIN}-01-01T00:00:00Z"}, "taken"),
        ("showings", {"starts_at": f"{YEAR_MIN - 1}-12-31T00:00:00Z"}, "starts_at_out_of_bounds"),
        ("showings", {"starts_at": f"{YEAR_MAX}-12-31T00:00:00Z"}, "taken"),
        ("showings", {"starts_at": f"{YEAR_MAX + 1}-01-01T00:00:00Z"}, "starts_at_out_of_bounds"),
        ("showings", {"prices": {"adult": 10**12}}, "taken"),
        ("showings", {"prices": {"adult": 10**12 + 1}}, MALFORMED),
        ("showings", {"prices": {"adult": 1.5}}, MALFORMED),
        ("showings", {"prices": {f"p{number}": 1 for number in range(40)}}, "taken"),
        ("showings", {"prices": {f"p{number}": 1 for number in range(41)}}, MALFORMED),
        ("showings", {"state": "moved"}, MALFORMED),
    ],
)  # fmt: skip
def test_a_field_is_taken_to_its_limit_and_no_further(
    kind: str, changes: Row, code: str
) -> None:
    assert outcome(kind, changes) == code


def test_every_row_that_breaks_a_rule_is_named() -> None:
    venues = [
        {**PLAIN["venues"], "code": str(number), "timezone": "nowhere"}
        for number in range(3)
    ]
    films = [{**PLAIN["films"], "isan": "x", "eidr": "x"}]
    with pytest.raises(Refused) as refusal:
        read_document(json.dumps({"venues": venues, "films": films}).encode())
    assert [problem.pointer for problem in refusal.value.problems] == [
        "/venues/0/timezone",
        "/venues/1/timezone",
        "/venues/2/timezone",
        "/films/0/isan",
        "/films/0/eidr",
    ]


@pytest.mark.parametrize(("rows", "reported"), [(100, 100), (101, 100)])
def test_at_most_a_hundred_problems_are_told(rows: int, reported: int) -> None:
    venues = [{**PLAIN["venues"], "timezone": "nowhere"}] * rows
    with pytest.raises(Refused) as refusal:
        read_document(json.dumps({"venues": venues}).encode())
    assert len(refusal.value.problems) == reported


def test_a_list_has_5000_rows_at_most() -> None:
    rows = [PLAIN["films"]] * ROWS_MAX
    assert len(read_document(json.dumps({"films": rows}).encode()).films) == ROWS_MAX
    with pytest.raises(Malformed):
        read_document(json.dumps({"films": [*rows, PLAIN["films"]]}).encode())


def test_a_document_has_8_mib_at_most() -> None:
    full = b"{}" + b" " * (DOCUMENT_BYTES_MAX - 2)
    assert read_document(full).films == []
    with pytest.raises(EkinoError) as refusal:
        read_document(full + b" ")
    assert refusal.value.code == "document_too_large"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"films":',
        b'{"films":null}',
        b'{"cinemas":[]}',
        b"\xff\xfe",
        b'{"films":[{"code":"\xff"}]}',
        b'{"films":[{"code":"\\ud800","titles":{"kk":"x"}}]}',
        b"[" * 100_000,
        b'{"films":' + b"[" * 100_000,
    ],
)
def test_what_is_no_document_is_malformed(body: bytes) -> None:
    with pytest.raises(EkinoError) as refusal:
        read_document(body)
    assert refusal.value.code in {MALFORMED, "document_refused"}


def test_a_table_says_the_same_as_a_document() -> None:
    table = (
        "code,titles.kk,titles.ru,countries,genres,running_time_min\n"
        "steppe,Дала үні,Голос степи,KZ;FR,drama; war,104\n"
        "ice,Мұз,,,,\n"
    )
    films = [
        {
            "code": "steppe",
            "titles": {"kk": "Дала үні", "ru": "Голос степи"},
            "countries": ["KZ", "FR"],
            "genres": ["drama", "war"],
            "running_time_min": 104,
        },
        {"code": "ice", "titles": {"kk": "Мұз"}},
    ]
    assert read_csv(table, "films") == read_document(json.dumps({"films": films}).encode())


def test_a_table_of_showings_has_prices_and_instants() -> None:
    table = (
        "venue,code,hall,version,starts_at,prices.adult,capacity\n"
        "aurora,s1,1,steppe-kk,2026-11-24T19:30:00+05:00,250000,90\n"
    )
    [showing] = read_csv(table, "showings").showings
    assert showing.prices == {"adult": 250_000}
    assert showing.capacity == 90


def test_every_row_of_a_table_that_cannot_be_read_is_named_by_its_line() -> None:
    table = "venue,code,capacity\naurora,1,many\naurora,2,50\naurora,3,-1\naurora,4\n"
    with pytest.raises(Refused) as refusal:
        read_csv(table, "halls")
    assert [problem.pointer for problem in refusal.value.problems] == [
        "line 2",
        "line 4",
        "line 5",
    ]


def test_a_table_of_no_known_kind_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        read_csv("code\nx\n", "cinemas")
    assert refusal.value.code == "kind_unknown"


@pytest.mark.parametrize("country", ["KZ", "IN"])
def test_shipped_regions_are_those_of_iso_3166_2(country: str) -> None:
    shipped = {region.code for region in shipped_regions(country).regions}
    published = {
        unit.code for unit in pycountry.subdivisions if unit.country_code == country
    }
    assert shipped == published


def test_kazakhstan_has_17_regions_and_3_cities_named_in_three_languages() -> None:
    regions = shipped_regions("KZ").regions
    assert {region.code for region in regions if region.kind == "city"} == {
        "KZ-71",
        "KZ-75",
        "KZ-79",
    }
    assert len(regions) == 20
    assert {tuple(sorted(region.names)) for region in regions} == {("en", "kk", "ru")}
    assert [region.kato for region in regions] == [
        f"{region.code.removeprefix('KZ-')}0000000" for region in regions
    ]


def test_regions_that_do_not_ship_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        shipped_regions("AQ")
    assert refusal.value.code == "regions_not_shipped"
