"""Sources on a real socket: the door of batches and of reports by a clock of the test's, and the rounds."""

import base64
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.applications import Starlette
from starlette.requests import Request

from ekino.access import service as access
from ekino.access.service import Key
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.feeds import api as feeds_api
from ekino.feeds import service as feeds
from ekino.ingest import api as ingest_api
from ekino.ingest.service import Front
from ekino.kernel.errors import EkinoError
from ekino.web import problems
from factories import Vendor, a_batch

OPENING = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
HALLS = ("1", "2")
EVERY_S = 10
REPORT_EVERY = timedelta(minutes=5)


@dataclass
class Till:
    """One key of a source: what it has numbered, and whether it reports by itself."""

    vendor: Vendor
    number: int = 0
    is_reporting: bool = True
    reported_at: datetime | None = None
    # Seconds that its clock is ahead.
    ahead_s: int = 0


@dataclass
class Cinema:
    """A source at one venue of its own."""

    code: str
    tills: list[Till] = field(default_factory=list)


class FeedCountry:
    """Cinemas, each with a source, that speak to a real server while a clock is moved."""

    def __init__(self, db: Database, cinemas: dict[str, int], *, days: int = 0) -> None:
        """Make cinemas by code with so many tills, and showings for the last days and the evening."""
        self.db, self.at = db, OPENING
        self.rounds = feeds.Rounds(clock=lambda: self.at)
        self.cinemas: dict[str, Cinema] = {}
        self.url = ""
        catalog.load(db, read_document(json.dumps(_document(cinemas, days)).encode()))
        for code, tills in cinemas.items():
            self.cinemas[code] = Cinema(code, [_a_till(code, n) for n in range(tills)])
        access.load_sources(
            db, [a_source(each) for each in self.cinemas.values()], actor="test"
        )

    @contextmanager
    def serving(self) -> Iterator["FeedCountry"]:
        """Serve on a socket of its own until the end."""
        front = Front(self.db, clock=lambda: self.at)

        async def source_body(request: Request, bytes_max: int) -> tuple[Key, bytes]:
            body = await ingest_api.read_body(request.receive, bytes_max=bytes_max)
            claim = ingest_api.signed(request.scope, request.headers, body, "")
            return front.keyring.verify(claim, now=self.at), body

        app = Starlette(
            routes=[
                *ingest_api.routes(ingest_api.Door(front, "", None)),
                *feeds_api.routes(self.db, source_body, clock=lambda: self.at),
            ],
            exception_handlers={EkinoError: problems.on_ekino_error},
        )
        front.start()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            server = uvicorn.Server(
                uvicorn.Config(app, log_level="error", access_log=False)
            )
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            while not server.started:
                time.sleep(0.01)
            try:
                yield self
            finally:
                server.should_exit = True
                thread.join(20)
                front.stop()

    def post(self, till: Till, path: str, body: bytes) -> dict[str, Any]:
        """Send a signed body and give the answer; a refusal is its problem."""
        at = self.at + timedelta(seconds=till.ahead_s)
        headers = till.vendor.sign(body, at=at, uri=self.url + path)
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))

    def sell(
        self, code: str, *, till: int = 0, hall: str = "1", number: int = 0, **fields: Any
    ) -> dict[str, Any]:
        """Sell a ticket at a cinema, as one of its tills, and give the answer."""
        its = self.cinemas[code].tills[till]
        its.number = number or its.number + 1
        event = {
            "kind": "sold",
            "sequence": its.number,
            "ticket": f"{code}-{till}-{its.number}",
            "venue": code,
            "showing": f"tonight-{hall}",
            "happened_at": self.at.isoformat(),
            "price_minor": 100_000,
            "sales_channel": "box_office",
            **fields,
        }
        return self.post(its, "/v1/batches", a_batch(event))

    def report(
        self,
        code: str,
        *,
        till: int = 0,
        days: tuple[dict[str, Any], ...] = (),
        **fields: Any,
    ) -> dict[str, Any]:
        """Report as one of a cinema's tills, and give the answer."""
        its = self.cinemas[code].tills[till]
        its.reported_at = self.at
        said = {
            "software": {"product": "Example POS", "version": "4.2"},
            "sent_at": (self.at + timedelta(seconds=its.ahead_s)).isoformat(),
            "waiting_events": 0,
            "next_sequence": its.number + 1,
            "days": list(days),
            **fields,
        }
        return self.post(its, "/v1/feeds/report", json.dumps(said).encode())

    def look(self) -> None:
        """Fold what came, and make a round if it is time."""
        while feeds.follow(self.db):
            pass
        self.rounds.follow(self.db)

    def move(self, by: timedelta) -> None:
        """Let time pass, a round at a time; tills that report do so every five minutes."""
        end = self.at + by
        while self.at < end:
            self.at = min(end, self.at + timedelta(seconds=EVERY_S))
            for cinema in self.cinemas.values():
                for number, till in enumerate(cinema.tills):
                    is_due = till.reported_at is None or (
                        self.at - till.reported_at >= REPORT_EVERY
                    )
                    if till.is_reporting and is_due:
                        self.report(cinema.code, till=number)
            self.look()


def _document(cinemas: dict[str, int], days: int) -> dict[str, Any]:
    showings = [
        {
            "venue": code,
            "code": f"tonight-{hall}" if start == -5 else f"late-{hall}",
            "hall": hall,
            "version": "steppe-kk",
            "starts_at": (OPENING + timedelta(minutes=start)).isoformat(),
        }
        for code in cinemas
        for hall in HALLS
        for start in (-5, 50)
    ]
    showings += [
        {
            "venue": code,
            "code": f"{day}-{hour}-{hall}",
            "hall": hall,
            "version": "steppe-kk",
            "starts_at": (OPENING - timedelta(days=day, hours=-hour)).isoformat(),
        }
        for code in cinemas
        for hall in HALLS
        for day in range(1, days + 1)
        for hour in (-2, 0)
    ]
    return {
        "regions": [
            {"code": "KZ-75", "country": "KZ", "kind": "city", "names": {"en": "Almaty"}}
        ],
        "venues": [
            {
                "code": code,
                "name": code.title(),
                "region": "KZ-75",
                "city": "City",
                "timezone": "Asia/Almaty",
                "currency": "KZT",
            }
            for code in cinemas
        ],
        "halls": [
            {"venue": code, "code": hall, "capacity": 100}
            for code in cinemas
            for hall in HALLS
        ],
        "films": [
            {
                "code": "steppe",
                "titles": {"en": "Steppe"},
                "countries": ["KZ"],
                "genres": ["drama"],
            }
        ],
        "versions": [{"code": "steppe-kk", "film": "steppe", "language": "kk"}],
        "showings": showings,
    }


def _a_till(code: str, number: int) -> Till:
    return Till(Vendor(Ed25519PrivateKey.generate(), f"{code}/till-{number}"))


def a_source(
    cinema: Cinema, halls: list[tuple[str, str | None]] | None = None
) -> dict[str, Any]:
    """Give a cinema's source as an operator loads it, for all its halls or for these."""
    return {
        "code": f"source-{cinema.code}",
        "name": cinema.code.title(),
        "vendor": None,
        "organisation": None,
        "may_announce": False,
        "state": "active",
        "halls": halls or [(cinema.code, None)],
        "keys": [
            {
                "key_id": till.vendor.key_id,
                "public_key": base64.b64encode(
                    till.vendor.private.public_key().public_bytes_raw()
                ).decode(),
                "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
                "valid_until": datetime(2027, 12, 1, tzinfo=UTC),
            }
            for till in cinema.tills
        ],
    }
