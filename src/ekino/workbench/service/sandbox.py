"""What a test register holds from its first moment, and what each vendor finds in it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec

from ekino.access import service as access
from ekino.access.service import enrolment
from ekino.catalog import service as catalog
from ekino.catalog.document import Document, read_document
from ekino.db.database import Database, Role
from ekino.kernel.errors import Refused
from ekino.kernel.moments import zone
from ekino.workbench.store import sandbox as store

# Films that are in every test register. No version of any is called TEST-UNKNOWN.
FILMS: Mapping[str, Mapping[str, str]] = {
    "test-steppe": {"kk": "Сынақ дала", "ru": "Тестовая степь", "en": "Test Steppe"},
    "test-river": {"kk": "Сынақ өзен", "ru": "Тестовая река", "en": "Test River"},
}
LANGUAGES = ("kk", "ru")
HALLS: Mapping[str, int] = {"1": 120, "2": 40}
# When the showings of a test venue begin, by its own clock.
STARTS = (time(10, 0), time(13, 0), time(16, 0), time(19, 0), time(21, 30))
# Days of showings that a test venue has, from yesterday on: till midnight is over everywhere.
SHOWING_DAYS = 4
VIRTUAL_VENUE = "test-virtual-cinema"
VIRTUAL_SOURCE = "test-virtual-cinema"
_CODE_CHARACTERS = 40
# How often a vendor may begin anew: each time is another source.
GENERATIONS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What a vendor has in the test register."""

    source: str
    venue: str
    # How many times it was begun anew.
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where the test register is: country, currency, zone and region of its venues."""

    country: str
    currency: str
    timezone: str
    region: str


def setting_of(country: str, currency: str, timezone: str) -> Setting:
    """Give the setting of a country that ships; any other has one region of its own."""
    region = {"KZ": "KZ-75", "IN": "IN-DL"}.get(country, f"{country}-TEST")
    return Setting(country=country, currency=currency, timezone=timezone, region=region)


def prepare(db: Database, setting: Setting, *, at: datetime) -> None:
    """Make a database a test register with films and a virtual cinema; again changes nothing."""
    enrolment.make_test(db)
    if setting.region.endswith("-TEST"):
        region = {
            "code": setting.region,
            "country": setting.country,
            "kind": "region",
            "names": {"en": "Test"},
        }
        catalog.load(db, _document({"regions": [region]}))
    else:
        catalog.load(db, catalog.shipped_regions(setting.country))
    catalog.load(db, _document(_films()))
    _add_venue(db, setting, VIRTUAL_VENUE, "Virtual cinema", None)
    _add_source(db, VIRTUAL_SOURCE, "Virtual cinema", None, VIRTUAL_VENUE)
    schedule(db, setting, [VIRTUAL_VENUE], at=at)


def ensure(
    db: Database, setting: Setting, *, organisation: str, name: str, at: datetime
) -> Sandbox:
    """Give what a vendor has in the test register; it is made unless it is there."""
    found = find(db, organisation)
    if found is None:
        venue = _venue_of(organisation)
        _add_venue(db, setting, venue, f"TEST {name}", (organisation, name))
        _add_source(db, _source_of(organisation, 1), f"TEST {name}", organisation, venue)
        found = Sandbox(source=_source_of(organisation, 1), venue=venue, generation=1)
    schedule(db, setting, [found.venue], at=at)
    return found


def find(db: Database, organisation: str) -> Sandbox | None:
    """Give what a vendor has in the test register, or None."""
    own = {each.code for each in enrolment.list_sources_of(db, organisation)}
    generation = 0
    while generation < GENERATIONS_MAX and _source_of(organisation, generation + 1) in own:
        generation += 1
    if generation == 0:
        return None
    return Sandbox(
        source=_source_of(organisation, generation),
        venue=_venue_of(organisation),
        generation=generation,
    )


def reset(db: Database, organisation: str, *, name: str, actor: str) -> Sandbox:
    """
    Begin anew: the vendor's keys speak for another source, which has sold nothing yet.

    The register keeps what it was told, a test register too; but a ticket is a source's, so
    from here every number may be used again.
    """
    before = find(db, organisation)
    if before is None or before.generation >= GENERATIONS_MAX:
        detail = (
            f"{organisation!r} has nothing in the test register, or began anew too often"
        )
        raise Refused(detail, code="sandbox_not_found")
    after = _source_of(organisation, before.generation + 1)
    _add_source(db, after, f"TEST {name}", organisation, before.venue)
    enrolment.move_keys(db, before.source, after, actor=actor)
    return Sandbox(source=after, venue=before.venue, generation=before.generation + 1)


def schedule(
    db: Database, setting: Setting, venues: Sequence[str], *, at: datetime
) -> None:
    """Let test venues have showings from yesterday to the day after tomorrow."""
    local = zone(setting.timezone)
    today = at.astimezone(local).date()
    showings = []
    for venue in venues:
        for offset in range(-1, SHOWING_DAYS - 1):
            day = today + timedelta(days=offset)
            for number, (hall, start) in enumerate(
                (hall, start) for hall in HALLS for start in STARTS
            ):
                film = tuple(FILMS)[number % len(FILMS)]
                language = LANGUAGES[number // len(FILMS) % len(LANGUAGES)]
                starts_at = datetime.combine(day, start, tzinfo=local).astimezone(UTC)
                showings.append(
                    {
                        "venue": venue,
                        "code": f"{day:%Y%m%d}-{start:%H%M}-{hall}",
                        "hall": hall,
                        "version": f"{film}-{language}",
                        "starts_at": starts_at.isoformat(),
                        "capacity": HALLS[hall],
                    }
                )
    catalog.load(db, _document({"showings": showings}))


def list_venues(db: Database) -> list[str]:
    """Give the codes of the test register's venues."""
    with db.transaction(Role.READER) as tx:
        return store.list_venues(tx)


