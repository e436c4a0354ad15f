"""Which language a reader gets."""

import pytest

from ekino.ui.languages import ACCEPT_LANGUAGE_CHARACTERS_MAX, Language, prefer


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.KK),
        ("ru", Language.RU),
        ("ru-KZ,ru;q=0.9,en;q=0.8", Language.RU),
        ("en-US,en;q=0.5", Language.EN),
        ("de-DE,de;q=0.9,en;q=0.4", Language.EN),
        ("en;q=0.3,kk;q=0.7", Language.KK),
        ("RU", Language.RU),
        ("en;q=0", Language.KK),
        ("fr", Language.KK),
        ("en;q=many,ru;q=0.1", Language.RU),
        ("en;q=2", Language.KK),
        ("ru,en", Language.RU),
        (",,;;q=,", Language.KK),
    ],
)
def test_the_browsers_preference_is_followed(header: str, language: Language) -> None:
    assert prefer(header) is language


def test_a_header_is_read_up_to_its_limit_and_not_one_character_past_it() -> None:
    padding = "x" * (ACCEPT_LANGUAGE_CHARACTERS_MAX - 3)

    assert prefer(f"{padding},ru") is Language.RU
    assert prefer(f"{padding}x,ru") is Language.KK
