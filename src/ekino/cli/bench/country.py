"""An invented country to sell tickets in: cinemas, showings, and sources with keys of their own."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from nacl.bindings import crypto_sign, crypto_sign_seed_keypair

from ekino.access import service as access
from ekino.access.signature import SIGNATURE_BYTES
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database

SOURCES = 50
VENUES_A_SOURCE = 2
# A country of many sources has a cinema for each.
MANY_SOURCES = 100
HALLS_A_VENUE = 4
SHOWINGS_A_HALL = 5
FILMS = 20
TIMEZONE = "Asia/Almaty"
DAY_STARTS_HOUR = 6
_SEATS = 200
# As many as a document of the catalog holds.
_ROWS_A_DOCUMENT = 5_000


@dataclass(frozen=True, slots=True)
class Source:
    """One ticketing installation: its key, and the showings it sells."""

    number: int
    key_id: str
    # Secret and public half, as libsodium wants them.
    secret: bytes
    public: bytes
    # (venue, showing) by code.
    showings: tuple[tuple[str, str], ...]

    def sign(self, message: bytes) -> str:
        """Give an Ed25519 signature in base64."""
        signed = crypto_sign(message, self.secret)
        return base64.b64encode(signed[:SIGNATURE_BYTES]).decode()


def _source(number: int, venues: int) -> Source:
    public, secret = crypto_sign_seed_keypair(
        hashlib.sha256(f"ekino bench {number}".encode()).digest()
    )
    showings = tuple(
        (_venue(number, venue), f"{hall}-{showing}")
        for venue in range(venues)
        for hall in range(1, HALLS_A_VENUE + 1)
        for showing in range(SHOWINGS_A_HALL)
    )
    return Source(number, f"source-{number:02}.bench/1", secret, public, showings)


def _venue(source: int, venue: int) -> str:
    return f"V{source:02}-{venue}"


def load_country(
    db: Database, *, now: datetime, days: int = 1, count: int = SOURCES
) -> list[Source]:
    """
    Enter 50 sources, 100 cinemas, 400 halls and 2,000 showings a day, today the last of them.

    With another `count` so many sources, with two cinemas each, or one where they are many.

    The showings of earlier days carry the day before their code: `2026-11-23/1-0`.
    """
    shipped = catalog.shipped_regions("KZ")
    catalog.load(db, shipped)
    venues_a_source = 1 if count >= MANY_SOURCES else VENUES_A_SOURCE
    sources = [_source(number, venues_a_source) for number in range(count)]
    regions = [region.code for region in shipped.regions]
    venues = [venue for source in sources for venue in _venues(source)]
    _load(
        db,
        venues=[
            {
                "code": venue,
                "name": f"Cinema {venue}",
                "region": regions[number % len(regions)],
                "city": "City",
                "timezone": TIMEZONE,
                "currency": "KZT",
            }
            for number, venue in enumerate(venues)
        ],
        halls=[
            {"venue": venue, "code": str(hall), "capacity": _SEATS}
            for venue in venues
            for hall in range(1, HALLS_A_VENUE + 1)
        ],
        films=[
            {"code": f"film-{film}", "titles": {"en": f"Film {film}"}, "countries": ["KZ"]}
            for film in range(FILMS)
        ],
        versions=[
            {"code": f"film-{film}-kk", "film": f"film-{film}", "language": "kk"}
            for film in range(FILMS)
        ],
    )
    for back in reversed(range(days)):
        day = now - timedelta(days=back)
        rows = _showings(sources, day, is_today=not back)
        for first in range(0, len(rows), _ROWS_A_DOCUMENT):
            _load(db, showings=rows[first : first + _ROWS_A_DOCUMENT])
    access.load_sources(db, [_entitled(source, now) for source in sources], actor="bench")
    return sources


def _venues(source: Source) -> list[str]:
    return list(dict.fromkeys(venue for venue, _ in source.showings))


def showing_code(code: str, day: datetime, *, is_today: bool) -> str:
    """Give the code of a day's showing in the catalog."""
    return code if is_today else f"{day:%Y-%m-%d}/{code}"


def showings_of(
    sources: list[Source], day: datetime, *, is_today: bool
) -> list[tuple[str, str]]:
    """Give (venue, showing) by code of a day, source by source in the order of their own."""
    return [
        (venue, showing_code(code, day, is_today=is_today))
        for source in sources
        for venue, code in source.showings
    ]


def _showings(
    sources: list[Source], day: datetime, *, is_today: bool
) -> list[dict[str, object]]:
    noon = day.astimezone(UTC).replace(hour=7, minute=0, second=0, microsecond=0)
    return [
        {
            "venue": venue,
            "code": showing_code(code, day, is_today=is_today),
            "hall": code[0],
            "version": f"film-{(number * 7) % FILMS}-kk",
            "starts_at": (noon + timedelta(hours=2 * int(code[2:]))).isoformat(),
        }
        for source in sources
        for number, (venue, code) in enumerate(source.showings, start=source.number)
    ]


def _entitled(source: Source, now: datetime) -> dict[str, object]:
    return {
        "code": f"source-{source.number:02}",
        "name": f"Invented ticketing {source.number}",
        "vendor": None,
        "organisation": None,
        "may_announce": False,
        "state": "active",
        "halls": [(venue, None) for venue in _venues(source)],
        "keys": [
            {
                "key_id": source.key_id,
                "public_key": base64.b64encode(source.public).decode(),
                "valid_from": now - timedelta(days=1),
                "valid_until": now + timedelta(days=300),
            }
        ],
    }


def _load(db: Database, **lists: list[dict[str, object]]) -> None:
    catalog.load(db, read_document(msgspec.json.encode(lists)))
