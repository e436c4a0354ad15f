"""docs/how-to/hand-in-a-sheet.*.md: what /cinema/files/how says, in three languages."""

from functools import partial
from pathlib import Path

from ekino import web
from ekino.intake.pages.how import steps
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues
from reference.markdown import page

# The page in each language; the English one is the one that others link to.
FILES = {
    "en": "hand-in-a-sheet.md",
    "kk": "hand-in-a-sheet.kk.md",
    "ru": "hand-in-a-sheet.ru.md",
}
_NAMES = {"en": "English", "kk": "қазақша", "ru": "русский"}
_CATALOGUES = Catalogues(Path(web.__path__[0]) / "locale")


def how_to(language: str) -> str:
    """Write the page in a language."""
    text = partial(_CATALOGUES.text, Language(language))
    others = " · ".join(
        f"[{_NAMES[each]}]({name})" for each, name in FILES.items() if each != language
    )
    parts = []
    for number, each in enumerate(steps(language, text), start=1):
        parts += [f"## {number}. {each.title}", each.words]
        if each.sheet:
            parts.append(f"```csv\n{each.sheet}```")
    return page(text("how.title"), others, text("how.lead"), *parts)
