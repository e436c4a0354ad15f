"""Genres in the reader's words."""

import pytest

from ekino.ui.genres import genre_name, genre_names
from ekino.ui.languages import Language


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (Language.KK, "Фантастика, триллер"),
        (Language.RU, "Фантастика, триллер"),
        (Language.EN, "Sci-Fi, Thriller"),
    ],
)
def test_genres_are_named_as_readers_name_them(language: Language, words: str) -> None:
    assert genre_names(["Sci-Fi", "Thriller"], language) == words


def test_a_genre_that_nobody_translated_keeps_its_own_word() -> None:
    assert genre_name("Айтыс", Language.RU) == "Айтыс"
    assert genre_names([], Language.KK) == ""
