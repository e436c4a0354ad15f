"""An invented trade: exhibitors, distributors, producers and vendors, and what each one's own is."""

import base64
import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.totals import service as totals
from ekino.verify import service as verify
from ekino_till import Key, Ticket, make_token, token_text
from ekino_till.token import ticket_code
from factories import EVENING, Vendor, a_batch, a_waiting

# Code → kinds. One exhibitor has no venue, one organisation is nobody yet.
ORGANISATIONS = {
    "exh-aurora": "exhibitor",
    "exh-borealis": "exhibitor",
    "exh-empty": "exhibitor",
    "dist-east": "distributor",
    "dist-west": "distributor",
    "studio-kyz": "producer",
    "studio-lot": "producer",
    "vendor-one": "vendor",
    "vendor-two": "vendor",
    "nobody": "promoter",
}
VENUES = {
    "aurora-1": "exh-aurora",
    "aurora-2": "exh-aurora",
    "borealis-1": "exh-borealis",
    "lonely-1": None,
}
# Code → distributor, producers.
FILMS: dict[str, tuple[str | None, list[str]]] = {
    "steppe": ("dist-east", ["studio-kyz"]),
    "storm": ("dist-west", ["studio-kyz", "studio-lot"]),
    "stone": ("dist-east", []),
    "stray": (None, []),
}
# Code → organisation, vendor, venues. The cloud speaks for cinemas of three owners.
SOURCES: dict[str, tuple[str | None, str, tuple[str, ...]]] = {
    "own-aurora": ("exh-aurora", "vendor-one", ("aurora-1",)),
    "cloud": (None, "vendor-two", ("aurora-2", "borealis-1", "lonely-1")),
}
DAYS = (EVENING - timedelta(days=7), EVENING)


