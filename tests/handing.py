"""Handing files in, as tests do: a village cinema with one hall, and a door that is really open."""

from datetime import timedelta
from pathlib import Path

import psycopg

from ekino.db.database import Database
from ekino.intake import service
from ekino.intake.service import Handed, Keys, Upload
from factories import EVENING, a_catalog, a_vendor

AT = EVENING + timedelta(hours=2)
SHEET = """Дата;Начало;Кинотеатр;Зал;Фильм;Язык;Номер билета;Цена;Продан
24.11.2026;19:30;Cinema ALA-1;1;Steppe;каз;A-1;2500;24.11.2026 18:05
24.11.2026;19:30;Cinema ALA-1;1;Steppe;каз;A-2;1800;24.11.2026 18:06
24.11.2026;21:30;Cinema ALA-1;2;Storm;рус;A-3;3000;24.11.2026 18:07
"""


class Village:
    """A cinema in a database, whose owner keeps a sheet."""

    def __init__(self, db: Database, folder: Path) -> None:
        a_catalog(db)
        a_vendor(db, code="village", key_id="village/batch", venues=("ALA-1",))
        self.db = db
        self.keys = Keys(folder / "keys/intake")
        self.source = service.find_source(db, "village")

    def hand_in(
        self,
        content: bytes | str,
        *,
        is_sent: bool = True,
        name: str = "билеты.csv",
        **asked: str,
    ) -> Upload:
        """Hand a file in and, unless told otherwise, send what it makes."""
        raw = content.encode() if isinstance(content, str) else content
        handed = Handed(content=raw, file_name=name, **asked)
        upload = service.hand_in(
            self.db, self.keys, self.source, handed, handed_by="Айгерім", at=AT
        )
        return self.send(upload) if is_sent else upload

    def send(self, upload: Upload) -> Upload:
        """Send what is left of an upload."""
        with service.door(self.db, clock=lambda: AT) as submit:
            service.send(self.db, self.keys, upload.upload_no, submit, clock=lambda: AT)
        return service.read_upload(self.db, upload.reference)

    def findings(self, upload: Upload) -> list[tuple[str, str, str]]:
        """Give (place, field, code) of what was found."""
        found = service.list_findings(self.db, upload, limit=100)
        return [(each.place, each.field, each.code) for each in found]


def register_of(db: Database) -> tuple[int, int, int]:
    """Say how many entries there are, with which admissions and takings, past every service."""
    with psycopg.connect(db.dsn) as superuser:
        row = superuser.execute(
            "SELECT count(*), coalesce(sum(admissions), 0), coalesce(sum(gross_minor), 0)"
            " FROM register.entry"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])
