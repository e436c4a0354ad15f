"""The plan of a replay: what the catalog must hold, and whose event is whose."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from ekino.catalog.document import ROWS_MAX
from ekino.catalog.service import shipped_regions
from ekino.ingest.formats.sessions_csv import Session, Table, sales
from ekino.kernel.bounds import CODE_CHARACTERS_MAX
from ekino.kernel.errors import Refused
from ekino.kernel.moments import business_date

_SLUG_CHARACTERS_MAX = 40
# A showing before six in the morning belongs to the evening before.
DAY_STARTS_HOUR = 6


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Feed:
    """One venue's showings, in the order of the file: what one till numbers and sends."""

    venue_code: str
    sessions: list[Session]

    @property
    def tickets(self) -> int:
        """How many sales the feed has."""
        return sum(session.sold for session in self.sessions)

    def events(self) -> Iterator[bytes]:
        """Give every sale of the venue, numbered from 1."""
        sequence = 1
        for session in self.sessions:
            yield from sales(session, venue_code=self.venue_code, first_sequence=sequence)
            sequence += session.sold


class Plan:
    """What a table asks of the register; the same table always makes the same plan."""

    def __init__(self, table: Table, *, country: str, currency: str, timezone: str) -> None:
        """Name everything by what it is, so that nothing depends on the order of runs."""
        self._country, self._currency, self._timezone = country, currency, timezone
        self.table = table
        self._region_codes = self._name_regions()
        feeds: dict[str, Feed] = {}
        for session in table.sessions:
            code = self.venue_code(session)
            feeds.setdefault(code, Feed(code, [])).sessions.append(session)
        self.feeds = list(feeds.values())

    def _name_regions(self) -> dict[str, str]:
        try:
            shipped = shipped_regions(self._country).regions
        except Refused:
            shipped = []
        self._shipped = {_plain(region.names["en"]): region.code for region in shipped}
        states = {session.state for session in self.table.sessions}
        return {
            state: self._shipped.get(_plain(state)) or self._own(state) for state in states
        }

    def _own(self, state: str) -> str:
        """Name a region that ISO does not know, such as `Unknown`."""
        slug = re.sub(r"[^A-Z0-9]+", "-", state.upper()).strip("-")[:_SLUG_CHARACTERS_MAX]
        return f"{self._country}-X-{slug}-{_digest(state)[:6].upper()}"

    def venue_code(self, session: Session) -> str:
        """Name a venue by its state, city and name."""
        return f"{self._country.lower()}-{_digest(*session.place)}"

    @staticmethod
    def film_code(session: Session) -> str:
        """Name a film by its title."""
        return f"film-{_digest(session.title)}"

    def business_day(self, session: Session) -> date:
        """Give the business date that the register counts a showing under."""
        return business_date(session.starts_at, self._timezone, DAY_STARTS_HOUR)

    def documents(self) -> Iterator[dict[str, Any]]:
        """Give the catalog as documents within the limits, in the order in which to send them."""
        lists: list[tuple[str, list[dict[str, Any]]]] = [
            ("regions", self._regions()),
            ("venues", self._venues()),
            ("halls", self._halls()),
            ("films", self._films()),
            ("versions", self._versions()),
            ("showings", self._showings()),
        ]
        for kind, rows in lists:
            for start in range(0, len(rows), ROWS_MAX):
                yield {kind: rows[start : start + ROWS_MAX]}

    def _regions(self) -> list[dict[str, Any]]:
        return [
            {"code": code, "country": self._country, "names": {"en": state}}
            for state, code in sorted(self._region_codes.items())
            if code not in self._shipped.values()
        ] + [
            {"code": region.code, "country": region.country, "names": region.names}
            for region in (shipped_regions(self._country).regions if self._shipped else [])
            if region.code in self._region_codes.values()
        ]

    def _venues(self) -> list[dict[str, Any]]:
        venues = {}
        for session in self.table.sessions:
            venues[self.venue_code(session)] = {
                "code": self.venue_code(session),
                "name": session.venue or f"Venue not named, {session.city}",
                "region": self._region_codes[session.state],
                "city": session.city,
                "timezone": self._timezone,
                "currency": self._currency,
                "business_day_starts_hour": DAY_STARTS_HOUR,
            }
        return list(venues.values())

    @staticmethod
    def hall_code(session: Session) -> str:
        """Name a hall as written, or by a digest where that is empty or too long."""
        if 0 < len(session.hall) <= CODE_CHARACTERS_MAX:
            return session.hall
        return f"hall-{_digest(session.hall)}"

    def _halls(self) -> list[dict[str, Any]]:
        halls: dict[tuple[str, str], dict[str, Any]] = {}
        for session in self.table.sessions:
            key = (self.venue_code(session), self.hall_code(session))
            known = halls.setdefault(
                key, {"venue": key[0], "code": key[1], "capacity": session.capacity}
            )
            # One hall with two capacities on one day: each showing keeps its own, the hall the
            # larger.
            known["capacity"] = max(known["capacity"], session.capacity)
        return list(halls.values())

    def _films(self) -> list[dict[str, Any]]:
        titles = {self.film_code(each): each.title for each in self.table.sessions}
        return [{"code": code, "titles": {"original": t}} for code, t in titles.items()]

    def version_code(self, session: Session) -> str:
        """Name a language version by title and language."""
        return f"version-{_digest(session.title, session.language)}"

    def _versions(self) -> list[dict[str, Any]]:
        versions = {
            self.version_code(each): {
                "code": self.version_code(each),
                "film": self.film_code(each),
                "language": each.language,
            }
            for each in self.table.sessions
        }
        return list(versions.values())

    def _showings(self) -> list[dict[str, Any]]:
        return [
            {
                "venue": self.venue_code(session),
                "code": session.code,
                "hall": self.hall_code(session),
                "version": self.version_code(session),
                "starts_at": session.starts_at.isoformat(),
                "capacity": session.capacity,
            }
            for session in self.table.sessions
        ]


def _plain(name: str) -> str:
    """Fold what differs between spellings of one state: case, blanks, a leading article."""
    return " ".join(name.lower().split()).removeprefix("the ")
