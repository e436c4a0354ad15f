"""The lines of a CSV file, counted before a reader makes cells of them."""

import io
from collections.abc import Iterator

from ekino.ingest.formats.facts import malformed
from ekino.kernel.errors import Malformed

# Delimiters in one record, those within quotes too: the columns, and a text or two full of
# commas. The reader makes a text of each before anybody can count columns.
RECORD_DELIMITERS_MAX = 1_000
# Lines of one file, empty ones and those within quotes too: FILE_BYTES_MAX full of the shortest
# rows has fewer.
LINES_MAX = 2_000_000


class Lines:
    """Gives lines to a `csv.reader`; whoever takes a record from that says so."""

    def __init__(self, text: io.StringIO, delimiter: str = ",") -> None:
        """Take a text whose line ends are as they stand in the file."""
        self._text = text
        self._delimiter = delimiter
        self._number = 0
        self._delimiters = 0

    def __iter__(self) -> Iterator[str]:
        """
        Give line after line.

        Raises `Malformed`: `file_has_too_many_rows`, `file_has_too_many_columns`.
        """
        for line in self._text:
            self._number += 1
            self._delimiters += line.count(self._delimiter)
            if self._number > LINES_MAX:
                raise too_many_rows(LINES_MAX)
            if self._delimiters > RECORD_DELIMITERS_MAX:
                raise too_wide(self._number, RECORD_DELIMITERS_MAX)
            yield line

    def end_record(self) -> None:
        """Begin to count anew: a record may have several lines, and ended."""
        self._delimiters = 0


def too_wide(line: int, columns_max: int) -> Malformed:
    """Say that a row has more cells than a table of ours has."""
    detail = f"a row has more than {columns_max} columns"
    fix = "Keep the columns of the template."
    return malformed(f"line {line}", "file_has_too_many_columns", detail, fix)


def too_many_rows(rows_max: int) -> Malformed:
    """Say that a sheet is longer than is read at once."""
    detail = f"the sheet has more than {rows_max} rows"
    return malformed("", "file_has_too_many_rows", detail, "Split the file by days.")
