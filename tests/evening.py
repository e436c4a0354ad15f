"""An invented evening of Kazakhstan's cinemas, entered through the register's own doors."""

import base64
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.access import service as access
from ekino.catalog import service as catalog
from ekino.catalog.document import Document, read_document
from ekino.db.database import Database, Role
from ekino.opendata import service as opendata
from ekino.register import service as register
from ekino.register.model import EventKind
from ekino.totals import service as totals
from ekino.totals.model.day import Country

KAZAKHSTAN = Country("KZ", "KZT", "Asia/Almaty")
ALMATY = ZoneInfo("Asia/Almaty")
# Tuesday, 19:42:07 in Almaty.
EVENING = datetime(2026, 11, 24, 14, 42, 7, tzinfo=UTC)
# The batches and seconds in which entries reach the register.
_BATCH_EVENTS = 1_000

# Titles, invented: kk, ru, en ("" where there is none), original language, countries,
# how much of the public each draws, and how many of a hundred showings it is given.
FILMS: tuple[tuple[str, str, str, str, list[str], float, float], ...] = (
    ("Дала үні", "Голос степи", "Voice of the Steppe", "kk", ["KZ"], 30, 17),
    ("Алтын сағат", "Золотые часы", "The Gold Watch", "kk", ["KZ"], 19, 12),
    (
        "",
        "Последний рейс в Рейкьявик",
        "The Last Flight to Reykjavík",
        "en",
        ["US"],
        17,
        19,
    ),
    ("Келін 2: Той болады", "Келин 2: Быть свадьбе", "Kelin 2", "kk", ["KZ"], 12, 7),
    ("Мұз патшалығы", "Ледяное царство", "Realm of Ice", "en", ["US", "CA"], 11, 12),
    ("", "", "Neon Harbour", "en", ["GB"], 6, 7),
    ("Тағдыр көпірі", "Мост судьбы", "Bridge of Fate", "kk", ["KZ", "UZ"], 5, 4),
    ("Түнгі пойыз", "Ночной поезд", "Night Train", "ru", ["RU"], 5, 6),
    ("Аққулар", "Лебеди", "Swans", "kk", ["KZ"], 4, 2),
    ("", "Сеул, 3:47", "Seoul, 3:47", "ko", ["KR"], 3, 3),
    ("Кішкентай батыр", "Маленький батыр", "The Little Batyr", "kk", ["KZ"], 3, 3),
    ("", "Тигр и луна", "The Tiger and the Moon", "hi", ["IN"], 2, 2),
    ("Жел қақпасы", "Ворота ветра", "", "kk", ["KZ"], 2, 1),
    ("", "Чужой голос", "Another’s Voice", "fr", ["FR", "BE"], 1, 1),
    ("Қайта оралу", "Возвращение", "The Return", "kk", ["KZ"], 1, 1),
    ("", "Город кошек", "City of Cats", "ja", ["JP"], 1, 1),
    ("", "Архив", "The Archive", "de", [], 1, 1),
    ("Бесінші мезгіл", "Пятое время года", "The Fifth Season", "kk", ["KZ"], 1, 1),
    ("", "Полярный день", "Polar Day", "no", ["NO"], 1, 0.6),
    ("Сұңқар", "Сокол", "Falcon", "kk", ["KZ"], 0.5, 0.4),
)

# Region: city, venues known, how much of the public lives there.
REGIONS = {
    "KZ-75": ("Алматы", 22, 34.0),
    "KZ-71": ("Астана", 13, 18.0),
    "KZ-79": ("Шымкент", 8, 8.5),
    "KZ-35": ("Қарағанды", 6, 5.2),
    "KZ-61": ("Түркістан", 4, 3.1),
    "KZ-19": ("Қонаев", 4, 3.4),
    "KZ-15": ("Ақтөбе", 4, 3.6),
    "KZ-27": ("Орал", 4, 2.9),
    "KZ-39": ("Қостанай", 4, 2.6),
    "KZ-55": ("Павлодар", 4, 2.4),
    "KZ-63": ("Өскемен", 4, 2.7),
    "KZ-10": ("Семей", 3, 2.1),
    "KZ-11": ("Көкшетау", 3, 1.4),
    "KZ-23": ("Атырау", 4, 2.8),
    "KZ-31": ("Тараз", 3, 1.9),
    "KZ-33": ("Талдықорған", 3, 1.2),
    "KZ-43": ("Қызылорда", 3, 1.6),
    "KZ-47": ("Ақтау", 3, 2.0),
    "KZ-59": ("Петропавл", 3, 1.1),
    "KZ-62": ("Жезқазған", 1, 0.6),
}
_CHANNELS = ("app", "app", "web", "box_office", "box_office", "kiosk", "agent")