class Trade:
    """The invented trade in a database, with sales of two evenings a week apart."""

    def __init__(self, db: Database, *, seed: int = 11, sales: int = 240) -> None:
        self.db = db
        self.dice = random.Random(seed)
        self.senders: dict[str, Vendor] = {}
        self.tills: dict[str, Key] = {}
        self._sequence = 0
        # (source, venue, showing, ticket, price) of what was sold.
        self.sold: list[tuple[str, str, str, str, int]] = []
        self._load()
        self.ids = self._read("SELECT code, organisation_id FROM catalog.organisation")
        self.venues = self._read("SELECT code, venue_id FROM catalog.venue")
        self.sources = self._read("SELECT code, source_id FROM access.source")
        for code in SOURCES:
            self.send(code, *self._events(code, sales // len(SOURCES)))
        self.follow()

    def _read(self, question: str) -> dict[str, int]:
        with psycopg.connect(self.db.dsn) as superuser:
            return dict(superuser.execute(question).fetchall())

    def follow(self) -> None:
        """Let every follower read what there is."""
        for follow in (totals.follow, feeds.follow):
            while follow(self.db):
                pass
        while verify.follow(self.db, clock=lambda: EVENING + timedelta(days=1)):
            pass

    def _load(self) -> None:
        catalog.load(self.db, catalog.shipped_regions("KZ"))
        catalog.load(self.db, read_document(json.dumps(_document()).encode()))
        access.load_sources(self.db, [self._source(code) for code in SOURCES], actor="test")

    def _source(self, code: str) -> dict[str, Any]:
        organisation, vendor, venues = SOURCES[code]
        sender = Ed25519PrivateKey.generate()
        self.senders[code] = Vendor(sender, f"{code}/batch")
        keys = [(f"{code}/batch", sender, "batch")]
        for venue in venues:
            till = Ed25519PrivateKey.generate()
            self.tills[venue] = Key(f"{code}/till-{venue}", till)
            keys.append((f"{code}/till-{venue}", till, "till"))
        return {
            "code": code,
            "name": code.title(),
            "vendor": vendor,
            "vendor_code": vendor,
            "organisation": organisation,
            "may_announce": False,
            "state": "active",
            "halls": [(venue, None) for venue in venues],
            "keys": [
                {
                    "key_id": key_id,
                    "public_key": base64.b64encode(
                        private.public_key().public_bytes_raw()
                    ).decode(),
                    "kind": kind,
                    "valid_from": datetime(2026, 1, 1, tzinfo=UTC),
                    "valid_until": datetime(2027, 12, 1, tzinfo=UTC),
                }
                for key_id, private, kind in keys
            ],
        }

    def send(self, code: str, *events: dict[str, Any], at: datetime = EVENING) -> None:
        """Send events as a source, in batches of any size, through the writer."""
        writer = Writer(self.db, clock=lambda: at)
        writer.start()
        rest = list(events)
        while rest:
            size = self.dice.randrange(1, 40)
            body, rest = a_batch(*rest[:size]), rest[size:]
            come = threading.Event()
            answers: list[Any] = []

            def answer(
                value: object, answers: list[Any] = answers, come: threading.Event = come
            ) -> None:
                answers.append(value)
                come.set()

            writer.put(a_waiting(self.senders[code], body, answer, at=at))
            assert come.wait(20)
            assert isinstance(answers[0], Answer), answers[0]
        writer.stop()

    def event(
        self, kind: str, ticket: str, venue: str, showing: str, **more: Any
    ) -> dict[str, Any]:
        """Give an event of any kind with a sequence number of its own."""
        self._sequence += 1
        return {
            "kind": kind,
            "sequence": self._sequence,
            "ticket": ticket,
            "venue": venue,
            "showing": showing,
            "happened_at": (
                EVENING - timedelta(minutes=self.dice.randrange(600))
            ).isoformat(),
            **more,
        }

    def _events(self, code: str, count: int) -> list[dict[str, Any]]:
        """Sales with and without tokens, later events, and what is refused."""
        events: list[dict[str, Any]] = []
        for number in range(count):
            venue = self.dice.choice(SOURCES[code][2])
            showing = self.dice.choice(showings_of(venue))
            price = self.dice.randrange(50_000, 300_000)
            ticket = f"{code}-{number}"
            more: dict[str, Any] = {}
            if self.dice.random() < 0.4:
                ticket, more = self._token(venue, number, price)
            events.append(
                self.event(
                    "sold",
                    ticket,
                    venue,
                    showing,
                    price_minor=price,
                    sales_channel=self.dice.choice(("box_office", "web", "app")),
                    **more,
                )
            )
            self.sold.append((code, venue, showing, ticket, price))
            if self.dice.random() < 0.15:
                events.append(
                    self.event("refunded", ticket, venue, showing, price_minor=price)
                )
        # Refused: an unknown showing, a ticket never sold, no cinema at all, and no event at all.
        for venue in SOURCES[code][2]:
            events.append(self.event("voided", "ghost", venue, "no-such"))
            events.append(self.event("voided", "ghost", venue, showings_of(venue)[0]))
        events.append(self.event("voided", "ghost", "no-cinema", "no-such"))
        events.append({"kind": "sold"})
        return events

    def _token(self, venue: str, number: int, price: int) -> tuple[str, dict[str, Any]]:
        ticket = Ticket(
            hall=1,
            start=int(EVENING.timestamp()),
            issued=int(EVENING.timestamp()) - 60,
            price_minor=price,
        )
        raw = make_token(self.tills[venue], ticket, number + 1)
        return ticket_code(raw[5:17]), {"token": token_text(raw)}


def showings_of(venue: str) -> list[str]:
    """Give the codes of a venue's showings: each film on both days."""
    return [f"{film}-{day}" for film in FILMS for day in range(len(DAYS))]


def _document() -> dict[str, Any]:
    return {
        "organisations": [
            {"code": code, "name": code.title(), "country": "KZ", "kinds": [kind]}
            for code, kind in ORGANISATIONS.items()
        ],
        "venues": [
            {
                "code": code,
                "name": code.title(),
                "region": "KZ-63" if code.startswith("aurora") else "KZ-75",
                "city": "Өскемен" if code.startswith("aurora") else "Алматы",
                "timezone": "Asia/Almaty",
                "currency": "KZT",
                "organisation": organisation,
            }
            for code, organisation in VENUES.items()
        ],
        "halls": [
            {"venue": venue, "code": hall, "capacity": 60}
            for venue in VENUES
            for hall in ("1", "2")
        ],
        "films": [
            {
                "code": code,
                "titles": {"kk": code.title(), "ru": code.title(), "en": code.title()},
                "original_language": "kk",
                "countries": ["KZ"],
                "producers": producers,
            }
            for code, (_, producers) in FILMS.items()
        ],
        "versions": [
            {"code": f"{code}-{language}", "film": code, "language": language}
            for code in FILMS
            for language in ("kk", "ru")
        ],
        "releases": [
            {
                "film": code,
                "country": "KZ",
                "release_date": "2026-11-12",
                "distributor": distributor,
            }
            for code, (distributor, _) in FILMS.items()
        ],
        "showings": [
            {
                "venue": venue,
                "code": f"{film}-{day}",
                "hall": str(1 + number % 2),
                "version": f"{film}-{('kk', 'ru')[number % 2]}",
                "starts_at": (at + timedelta(minutes=60 * number)).isoformat(),
            }
            for venue in VENUES
            for number, film in enumerate(FILMS)
            for day, at in enumerate(DAYS)
        ],
    }
