"""A concert like a film: standing room over the seats, season and free tickets, a promoter."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.intake import service
from ekino.intake.model.upload import State
from ekino.intake.service import Handed, Keys
from ekino.settings import Settings
from ekino.totals import service as totals
from ekino.totals.model.groups import Dimension
from ekino.web.app import create_app
from factories import a_vendor
from handing import AT, register_of
from people import signed_in

SEATS, STANDING = 40, 25
CATALOG = {
    "regions": [{"code": "KZ-75", "country": "KZ", "kind": "city", "names": {"en": "Almaty"}}],
    "organisations": [
        {"code": "house", "name": "Концерт үйі", "country": "KZ", "kinds": ["exhibitor"]},
        {"code": "promo", "name": "Дала Промо", "country": "KZ", "kinds": ["promoter"]},
    ],
    "venues": [
        {"code": "ALA-CH", "name": "Концертный зал", "kind": "concert_hall", "region": "KZ-75",
         "city": "Алматы", "organisation": "house", "timezone": "Asia/Almaty", "currency": "KZT"},
        {"code": "ALA-OA", "name": "Открытая сцена", "kind": "open_air", "region": "KZ-75",
         "city": "Алматы", "organisation": "house", "timezone": "Asia/Almaty", "currency": "KZT"},
        {"code": "ALA-TH", "name": "Театр", "kind": "theatre", "region": "KZ-75",
         "city": "Алматы", "organisation": "house", "timezone": "Asia/Almaty", "currency": "KZT"},
    ],
    "halls": [
        {"venue": "ALA-CH", "code": "main", "name": "Большой зал", "capacity": SEATS},
        {"venue": "ALA-OA", "code": "field", "name": "Поляна", "capacity": 0, "numbered": False},
        {"venue": "ALA-TH", "code": "stage", "name": "Сцена", "capacity": 30},
    ],
    "films": [
        {"code": "kobyz", "titles": {"kk": "Қобыз кеші"}, "genres": ["music"], "countries": ["KZ"]},
        {"code": "abai", "titles": {"kk": "Абай"}, "genres": ["drama"], "countries": ["KZ"]},
    ],
    "versions": [
        {"code": "kobyz-live", "film": "kobyz", "language": "kk"},
        {"code": "abai-live", "film": "abai", "language": "kk"},
    ],
    "releases": [
        {"film": "kobyz", "country": "KZ", "release_date": "2026-11-01", "distributor": "promo"}
    ],
}  # fmt: skip


def a_sheet() -> str:
    heads = "Күні;Басталуы;Кинотеатр;Зал;Фильм;Сектор;Қатар;Орын;Билет саны;Бағасы;Жеңілдік;Абонемент;Сату арнасы;Сатылған уақыты"
    sold = "24.11.2026 15:00"
    concert = "24.11.2026;19:00;Концертный зал;main;Қобыз кеші"
    rows = [
        f"{concert};партер;{seat // 10 + 1};{seat % 10 + 1};;10000;;;касса;{sold}"
        for seat in range(SEATS - 2)
    ]
    rows += [
        f"{concert};партер;4;9;;0;шақыру;;касса;{sold}",
        f"{concert};партер;4;10;;0;абонемент;S-2026-7;касса;{sold}",
        f"{concert};танцпол;;;{STANDING};4000;;;сайт;{sold}",
        f"24.11.2026;21:00;Открытая сцена;field;Қобыз кеші;;;;300;1500;;;сайт;{sold}",
        f"24.11.2026;18:00;Театр;stage;Абай;ложа;1;1;;7000;;;касса;{sold}",
    ]
    return "\n".join([heads, *rows]) + "\n"


@pytest.fixture
def house(db: Database, tmp_path: Path) -> Database:
    catalog.load(db, read_document(json.dumps(CATALOG).encode()))
    a_vendor(db, code="house", key_id="house/1", venues=("ALA-CH", "ALA-OA", "ALA-TH"))
    keys = Keys(tmp_path / "keys")
    handed = Handed(content=a_sheet().encode(), file_name="концерт.csv")
    source = service.find_source(db, "house")
    upload = service.hand_in(db, keys, source, handed, handed_by="test", at=AT)
    with service.door(db, clock=lambda: AT) as submit:
        service.send(db, keys, upload.upload_no, submit, clock=lambda: AT)
    upload = service.read_upload(db, upload.reference)
    assert (upload.state, upload.counts.get("findings", 0), upload.counts["refused"]) == (
        State.ENTERED,
        0,
        0,
    )
    while totals.follow(db):
        pass
    return db


def test_every_ticket_counts_standing_room_and_free_ones_too(house: Database) -> None:
    tickets = SEATS + STANDING + 300 + 1
    gross = (38 * 10_000 + STANDING * 4_000 + 300 * 1_500 + 7_000) * 100

    assert register_of(house) == (tickets + 3, tickets, gross)
    rows = totals.read_groups(house, by=(Dimension.VENUE,)).rows
    assert {row["venue"]: (row["tickets"], row["gross_minor"]) for row in rows} == {
        "ALA-CH": (SEATS + STANDING, 48_000_000),
        "ALA-OA": (300, 45_000_000),
        "ALA-TH": (1, 700_000),
    }


def test_season_ticket_section_and_free_ticket_are_in_the_register_as_handed_in(
    house: Database,
) -> None:
    from ekino.db.database import Role
    from ekino.ingest.wire import raw_events
    from ekino.register import service as register

    entries = register.read_entries(house, first=0, limit=1_000)
    with house.transaction(Role.READER) as tx:
        bodies = register.read_bodies(tx, {each.batch_no for each in entries})
    events = [
        json.loads(raw_events(bodies[each.batch_no])[each.ordinal])
        for each in entries
        if each.kind == "sold"
    ]

    assert [
        event["section"] for event in events if event.get("season_ticket") == "S-2026-7"
    ] == ["партер"]
    assert sorted(event["concession"] for event in events if event["price_minor"] == 0) == [
        "абонемент",
        "шақыру",
    ]
    standing = [event for event in events if event.get("section") == "танцпол"]
    assert {("seat" in event, event["sales_channel"]) for event in standing} == {
        (False, "web")
    }


def test_pages_show_a_concert_and_its_promoter(house: Database, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(house.dsn) as superuser:
        ids: dict[str, int] = dict(
            superuser.execute(
                "SELECT code, organisation_id FROM catalog.organisation"
            ).fetchall()
        )
    app = create_app(Settings(data_dir=tmp_path), house)
    with TestClient(app, raise_server_exceptions=False) as client:
        public = {
            name: client.get(f"{name}?lang=ru")
            for name in ("/film/kobyz", "/venue/ALA-CH", "/venue/ALA-OA")
        }
        signed_in(client, house, "exhibitor", ids["house"])
        own = client.get("/cinema?venue=ALA-CH&date=2026-11-24&lang=ru")
    with TestClient(app, raise_server_exceptions=False) as client:
        signed_in(client, house, "distributor", ids["promo"])
        promoter = client.get("/distributor?span=all&lang=ru")

    assert {name: page.status_code for name, page in public.items()} == dict.fromkeys(
        public, 200
    )
    assert own.status_code == promoter.status_code == 200
    # 65 people where 40 sit: standing room is no error, and the page says how full it was.
    assert "162,5" in own.text.replace("\u00a0", " ")
    assert "Қобыз кеші" in promoter.text
    assert "365" in promoter.text
    assert access.find_key(house, "house/1") is not None