@dataclass(frozen=True, slots=True)
class Showing:
    """An invented showing and how many of its places are going to be sold."""

    venue: str
    hall: str
    code: str
    film: int
    starts_at: datetime
    capacity: int
    draw: float


@dataclass(frozen=True, slots=True)
class Sale:
    """An invented ticket."""

    happened_at: datetime
    recorded_at: datetime
    venue: str
    showing: str
    price_minor: int
    fee_minor: int
    sales_channel: str


class Evening:
    """A country that exists in a database, and the sales of its days."""

    def __init__(self, *, seed: int = 7, connected: int = 68, silent: int = 4) -> None:
        """Invent venues, films and halls; the same seed invents the same."""
        self._random = random.Random(seed)
        self._venues = [
            (f"{code.lower()}-{number:02}", code, city, weight / count)
            for code, (city, count, weight) in REGIONS.items()
            for number in range(1, count + 1)
        ]
        # Every region has at least one connected venue; the others join at random.
        first = [venue for venue in self._venues if venue[0].endswith("-01")]
        others = [venue for venue in self._venues if venue not in first]
        self.connected = first + self._random.sample(others, connected - len(first))
        self.silent = {venue[0] for venue in self._random.sample(self.connected, silent)}
        self._halls = {
            venue[0]: [self._random.choice((48, 86, 120, 164, 210, 320)) for _ in range(4)]
            for venue in self._venues
        }
        self._entered = 0

    def load_country(self, db: Database) -> None:
        """Enter regions, venues, halls, films, and one source that speaks for the connected."""
        catalog.load(db, catalog.shipped_regions("KZ"))
        catalog.load(db, _document({**self._places(), **_films()}))
        valid_from = datetime(2026, 1, 1, tzinfo=UTC)
        source = {
            "code": "tills",
            "name": "Invented ticketing",
            "vendor": None,
            "organisation": None,
            "may_announce": False,
            "state": "active",
            "halls": [(venue[0], None) for venue in self.connected],
            "keys": [
                {
                    "key_id": "tills/1",
                    "public_key": _public_key(),
                    "valid_from": valid_from,
                    "valid_until": valid_from + timedelta(days=700),
                }
            ],
        }
        access.load_sources(db, [source], actor="test")

    def _places(self) -> dict[str, object]:
        """Give the venues and halls as lists of a catalog document."""
        return {
            "venues": [
                {
                    "code": code,
                    "name": f"{city} {code[-2:]}",
                    "region": region,
                    "city": city,
                    "timezone": KAZAKHSTAN.timezone,
                    "currency": KAZAKHSTAN.currency,
                }
                for code, region, city, _ in self._venues
            ],
            "halls": [
                {"venue": code, "code": str(number), "capacity": capacity}
                for code, capacities in self._halls.items()
                for number, capacity in enumerate(capacities, start=1)
            ],
        }

    def announce(self, db: Database, day: date, *, showings: int = 900) -> list[Showing]:
        """Enter a day's schedule of the connected venues."""
        chosen = [self._showing(day, number) for number in range(showings)]
        catalog.load(
            db,
            _document(
                {
                    "showings": [
                        {
                            "venue": each.venue,
                            "code": each.code,
                            "hall": each.hall,
                            "version": f"film-{each.film}",
                            "starts_at": each.starts_at.isoformat(),
                        }
                        for each in chosen
                    ]
                }
            ),
        )
        return chosen

    def _showing(self, day: date, number: int) -> Showing:
        venue = self.connected[number % len(self.connected)]
        hall = self._random.randrange(4)
        film = self._random.choices(range(len(FILMS)), [film[6] for film in FILMS])[0]
        half_hours = self._random.choices(
            range(20, 47), [1] * 12 + [2] * 5 + [3] * 6 + [2] * 4
        )
        starts_at = datetime(day.year, day.month, day.day, tzinfo=ALMATY) + timedelta(
            minutes=30 * half_hours[0]
        )
        draw = venue[3] * FILMS[film][5] / FILMS[film][6]
        evening = 0.35 + max(0.0, (half_hours[0] - 24) / 14)
        return Showing(
            venue=venue[0],
            hall=str(hall + 1),
            code=f"{day:%y%m%d}-{number}",
            film=film,
            starts_at=starts_at,
            capacity=self._halls[venue[0]][hall],
            draw=draw * evening,
        )

    def sales(self, showings: list[Showing], *, tickets: int) -> list[Sale]:
        """Invent a whole day's sales of these showings, in order of time."""
        whole = sum(showing.draw for showing in showings)
        sold: list[Sale] = []
        for showing in showings:
            wanted = tickets * showing.draw / whole
            count = min(int(wanted + self._random.random()), showing.capacity)
            sold.extend(self._sale(showing) for _ in range(count))
        return sorted(sold, key=lambda sale: sale.happened_at)

    def _sale(self, showing: Showing) -> Sale:
        ahead = self._random.choice((0.2, 0.7, 1.2, 3.0, 9.0, 20.0))
        happened_at = showing.starts_at - timedelta(
            hours=self._random.expovariate(1 / ahead), seconds=self._random.randrange(900)
        )
        channel = self._random.choice(_CHANNELS)
        price = self._random.choice((1_000, 1_200, 1_500, 1_800, 2_200, 2_800))
        return Sale(
            happened_at=happened_at,
            recorded_at=happened_at + timedelta(seconds=self._random.randrange(2, 9)),
            venue=showing.venue,
            showing=showing.code,
            price_minor=price * 100,
            fee_minor=15_000 if channel in {"app", "web"} else 0,
            sales_channel=channel,
        )

    def enter(self, db: Database, sales: list[Sale], *, is_counted: bool = True) -> None:
        """Append sales to the register in the order given, and count them."""
        for first in range(0, len(sales), _BATCH_EVENTS):
            self._enter_batch(db, sales[first : first + _BATCH_EVENTS])
        while is_counted and totals.follow(db):
            pass

    def _enter_batch(self, db: Database, sales: list[Sale]) -> None:
        with db.transaction(Role.INGEST) as tx:
            head = register.lock_head(tx)
            known = catalog.find_showings(
                tx, [(sale.venue, sale.showing) for sale in sales]
            )
            rows = [
                register.entry_row(
                    head.size + ordinal,
                    head.batches,
                    register.microseconds(sale.recorded_at),
                    register.microseconds(sale.happened_at),
                    known[sale.venue, sale.showing].showing_id,
                    0,
                    sale.price_minor,
                    sale.fee_minor,
                    1,
                    ordinal,
                    1,
                    False,
                    EventKind.SOLD,
                    sale.sales_channel,
                    f"ticket-{head.size + ordinal}",
                )
                for ordinal, sale in enumerate(sales)
            ]
            batch = register.BatchRow(
                batch_no=head.batches,
                source_id=1,
                key_id="tills/1",
                recorded_at=sales[-1].recorded_at,
                events=len(sales),
                entered=len(sales),
                first_position=head.size,
                body_sha256=b"",
                body_encoding="identity",
                body=b"",
                signed_uri="",
                signed_at=sales[-1].recorded_at,
                nonce="",
                signature=b"",
                salt=register.new_salt(),
            )
            register.append(tx, rows=rows, entries=len(rows), batches=[batch], refusals=[])


