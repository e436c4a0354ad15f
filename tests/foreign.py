"""A register that knows what a foreign file names: its venues, halls and films, mapped."""

import json
from pathlib import Path

from ekino.catalog import service as catalog
from ekino.catalog.document import ROWS_MAX, read_document
from ekino.db.database import Database
from ekino.ingest.formats.facts import Facts
from ekino.intake import service
from ekino.intake.model.upload import Name, NameKind
from ekino.intake.service import Handed, Keys, Upload
from ekino.intake.service.sending import door
from ekino.kernel.moments import now
from factories import a_vendor


class Foreign:
    """A source whose files are mapped to a catalog made for them."""

    def __init__(
        self,
        db: Database,
        folder: Path,
        facts: Facts,
        *,
        timezone: str,
        kind: str = "cinema",
    ) -> None:
        self.db = db
        self.keys = Keys(folder / "keys")
        self.timezone, self.currency = timezone, facts.currency
        names = list(dict.fromkeys(each.venue for each in facts.showings))
        venues = {name: f"v-{number}" for number, name in enumerate(names)}
        pairs = list(dict.fromkeys((each.venue, each.hall) for each in facts.showings))
        halls = {pair: f"h-{number}" for number, pair in enumerate(pairs)}
        films = {film: f"m-{n}" for n, film in enumerate(dict.fromkeys(s.film.text for s in facts.showings))}  # fmt: skip
        self._load(
            "regions", [{"code": "KZ-75", "country": "KZ", "names": {"en": "Somewhere"}}]
        )
        self._load(
            "venues",
            [
                {"code": code, "name": code, "kind": kind, "region": "KZ-75", "city": "X",
                 "timezone": timezone, "currency": facts.currency}
                for code in venues.values()
            ],
        )  # fmt: skip
        self._load(
            "halls",
            [
                {"venue": venues[venue], "code": code, "capacity": 500}
                for (venue, _), code in halls.items()
            ],
        )
        self._load(
            "films",
            [{"code": code, "titles": {"original": code}} for code in films.values()],
        )
        self._load(
            "versions", [{"code": c, "film": c, "language": "und"} for c in films.values()]
        )
        a_vendor(db, code="foreign", key_id="foreign/batch", venues=tuple(venues.values()))
        self.source = service.find_source(db, "foreign")
        mapped = [
            (Name(kind=NameKind.VENUE, within="", name=n), c) for n, c in venues.items()
        ]
        mapped += [
            (Name(kind=NameKind.HALL, within=venues[venue], name=hall), code)
            for (venue, hall), code in halls.items()
        ]
        mapped += [
            (Name(kind=NameKind.FILM, within="", name=n), c) for n, c in films.items()
        ]
        service.map_names(db, self.keys, self.source, mapped, made_by="test", at=now())

    def _load(self, kind: str, rows: list[dict[str, object]]) -> None:
        for start in range(0, len(rows), ROWS_MAX):
            part = {kind: rows[start : start + ROWS_MAX]}
            catalog.load(self.db, read_document(json.dumps(part).encode()))

    def hand_in(self, content: bytes, name: str = "", *, is_sent: bool = True) -> Upload:
        """Hand a file in and send all that it makes."""
        handed = Handed(
            content=content, file_name=name, currency=self.currency, timezone=self.timezone
        )
        upload = service.hand_in(
            self.db, self.keys, self.source, handed, handed_by="test", at=now()
        )
        if is_sent:
            with door(self.db) as submit:
                service.send(self.db, self.keys, upload.upload_no, submit)
        return service.read_upload(self.db, upload.reference)
