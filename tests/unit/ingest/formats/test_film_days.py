"""Tables of films' days: each film's day one sum, every row accounted for, nothing entered."""

import csv
import gzip
import io
from datetime import date
from typing import Any

import pytest

from ekino.ingest.formats import film_days
from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.table import choose
from ekino.kernel.errors import Malformed

EVENING = date(2026, 11, 7)


def a_day(**changes: str) -> dict[str, str]:
    return {
        "date": "2026-11-07", "last_updated": "11:02 PM, 07 November 2026",
        "film": "Invented | Hindi", "shows": "3", "gross": "2360.3999999999996", "sold": "20",
        "totalSeats": "90", "venues": "2", "cities": "1", "fastfilling": "0",
        "housefull": "0", "occupancy": "22.22", **changes,
    }  # fmt: skip


def a_city(**changes: str) -> dict[str, str]:
    row = {"date": "2026-11-07", "film": "Invented | Hindi", "city": "Agra", "state": "UP"}
    row |= {"shows": "1", "gross": "100.005", "sold": "2", "venues": "1"}
    return row | {"fastfilling": "0", "housefull": "0", "occupancy": "2.0", **changes}


def a_table(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(content: bytes, currency: str = "INR") -> Facts:
    return film_days.read(content, currency=currency, timezone="Asia/Kolkata")


def sums(facts: Facts) -> list[tuple[Any, ...]]:
    return [(t.film, t.language, t.day, t.tickets, t.gross_minor) for t in facts.totals]


def test_a_films_day_is_one_sum_and_nothing_to_enter() -> None:
    facts = read(a_table(a_day(), a_day(film="Invented | Tamil", gross="0.0", sold="0")))

    assert sums(facts) == [
        ("Invented", "Hindi", EVENING, 20, 236_040),
        ("Invented", "Tamil", EVENING, 0, 0),
    ]
    assert [each.place for each in facts.totals] == ["line 2", "line 3"]
    assert (facts.showings, facts.sales, facts.unmapped) == ([], [], [])
    assert (facts.counts["rows"], facts.counts["showings_summed"]) == (2, 6)
    (yen, _) = read(a_table(a_day(), a_day(date="2026-11-08")), "JPY").totals
    assert yen.gross_minor == 2_360


def test_cities_add_up_to_the_films_day_and_are_counted() -> None:
    facts = read(
        a_table(
            a_city(),
            a_city(state="Unknown"),
            a_city(city="Pune", gross="-1.0", sold="-1"),
            a_city(),
        )
    )

    # Each city is rounded by itself: 100.01 twice, less 1.
    assert sums(facts) == [("Invented", "Hindi", EVENING, 3, 19_902)]
    assert [(each.place, each.reason) for each in facts.unmapped] == [
        ("line 5", "sum_given_twice")
    ]
    taken = ("rows", "rows_taken", "rows_added_to_others", "rows_below_zero", "sums_wrong")
    assert [facts.counts[name] for name in taken] == [4, 3, 2, 1, 1]


def test_presales_name_formats_that_add_up_and_say_that_they_were_read_before() -> None:
    before = {"last_updated": "11:02 PM, 06 November 2026"}
    labels = ("Invented [3D | Hindi]", "Invented [4DX | 2D | Hindi]", "Invented  | Hindi")
    facts = read(a_table(*(a_day(film=label, gross="1", **before) for label in labels)))

    assert sums(facts) == [("Invented", "Hindi", EVENING, 60, 300)]
    assert facts.counts["rows_read_before_their_day"] == 3
    assert read(a_table(a_day())).counts["rows_read_before_their_day"] == 0
    assert sums(read(a_table(a_day(film="Akira [1998] | Hindi"))))[0][0] == "Akira [1998]"


@pytest.mark.parametrize(
    "changes",
    [{"gross": "1e9"}, {"gross": "99999999999"}, {"sold": "2.5"}, {"sold": "999999999"}, {"shows": ""}],
)  # fmt: skip
def test_a_day_of_which_a_row_cannot_be_read_is_not_compared(
    changes: dict[str, str],
) -> None:
    facts = read(
        a_table(a_city(), a_city(city="Pune", **changes), a_city(film="B | Hindi"))
    )

    assert [total.film for total in facts.totals] == ["B"]
    (wrong,) = facts.unmapped
    assert (wrong.place, wrong.reason) == ("line 3", "row_malformed")
    assert wrong.raw.startswith("2026-11-07,Invented | Hindi,Pune,UP,")
    assert facts.counts["film_days_not_whole"] == 1


@pytest.mark.parametrize(
    "changes",
    [{"date": "20261107"}, {"date": "0001-01-01"}, {"film": " "}, {"film": "x" * 501}, {"film": "| Hindi"}],
)  # fmt: skip
def test_a_row_of_no_film_or_day_is_kept_and_sinks_no_other(
    changes: dict[str, str],
) -> None:
    facts = read(a_table(a_day(), a_day(**changes)))

    assert (len(facts.totals), [each.reason for each in facts.unmapped]) == (
        1,
        ["row_malformed"],
    )


def test_a_row_with_a_cell_too_many_is_kept() -> None:
    facts = read(a_table(a_day()) + b"1,2\n" + a_table(a_day()))

    assert [each.place for each in facts.unmapped] == ["line 3", "line 4", "line 5"]
    assert len(facts.totals) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (a_table(a_day(), a_day(date="2026-11-08"))[:-30], "file_truncated"),
        (a_table(a_day(), a_day(date="2026-11-08"))[:-70], "file_truncated"),
        (gzip.compress(a_table(a_day()))[:-9], "file_truncated"),
        (a_table(a_day()).replace(b"gross", b"takings"), "columns_missing"),
        (a_table(a_day()).replace(b"fastfilling", b"gross"), "column_given_twice"),
        (a_table(a_day(), a_day(film="Дала")).replace("Д".encode(), b"\xd0 "), "encoding_broken"),
        (a_table(a_day(film="a\0")), "encoding_ambiguous"),
        (b"", "file_empty"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(content)
    assert refused.value.code == code


def test_bounds_are_held_while_rows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = a_table(a_day(), a_day(film="B"), a_day(film="C"))
    for bound in ("ROWS_MAX", "FILM_DAYS_MAX"):
        with monkeypatch.context() as narrower:
            narrower.setattr(film_days, bound, 2)
            with pytest.raises(Malformed) as refused:
                read(content)
        assert refused.value.code == "file_has_too_many_rows"
    assert read(content).totals[1].language == "und"


def test_both_tables_are_known_by_their_heads_and_registers_of_names_are_none() -> None:
    for content in (a_table(a_day()), a_table(a_city()), gzip.compress(a_table(a_city()))):
        assert choose(content).name == "film_days"
    for names in (
        b"movie,aliases,language,movieCode,id,runtime,rating,cityCount\n",
        b"name,address,id,pincode,latitude,longitude,city,state,chainKey,cityId\n",
    ):
        with pytest.raises(Malformed) as refused:
            choose(names)
        assert refused.value.code == "format_unknown"
