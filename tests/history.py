"""Two invented years of a small country, entered through the register's own doors."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database, Role
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError
from factories import EVENING, a_batch, a_later_event, a_sale, a_vendor, a_waiting

VENUES = {
    "ALA-1": ("KZ-75", "chain-a", "Asia/Almaty"),
    "ALA-2": ("KZ-75", "chain-b", "Asia/Almaty"),
    "AST-1": ("KZ-71", "chain-a", "Asia/Almaty"),
    "ORL-1": ("KZ-27", None, "Asia/Oral"),
    # Abroad, in another currency: no part of any answer.
    "NYC-1": ("US-NY", None, "America/New_York"),
}
FILMS: dict[str, dict[str, Any]] = {
    "steppe": {
        "titles": {"kk": "Дала", "ru": "Степь", "en": "Steppe"},
        "countries": ["KZ"],
        "genres": ["drama", "history"],
        "original_language": "kk",
    },
    "storm": {
        "titles": {"en": "Storm"},
        "countries": ["US", "KZ"],
        "genres": ["action"],
        "original_language": "en",
    },
    "night": {
        "titles": {"ru": "Ночь"},
        "countries": ["RU"],
        "genres": ["drama"],
        "original_language": "ru",
    },
    "unknown": {"titles": {"original": "???"}},
}
VERSIONS = {
    "steppe-kk": ("steppe", "kk"),
    "steppe-ru": ("steppe", "ru"),
    "storm-ru": ("storm", "ru"),
    "storm-kk": ("storm", "kk"),
    "night-ru": ("night", "ru"),
    "unknown-kk": ("unknown", "kk"),
}
CHANNELS = ("box_office", "web", "app", "kiosk", "agent")
CONCESSIONS = ("", "adult", "child", "student", 'жеңілдік, "10%"')
TODAY = date(2026, 11, 24)


def load_country(
    db: Database, dice: random.Random, *, showings: int = 60
) -> list[tuple[str, str]]:
    """Load places, films and showings over two years; give (venue, showing) by code."""
    chosen = [_showing(dice, number) for number in range(showings)]
    load(
        db,
        regions=[
            {"code": code, "country": code[:2], "names": {"en": code, "kk": f"{code} қала", "ru": f"{code} город"}}
            for code in ("KZ-75", "KZ-71", "KZ-27", "US-NY")
        ],
        organisations=[
            {"code": code, "name": f"Organisation {code}", "country": "KZ"}
            for code in ("chain-a", "chain-b", "dist-1", "dist-2")
        ],
        venues=[
            {"code": code, "name": f"Cinema {code}", "region": region, "city": "City", "timezone": zone, "currency": "USD" if code == "NYC-1" else "KZT", "organisation": chain}
            for code, (region, chain, zone) in VENUES.items()
        ],
        halls=[{"venue": venue, "code": hall, "capacity": 40 + 10 * int(hall)} for venue in VENUES for hall in ("1", "2")],
        films=[{"code": code, **film} for code, film in FILMS.items()],
        versions=[{"code": code, "film": film, "language": language, "kind": "dubbed"} for code, (film, language) in VERSIONS.items()],
        releases=[
            {"film": "steppe", "country": "KZ", "release_date": "2025-01-01", "distributor": "dist-1"},
            {"film": "storm", "country": "KZ", "release_date": "2025-01-01", "distributor": "dist-2"},
            {"film": "storm", "country": "US", "release_date": "2025-01-01", "distributor": "dist-1"},
            {"film": "night", "country": "KZ", "release_date": "2025-01-01"},
        ],
        showings=chosen,
    )  # fmt: skip
    return [(each["venue"], each["code"]) for each in chosen]


def load(db: Database, **lists: list[dict[str, Any]]) -> None:
    catalog.load(db, read_document(json.dumps(lists).encode()))


def _starts_at(dice: random.Random) -> str:
    days = dice.choice(
        (0, 0, 1, 2, 6, 7, 8, 27, 28, 29, 60, 200, 363, 364, 365, 366, 371, 500)
    )
    day = datetime(2026, 11, 24, tzinfo=UTC) - timedelta(days=days)
    return (day + timedelta(hours=dice.randrange(3, 22))).isoformat()


def _showing(dice: random.Random, number: int) -> dict[str, Any]:
    return {
        "venue": dice.choice(list(VENUES)),
        "code": f"s{number}",
        "hall": dice.choice("12"),
        "version": dice.choice(list(VERSIONS)),
        "starts_at": _starts_at(dice),
        "state": "cancelled" if dice.random() < 0.1 else "announced",
    }


def invent(
    dice: random.Random,
    showings: list[tuple[str, str]],
    count: int,
    *,
    first: int = 1,
    sold: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Invent so many events: sales, what happens to tickets later, and moves of showings."""
    sold = [] if sold is None else sold
    events: list[dict[str, Any]] = []
    for number in range(first, first + count):
        draw = dice.random()
        if draw < 0.6 or not sold:
            venue, showing = dice.choice(showings)
            sale = a_sale(
                number,
                venue=venue,
                showing=showing,
                price_minor=dice.randrange(0, 300_000),
                fee_minor=dice.choice((0, 0, 15_000)),
                sales_channel=dice.choice(CHANNELS),
                concession=dice.choice(CONCESSIONS),
            )
            sold.append(sale)
            events.append(sale)
        elif draw < 0.95:
            sale = dice.choice(sold)
            kind = dice.choice(("refunded", "voided", "corrected", "corrected", "admitted"))
            more: dict[str, Any] = {}
            if kind == "refunded":
                more = {"price_minor": dice.randrange(sale["price_minor"] + 1)}
            if kind == "corrected":
                more = {
                    "price_minor": dice.randrange(300_000),
                    "reason": "mistake",
                    "concession": dice.choice(CONCESSIONS),
                }
            events.append(
                a_later_event(kind, number, of=sale["sequence"], **more)
                | {"venue": sale["venue"], "showing": sale["showing"]}
            )
        else:
            venue, showing = dice.choice(showings)
            kind = dice.choice(("showing_moved", "showing_moved", "showing_cancelled"))
            moved = {"starts_at": _starts_at(dice)} if kind == "showing_moved" else {}
            events.append(
                {
                    "kind": kind,
                    "sequence": number,
                    "venue": venue,
                    "showing": showing,
                    "happened_at": "2026-11-24T10:00:00Z",
                    **moved,
                }
            )
    return events  # fmt: skip


