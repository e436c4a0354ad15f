"""The brief: a page of half a minute, and a sheet of paper that says the same in three languages."""

import io
import json
import re
from pathlib import Path
from typing import Protocol

import pypdf
from starlette.testclient import TestClient

from ekino.archive.pages.paper import set_paper
from ekino.db.database import Database

PERIOD = "from=2026-10-01&to=2026-11-26"


class Desk(Protocol):
    """What an analyst has before them."""

    db: Database
    client: TestClient
    folder: Path

    def page(self, address: str, language: str = "en") -> str: ...


def plain(text: str) -> str:
    return re.sub(r"[\s\u00a0\u202f\u00ad]+", "", text)


def test_the_paper_says_what_the_page_says_in_every_language(desk: Desk) -> None:
    titles = {"kk": "Кино нарығы: қысқаша", "ru": "Кинорынок: кратко", "en": "The film market in brief"}  # fmt: skip
    for language, title in titles.items():
        page = desk.page(f"/gov/brief?{PERIOD}&lang={language}")
        answer = desk.client.get(f"/gov/brief.pdf?{PERIOD}&lang={language}")
        reader = pypdf.PdfReader(io.BytesIO(answer.content))
        words = plain("".join(each.extract_text() for each in reader.pages))

        assert answer.headers["content-type"] == "application/pdf"
        assert reader.metadata is not None
        assert reader.metadata.title == title
        root = reader.trailer["/Root"].get_object()
        assert root["/Lang"].lower().startswith(language)  # type: ignore[index]
        assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
        figures = re.findall(r'<div class="figure"><dt>.*?</dt><dd>(.*?)</dd>', page)
        assert len(figures) == 4
        for figure in figures:
            assert plain(re.sub("<[^>]+>", "", figure)) in words, (language, figure)


def test_asked_twice_it_is_the_same_bytes(desk: Desk) -> None:
    address = f"/gov/brief.pdf?{PERIOD}&lang=kk"

    assert desk.client.get(address).content == desk.client.get(address).content


def test_every_table_of_the_brief_is_a_file_with_the_same_figures(desk: Desk) -> None:
    page = desk.page(f"/gov/brief?{PERIOD}")
    for part in ("origin", "film", "region"):
        document = json.loads(
            desk.client.get(f"/gov/brief.json?{PERIOD}&table={part}").text
        )
        assert document["rows"]
        for row in document["rows"]:
            assert (
                f"{row['admissions']}</a>" in page.replace("\u00a0", "")
                or row["admissions"] == 0
            )
    assert desk.client.get(f"/gov/brief.json?{PERIOD}&table=other").status_code == 404
    assert desk.client.get(f"/gov/brief.docx?{PERIOD}").status_code == 404


def test_an_empty_period_says_what_to_do(desk: Desk) -> None:
    page = desk.page("/gov/brief?from=2020-01-01&to=2020-01-02")

    assert "Choose another period." in page
    assert (
        desk.client.get("/gov/brief.pdf?from=2020-01-01&to=2020-01-02").status_code == 200
    )


def test_markup_in_a_value_stays_text() -> None:
    table = {
        "title": "t",
        "heads": ["a"],
        "widths": ["wide"],
        "rows": [['#panic("x") *b* $x$ @y']],
    }
    values = {
        "lang": "en", "title": '#panic("x")', "office": "o", "period": "p", "date": [2026, 1, 1],
        "figures": [["a", "1", "+1"]], "sentence": "s", "as_of": "x", "note": "n",
        "signing": ["a", "b", "c"], "films": table, "regions": table,
        "origin": {**table, "chart": "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'/>", "alt": "x"},
    }  # fmt: skip
    pdf = set_paper("brief", values)
    words = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()

    assert '#panic("x") *b* $x$ @y' in words
