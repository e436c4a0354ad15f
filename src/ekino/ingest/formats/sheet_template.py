"""The template of a sheet: its heads in one language, and a second sheet that explains them."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime

from ekino.ingest.formats.sheet_words import HEADS, Head

_WIDTH = 16
_WIDE = 60


def head_in(head: Head, language: str) -> str:
    """Give a column's head in a language (kk, ru, en)."""
    return str(getattr(head, language))


def write_csv(language: str) -> bytes:
    """Give the template as CSV: the row of heads, in UTF-8 with its mark, parted by `;`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([head_in(head, language) for head in HEADS])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def write_xlsx(
    language: str, *, title: str, heads: tuple[str, str, str], meanings: Mapping[str, str]
) -> bytes:
    """
    Give the template as a workbook, asked twice the same bytes.

    `title` names its two sheets, parted by a line end; `heads` are those of the explanation;
    `meanings` says by a column's name what goes in it.
    """
    import xlsxwriter  # noqa: PLC0415 - a tenth of a second that few need

    content = io.BytesIO()
    first, _, second = title.partition("\n")
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": first, "created": datetime(2026, 1, 1)})  # noqa: DTZ001 - a file says no zone
        bold = book.add_format({"bold": True, "text_wrap": True})
        wanted = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#FFF2CC"})
        as_text = book.add_format({"num_format": "@"})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(first[:31])
        for place, head in enumerate(HEADS):
            look = wanted if head.is_required or head.name == "price" else bold
            sheet.write_string(0, place, head_in(head, language), look)
            # As text, so that nothing turns 1.11 into the first of November.
            sheet.set_column(place, place, _WIDTH, as_text)
        sheet.freeze_panes(1, 0)
        about = book.add_worksheet(second[:31])
        for place, words in enumerate(heads):
            about.write_string(0, place, words, bold)
        for line, head in enumerate(HEADS, start=1):
            about.write_string(line, 0, head_in(head, language), bold)
            about.write_string(line, 1, meanings[head.name], wrap)
            about.write_string(line, 2, head.example, as_text)
        about.set_column(0, 0, _WIDTH * 1.5)
        about.set_column(1, 1, _WIDE)
        about.set_column(2, 2, _WIDTH)
    return content.getvalue()
