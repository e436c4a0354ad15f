"""Every kind of notice has its sentence in an e-mail, in three languages."""

from pathlib import Path

import pytest

from ekino import web
from ekino.notices.model import KINDS
from ekino.notices.service.deliver import CONFIRM, DISABLED
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues
from ekino.worker.telling import SENTENCES, word


def test_every_kind_has_a_sentence() -> None:
    assert set(SENTENCES) == KINDS | {CONFIRM, DISABLED}


@pytest.mark.parametrize("kind", sorted(SENTENCES))
@pytest.mark.parametrize("language", list(Language))
def test_an_email_names_what_it_is_about_and_tells_the_facts(
    kind: str, language: Language
) -> None:
    catalogues = Catalogues(Path(web.__path__[0]) / "locale")

    subject, text = word(catalogues, language, kind, "aurora-1", {"state": "silent"})

    assert "aurora-1" in subject
    assert "state: silent" in text
