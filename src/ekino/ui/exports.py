"""A table as a file: CSV and JSON for programs, XLSX for people."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from ekino.kernel.errors import TooLarge
from ekino.kernel.moments import to_text, zone
from ekino.kernel.money import minor_digits
from ekino.ui.tables import Column, Kind, Row, Table, Value, Withheld, value_of

# About two seconds of work; more is asked for by a shorter period.
EXPORT_ROWS_MAX = 50_000
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
# What spreadsheets take for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Digits of a share in a file: more than any page shows.
_SHARE_DIGITS = 6
WITHHELD = "withheld"


def attachment(name: str) -> str:
    """
    Give the header that names a file, whatever its name holds.

    Source: RFC 6266: plain ASCII for old readers, UTF-8 for the others.
    """
    plain = "".join(each if each.isascii() and each not in '"\\/' else "-" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@dataclass(frozen=True, slots=True)
class Words:
    """What a file says in the reader's language."""

    title: str
    # The message with a key.
    text: Callable[[str], str]
    # How far the figures reach, as a sentence.
    as_of: str
    withheld: str


def write_file(table: Table, suffix: str, words: Words) -> bytes:
    """Give a table as a file of this suffix; `TooLarge` beyond EXPORT_ROWS_MAX rows."""
    if len(table.rows) > EXPORT_ROWS_MAX:
        detail = (
            f"{len(table.rows)} rows are more than the {EXPORT_ROWS_MAX} of one file: "
            "ask for a shorter period or fewer groups"
        )
        raise TooLarge(detail, code="too_many_rows")
    return _WRITERS[suffix](table, words)


def _write_csv(table: Table, _words: Words) -> bytes:
    """UTF-8 with its mark, without which Excel takes Cyrillic for something else."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_name(column) for column in table.columns])
    for row in _rows(table):
        writer.writerow(
            [_plain_text(row[each.name], each, table) for each in table.columns]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _write_json(table: Table, words: Words) -> bytes:
    """Amounts are whole minor units; what is withheld is null and named in `withheld`."""
    document = {
        "table": table.name,
        "title": words.title,
        "as_of": table.as_of,
        "at": None if table.at is None else to_text(table.at),
        "currency": table.currency or None,
        "columns": [
            {"name": _name(each), "title": words.text(each.title), "kind": each.kind}
            for each in table.columns
        ],
        "rows": [_json_row(row, table) for row in table.rows],
        "total": None if table.total is None else _json_row(table.total, table),
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _json_row(row: Row, table: Table) -> dict[str, Any]:
    written: dict[str, Any] = {}
    withheld = []
    for column in table.columns:
        value = value_of(row.get(column.name))
        if isinstance(value, Withheld):
            withheld.append(_name(column))
        written[_name(column)] = _json_value(value, column)
    return {**written, WITHHELD: withheld} if withheld else written


def _json_value(value: Value, column: Column) -> Any:
    if value is None or isinstance(value, Withheld):
        return None
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if column.kind in {Kind.SHARE, Kind.CHANGE, Kind.DECIMAL}:
        return float(round(Fraction(value), _SHARE_DIGITS))
    return round(Fraction(value))


def _name(column: Column) -> str:
    """Amounts say their unit: whole minor units."""
    return f"{column.name}_minor" if column.kind is Kind.MONEY else column.name


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *([] if table.total is None else [table.total])]


def _plain_text(cell: Any, column: Column, table: Table) -> str:
    value = value_of(cell)
    if isinstance(value, Withheld):
        return WITHHELD
    if value is None:
        return ""
    if isinstance(value, str):
        return _no_formula(value)
    if isinstance(value, datetime):
        return value.astimezone(zone(table.timezone)).isoformat(timespec="seconds")
    return str(_json_value(value, column))


def _no_formula(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would work out instead of show."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_xlsx(table: Table, words: Words) -> bytes:
    """One sheet with the table, its head frozen, and one that says what it is."""
    import xlsxwriter  # noqa: PLC0415 - a tenth of a second that few readers need

    content = io.BytesIO()
    choices = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(content, choices) as book:
        # Asked twice, it answers the same bytes.
        book.set_properties({"title": words.title, "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - a file says no zone
        sheet = book.add_worksheet(_sheet_name(words.title))
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "bottom"})
        looks = {
            kind: book.add_format({"num_format": pattern})
            for kind, pattern in _patterns(table).items()
        }
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, words.text(column.title), head)
            sheet.set_column(place, place, 34 if column.is_head else 14)
        for line, row in enumerate(_rows(table), start=1):
            for place, column in enumerate(table.columns):
                value = value_of(row.get(column.name))
                _write_cell(sheet, (line, place), value, looks[column.kind], table, words)
        sheet.freeze_panes(1, 0)
        if table.rows:
            sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
        about = book.add_worksheet("e-Kino")
        about.set_column(0, 0, 100)
        for line, sentence in enumerate((words.title, words.as_of)):
            about.write_string(line, 0, sentence)
    return content.getvalue()


def _sheet_name(title: str) -> str:
    """At most 31 characters, none of those that Excel refuses."""
    return "".join("-" if letter in "[]:*?/\\'" else letter for letter in title)[:31]


def _patterns(table: Table) -> dict[Kind, str]:
    digits = "." + "0" * minor_digits(table.currency) if table.currency else ""
    money = f"# ##0{digits}" if digits != "." else "# ##0"
    return {
        Kind.TEXT: "@",
        Kind.COUNT: "# ##0",
        Kind.MONEY: money,
        Kind.SHARE: "0.0%",
        Kind.CHANGE: "+0.0%;-0.0%;0.0%",
        Kind.DECIMAL: "0.0",
        Kind.DATE: "yyyy-mm-dd",
        Kind.CLOCK: "yyyy-mm-dd hh:mm",
    }


def _write_cell(
    sheet: Any, where: tuple[int, int], value: Value, look: Any, table: Table, words: Words
) -> None:
    """Write by kind and never by guess: a title `=1+1` is a text."""
    if value is None:
        sheet.write_blank(*where, None, look)
    elif isinstance(value, Withheld):
        sheet.write_string(*where, words.withheld)
    elif isinstance(value, str):
        sheet.write_string(*where, value, look)
    elif isinstance(value, datetime):
        local = value.astimezone(zone(table.timezone)).replace(tzinfo=None)
        sheet.write_datetime(*where, local, look)
    elif isinstance(value, date):
        sheet.write_datetime(*where, value, look)
    else:
        number = value if isinstance(value, int) else float(value)
        if table.columns[where[1]].kind is Kind.MONEY:
            number = float(Fraction(value) / 10 ** minor_digits(table.currency))
        sheet.write_number(*where, number, look)


_WRITERS: dict[str, Callable[[Table, Words], bytes]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
    "json": _write_json,
}
