"""Looking for films: accents, keyboards without Kazakh letters, years, letters, origin."""

from datetime import date

import pytest

from ekino.totals.model.day import Figures, FilmDay, Origin
from ekino.totals.model.films import ListedFilm, Wish, fold


def a_film(titles: dict[str, str], **fields: object) -> ListedFilm:
    known: dict[str, object] = {
        "code": "f",
        "genres": (),
        "running_time_min": None,
        "age_mark": None,
        "certificate": None,
        "distributor": None,
        "release_date": date(2026, 3, 19),
        "first_day": None,
        "last_day": None,
    }
    film = FilmDay(1, titles, "kk", ("KZ",), Figures(), 0, 0)
    return ListedFilm(film=film, **{**known, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Қыз Жібек", "кыз жибек"),
        ("The Last Flight to Reykjavík", "the last flight to reykjavik"),
        ("ЁЖИК", "ежик"),
        ("Сеул, 3:47", "сеул 3 47"),
        ("  Ön/Söz  ", "on soz"),
        ("Көшпенділер: ұлы дала", "кошпендилер улы дала"),
        ("!!!", ""),
        ("ﬁlm", "film"),
        ("İstanbul", "istanbul"),
    ],
)
def test_titles_are_read_without_accents_case_or_marks(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("қыз", True),
        ("КЫЗ ЖИБЕК", True),
        ("жибек кыз", True),
        ("silk", True),
        ("Шелк", False),
        ("", True),
        ("  ", True),
        ("!!!", False),
        ("кыз silk", False),
    ],
)
def test_a_film_is_found_by_words_of_one_of_its_titles(
    asked: str, *, is_found: bool
) -> None:
    film = a_film({"kk": "Қыз Жібек", "en": "Silk Maiden"})

    assert Wish(text=asked).grants(film, country="KZ", language="kk") is is_found


def test_wishes_narrow_by_year_letter_and_origin() -> None:
    film = a_film({"kk": "Қыз Жібек", "ru": "Кыз-Жибек"})

    def grants(**wish: object) -> bool:
        return Wish(**wish).grants(film, country="KZ", language="ru")  # type: ignore[arg-type]

    assert grants(year=2026)
    assert not grants(year=2025)
    assert grants(letter="К")
    assert not grants(letter="Қ")
    assert grants(origin=Origin.DOMESTIC)
    assert not grants(origin=Origin.FOREIGN)


def test_a_film_without_a_release_counts_from_its_first_ticket() -> None:
    film = a_film({"en": "8½"}, release_date=None, first_day=date(2025, 1, 2))

    assert Wish(year=2025).grants(film, country="KZ", language="en")
    assert film.letter("en") == "#"
