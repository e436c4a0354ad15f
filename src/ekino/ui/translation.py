"""Messages named by meaning, in three languages, from catalogues that translators edit."""

from decimal import Decimal
from functools import cache
from pathlib import Path

from babel.core import Locale
from babel.messages.pofile import read_po

from ekino.kernel.errors import Broken
from ekino.ui.languages import Language

# CLDR's plural categories in the order in which a catalogue lists its forms. Kazakh has two,
# and the noun after a number stays singular in both.
FORMS = {
    Language.KK: ("one", "other"),
    Language.RU: ("one", "few", "many", "other"),
    Language.EN: ("one", "other"),
}
_LOCALES = {language: Locale(language.value) for language in Language}


class Catalogues:
    """
    The messages of every language, each language read once when first needed.

    The `.po` file itself is read: what a translator edits is what a reader sees, and there
    is no compiled copy to go stale.
    """

    def __init__(self, folder: Path) -> None:
        """Read from `<folder>/<language>/*.po`: one file for each room that has words."""
        self._folder = folder
        self.read = cache(self._read)

    def text(self, language: Language, key: str, **values: object) -> str:
        """
        Give the message with this key, its `{names}` filled in.

        `Broken` when the language has no such message: another language never stands in.
        """
        return self._form(language, key, 0).format_map(values)

    def counted(
        self, language: Language, key: str, count: float | Decimal, **values: object
    ) -> str:
        """Give the message with this key in the form that the number asks for."""
        form = FORMS[language].index(_LOCALES[language].plural_form(count))
        return self._form(language, key, form).format_map(values)

    def _form(self, language: Language, key: str, form: int) -> str:
        forms = self.read(language).get(key, ())
        if form >= len(forms) or not forms[form]:
            message = f"{key} has no {language} message"
            raise Broken(message, code="message_missing")
        return forms[form]

    def _read(self, language: Language) -> dict[str, tuple[str, ...]]:
        """Give every key's forms; a message without plural has one."""
        messages: dict[str, tuple[str, ...]] = {}
        for path in sorted((self._folder / language).glob("*.po")):
            with path.open("rb") as source:
                catalogue = read_po(source, locale=language.value, abort_invalid=True)
            for message in catalogue:
                if not message.id or message.fuzzy:
                    continue
                key = _texts(message.id)[0]
                if key in messages:
                    detail = (
                        f"{key} stands in {path.name} and in another file of {language}"
                    )
                    raise Broken(detail, code="message_twice")
                messages[key] = _texts(message.string or "")
        return messages


def _texts(one_or_more: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (one_or_more,) if isinstance(one_or_more, str) else tuple(one_or_more)