def _films() -> dict[str, Any]:
    return {
        "films": [
            {"code": code, "titles": dict(titles), "countries": ["KZ"], "genres": ["drama"]}
            for code, titles in FILMS.items()
        ],
        "versions": [
            {"code": f"{code}-{language}", "film": code, "language": language}
            for code in FILMS
            for language in LANGUAGES
        ],
    }


def _add_venue(
    db: Database, setting: Setting, venue: str, name: str, owner: tuple[str, str] | None
) -> None:
    rows: dict[str, Any] = {
        "venues": [
            {
                "code": venue,
                "name": name,
                "region": setting.region,
                "city": "Test",
                "timezone": setting.timezone,
                "currency": setting.currency,
            }
        ],
        "halls": [
            {"venue": venue, "code": hall, "capacity": capacity}
            for hall, capacity in HALLS.items()
        ],
    }
    if owner is not None:
        code, words = owner
        rows["organisations"] = [
            {"code": code, "name": words, "country": setting.country, "kinds": ["vendor"]}
        ]
        rows["venues"][0]["organisation"] = code
    catalog.load(db, _document(rows))


def _add_source(
    db: Database, code: str, name: str, organisation: str | None, venue: str
) -> None:
    source = {
        "code": code,
        "name": name,
        "vendor": name,
        "vendor_code": organisation,
        "organisation": organisation,
        "may_announce": True,
        "state": "active",
        "halls": [(venue, None)],
        "keys": [],
    }
    access.load_sources(db, [source], actor="test register")


def _document(rows: Mapping[str, Any]) -> Document:
    return read_document(msgspec.json.encode(rows))


def _short(organisation: str) -> str:
    """Give a code that fits into longer ones; another's never is the same."""
    if len(organisation) <= _CODE_CHARACTERS:
        return organisation
    digest = hashlib.sha256(organisation.encode()).hexdigest()[:10]
    return f"{organisation[: _CODE_CHARACTERS - 11]}-{digest}"


def _venue_of(organisation: str) -> str:
    return f"test-{_short(organisation)}-1"


def _source_of(organisation: str, generation: int) -> str:
    return f"test-{_short(organisation)}~{generation}"


def first_showing(setting: Setting, *, at: datetime) -> str:
    """Give the code of a showing that every test venue has today."""
    day = at.astimezone(zone(setting.timezone)).date()
    return f"{day:%Y%m%d}-{STARTS[-1]:%H%M}-{next(iter(HALLS))}"
