"""/cinema/files and POST /v1/files: the same judging for a person with a sheet and for a program."""

import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from python_calamine import CalamineWorkbook
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.ingest.formats import sheet
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.formats.sheet_words import HEADS
from ekino.intake.service.quota import FILE_BYTES_A_DAY_MAX
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import Vendor, a_catalog, a_vendor
from handing import SHEET, register_of
from people import form_token, signed_in

URL = "https://ekino.example"


class Cinema:
    """A served register, a cinema's person with a client, and the key of its source."""

    def __init__(self, db: Database, folder: Path) -> None:
        a_catalog(db)
        self.db = db
        self.vendor = a_vendor(
            db, code="village", key_id="village/batch", venues=("ALA-1",)
        )
        self.other = a_vendor(db, code="other", key_id="other/batch", venues=("AST-1",))
        with psycopg.connect(db.dsn, autocommit=True) as superuser:
            self.owner, self.stranger = (
                superuser.execute(
                    "INSERT INTO catalog.organisation (code, name, country, kinds)"
                    " VALUES (%s, %s, 'KZ', '{exhibitor}') RETURNING organisation_id",
                    (code, code),
                ).fetchone()[0]  # type: ignore[index]
                for code in ("exh-village", "exh-other")
            )
            superuser.execute(
                "UPDATE access.source SET organisation_code = CASE code WHEN 'village' THEN 'exh-village' ELSE 'exh-other' END"
            )
            superuser.execute(
                "UPDATE catalog.venue SET organisation_id = %s WHERE code = 'ALA-1'",
                (self.owner,),
            )
        self.app = create_app(Settings(data_dir=folder, public_url=URL), db)

    def client(self, organisation: int) -> tuple[TestClient, str]:
        client = TestClient(self.app, base_url=URL, raise_server_exceptions=False)
        cookie = signed_in(client, self.db, "exhibitor", organisation)
        client.cookies.set("__Host-ekino", cookie)
        return client, form_token(cookie)

    def post(
        self, client: TestClient, vendor: Vendor, body: bytes, path: str = "/v1/files"
    ) -> Any:
        headers = vendor.sign(body, at=now(), uri=f"{URL}{path}", content_type="text/csv")
        return client.post(path, content=body, headers=headers)


@pytest.fixture
def cinema(db: Database, tmp_path: Path) -> Cinema:
    return Cinema(db, tmp_path)


@pytest.fixture
def person(cinema: Cinema) -> Iterator[tuple[TestClient, str]]:
    client, token = cinema.client(cinema.owner)
    with client:
        yield client, token


def hand_in(
    person: tuple[TestClient, str], content: bytes, *, lang: str = "ru", **fields: str
) -> Any:
    client, token = person
    client.get(f"/cinema/files?lang={lang}")
    return client.post(
        "/cinema/files",
        data={"form": token, "source": "village", "format": "", **fields},
        files={"file": ("билеты.csv", content, "text/csv")},
        follow_redirects=True,
    )


