"""Sheets of a village cinema: what people write is read one way, or the row is named."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.sheet import read
from ekino.ingest.formats.sheet_words import HEADS
from ekino.kernel.errors import Malformed

ALMATY = ZoneInfo("Asia/Almaty")
PLAIN = {
    "Дата": "26.11.2026",
    "Начало": "19:30",
    "Зал": "1",
    "Фильм": "Дала",
    "Язык": "каз",
    "Номер билета": "A-1",
    "Цена": "2500",
    "Продан": "26.11.2026 18:05",
}


def a_sheet(*rows: dict[str, str], delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    """Give a sheet whose rows are the plain one with changes."""
    heads = list(dict.fromkeys([*PLAIN, *(name for row in rows for name in row)]))
    whole = [
        {**PLAIN, "Номер билета": f"A-{number}", **row} for number, row in enumerate(rows)
    ]
    lines = [heads, *([row.get(head, "") for head in heads] for row in whole)]
    text = "".join(delimiter.join(line) + "\r\n" for line in lines)
    return text.encode(encoding)


def taken(content: bytes) -> Facts:
    return read(content, currency="KZT", timezone="Asia/Almaty")


def refusal(content: bytes) -> str:
    with pytest.raises(Malformed) as refused:
        taken(content)
    return refused.value.code


def codes(facts: Facts) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in facts.problems]


def test_a_row_is_a_ticket_of_a_showing() -> None:
    facts = taken(a_sheet({}))

    (showing,), (sale,) = facts.showings, facts.sales
    assert showing.starts_at == datetime(2026, 11, 26, 19, 30, tzinfo=ALMATY)
    assert (showing.hall, showing.film.title, showing.film.language) == ("1", "Дала", "kk")
    assert (sale.ticket, sale.price_minor, sale.showing) == ("A-0", 250_000, showing.code)
    assert sale.sold_at == datetime(2026, 11, 26, 18, 5, tzinfo=ALMATY)
    assert (facts.problems, facts.unmapped) == ([], [])


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_are_told_from_the_file(
    encoding: str, delimiter: str
) -> None:
    facts = taken(a_sheet({}, {"Цена": "1800"}, delimiter=delimiter, encoding=encoding))

    assert (facts.tickets, facts.gross_minor, facts.problems) == (2, 430_000, [])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (a_sheet({"Фильм": "Әке"}, encoding="kz1048"), "encoding_ambiguous"),
        (a_sheet({}, encoding="koi8-r"), "encoding_not_read"),
        (a_sheet({}, encoding="cp866"), "encoding_not_read"),
        (a_sheet({}).replace("Дала".encode(), b"\xd0\xff", 1), "encoding_broken"),
        (
            "Дата;Начало;Фильм;Цена\r\nДата,Начало,Фильм,Цена\r\n".encode(),
            "delimiter_ambiguous",
        ),
        (a_sheet({}, {})[:-25], "file_truncated"),
        (a_sheet({}, {}).rstrip() + b'\r\n"26.11', "file_truncated"),
        (a_sheet({"Фильм": "Дала"})[:-1] + "я".encode()[:1], "file_truncated"),
        ("Дата;Начало;Фильм\r\n".encode(), "columns_missing"),
        ("Имя;Адрес\r\n1;2\r\n".encode(), "columns_missing"),
        (b"a;b\r\n1;2\r\n", "columns_missing"),
        ("Дата;Начало;Фильм;Цена;Дата\r\n".encode(), "column_given_twice"),
        (b"", "file_empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "workbook_unreadable"),
        (b"PK\x03\x04 and no more", "workbook_unreadable"),
    ],
)
def test_what_cannot_be_told_is_refused_by_name(content: bytes, code: str) -> None:
    assert refusal(content) == code


@pytest.mark.parametrize(
    "day",
    ["26.11.2026", "26/11/2026", "26-11-26", "26.11.26", "2026-11-26", "26 ноября 2026",
     "26 ноября 2026 г.", "26 қараша 2026", "2026 жылғы 26 қараша", "26 Nov 2026"],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(day: str) -> None:
    assert (
        taken(a_sheet({"Дата": day})).showings[0].starts_at.date().isoformat()
        == "2026-11-26"
    )


@pytest.mark.parametrize(
    ("clock", "hour"),
    [("19:30", 19), ("19.30", 19), ("1930", 19), ("7:30 PM", 19), ("7:30", 7)],
)
def test_times_are_read_as_people_write_them(clock: str, hour: int) -> None:
    starts_at = taken(a_sheet({"Начало": clock})).showings[0].starts_at

    assert (starts_at.hour, starts_at.minute) == (hour, 30)


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("2500", 250_000), ("2 500", 250_000), ("2500,50", 250_050), ("2 500,50 ₸", 250_050),
     ("2500 тг", 250_000), ("2 500.5", 250_050), ("12.500,00", 1_250_000), ("0", 0)],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(amount: str, minor: int) -> None:
    assert taken(a_sheet({"Цена": amount})).sales[0].price_minor == minor


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"Дата": "11/26/2026"}, "date", "date_unreadable"),
        ({"Дата": "31.02.2026"}, "date", "date_unreadable"),
        ({"Дата": "вчера"}, "date", "date_unreadable"),
        ({"Дата": ""}, "date", "cell_missing"),
        ({"Начало": "25:00"}, "time", "time_unreadable"),
        ({"Цена": "1.500"}, "price", "amount_ambiguous"),
        ({"Цена": "1,500"}, "price", "amount_ambiguous"),
        ({"Цена": "дорого"}, "price", "amount_unreadable"),
        ({"Цена": "-2500"}, "price", "amount_negative"),
        ({"Цена": "9999999999999"}, "price", "amount_too_large"),
        ({"Цена": ""}, "price", "price_missing"),
        ({"Сумма": "2600"}, "takings", "price_and_takings_differ"),
        ({"Билетов": "два"}, "count", "count_unreadable"),
        ({"Билетов": "10001"}, "count", "count_unreadable"),
        ({"Оплата": "бартер"}, "payment", "word_unknown"),
        ({"Номер билета": "A-0"}, "ticket", "ticket_given_twice"),
        ({"Номер билета": "x" * 65}, "ticket", "text_too_long"),
        (
            {"Что произошло": "возврат", "Номер билета": ""},
            "ticket",
            "refund_names_no_ticket",
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_sinks_no_other(
    changes: dict[str, str], column: str, code: str
) -> None:
    facts = taken(a_sheet({}, changes, {}))

    assert codes(facts) == [(f"line 3/{column}", code)]
    assert [each.ticket for each in facts.sales] == ["A-0", "A-2"]
    assert [(each.place, each.reason) for each in facts.unmapped] == [("line 3", code)]


def test_a_row_of_alike_tickets_keeps_their_names_when_there_are_more() -> None:
    tonight = {"Номер билета": "", "Билетов": "3"}
    first = taken(a_sheet(tonight))
    again = taken(a_sheet({**tonight, "Билетов": "5"}))

    names = [each.ticket for each in again.sales]
    assert [each.ticket for each in first.sales] == names[:3]
    assert len(set(names)) == 5
    assert again.gross_minor == 5 * 250_000


def test_takings_of_a_row_are_spread_without_loss() -> None:
    facts = taken(
        a_sheet({"Номер билета": "", "Билетов": "7", "Цена": "", "Сумма": "10000"})
    )

    assert (facts.tickets, facts.gross_minor) == (7, 1_000_000)
    assert {each.is_synthetic for each in facts.sales} == {True}


def test_returns_take_back_the_ticket_they_name_or_the_last_alike() -> None:
    facts = taken(
        a_sheet(
            {},
            {},
            {"Номер билета": "", "Билетов": "2", "Цена": "1000"},
            {"Номер билета": "A-1", "Что произошло": "возврат", "Причина": "заболел"},
            {"Номер билета": "", "Цена": "1000", "Что произошло": "аннулирован"},
        )
    )

    assert [(each.ticket, each.kind.value, each.reason) for each in facts.reversals] == [
        ("A-1", "refunded", "заболел"),
        (facts.sales[3].ticket, "voided", ""),
    ]
    assert (facts.tickets, facts.gross_minor) == (2, 350_000)


def test_a_place_is_sold_once_until_it_is_given_back() -> None:
    seat = {"Номер билета": "", "Ряд": "5", "Место": "7"}
    twice = taken(a_sheet(seat, seat))
    anew = taken(a_sheet(seat, {**seat, "Что произошло": "возврат"}, seat))

    assert codes(twice) == [("line 3/seat", "seat_sold_twice")]
    assert (anew.problems, anew.tickets) == ([], 1)
    assert len({each.ticket for each in anew.sales}) == 2


def test_free_tickets_season_tickets_and_sections_are_carried() -> None:
    facts = taken(
        a_sheet(
            {"Цена": "0", "Льгота": "пригласительный"},
            {
                "Сектор": "танцпол",
                "Абонемент": "S-7",
                "Канал продажи": "сайт",
                "Оплата": "Kaspi QR",
            },
        )
    )

    free, standing = facts.sales
    assert (free.price_minor, free.concession) == (0, "пригласительный")
    assert (standing.section, standing.season_ticket) == ("танцпол", "S-7")
    assert (standing.sales_channel, standing.payment) == ("web", "mobile")


def test_a_row_of_sums_must_fit() -> None:
    rows = a_sheet({}, {"Цена": "1800"})
    heads = rows.decode().splitlines()[0].split(";")

    def sums(gross: str) -> bytes:
        line = ";".join({"Дата": "Итого", "Цена": gross}.get(head, "") for head in heads)
        return rows + f"{line}\r\n".encode()

    assert taken(sums("4300")).totals[0].gross_minor == 430_000
    assert refusal(sums("4301")) == "totals_differ"
    # A row that is missing is what sums are there to show.
    assert (
        refusal(b"".join(sums("4300").splitlines(keepends=True)[i] for i in (0, 1, 3)))
        == "totals_differ"
    )


def test_columns_that_are_not_known_are_told() -> None:
    facts = taken(a_sheet({"Погода": "снег"}))

    assert codes(facts) == [("head/Погода", "column_unknown")]
    assert facts.tickets == 1


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_heads_are_known_in_three_languages(language: str) -> None:
    line = ";".join(str(getattr(head, language)) for head in HEADS)
    examples = ";".join(head.example for head in HEADS)

    facts = taken(f"{line}\r\n{examples}\r\n".encode())

    assert (facts.problems, facts.tickets, facts.gross_minor) == ([], 1, 250_000)


def a_book(fill: Callable[[Any], None], **choices: Any) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **choices}) as book:
        fill(book)
    return content.getvalue()


def test_a_workbook_is_read_with_its_dates_times_and_numbers() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet("Билеты")
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        clock = book.add_format({"num_format": "hh:mm"})
        sheet.write_row(0, 0, ["Кинотеатр Арман, ноябрь"])
        sheet.write_row(2, 0, ["Дата", "Начало", "Фильм", "Номер билета", "Цена"])
        sheet.write_datetime(3, 0, datetime(2026, 11, 26), day)  # noqa: DTZ001 - a cell has no zone
        sheet.write_datetime(3, 1, time(19, 30), clock)
        sheet.write_row(3, 2, ["Дала", 123, 2500.5])
        sheet.write_row(4, 0, ["26.11.2026", "19:30", "Дала", "124", "дорого"])
        book.add_worksheet("Объяснение").write(0, 0, "Одна строка: один билет")

    facts = taken(a_book(fill))

    assert [(each.ticket, each.price_minor) for each in facts.sales] == [("123", 250_050)]
    assert facts.showings[0].starts_at == datetime(2026, 11, 26, 19, 30, tzinfo=ALMATY)
    assert codes(facts) == [("line 5/price", "amount_unreadable")]


def test_two_sheets_of_sales_are_ambiguous() -> None:
    def fill(book: Any) -> None:
        for name in ("1", "2"):
            book.add_worksheet(name).write_row(0, 0, ["Date", "Start", "Film", "Price"])

    assert refusal(a_book(fill)) == "sheets_ambiguous"


def test_a_cell_far_away_is_refused_before_room_is_made_for_it() -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Date", "Start", "Film", "Price"])
        sheet.write(1_048_575, 16_383, "x")

    assert refusal(a_book(fill)) == "workbook_bomb"


def test_a_zip_bomb_is_refused_while_it_is_unpacked() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(200):
                part.write(b" " * (1 << 20))

    assert len(content.getvalue()) < 1_000_000
    assert refusal(content.getvalue()) == "workbook_bomb"


def test_a_string_that_many_cells_share_is_counted_once_for_each() -> None:
    shared = "x" * 30_000

    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Date", "Start", "Film", "Price"])
        for row in range(1, 100):
            sheet.write_row(row, 0, [shared] * 30)

    content = a_book(fill)

    assert len(content) < 20_000
    assert refusal(content) == "workbook_bomb"


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Give a workbook with one of its parts changed."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            raw = old.read(name)
            new.writestr(name, change(raw) if name == part else raw)
    return result.getvalue()


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        # A text that no cell may have, whoever refers to it.
        ("xl/sharedStrings.xml", b"<t>Film<", b"<t>" + b"x" * 1_000_000 + b"<"),
        # Cells that do not say where they stand, and stand side by side.
        ("xl/worksheets/sheet1.xml", b"</row>", b"<c><v>1</v></c>" * 100 + b"</row>"),
        # One far cell in the last permitted row: twelve million cells.
        ("xl/worksheets/sheet1.xml", b"</row>", b'<c r="BH200000"/></row>'),
        ("xl/worksheets/sheet1.xml", b"</row>", b'<c r="BI1"/></row>'),
        ("xl/workbook.xml", b"</sheets>", b'<sheet name="B" r:id="rId1"/></sheets>'),
        ("xl/workbook.xml", b"<workbook ", b"<!DOCTYPE workbook><workbook "),
    ],
)
def test_a_workbook_that_would_grow_is_refused(part: str, old: bytes, new: bytes) -> None:
    whole = a_book(
        lambda book: book.add_worksheet().write_row(
            0, 0, ["Date", "Start", "Film", "Price"]
        )
    )

    assert refusal(changed(whole, part, lambda raw: raw.replace(old, new))) == (
        "workbook_bomb"
    )


@pytest.mark.parametrize(
    "tail",
    [
        b";" * 1_000_000,
        b";" * 61 + b"\r\n",
        # One record over many lines, each of them short.
        b'"\n";;;;' * 100_000,
    ],
)
def test_a_row_of_delimiters_is_refused_before_it_is_made_cells(tail: bytes) -> None:
    assert refusal(a_sheet(PLAIN) + tail) == "file_has_too_many_columns"


def test_a_workbook_cut_anywhere_is_refused() -> None:
    whole = a_book(
        lambda book: book.add_worksheet().write_row(
            0, 0, ["Date", "Start", "Film", "Price"]
        )
    )

    assert {refusal(whole[:size]) for size in range(10, len(whole), 97)} == {
        "workbook_unreadable"
    }
