"""What people call the groups of an answer, in the language of a reader."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from ekino.archive.model.question import Dimension
from ekino.archive.service import Cube, Names, text_of
from ekino.kernel.bounds import is_day_of_ours
from ekino.ui import formats
from ekino.ui.genres import genre_name
from ekino.ui.languages import Language

# No showing has a number of more digits.
_DIGITS_MAX = 18


class Naming:
    """The names of one answer's groups; showings are read for this answer alone."""

    def __init__(self, cube: Cube, language: Language, text: Callable[[str], str]) -> None:
        """Take the catalog as it is now; `text` gives messages in the language."""
        self.names: Names = cube.names()
        self.language = language
        self.text = text
        self._cube = cube
        self._showings: dict[int, Mapping[str, Any]] = {}

    def know_showings(self, keys: Iterable[object]) -> None:
        """Read what these showings are known by."""
        wanted = [key for key in keys if isinstance(key, int) and key not in self._showings]
        self._showings |= self._cube.read_showings(wanted)

    def code(self, dimension: Dimension, key: object) -> str:
        """Give a key as addresses have it."""
        return text_of(dimension, key, self.names)

    def name(self, dimension: Dimension, key: object) -> tuple[str, str]:
        """Give a key in words, and their language where it is not the reader's."""
        if key is None or key == "":
            return self.text("explore.unstated"), ""
        if isinstance(key, date):
            return self._date(dimension, key), ""
        if isinstance(key, int):
            return self._numbered(dimension, key)
        text = str(key)
        match dimension:
            case Dimension.REGION:
                names = self.names.regions.get(text, {})
                return names.get(self.language) or next(iter(names.values()), text), ""
            case Dimension.COUNTRY:
                return formats.country_name(text, self.language), ""
            case Dimension.GENRE:
                return genre_name(text, self.language), ""
            case Dimension.LANGUAGE | Dimension.ORIGINAL_LANGUAGE:
                return formats.language_name(text, self.language), ""
            case Dimension.ORIGIN | Dimension.SALES_CHANNEL:
                return self.text(_WORDS[dimension][text]), ""
            case _:
                return text, ""

    def name_code(self, dimension: Dimension, code: str) -> str:
        """Give in words what a filter names by code; the code where nothing is known of it."""
        match dimension:
            case Dimension.FILM:
                return self._by_code(self.names.films, code, dimension)
            case Dimension.VENUE:
                return self._by_code(self.names.venues, code, dimension)
            case Dimension.CHAIN | Dimension.DISTRIBUTOR if code:
                return self._by_code(self.names.organisations, code, dimension)
            case Dimension.HALL:
                found = [
                    number
                    for number in self.names.halls
                    if text_of(dimension, number, self.names) == code
                ]
                return self.name(dimension, found[0])[0] if found else code
            case Dimension.SHOWING | Dimension.WEEKDAY | Dimension.HOUR if not _is_one_of(
                dimension, code
            ):
                return code
            case Dimension.SHOWING | Dimension.WEEKDAY | Dimension.HOUR:
                self.know_showings([int(code)] if dimension is Dimension.SHOWING else [])
                return self.name(dimension, int(code))[0]
            case Dimension.ORIGIN | Dimension.SALES_CHANNEL if (
                code not in _WORDS[dimension]
            ):
                return code
        try:
            day = date.fromisoformat(code)
        except ValueError:
            return self.name(dimension, code)[0]
        # A week at the very ends of the calendar has no days to name.
        return self.name(dimension, day)[0] if is_day_of_ours(day) else code

    def _by_code(
        self, rows: Mapping[int, Mapping[str, Any]], code: str, dimension: Dimension
    ) -> str:
        found = [number for number, row in rows.items() if row["code"] == code]
        return self.name(dimension, found[0])[0] if found else code

    def _date(self, dimension: Dimension, day: date) -> str:
        match dimension:
            case Dimension.WEEK:
                return formats.week_of(day, self.language)
            case Dimension.MONTH:
                return formats.month_and_year(day, self.language)
            case Dimension.QUARTER:
                return formats.quarter_and_year(day, self.language)
            case Dimension.YEAR:
                return str(day.year)
            case _:
                return formats.day_with_weekday(day, self.language)

    def _numbered(self, dimension: Dimension, key: int) -> tuple[str, str]:
        match dimension:
            case Dimension.VENUE:
                return str(self.names.venues[key]["name"]), ""
            case Dimension.HALL:
                hall = self.names.halls[key]
                venue = self.names.venues[hall["venue_id"]]["name"]
                return f"{venue} · {hall['name'] or hall['code']}", ""
            case Dimension.CHAIN | Dimension.DISTRIBUTOR:
                return str(self.names.organisations[key]["name"]), ""
            case Dimension.FILM:
                return self.title(key)
            case Dimension.WEEKDAY:
                return formats.weekday_letters(self.language)[key - 1][1], ""
            case Dimension.HOUR:
                return f"{key:02}:00", ""
            case _:
                return self._showing(key)

    def title(self, film_id: int) -> tuple[str, str]:
        """Give a film's title for the reader, and its language where it is another's."""
        film = self.names.films[film_id]
        titles: Mapping[str, str] = film["titles"]
        if self.language in titles:
            return titles[self.language], ""
        original = film["original_language"] or "original"
        for each in (original, "original", *sorted(titles)):
            if each in titles:
                return titles[each], "" if each == "original" else each
        return str(film["code"]), ""

    def _showing(self, showing_id: int) -> tuple[str, str]:
        row = self._showings.get(showing_id)
        if row is None or row["venue_id"] not in self.names.venues:
            return f"№ {showing_id}", ""
        venue = self.names.venues[row["venue_id"]]
        hall = self.names.halls.get(row["hall_id"], {"name": None, "code": ""})
        moment = (
            formats.day_numeric(row["business_date"], self.language)
            + " "
            + formats.clock(row["starts_at"], venue["timezone"], self.language)
        )
        title = self.title(row["film_id"])[0]
        return f"{moment} · {title} · {venue['name']}, {hall['name'] or hall['code']}", ""


# Codes that have words of their own, by the message that says them.
_WORDS: dict[Dimension, dict[str, str]] = {
    Dimension.ORIGIN: {
        "domestic": "origin.domestic",
        "foreign": "origin.foreign",
        "unstated": "origin.unstated",
    },
    Dimension.SALES_CHANNEL: {
        "box_office": "sales_channel.box_office",
        "web": "sales_channel.web",
        "app": "sales_channel.app",
        "kiosk": "sales_channel.kiosk",
        "agent": "sales_channel.agent",
    },
}


def _is_one_of(dimension: Dimension, code: str) -> bool:
    """Say whether a code can be a showing's number, a day of the week or an hour."""
    if not (code.isascii() and code.isdigit() and len(code) <= _DIGITS_MAX):
        return False
    most = {Dimension.WEEKDAY: 7, Dimension.HOUR: 23}.get(dimension)
    least = 1 if dimension is Dimension.WEEKDAY else 0
    return most is None or least <= int(code) <= most
