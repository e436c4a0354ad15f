"""An invented season: some weeks of Kazakhstan's cinemas, with releases and distributors."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from evening import FILMS, KAZAKHSTAN, Evening, Showing

# Tuesday noon in Almaty: Monday's figures are still provisional.
NOON = datetime(2026, 11, 24, 7, tzinfo=UTC)
# Who releases; the films take turns.
DISTRIBUTORS = ("Бозторғай прокат", "Sapar Film", "Кино-Керуен")
AGE_MARKS = ("0+", "6+", "12+", "16+", "18+")
# A name that spreadsheets would take for a formula, and markup that must stay text.
TRICKY = "=1+1 <b>“Қауіпті” атау</b>"


def load_season(db: Database, *, first_release: date) -> Evening:
    """
    Enter the country, distributors and releases; films come out on Thursdays, two a week.

    The last film of the list is called `TRICKY`; the one before it was never released.
    """
    evening = Evening()
    evening.load_country(db)
    thursday = first_release + timedelta(days=(3 - first_release.weekday()) % 7)
    films = [
        {
            "code": f"film-{number}",
            "titles": {
                language: title
                for language, title in zip(("kk", "ru", "en"), film, strict=False)
                if title
            }
            if number < len(FILMS) - 1
            else {"kk": TRICKY},
            "original_language": film[3],
            "countries": film[4],
            "genres": ["драма"],
            "running_time_min": 90 + number,
            "age_mark": AGE_MARKS[number % len(AGE_MARKS)],
            "certificate": f"KZ-{number:05}",
        }
        for number, film in enumerate(FILMS)
    ]
    releases = [
        {
            "film": f"film-{number}",
            "country": KAZAKHSTAN.code,
            "release_date": (thursday + timedelta(weeks=number // 2)).isoformat(),
            "distributor": f"dist-{number % len(DISTRIBUTORS)}",
        }
        for number in range(len(FILMS))
        if number != len(FILMS) - 2
    ]
    organisations = [
        {
            "code": f"dist-{number}",
            "name": name,
            "country": "KZ",
            "kinds": ["distributor"],
        }
        for number, name in enumerate(DISTRIBUTORS)
    ]
    versions = [
        {
            "code": f"film-{number}-ru",
            "film": f"film-{number}",
            "language": "ru",
            "kind": "dubbed",
        }
        for number, film in enumerate(FILMS)
        if film[3] != "ru"
    ]
    document = {
        "organisations": organisations,
        "films": films,
        "versions": versions,
        "releases": releases,
    }
    catalog.load(db, read_document(msgspec.json.encode(document)))
    return evening


def play(
    db: Database,
    evening: Evening,
    days: Iterable[date],
    *,
    showings: int = 120,
    tickets: int = 900,
) -> None:
    """Announce and sell whole days, more on Saturdays."""
    for day in days:
        busy = 2 if day.weekday() >= 5 else 1
        announced = evening.announce(db, day, showings=showings)
        _dub(db, announced[::3])
        evening.enter(db, evening.sales(announced, tickets=tickets * busy))


def _dub(db: Database, showings: Iterable[Showing]) -> None:
    """Let these showings be heard in Russian, where the film is not Russian anyway."""
    rows = [
        {
            "venue": each.venue,
            "code": each.code,
            "hall": each.hall,
            "version": f"film-{each.film}-ru",
            "starts_at": each.starts_at.isoformat(),
        }
        for each in showings
        if FILMS[each.film][3] != "ru"
    ]
    catalog.load(db, read_document(msgspec.json.encode({"showings": rows})))


def dates(first: date, count: int) -> list[date]:
    """Give so many dates from the first on."""
    return [first + timedelta(days=number) for number in range(count)]
