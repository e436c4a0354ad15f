"""What the country's ministry tells the register: the catalog, the sources, the schedule."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ekino_demo.country.films import Film, earlier_films, films
from ekino_demo.country.people import PEOPLE
from ekino_demo.country.places import (
    BUSINESS_DAY_STARTS_HOUR,
    COUNTRY,
    CURRENCY,
    cinemas,
    connecting,
    organisations,
    sources,
)
from ekino_demo.country.programme import Showing
from ekino_till import Key

_RELEASED_DAYS_AGO_MAX = 28
# As long as the register lets an operator allow: seven days.
ALLOWED_DELAY_S = 604_800


def catalog_document(day: date) -> dict[str, Any]:
    """Give the country without its schedule, as POST /v1/catalog takes it."""
    return {
        "organisations": [
            {
                "code": each.code,
                "name": each.name,
                "country": COUNTRY,
                "bin": each.bin,
                "kinds": list(each.kinds),
            }
            for each in organisations()
        ],
        "venues": [
            {
                "code": each.code,
                "name": each.name,
                "kind": "cinema",
                "region": each.region,
                "city": each.city,
                "organisation": each.organisation,
                "timezone": each.timezone,
                "currency": CURRENCY,
                "business_day_starts_hour": BUSINESS_DAY_STARTS_HOUR,
            }
            for each in cinemas()
        ],
        "halls": [
            {"venue": hall.venue, "code": hall.code, "capacity": hall.capacity}
            for each in cinemas()
            for hall in each.halls
        ],
        **_films(day),
    }


def _films(day: date) -> dict[str, Any]:
    releases = release_dates(day)
    return {
        "films": [
            {
                "code": film.code,
                "titles": film.titles,
                "original_language": film.original_language,
                "countries": film.countries,
                "genres": film.genres,
                "running_time_min": film.running_time_min,
                "age_mark": film.age_mark,
                "certificate": film.certificate,
                "producers": [film.producer] if film.producer else [],
            }
            for film, _ in releases
        ],
        "versions": [
            {
                "code": version.code,
                "film": film.code,
                "language": version.language,
                "kind": version.kind,
            }
            | (
                {"subtitle_language": version.subtitle_language}
                if version.subtitle_language
                else {}
            )
            for film, _ in releases
            for version in film.versions
        ],
        "releases": [
            {
                "film": film.code,
                "country": COUNTRY,
                "release_date": released.isoformat(),
                "distributor": film.distributor,
            }
            for film, released in releases
        ],
    }


def release_dates(day: date) -> list[tuple[Film, date]]:
    """Give every film with its release date, where the country opens on `day`: a Thursday."""
    thursday = day - timedelta(days=(day.weekday() - 3) % 7)
    return [
        *(
            (film, thursday - timedelta(days=7 * number % _RELEASED_DAYS_AGO_MAX))
            for number, film in enumerate(films())
        ),
        *((film, thursday - timedelta(weeks=weeks)) for film, weeks in earlier_films()),
    ]


def schedule_document(showings: Iterable[Showing]) -> dict[str, Any]:
    """Give showings as POST /v1/catalog takes them."""
    return {
        "showings": [
            {
                "venue": each.venue,
                "code": each.code,
                "hall": each.hall,
                "version": each.version,
                "starts_at": each.starts_at.isoformat(),
                "format": each.format,
                "capacity": each.capacity,
                "prices": each.prices,
            }
            for each in showings
        ]
    }


def people_document() -> dict[str, Any]:
    """Give the country's people as POST /v1/people takes them: one for each role."""
    return {
        "people": [
            {
                "name": each.name,
                "email": each.email,
                "language": each.language,
                "roles": [
                    {"role": each.role}
                    | ({"organisation": each.organisation} if each.organisation else {})
                ],
            }
            for each in PEOPLE
        ]
    }


def sources_document(public_keys: dict[str, list[tuple[str, str, str]]]) -> dict[str, Any]:
    """
    Give the sources as POST /v1/sources takes them.

    `public_keys` gives (key id, public key, kind) of each key by the source's code.
    """
    return {
        "sources": [
            {
                "code": each.code,
                "name": each.name,
                "vendor": each.vendor,
                "vendor_code": each.vendor_code,
                "may_announce": each.may_announce,
                # The pilot opens with everything that was sold before: a week of presale.
                "allowed_delay_s": ALLOWED_DELAY_S,
                "halls": [{"venue": cinema.code} for cinema in each.cinemas],
                "keys": [
                    {"key_id": key_id, "public_key": public, "kind": kind}
                    for key_id, public, kind in public_keys[each.code]
                ],
            }
            | ({"organisation": each.organisation} if each.organisation else {})
            for each in sources()
        ]
    }


def connecting_document(folder: Path) -> dict[str, Any]:
    """
    Give the sources that have sent nothing yet as POST /v1/sources takes them.

    The keys of those that have enrolled one are made in the country's folder.
    """

    def first_key(source: str) -> dict[str, str]:
        key = Key.open(folder / "keys" / f"{source}.pem", f"{source}/1")
        return {"key_id": key.key_id, "public_key": key.public_text, "kind": "batch"}

    return {
        "sources": [
            {
                "code": each.source,
                "name": each.name,
                "vendor": each.vendor,
                "vendor_code": each.vendor_code,
                "organisation": each.organisation,
                "halls": [{"venue": each.cinema}],
                "keys": [first_key(each.source)] if each.has_key else [],
            }
            for each in connecting()
        ]
    }