class Tills:
    """One source that speaks for every venue and sends batches of any size, some twice."""

    def __init__(self, db: Database, dice: random.Random) -> None:
        """Register the source."""
        self._db = db
        self._dice = dice
        self._vendor = a_vendor(db, venues=tuple(VENUES))

    def send(self, events: Iterable[dict[str, Any]]) -> None:
        waiting = list(events)
        writer = Writer(self._db, clock=lambda: EVENING)
        answers: list[Answer | EkinoError] = []
        while waiting:
            size = self._dice.randrange(1, 40)
            body = a_batch(*waiting[:size])
            for _ in range(self._dice.choice((1, 1, 2))):
                writer.put(a_waiting(self._vendor, body, answers.append))
            waiting = waiting[size:]
        writer.start()
        writer.stop()
        assert all(isinstance(answer, Answer) for answer in answers), answers


def effects(db: Database) -> list[tuple[int, str, str, int, int, int, int]]:
    """
    Say what each entry changed, one ticket after another, by (showing, channel, concession).

    Written without a look at the fold: a ticket is followed from its sale on, and what it adds
    up to under one concession is taken back before it stands under another.
    """
    with db.transaction(Role.READER) as tx:
        entries = tx.execute(
            "SELECT source_id, subject, position, kind::text, showing_id, sales_channel::text,"
            " admissions, gross_minor, fees_minor, body_encoding, body, ordinal"
            " FROM register.entry JOIN register.batch USING (source_id, batch_no)"
            " WHERE sales_channel IS NOT NULL ORDER BY source_id, subject, position"
        ).fetchall()
    from ekino.register.service import decompress

    found: list[tuple[int, str, str, int, int, int, int]] = []
    concession, paid = "", [0, 0, 0]
    for _, _, _, kind, showing, channel, *change, encoding, body, ordinal in entries:
        event = json.loads(decompress(encoding, bytes(body)))["events"][ordinal]
        if kind == "sold":
            concession, paid = event.get("concession", ""), [0, 0, 0]
        elif kind == "corrected" and event.get("concession", "") != concession:
            found.append((showing, channel, concession, *(-each for each in paid), 0))
            concession = event.get("concession", "")
            found.append((showing, channel, concession, *paid, 0))
        paid = [before + more for before, more in zip(paid, change, strict=True)]
        found.append((showing, channel, concession, *change, int(kind == "refunded")))
    return found
