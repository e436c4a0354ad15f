"""Messages and their plural forms."""

from pathlib import Path

import pytest

from ekino import web
from ekino.kernel.errors import Broken
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues

CATALOGUES = Catalogues(Path(web.__path__[0]) / "locale")


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        # The Kazakh noun stays singular after a number.
        (Language.KK, dict.fromkeys((0, 1, 2, 5, 11, 21, 1.5), "фильм")),
        (
            Language.RU,
            {
                0: "фильмов",
                1: "фильм",
                2: "фильма",
                5: "фильмов",
                11: "фильмов",
                21: "фильм",
                1.5: "фильма",
            },
        ),
        (
            Language.EN,
            dict.fromkeys((0, 2, 5, 11, 21, 1.5), "films") | {1: "film"},
        ),
    ],
)
def test_a_number_gets_the_form_it_asks_for(
    language: Language, forms: dict[float, str]
) -> None:
    written = {
        count: CATALOGUES.counted(language, "films.others", count, number=count).split()[-1]
        for count in forms
    }

    assert written == forms


@pytest.mark.parametrize("language", list(Language))
def test_a_missing_message_is_an_error_and_never_another_language(
    language: Language,
) -> None:
    with pytest.raises(Broken, match=r"no\.such has no"):
        CATALOGUES.text(language, "no.such")
