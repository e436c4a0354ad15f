"""Three languages or no build: every message stands in all of them, whole."""

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from source_tree import SRC

LOCALES = SRC / "ekino/web/locale"
LANGUAGES = frozenset({"kk", "ru", "en"})


def catalogues() -> dict[str, Catalog]:
    """Give the messages by `<language>/<room>.po`."""
    found = {}
    for path in sorted(LOCALES.glob("*/*.po")):
        with path.open("rb") as file:
            found[f"{path.parent.name}/{path.name}"] = read_po(
                file, locale=path.parent.name
            )
    return found


def names(catalogue: Catalog) -> set[str]:
    """Give the names of the messages; of a counted one, the first of its two names."""
    return {
        message.id[0] if isinstance(message.id, tuple | list) else message.id
        for message in catalogue
        if message.id
    }


def test_the_three_languages_are_there() -> None:
    assert {each.partition("/")[0] for each in catalogues()} == LANGUAGES


def test_every_message_stands_in_the_same_file_of_every_language() -> None:
    by_file = {file: names(each) for file, each in catalogues().items()}
    rooms = {file.partition("/")[2] for file in by_file}

    different = {
        room
        for room in rooms
        for language in LANGUAGES
        if by_file.get(f"{language}/{room}") != by_file[f"kk/{room}"]
    }

    assert different == set()


def test_no_message_is_empty_or_a_guess() -> None:
    wrong = [
        f"{file}: {message.id}"
        for file, catalogue in catalogues().items()
        for message in catalogue
        if message.id
        and (
            message.fuzzy
            or not all(
                message.string
                if isinstance(message.string, tuple | list)
                else (message.string,)
            )
        )
    ]

    assert wrong == []
