"""docs/reference/formats/: the formats of files, and the sheet's columns, from the code."""

from pathlib import Path

from ekino import web
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.formats.sheet_words import (
    CHANNELS,
    HAPPENINGS,
    HEADS,
    LANGUAGES,
    PAYMENTS,
)
from ekino.ingest.formats.table import FORMATS
from ekino.ingest.formats.workbook_bounds import COLUMNS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX
from ekino.intake.pages.tables import REFUSED, TOLD
from ekino.intake.service.quota import FILE_BYTES_A_DAY_MAX, FILES_A_DAY_MAX
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues
from reference.markdown import code, page, table
from source_tree import ROOT


def _text(key: str) -> str:
    return Catalogues(Path(web.__path__[0]) / "locale").text(Language.EN, key)


def _linked(name: str) -> str:
    """Name a format, as a link where it has a page: that of its own or of its family."""
    for page_name in (name, name.partition("_")[0]):
        if (ROOT / f"docs/reference/formats/{page_name}.md").is_file():
            return f"[{code(name)}]({page_name}.md)"
    return code(name)


def formats() -> str:
    """Write the list of formats and of what a file or a row is told."""
    rows = [
        (_linked(each.name), ", ".join(code(f".{suffix}") for suffix in each.suffixes))
        for each in FORMATS.values()
    ]
    return page(
        "Formats of files",
        "A file is handed in on `/cinema/files`, by `POST /v1/files` signed like a batch, or by"
        " `ekino import`; `ekino validate` looks at one without a register.\n"
        "It is judged whole: read, mapped to our codes, laid beside what the register has of the"
        " source; what is right is entered, every other row is kept and named"
        " ([decision](../../decisions/0043-a-file-is-judged-whole.md)).\n"
        "The format is told from the content, or named; [sheets](sheet.md) have a page of their own.\n"
        f"A file has at most {FILE_BYTES_MAX // 2**20} MiB; gzip is undone within the same bound.\n"
        f"A source may hand in {FILES_A_DAY_MAX} files of {FILE_BYTES_A_DAY_MAX // 2**20} MiB within"
        " 24 hours (`file_quota_used`, 429); what `ekino import` and connectors read in has no such"
        " limit. Of a file in no format that we know only name, size and digest are kept"
        " ([decision](../../decisions/0055-what-is-kept-of-strangers-files-has-a-bound.md)).",
        "## Formats\n\n" + table(("Format", "Files"), rows),
        "## POST /v1/files\n\n"
        "The body is the file; `?name=`, `?format=`, `?currency=`, `?timezone=` say what it does"
        " not, `?dry_run=1` judges it alone.\n"
        "It is signed as [batches are](../signatures.md), with the content type that it is sent"
        " with.\n"
        "`200` says what became of it, `202` that it is judged and still being entered:"
        " `GET /v1/files/{reference}`, signed too, says how far it is.\n"
        "A file that cannot be taken is answered `200` with `state: refused` and its `refusal`;"
        " the same bytes, asked the same, have the same answer.",
        "## Why a file is not taken\n\n"
        + table(
            ("Code", "Means"),
            [(code(each), _text(f"intake.refused.{each}")) for each in sorted(REFUSED)],
        ),
        "## What a row is told\n\n"
        "Besides the outcomes of the register ([outcomes](../outcomes.md)).\n\n"
        + table(
            ("Code", "What to mend"),
            [(code(each), _text(f"intake.problem.{each}")) for each in sorted(TOLD)],
        ),
    )


def sheet() -> str:
    """Write the page of the sheet."""
    return page(
        "Sheets: CSV and XLSX",
        "One row is one ticket, or `Tickets` alike.\n"
        "Heads stand in one of the first ten rows and are known in three languages, whatever"
        " their order; unknown columns are told.\n"
        "CSV is read as UTF-8, UTF-16 or Windows-1251, parted by `,` `;` tab or `|`; what could"
        " be read in two ways is refused by name.\n"
        f"A workbook has at most {ROWS_MAX} rows, {COLUMNS_MAX} columns and"
        f" {UNPACKED_BYTES_MAX // 2**20} MiB unpacked.\n"
        "Dates have the day before the month: `26.11.2026`, `26/11/26`, `2026-11-26`,"
        " `26 ноября 2026`, `26 қараша 2026`.\n"
        "A row that begins with Итого, Барлығы or Total holds sums; they must fit.",
        "## Columns\n\n"
        + table(
            ("Column", "Kazakh", "Russian", "English", "Required", "What goes in it"),
            [
                (
                    code(head.name),
                    head.kk,
                    head.ru,
                    head.en,
                    "yes" if head.is_required else "",
                    _text(f"intake.column.{head.name}"),
                )
                for head in HEADS
            ],
        )
        + "\n\n`price` or `takings` is required too.",
        *(
            f"## Words of `{name}`\n\n"
            + table(
                ("Value", "Written as"),
                [
                    (
                        code(value),
                        ", ".join(word for word, its in words.items() if its == value),
                    )
                    for value in dict.fromkeys(words.values())
                ],
            )
            for name, words in (
                ("happening", HAPPENINGS),
                ("channel", CHANNELS),
                ("payment", PAYMENTS),
                ("language", LANGUAGES),
            )
        ),
    )
