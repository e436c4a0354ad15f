"""What a workbook would make room for, counted by a strict reader before the quick one opens it."""

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Mapping
from typing import IO
from xml.parsers import expat

from ekino.ingest.formats.facts import malformed
from ekino.kernel.errors import Malformed

# Rows of one sheet: a village cinema's year; more comes from a program.
ROWS_MAX = 200_000
# Columns: the template has 25.
COLUMNS_MAX = 60
# Heads stand in one of the first rows; titles may stand above them.
HEAD_ROWS_MAX = 10
# What the parts of an XLSX file may grow to together, counted while they are unpacked and not
# as the file says.
UNPACKED_BYTES_MAX = 128 * 1024 * 1024
# Parts of one XLSX file: sheets, styles, pictures.
PARTS_MAX = 500
# One cell's text. Source: Excel's own limit ("Total number of characters that a cell can
# contain"); no program that writes workbooks writes more.
CELL_CHARACTERS_MAX = 32_767
# Cells of all sheets, empty ones between others too: each is an object in memory before we see
# the first of them. ROWS_MAX rows of the template's 25 columns.
CELLS_MAX = 5_000_000
# Texts of all cells together. A shared string stands in the file once and in memory once for
# every cell that refers to it: without a sum, 8 KB become a gigabyte.
CHARACTERS_MAX = 64 * 1024 * 1024
# Read at once: a tag that spans chunks is begun anew by expat with each.
_CHUNK_BYTES = 4 << 20
# Where a cell says it stands: `XFD1048576`. Two far cells make a sheet of seventeen billion.
_REFERENCE = re.compile(r"\s*\$?([A-Za-z]{0,4})\$?([0-9]{1,10})\s*", re.ASCII)
_BOOK_PART = "xl/workbook.xml"
_BOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS_PART = "xl/sharedstrings.xml"