def fill(db: Database, *, at: datetime = EVENING, has_last_week: bool = True) -> list[Sale]:
    """
    Enter a country, last week's day and today's until `at`; give what is still to be sold.

    The silent venues have said nothing for an hour.
    """
    evening = Evening()
    evening.load_country(db)
    today = KAZAKHSTAN.today(at)
    if has_last_week:
        week_ago = today - timedelta(days=7)
        evening.enter(db, evening.sales(evening.announce(db, week_ago), tickets=26_500))
    sales = evening.sales(evening.announce(db, today), tickets=29_500)
    an_hour_ago = at - timedelta(hours=1)
    past = [
        sale
        for sale in sales
        if sale.recorded_at <= (an_hour_ago if sale.venue in evening.silent else at)
    ]
    evening.enter(db, past)
    opendata.move_live(db, KAZAKHSTAN, at=at)
    return [
        sale for sale in sales if sale.recorded_at > at and sale.venue not in evening.silent
    ]


def _films() -> dict[str, object]:
    """Give the films and their one version each as lists of a catalog document."""
    return {
        "films": [
            {
                "code": f"film-{number}",
                "titles": {
                    language: title
                    for language, title in zip(("kk", "ru", "en"), film, strict=False)
                    if title
                },
                "original_language": film[3],
                "countries": film[4],
            }
            for number, film in enumerate(FILMS)
        ],
        "versions": [
            {"code": f"film-{number}", "film": f"film-{number}", "language": film[3]}
            for number, film in enumerate(FILMS)
        ],
    }


def _document(lists: dict[str, object]) -> Document:
    return read_document(msgspec.json.encode(lists))


def _public_key() -> str:
    private = Ed25519PrivateKey.from_private_bytes(sha256(b"tills").digest())
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()
