"""Sheets as rows of cells: CSV with its delimiter told from the heads, XLSX within bounds."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ekino.ingest.formats.csv_lines import Lines, too_many_rows, too_wide
from ekino.ingest.formats.facts import malformed
from ekino.ingest.formats.sheet_values import Cell
from ekino.ingest.formats.unpacking import decode
from ekino.ingest.formats.workbook_bounds import (
    COLUMNS_MAX,
    HEAD_ROWS_MAX,
    ROWS_MAX,
    verify_bounds,
)

_DELIMITERS = (",", ";", "\t", "|")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Says how many of a row's cells are heads that the format knows.
CountHeads = Callable[[Sequence[Cell]], int]


@dataclass(slots=True, kw_only=True)
class Grid:
    """A sheet: its head's cells and the rows below it, each with its number in the file."""

    # `utf-8`, `utf-16-le`, `windows-1251`; `xlsx` for a workbook.
    encoding: str
    # Empty for a workbook.
    delimiter: str = ""
    head: list[Cell]
    # Lines for CSV, rows for a workbook.
    rows: list[tuple[int, list[Cell]]]
    # Whether the last line of a CSV file ends like the others.
    is_ended: bool = True


def read_csv(content: bytes, count_heads: CountHeads, *, heads_min: int) -> Grid:
    """
    Read a CSV file whose head has at least `heads_min` known columns.

    Raises `Malformed` for its encoding, a delimiter that cannot be told, a quote that never
    ends, or more than ROWS_MAX rows or COLUMNS_MAX columns.
    """

    def is_known(text: str) -> bool:
        return bool(_delimiters(text, count_heads, heads_min))

    text, encoding = decode(content, is_known)
    if "\0" in text:
        detail = "the file holds NUL characters"
        raise malformed("", "file_unreadable", detail, "Save it as CSV in UTF-8.")
    found = _delimiters(text[:65536], count_heads, heads_min)
    if not found:
        raise _no_heads()
    if len(found) > 1:
        names = ", ".join(repr(each) for each in found)
        detail = f"columns may be parted by {names}"
        fix = "Save the file with one delimiter, such as ;"
        raise malformed("line 1", "delimiter_ambiguous", detail, fix)
    return _parse(text, found[0], encoding, count_heads, heads_min)


def _no_heads() -> Exception:
    detail = "no row of heads is found among the first rows"
    fix = "Keep the heads of the template: Date, Start, Film, Price."
    return malformed("", "columns_missing", detail, fix)


def _delimiters(text: str, count_heads: CountHeads, heads_min: int) -> list[str]:
    """Give the delimiters that make heads of one of the first lines; the best, or several."""
    best: dict[str, int] = {}
    for line in text.splitlines()[:HEAD_ROWS_MAX]:
        for delimiter in _DELIMITERS:
            try:
                cells = next(csv.reader([line], delimiter=delimiter), [])
            except csv.Error:
                continue
            count = count_heads(cells)
            if count >= heads_min:
                best[delimiter] = max(count, best.get(delimiter, 0))
    most = max(best.values(), default=0)
    return [each for each, count in best.items() if count == most]


def _parse(
    text: str, delimiter: str, encoding: str, count_heads: CountHeads, heads_min: int
) -> Grid:
    lines = Lines(io.StringIO(text, newline=""), delimiter)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    head: list[Cell] = []
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for cells in reader:
            lines.end_record()
            if len(cells) > COLUMNS_MAX:
                raise too_wide(reader.line_num, COLUMNS_MAX)
            if not head:
                if count_heads(cells) >= heads_min:
                    head = list(cells)
                elif reader.line_num >= HEAD_ROWS_MAX:
                    break
                continue
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, list(cells)))
            if len(rows) > ROWS_MAX:
                raise too_many_rows(ROWS_MAX)
    except csv.Error as error:
        is_cut = "unexpected end" in str(error)
        code = "file_truncated" if is_cut else "file_unreadable"
        place = f"line {reader.line_num}"
        raise malformed(place, code, f"{error}", "Send the file again, whole.") from error
    if not head:
        raise _no_heads()
    return Grid(
        encoding=encoding,
        delimiter=delimiter,
        head=head,
        rows=rows,
        is_ended=text.endswith(("\n", "\r")),
    )


def is_workbook(content: bytes) -> bool:
    """Say whether a file is a ZIP, as every XLSX file is, or an old Excel file."""
    return content.startswith((b"PK\x03\x04", _OLD_EXCEL))


def read_xlsx(content: bytes, count_heads: CountHeads, *, heads_min: int) -> Grid:
    """
    Read the one sheet of a workbook that has the heads.

    Raises `Malformed`: `workbook_bomb` before more than the bounds is unpacked or made room
    for, `workbook_unreadable`, `columns_missing`, `sheets_ambiguous`.
    """
    if content.startswith(_OLD_EXCEL):
        detail = "this is an old Excel file (.xls) or one with a password"
        raise malformed("", "workbook_unreadable", detail, "Save it as .xlsx without one.")
    verify_bounds(content)
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - few need it

    found: list[Grid] = []
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            grid = _grid_of(
                book.get_sheet_by_name(name).to_python(skip_empty_area=False),
                count_heads,
                heads_min,
            )
            if grid is not None:
                found.append(grid)
            if len(found) > 1:
                # A third would only be held beside them.
                break
    except (CalamineError, OSError, ValueError) as error:
        detail = f"the workbook cannot be read: {error}"
        raise malformed("", "workbook_unreadable", detail, "Save it anew.") from error
    if not found:
        raise _no_heads()
    if len(found) > 1:
        detail = "several sheets have the heads of the template"
        fix = "Keep one sheet with sales, or hand in each in a file of its own."
        raise malformed("", "sheets_ambiguous", detail, fix)
    return found[0]


def _grid_of(
    lines: Sequence[Sequence[Any]], count_heads: CountHeads, heads_min: int
) -> Grid | None:
    for number, cells in enumerate(lines[:HEAD_ROWS_MAX]):
        if count_heads(cells) >= heads_min:
            rows = [
                (place, [None if cell == "" else cell for cell in row])
                for place, row in enumerate(lines[number + 1 :], start=number + 2)
                if any(cell not in ("", None) for cell in row)
            ]
            return Grid(encoding="xlsx", head=list(cells), rows=rows)
    return None