def test_a_sheet_is_handed_in_and_its_rows_are_told_in_the_readers_language(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    page = hand_in(person, SHEET.replace("A-2;1800", "A-2;1.800").encode())

    assert page.status_code == 200
    assert page.url.path.startswith("/cinema/files/")
    assert "билеты.csv" in page.text
    assert "строка 3" in page.text
    assert "напишите 1500 или 1,50" in page.text
    assert register_of(cinema.db) == (3, 2, 550_000)
    rows = person[0].get(f"{page.url.path}.json").json()["rows"]
    assert [(row["place"], row["column"], row["code"]) for row in rows] == [
        ("строка 3", "Цена", "amount_ambiguous")
    ]
    for suffix in ("csv", "xlsx"):
        assert person[0].get(f"{page.url.path}.{suffix}").status_code == 200


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_every_page_speaks_three_languages(
    person: tuple[TestClient, str], lang: str
) -> None:
    page = hand_in(person, SHEET.replace("Steppe", "Дала").encode())
    client, _ = person

    for path in ("/cinema/files", page.url.path):
        shown = client.get(f"{path}?lang={lang}")
        assert (shown.status_code, shown.headers["content-language"]) == (200, lang)


def test_a_refused_file_says_what_to_mend(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    page = hand_in(person, SHEET.encode("koi8-r"), format="sheet")

    assert "сохраните файл в UTF-8" in page.text
    assert "encoding_not_read" in page.text
    assert register_of(cinema.db) == (0, 0, 0)


def test_no_file_is_a_mistake_of_the_form(person: tuple[TestClient, str]) -> None:
    page = hand_in(person, b"")

    assert page.status_code == 422
    assert "Выберите файл." in page.text


def test_names_are_mapped_on_the_page_and_the_file_is_judged_again(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, token = person
    page = hand_in(person, SHEET.replace("Steppe", "Дала").encode())
    (field,) = set(re.findall(r'name="(n-[0-9a-f]{16})"', page.text))

    wrong = client.post(page.url.path, data={"form": token, field: "no-such-version"})
    assert wrong.status_code == 422
    again = client.post(
        page.url.path,
        data={"form": token, field: "steppe-kk · Steppe (kk)"},
        follow_redirects=True,
    )

    assert again.status_code == 200
    assert "n-" + field[2:] not in again.text
    assert register_of(cinema.db) == (4, 3, 730_000)


def test_anothers_upload_and_one_that_is_not_there_are_the_same_answer(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    page = hand_in(person, SHEET.encode())
    client, token = cinema.client(cinema.stranger)

    answers = [
        client.get(page.url.path),
        client.get("/cinema/files/NNNNN-NNNNN"),
        client.post(page.url.path, data={"form": token}),
        client.get("/cinema/files?source=village"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert "билеты.csv" not in client.get("/cinema/files").text


def test_a_form_without_its_token_hands_nothing_in(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    assert hand_in((person[0], "x"), SHEET.encode()).status_code == 403
    assert register_of(cinema.db) == (0, 0, 0)


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_the_template_is_what_the_reader_reads(
    person: tuple[TestClient, str], lang: str
) -> None:
    client, _ = person
    book = client.get(f"/cinema/files/template.xlsx?lang={lang}").content
    text = client.get(f"/cinema/files/template.csv?lang={lang}").content

    assert client.get(f"/cinema/files/template.xlsx?lang={lang}").content == book
    for content in (book, text):
        facts = sheet.read(content, currency="KZT", timezone="Asia/Almaty")
        assert (facts.sales, facts.problems, facts.unmapped) == ([], [], [])
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    explained = sheets.get_sheet_by_index(1).to_python()
    assert [row[0] for row in explained[1:]] == [getattr(head, lang) for head in HEADS]
    assert all(row[1] for row in explained[1:])


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_every_step_of_the_how_to_does_what_it_says(
    cinema: Cinema, person: tuple[TestClient, str], lang: str
) -> None:
    """The steps of /cinema/files/how, with the sheets that they show and the words they quote."""
    client, token = person
    assert "/cinema/files/how" in client.get(f"/cinema/files?lang={lang}").text
    how = client.get(f"/cinema/files/how?lang={lang}")
    sheets = {
        name: html.unescape(shown).encode()
        for name, shown in re.findall(
            r'id="sheet-(\w+)"[^>]*><code>(.*?)</code>', how.text, re.DOTALL
        )
    }
    assert sorted(sheets) == ["fill", "mend", "refund"]
    # The template: every head of the example is one of its heads.
    template = client.get(f"/cinema/files/template.csv?lang={lang}").content.decode()
    heads = sheets["fill"].decode().splitlines()[0].split(";")
    assert set(heads) <= set(template.removeprefix("\ufeff").strip().split(";"))

    # Handed in: a row is named with its column and what to do, the others wait for a name.
    read = hand_in(person, sheets["fill"], lang=lang)
    (named,) = client.get(f"{read.url.path}.json?lang={lang}").json()["rows"]
    assert (named["code"], named["column"]) == ("amount_ambiguous", heads[7])
    assert html.escape(named["what"], quote=False) in how.text
    assert named["place"] in how.text
    assert register_of(cinema.db) == (0, 0, 0)

    # The name is said once: one ticket, and three of one row, are entered.
    (field,) = set(re.findall(r'name="(n-[0-9a-f]{16})"', read.text))
    saved = client.post(
        f"{read.url.path}?lang={lang}",
        data={"form": token, field: "steppe-kk"},
        follow_redirects=True,
    )
    assert saved.status_code == 200
    assert register_of(cinema.db) == (4, 4, 700_000)

    # Mended and handed in whole: only the mended ticket is new.
    hand_in(person, sheets["mend"], lang=lang)
    assert register_of(cinema.db) == (5, 5, 880_000)
    # The next sheet takes one back.
    hand_in(person, sheets["refund"], lang=lang)
    assert register_of(cinema.db) == (6, 4, 630_000)


def test_a_program_hands_a_file_in_with_its_key(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, _ = person
    dry = cinema.post(client, cinema.vendor, SHEET.encode(), "/v1/files?dry_run=1").json()
    nothing = register_of(cinema.db)
    first = cinema.post(client, cinema.vendor, SHEET.encode(), "/v1/files?name=t.csv")
    again = cinema.post(client, cinema.vendor, SHEET.encode(), "/v1/files?name=other.csv")

    assert (dry["state"], dry["events"], nothing) == ("dry_run", 4, (0, 0, 0))
    assert (first.status_code, first.json()["state"]) == (200, "entered")
    assert first.json()["counts"]["entered"] == 4
    assert again.json() == first.json()
    assert register_of(cinema.db) == (4, 3, 730_000)


def test_a_program_asks_for_its_own_files_and_for_no_others(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, _ = person
    reference = cinema.post(client, cinema.vendor, SHEET.encode()).json()["reference"]

    def ask(vendor: Vendor, name: str) -> Any:
        path = f"/v1/files/{name}"
        headers = vendor.sign(
            b"", at=now(), uri=f"{URL}{path}", method="GET", content_type=""
        )
        return client.get(path, headers={k: v for k, v in headers.items() if v})

    assert ask(cinema.vendor, reference).json()["state"] == "entered"
    assert ask(cinema.other, reference).status_code == 404
    assert ask(cinema.vendor, "NNNNN-NNNNN").status_code == 404


def test_what_is_too_large_or_unsigned_is_refused_before_it_is_read(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, _ = person

    told = client.post("/v1/files", content=b"x", headers={"Content-Length": str(1 << 30)})
    unsigned = client.post("/v1/files", content=SHEET.encode())
    odd = cinema.post(client, cinema.vendor, SHEET.encode(), "/v1/files?colour=red")

    assert (told.status_code, told.json()["code"]) == (413, "body_too_large")
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "signature_missing")
    assert (odd.status_code, odd.json()["code"]) == (400, "parameter_malformed")
    assert register_of(cinema.db) == (0, 0, 0)


def test_a_body_that_does_not_end_is_cut_at_the_limit(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, _ = person
    given = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given
        while given < 1 << 30:
            given += 1 << 20
            yield b"x" * (1 << 20)

    # Whoever is not known is not read at all; whoever is, to the limit.
    headers = cinema.vendor.sign(b"x", at=now(), uri=f"{URL}/v1/files")
    unknown = client.post("/v1/files", content=chunks())
    given = 0
    answer = client.post("/v1/files", content=chunks(), headers=headers)

    assert unknown.status_code == 401

    assert answer.status_code == 413
    assert json.loads(answer.content)["code"] == "body_too_large"
    with psycopg.connect(cinema.db.dsn) as superuser:
        assert superuser.execute("SELECT count(*) FROM intake.upload").fetchone() == (0,)
    assert FILE_BYTES_MAX < 1 << 30


def test_a_large_file_that_nobody_signed_is_not_read(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    client, _ = person
    body = b"x" * 40 * 65_536
    forged = cinema.vendor.sign(body, at=now(), uri=f"{URL}/v1/files?name=a")
    signed = cinema.vendor.sign(body, at=now(), uri=f"{URL}/v1/files")
    size = {"Content-Length": str(len(body))}

    unsigned = client.post("/v1/files", content=body)
    wrong = client.post("/v1/files", content=body, headers=forged | size)
    other = client.post("/v1/files", content=b"y" + body[1:], headers=signed | size)

    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "signature_missing")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "signature_wrong")
    assert (other.status_code, other.json()["code"]) == (401, "digest_mismatch")


def test_whoever_has_used_up_a_day_is_told_so_on_the_page_and_by_the_api(
    cinema: Cinema, person: tuple[TestClient, str]
) -> None:
    with psycopg.connect(cinema.db.dsn) as superuser:
        superuser.execute(
            "INSERT INTO intake.upload (reference, source_id, file_name, file_sha256, file_bytes, content, asked,"
            " handed_by, handed_at, state, judged_at) SELECT 'R', source_id, 'f', '', %s, '', '', 'x', now(), 'entered', now()"
            " FROM access.source WHERE code = 'village'",
            (FILE_BYTES_A_DAY_MAX,),
        )

    page = hand_in(person, SHEET.encode())
    answer = cinema.post(person[0], cinema.vendor, SHEET.encode())

    assert (page.status_code, page.headers["Retry-After"] > "0") == (429, True)
    assert "За 24 часа для этой системы передано больше" in page.text
    assert (answer.status_code, answer.json()["code"]) == (429, "file_quota_used")
    assert int(answer.headers["retry-after"]) > 86_000
    assert cinema.post(person[0], cinema.other, SHEET.encode()).status_code == 200
