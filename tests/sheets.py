"""A table as its readers get it: cells of the page, rows of the three files, held side by side."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from ekino.ui import formats
from ekino.ui.languages import Language

_SORT = re.compile(r"[?&]sort(?:-\w+)?=-?(\w+)")


@dataclass
class Sheet(HTMLParser):
    """The tables of figures on a page: names of their columns and texts of their cells."""

    names: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._table = self._cell = False
        self._aside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "table":
            self._table = "figures" in classes and not self.rows
        if not self._table:
            return
        if tag == "a" and (found := _SORT.search(given.get("href") or "")):
            self.names.append(found[1])
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self._cell = True
        if tag == "span" and (self._aside or {"badge", "cell-note"} & set(classes)):
            self._aside += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._table = False
        if tag in {"td", "th"}:
            self._cell = False
        if tag == "span" and self._aside:
            self._aside -= 1

    def handle_data(self, data: str) -> None:
        if self._table and self._cell and not self._aside:
            self.rows[-1][-1] += data


def page_rows(html: str) -> list[dict[str, str]]:
    """Give the first table of figures on a page, its total last, by names of columns."""
    sheet = Sheet()
    sheet.feed(html)
    head, *rows = sheet.rows
    assert len(sheet.names) == len(head)
    return [
        dict(zip(sheet.names, (cell.strip() for cell in row), strict=True)) for row in rows
    ]


def json_rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give a JSON file's rows, its total last."""
    return [*document["rows"], *([document["total"]] if document["total"] else [])]


def words(value: Any, kind: str, currency: str, language: Language) -> str:
    """Write a value of a JSON file as the page does."""
    if value is None:
        return formats.NOTHING
    match kind:
        case "money":
            return formats.money(value, currency, language)
        case "share":
            return formats.percent(Fraction(str(value)), language)
        case "change":
            return formats.signed_percent(Fraction(str(value)), language)
        case "decimal":
            return formats.one_digit(Fraction(str(value)), language)
        case "date":
            return formats.day_numeric(date.fromisoformat(value), language)
        case "count":
            return formats.number(value, language)
        case _:
            return str(value)


def verify_files(client: TestClient, page: str, file: str, language: Language) -> int:
    """
    Hold a page's table against its three files, cell by cell, and give how many cells there were.

    `file` is the files' address with `{}` where the suffix stands.
    """
    headers = {"Accept-Language": language.value}
    html = client.get(page, headers=headers).text
    shown = page_rows(html)
    document = client.get(file.format(".json"), headers=headers).json()
    kinds = {each["name"]: each["kind"] for each in document["columns"]}
    rows = json_rows(document)
    assert len(shown) == len(rows)
    cells = 0
    for on_page, in_file in zip(shown, rows, strict=True):
        for name, text in on_page.items():
            key = name if name in kinds else f"{name}_minor"
            value, kind = in_file[key], kinds[key]
            # An average is rounded once on the page, and to the minor unit in the file.
            near = (0, -1, 1) if kind == "money" and value is not None else (0,)
            written = [
                words(value + more if more else value, kind, document["currency"], language)
                for more in near
            ]
            assert text in written, (page, name)
            cells += 1
    _verify_csv(client.get(file.format(".csv"), headers=headers), rows)
    _verify_xlsx(client.get(file.format(".xlsx"), headers=headers), rows, kinds)
    return cells


def _verify_csv(answer: Any, rows: list[dict[str, Any]]) -> None:
    lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        for name, value in row.items():
            text = line[name]
            if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
                assert text == f"'{value}"
            else:
                assert text == ("" if value is None else str(value)), name


def _verify_xlsx(answer: Any, rows: list[dict[str, Any]], kinds: dict[str, str]) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    lines = book.get_sheet_by_index(0).to_python()[1:]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        for cell, (name, value) in zip(line, row.items(), strict=True):
            if value is None:
                assert cell == "", name
            elif kinds[name] == "money":
                # A spreadsheet gets an average whole, JSON to the minor unit.
                assert abs(float(cell) * 100 - value) <= 0.51, name  # type: ignore[arg-type]
            elif kinds[name] == "date":
                day = cell.date() if isinstance(cell, datetime) else cell
                assert day == date.fromisoformat(value), name
            elif isinstance(value, str):
                assert cell == value, name
            else:
                assert abs(float(cell) - value) < 1e-6, name  # type: ignore[arg-type]
