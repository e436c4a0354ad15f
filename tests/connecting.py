"""Connectors in tests: a source that may announce, a clock, and the register's own sums."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from ekino.db.database import Database
from ekino.intake import service as intake
from ekino.intake.connectors import service
from ekino.intake.connectors.model import System
from ekino.intake.connectors.service import Follower, Wanted
from ekino.intake.connectors.store import Shown
from ekino.intake.model.upload import Name, NameKind
from ekino.intake.service import Keys
from factories import a_catalog, a_vendor
from peers import SECRET, Peer

MORNING = datetime(2026, 11, 28, 6, tzinfo=UTC)


class Connected:
    """A connector to a peer, followed by hand."""

    def __init__(
        self,
        db: Database,
        folder: Path,
        peer: Peer | None,
        system: System,
        *,
        url: str = "",
        secret: str = SECRET,
        **scope: Any,
    ) -> None:
        self.db, self.at = db, MORNING
        a_catalog(db)
        a_vendor(db, code="aurora", key_id="aurora/batch", venues=("ALA-1",))
        self.secret_file = folder / "secret"
        self.secret_file.write_text(f"{secret}\n")
        added = service.add(
            db,
            Wanted(
                code="px",
                system=system,
                url=url or (peer.url if peer else ""),
                source_code="aurora",
                secret_file=self.secret_file,
                **scope,
            ),
            is_loopback_allowed=True,
            added_by="test",
            at=self.at,
        )
        self.hook = added.hook
        self.keys = Keys(folder / "keys/intake")
        self.follower = self.another()

    def another(self) -> Follower:
        """Give a follower that remembers nothing, as after a restart."""
        return Follower(
            self.keys,
            is_loopback_allowed=True,
            clock=lambda: self.at,
            dice=random.Random(7),
        )

    def map_names(self, *names: tuple[NameKind, str, str, str]) -> None:
        """Say what names mean: (kind, within, name, our code), and send what waited for it."""
        source = intake.find_source(self.db, "aurora")
        codes = [
            (Name(kind=kind, within=within, name=name), code)
            for kind, within, name, code in names
        ]
        uploads = intake.map_names(
            self.db, self.keys, source, codes, made_by="test", at=self.at
        )
        with intake.door(self.db, clock=lambda: self.at) as submit:
            for upload in uploads:
                intake.send(
                    self.db, self.keys, upload.upload_no, submit, clock=lambda: self.at
                )

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def follow(self) -> int:
        """Follow until there is nothing more to do now; give how many steps it took."""
        steps = 0
        while self.follower.follow(self.db):
            steps += 1
            assert steps < 500
        return steps

    def look_again(self) -> int:
        """Let the time of the next look come, and follow."""
        self.later(60)
        return self.follow()

    @property
    def shown(self) -> Shown:
        (shown,) = service.list_all(self.db)
        return shown

    def plain(self, question: str, *values: Any) -> list[Any]:
        """Ask the database past every service."""
        with psycopg.connect(self.db.dsn) as superuser:
            return superuser.execute(question, values).fetchall()

    def register(self) -> tuple[int, int, int]:
        """Give entries about tickets, admissions and takings."""
        return tuple(
            self.plain(
                "SELECT count(*) FILTER (WHERE kind::text NOT LIKE 'showing%%'),"
                " coalesce(sum(admissions), 0)::int, coalesce(sum(gross_minor), 0)::int"
                " FROM register.entry"
            )[0]
        )

    def schedule(self) -> list[tuple[str, str, str]]:
        """Give (showing, hall, start) of the showings that were announced by it."""
        rows = self.plain(
            "SELECT showing.code, hall.code, starts_at FROM catalog.showing"
            " JOIN catalog.hall USING (hall_id) WHERE announced_by IS NOT NULL ORDER BY 1"
        )
        return [(code, hall, at.isoformat()) for code, hall, at in rows]

    def kinds(self) -> dict[str, int]:
        """Count entries about tickets by kind."""
        return dict(
            self.plain(
                "SELECT kind::text, count(*) FROM register.entry"
                " WHERE kind::text NOT LIKE 'showing%%' GROUP BY 1"
            )
        )

    def everything_kept(self) -> str:
        """Give every row of every table that could hold anything of the other system, as text."""
        tables = self.plain(
            "SELECT format('%%I.%%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema IN ('intake', 'register', 'access', 'catalog')"
            " AND table_type = 'BASE TABLE'"
        )
        rows = []
        for (table,) in tables:
            for (row,) in self.plain(f"SELECT row_to_json(t)::text FROM {table} AS t"):
                rows.append(row)
        # Bytes are shown in hexadecimal: content and bodies as text too.
        for question in (
            "SELECT convert_from(content, 'UTF8') FROM intake.upload",
            "SELECT convert_from(content, 'UTF8') FROM intake.connector_outbox",
        ):
            rows += [row for (row,) in self.plain(question)]
        return "\n".join(rows)