def verify_bounds(content: bytes) -> None:
    """
    Unpack every part once, counting, before any reader makes room for what they say.

    Raises `Malformed`: `workbook_bomb` over a bound, `workbook_unreadable` for what is no
    workbook or is broken.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {_normal(each.filename): each for each in packed.infolist()}
            if len(packed.infolist()) > PARTS_MAX:
                raise _bomb(f"it has {len(packed.infolist())} parts")
            if len(parts) < len(packed.infolist()):
                raise _unreadable("two of its parts have one name")
            if _BOOK_PART not in parts:
                detail = "the ZIP file holds no workbook"
                raise malformed("", "workbook_unreadable", detail, "Hand in .xlsx or .csv.")
            counter = _Counter()
            # Cells refer to strings by number: the strings are measured first.
            for name in sorted(parts, key=lambda name: name != _STRINGS_PART):
                with packed.open(parts[name]) as file:
                    counter.count(name, file)
    # ValueError: a part is said to begin before the file does.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError,
            RuntimeError, ValueError) as error:  # fmt: skip
        detail = f"the workbook is broken or cut off: {error}"
        raise malformed(
            "", "workbook_unreadable", detail, "Send it again, whole."
        ) from error


class _Counter:
    """Counts bytes, cells and characters over all parts of a workbook."""

    def __init__(self) -> None:
        self._bytes = 0
        self._cells = 0
        self._characters = 0
        # The length of each shared string, by its number.
        self._strings = array("I")
        self._strings_part = ""
        self._targets: set[str] = set()
        self._sheet_ids: set[str] = set()
        self._begin("")

    def _begin(self, part: str) -> None:
        self._part = part
        self._row = self._column = self._rows = self._columns = 0
        self._is_reference = False
        self._text = 0
        self._index = ""

    def count(self, part: str, file: IO[bytes]) -> None:
        self._begin(part)
        parser = expat.ParserCreate()
        is_xml = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._read_text
        parser.StartDoctypeDeclHandler = self._declare
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            self._bytes += len(chunk)
            if self._bytes > UNPACKED_BYTES_MAX:
                raise _bomb(f"it unpacks to more than {UNPACKED_BYTES_MAX} bytes")
            is_xml = is_xml and self._parse(parser, chunk, is_last=False)
            if not is_xml and b"sheetData" in rest + chunk:
                raise _unreadable(f"the part {part} is no XML")
            rest = chunk[-16:]
        if is_xml:
            self._parse(parser, b"", is_last=True)
        self._cells += self._rows * self._columns
        if self._cells > CELLS_MAX:
            raise _bomb(f"it has more than {CELLS_MAX} cells")

    def _parse(self, parser: expat.XMLParserType, chunk: bytes, *, is_last: bool) -> bool:
        """Count on; False for a part that is no XML and, by its name, need not be."""
        try:
            parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            if self._part.endswith((".xml", ".rels")):
                raise _unreadable(f"the part {self._part} is no XML: {error}") from error
            return False
        return True

    def _start(self, name: str, given: Mapping[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "v":
                self._index = ""
            case "c":
                self._text = 0
                self._is_reference = given.get("t") == "s"
                self._stand(given.get("r"), self._row, self._column + 1)
            case "row":
                self._column = 0
                self._stand(given.get("r"), self._row + 1, 0)
            case "si":
                self._text = 0
            case "sheet":
                self._verify_once(self._sheet_ids, _of(given, "id"))
            case "Relationship" if self._part == _BOOK_RELATIONS:
                target = _normal(given.get("Target", "")).lstrip("/").removeprefix("xl/")
                self._verify_once(self._targets, target)
            case _:
                pass

    def _stand(self, reference: str | None, row: int, column: int) -> None:
        """Move to where a cell or a row says it stands; to the next place when it does not."""
        if reference is not None:
            found = _REFERENCE.fullmatch(reference)
            if found is None:
                raise _bomb(f"a cell stands at {reference[:20]!r}")
            row, column = max(row, int(found[2])), max(column, _column(found[1]))
        if row > ROWS_MAX + HEAD_ROWS_MAX or column > COLUMNS_MAX:
            raise _bomb(f"a cell stands at {reference or f'row {row}, column {column}'}")
        self._row, self._column = row, column
        self._rows, self._columns = max(self._rows, row), max(self._columns, column)

    def _read_text(self, text: str) -> None:
        self._text += len(text)
        if self._is_reference:
            self._index = text

    def _end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "v" if self._is_reference:
                self._text += self._length_of(self._index)
            case "c":
                self._add_text()
                self._characters += self._text
                self._is_reference = False
                if self._characters > CHARACTERS_MAX:
                    raise _bomb(f"its cells have more than {CHARACTERS_MAX} characters")
            case "si":
                self._add_string()
            case _:
                pass

    def _length_of(self, index: str) -> int:
        try:
            return self._strings[int(index)]
        except (ValueError, IndexError):
            # It refers to nothing: whoever reads it finds no text.
            return 0

    def _add_text(self) -> None:
        if self._text > CELL_CHARACTERS_MAX:
            raise _bomb(f"a cell has more than {CELL_CHARACTERS_MAX} characters")

    def _add_string(self) -> None:
        self._add_text()
        if self._strings_part not in ("", self._part) or len(self._strings) >= CELLS_MAX:
            raise _bomb("its strings stand in two parts, or are more than its cells may be")
        self._strings_part = self._part
        self._strings.append(self._text)

    @staticmethod
    def _verify_once(seen: set[str], name: str) -> None:
        """Refuse two sheets that are one part: it would be read once for each."""
        if name in seen:
            raise _bomb(f"{name[:60]!r} is named twice")
        seen.add(name)

    def _declare(self, *_: object) -> None:
        raise _bomb("it declares a document type, and so perhaps entities")


def _of(given: Mapping[str, str], name: str) -> str:
    found: Iterable[str] = (
        value for key, value in given.items() if key.rpartition(":")[2] == name
    )
    return next(iter(found), "")


def _normal(name: str) -> str:
    return name.replace("\\", "/").lower()


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _bomb(detail: str) -> Malformed:
    fix = f"Hand in at most {ROWS_MAX} rows and {COLUMNS_MAX} columns, without pictures."
    return malformed("", "workbook_bomb", f"the workbook is refused: {detail}", fix)


def _unreadable(detail: str) -> Malformed:
    detail = f"the workbook cannot be read: {detail}"
    return malformed("", "workbook_unreadable", detail, "Save it anew.")
