"""One table, four forms: what the page shows is what every file holds."""

import csv
import io
import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from ekino.kernel.errors import TooLarge
from ekino.ui.exports import EXPORT_ROWS_MAX, Words, write_file
from ekino.ui.languages import Language
from ekino.ui.tables import (
    SUPPRESSED,
    Cell,
    Column,
    Kind,
    Row,
    Table,
    split_suffix,
    value_of,
    write_value,
)

COLUMNS = (
    Column("film", "films.film", Kind.TEXT, is_head=True),
    Column("takings", "films.takings", Kind.MONEY),
    Column("admissions", "films.admissions", Kind.COUNT),
    Column("share", "films.share.takings", Kind.SHARE),
    Column("change", "films.takings", Kind.CHANGE),
    Column("per_showing", "films.average", Kind.DECIMAL),
    Column("released", "films.film", Kind.DATE),
)
ROWS: tuple[Row, ...] = (
    {
        "film": Cell("Дала үні", href="/film/17", lang="kk"),
        "takings": 123_456_789,
        "admissions": 1_024,
        "share": Fraction(1, 3),
        "change": Fraction(-1, 8),
        "per_showing": Fraction(79, 2),
        "released": date(2026, 11, 19),
    },
    {
        "film": "=1+1",
        "takings": 50,
        "admissions": 0,
        "share": None,
        "change": None,
        "per_showing": None,
        "released": None,
    },
    {
        "film": "Әлем",
        "takings": SUPPRESSED,
        "admissions": SUPPRESSED,
        "share": SUPPRESSED,
        "change": Fraction(3),
        "per_showing": SUPPRESSED,
        "released": date(2025, 1, 2),
    },
)
TABLE = Table(
    name="day-2026-11-24",
    columns=COLUMNS,
    rows=ROWS,
    total={**ROWS[0], "film": "Барлығы"},
    currency="KZT",
    timezone="Asia/Almaty",
    as_of=4_711,
    at=datetime(2026, 11, 24, 14, 42, tzinfo=UTC),
)
WORDS = Words(title="День/24", text=str, as_of="На запись 4 711", withheld="скрыто")


def films(table: Table) -> list[Any]:
    return [value_of(row["film"]) for row in table.rows]


def test_a_press_on_a_figure_asks_for_the_largest_first_and_then_for_the_smallest() -> None:
    column = COLUMNS[1]
    once = TABLE.sorted_by(TABLE.order_after(column), Language.KK)
    twice = once.sorted_by(once.order_after(column), Language.KK)

    assert films(once) == ["Дала үні", "=1+1", "Әлем"]
    assert films(twice) == ["=1+1", "Дала үні", "Әлем"]
    assert (once.aria_sort(column), twice.aria_sort(column)) == ("descending", "ascending")


def test_names_stand_in_the_order_of_the_kazakh_alphabet() -> None:
    names = ["Яблоко", "Ұлы дала", "Әке", "Арман", "Қыз", "Кино", "Үй", "Zebra", "100 күн"]
    table = Table(
        name="n", columns=COLUMNS[:1], rows=tuple({"film": name} for name in names)
    )

    assert films(table.sorted_by("film", Language.KK)) == [
        "100 күн", "Арман", "Әке", "Кино", "Қыз", "Ұлы дала", "Үй", "Яблоко", "Zebra",
    ]  # fmt: skip
    assert films(table.sorted_by("film", Language.EN))[1] == "Zebra"


def test_what_is_no_column_sorts_nothing() -> None:
    assert TABLE.sorted_by("drop table", Language.KK) == TABLE
    assert TABLE.sorted_by(None, Language.KK) == TABLE


def test_csv_holds_the_figures_and_no_formula() -> None:
    content = write_file(TABLE, "csv", WORDS)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    assert content.startswith(b"\xef\xbb\xbf")
    assert rows[0] == {
        "film": "Дала үні",
        "takings_minor": "123456789",
        "admissions": "1024",
        "share": "0.333333",
        "change": "-0.125",
        "per_showing": "39.5",
        "released": "2026-11-19",
    }
    assert rows[1]["film"] == "'=1+1"
    assert rows[2]["takings_minor"] == "withheld"
    assert rows[3]["film"] == "Барлығы"


def test_json_says_what_is_withheld_and_as_of_which_position() -> None:
    document = json.loads(write_file(TABLE, "json", WORDS))

    assert (document["as_of"], document["currency"]) == (4_711, "KZT")
    assert document["rows"][0]["takings_minor"] == 123_456_789
    assert document["rows"][2] == {
        "film": "Әлем",
        "takings_minor": None,
        "admissions": None,
        "share": None,
        "change": 3.0,
        "per_showing": None,
        "released": "2025-01-02",
        "withheld": ["takings_minor", "admissions", "share", "per_showing"],
    }


def test_xlsx_holds_numbers_as_numbers_and_texts_as_texts() -> None:
    content = write_file(TABLE, "xlsx", WORDS)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python()

    assert book.sheet_names == ["День-24", "e-Kino"]
    assert rows[1] == [
        "Дала үні", 1_234_567.89, 1_024, 1 / 3, -0.125, 39.5, date(2026, 11, 19),
    ]  # fmt: skip
    assert rows[2][0] == "=1+1"
    assert rows[3][1] == "скрыто"
    assert book.get_sheet_by_index(1).to_python() == [["День/24"], ["На запись 4 711"]]
    assert write_file(TABLE, "xlsx", WORDS) == content


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (Language.KK, ["1\u00a0234\u00a0568\u00a0₸", "33,3%", "−12,5%", "39,5", "19.11.2026"]),
        (Language.RU, ["1\u00a0234\u00a0568\u00a0₸", "33,3\u00a0%", "−12,5\u00a0%", "39,5", "19.11.2026"]),
        (Language.EN, ["1\u00a0234\u00a0568\u00a0₸", "33.3%", "−12.5%", "39.5", "19/11/2026"]),
    ],
)  # fmt: skip
def test_values_are_written_as_their_reader_reads_them(
    language: Language, written: list[str]
) -> None:
    names = ("takings", "share", "change", "per_showing", "released")
    columns = {column.name: column for column in COLUMNS}

    assert [
        write_value(value_of(ROWS[0][name]), columns[name], TABLE, language=language)
        for name in names
    ] == written


def test_a_file_has_a_largest_size() -> None:
    rows = ({"film": "x"},) * (EXPORT_ROWS_MAX + 1)
    large = Table(name="n", columns=COLUMNS[:1], rows=rows)

    with pytest.raises(TooLarge, match="shorter period"):
        write_file(large, "csv", WORDS)
    write_file(Table(name="n", columns=COLUMNS[:1], rows=rows[1:]), "csv", WORDS)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2026-11-22.csv", ("2026-11-22", "csv")),
        ("2026-11-22", ("2026-11-22", None)),
        ("film.of.the.year.xlsx", ("film.of.the.year", "xlsx")),
        ("film.exe", ("film.exe", None)),
        (".csv", ("", "csv")),
    ],
)
def test_an_address_is_parted_from_its_suffix(
    text: str, parts: tuple[str, str | None]
) -> None:
    assert split_suffix(text) == parts
