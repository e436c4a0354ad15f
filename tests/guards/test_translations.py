"""Every message exists in three languages, is used, is in its language, and accuses nobody."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from ekino import web
from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import Obstacle, Way
from ekino.access.service.registry import KINDS as REGISTRY_KINDS
from ekino.archive.model import question as asked
from ekino.archive.pages.asking import View
from ekino.certification.model.plan import PRESETS, Level, Test
from ekino.certification.model.plan import State as Judged
from ekino.certification.model.run import RunState
from ekino.feeds.model.board import CLOSED_DAY
from ekino.feeds.model.excuse import Kind as ExcuseKind
from ekino.feeds.model.excuse import Mistake as ExcuseMistake
from ekino.feeds.model.excuse import State as Excuse
from ekino.feeds.model.lag import LAG_BOUNDS_S
from ekino.feeds.model.onboarding import Stage
from ekino.feeds.model.states import Kind as Asked
from ekino.feeds.model.states import State as FeedState
from ekino.ingest.formats.readings import NoFact
from ekino.ingest.formats.sheet_words import HEADS
from ekino.ingest.formats.table import FORMATS
from ekino.ingest.model import FIX
from ekino.intake.model.upload import NameKind
from ekino.intake.model.upload import State as UploadState
from ekino.intake.pages.how import STEPS
from ekino.intake.pages.tables import REFUSED, TOLD
from ekino.manual.model import Section as Chapter
from ekino.opendata.model.limits import NAMES as LIMITS
from ekino.opendata.model.state import Component
from ekino.opendata.model.state import State as ComponentState
from ekino.opendata.pages import KINDS, MEASURES, SPANS, STATES, TERMS
from ekino.own.model.benchmark import FIFTHS, Measure
from ekino.own.model.cinema import LightState
from ekino.own.model.correction import Mistake, Reason, Wanted
from ekino.own.model.correction import State as Correction
from ekino.own.model.films import Span
from ekino.own.model.sources import KEY_STATES
from ekino.register.model import EventKind
from ekino.totals.model.day import Origin
from ekino.totals.model.periods import PeriodKind, PeriodState
from ekino.totals.pages import VIEWS
from ekino.ui.languages import Language
from ekino.ui.reader import Theme
from ekino.ui.translation import FORMS, Catalogues
from ekino.verify.model.claim import State
from ekino.verify.model.verdict import Verdict
from ekino.web.codes import GROUPS, OUTCOMES
from ekino.web.problem_page import KINDS as PROBLEMS
from ekino.workbench.model.magic import Simulation
from ekino.workbench.pages.made import REASONED
from source_tree import modules

WEB = Path(web.__path__[0])
SOURCE = WEB.parent
CATALOGUES = Catalogues(WEB / "locale")
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))

# A call with a key as it stands, and one that adds a word to it.
_WHOLE = re.compile(r"""\btn?\(\s*['"]([a-z0-9_.]+)['"]\s*[,)]""")
_BEGUN = re.compile(r"""\btn?\(\s*['"]([a-z0-9_.]+\.)['"]\s*~\s*""")
# Every word that may follow such a beginning.
ENDINGS: dict[str, list[str]] = {
    "theme.": [theme.value for theme in Theme],
    "manual.section.": [each.key for each in Chapter],
    "manual.section_is.": [each.key for each in Chapter],
    "origin.": [origin.value for origin in Origin],
    "regions.view.": [view for view in VIEWS if view != "auto"],
    "claim.state.": [state.value for state in State],
    "claim.next.": [state.value for state in State],
    "claim.step.": ["answered", "upheld", "rejected"],
    "verdict.": [
        f"{each}.{part}" for each in Verdict for part in ("title", "text", "next")
    ],
    "role.": [role.value for role in RoleName],
    "way.": [way.value for way in Way],
    "dev.simulate.": [each.value for each in Simulation],
    "dev.way.": ["webhook", "email"],
    "dev.endpoint.": ["unconfirmed", "active", "disabled"],
    "dev.because.": ["gone", "failed_too_long", "not_sent"],
    "dev.delivery.": ["waiting", "delivered", "given_up"],
    "obstacle.": [each.value for each in Obstacle],
    "person.done.": ["role_granted", "role_revoked", "blocked", "let_in"],
    "registry.kind.": list(REGISTRY_KINDS),
    "problem.": [f"{kind}.{part}" for kind in PROBLEMS for part in ("title", "next")],
    "account.done.": ["new", "password", "others", "passkey", "removed"],
    "cert.level.": [level.value for level in Level],
    "cert.level_proves.": [level.value for level in Level],
    "cert.run.": [state.value for state in RunState],
    "cert.state.": [state.value for state in Judged],
    "cert.preset.": list(PRESETS),
    "cert.test.": [
        f"{test}.{part}" for test in Test for part in ("title", "do", "rule", "fix")
    ],
    "cert.do.": [
        "sell",
        "send",
        "send_again",
        "refund",
        "correct",
        "reserve",
        "let_lapse",
        "set_clock",
        "make_tokens",
    ],
    "help.group.": list(GROUPS),
    "api.place.": ["path", "query", "header"],
    "help.again.": ["no", "later", "ours"],
    "field.": ["price", "hall", "start", "place", "seq", "issued", "flags"],
    "explore.measure.": [each.value for each in asked.Measure],
    "explore.dim.": [*(each.value for each in asked.Dimension), "whole"],
    "explore.span.": [each.value for each in asked.Span],
    "explore.compare.": [each.value for each in asked.Compare],
    "explore.view.": [each.value for each in View],
    "operations.finding.": [
        "seq_gap",
        "seq_twice",
        "place_twice",
        "ended_late",
        "return_series",
        "unfit",
        "contradiction",
    ],
    "operations.lag.": ["totals", "archive", "tickets", "log"],
    "entries.kind.": [each.value for each in EventKind],
    "boxoffice.kind.": [kind.value for kind in PeriodKind],
    "boxoffice.state.": [state.value for state in PeriodState],
    "boxoffice.missing.": [kind.value for kind in PeriodKind],
    "calendar.now.": [kind.value for kind in PeriodKind],
    "feeds.state.": [*(each.value for each in FeedState), CLOSED_DAY],
    "feeds.kind.": [each.value for each in Asked],
    "feeds.about.": [each.value for each in Asked],
    "feeds.mark.": [
        # A day of a feed that is not connected has the mark of a day of which nothing is known.
        *(each.value for each in FeedState if each is not FeedState.NOT_CONNECTED),
        CLOSED_DAY,
        "excused",
        "vendor",
    ],
    "feeds.excuse.": [each.value for kind in (ExcuseKind, Excuse) for each in kind],
    "feeds.excuse_is.": [each.value for each in ExcuseKind],
    "feeds.party.": ["exhibitor", "vendor"],
    "feeds.next.": [each.value for each in Excuse],
    "feeds.step.": ["accepted", "declined", "withdrawn"],
    "feeds.stage.": [each.value for each in Stage],
    "intake.state.": [each.value for each in UploadState],
    "intake.name.": [each.value for each in NameKind],
    "own.correction.": [each.value for each in Correction],
    "own.next.": [each.value for each in Correction],
    "own.wanted.": [each.value for each in Wanted],
    "own.reason.": [each.value for each in Reason],
    "own.span.": [each.value for each in Span],
    "own.light.": [each.value for each in LightState],
    "own.key.": ["batch", "till"],
    "own.measure.": [each.value for each in Measure],
    "own.fifth.": [str(each) for each in range(1, FIFTHS + 1)],
    "own.cause.": [each.value for each in FIX],
    "own.fix.": [each.value for each in FIX],
    "about.": [f"{term}.{part}" for term in TERMS for part in ("title", "text")],
    "limit.": list(LIMITS),
    "places.span.": list(SPANS),
    "places.measure.": [each + part for each in MEASURES for part in ("", ".short")],
    "places.kind.": list(KINDS),
    "places.state.": list(STATES),
    "state.component.": [each.value for each in Component],
    "state.is.": [each.value for each in ComponentState],
}
# What sources say; the rest the register states itself.
FEED_EVENTS = frozenset(
    {
        "sold",
        "refunded",
        "voided",
        "corrected",
        "admitted",
        "showing_announced",
        "showing_moved",
        "showing_cancelled",
    }
)
# The same where a page puts the key together in Python.
ENDINGS_IN_PYTHON: dict[str, list[str]] = {
    "feeds.lag.": [*(str(bound) for bound in LAG_BOUNDS_S), "longer"],
    "feeds.event.": [each.value for each in EventKind if each.value in FEED_EVENTS],
    "feeds.mistake.": [each.value for each in ExcuseMistake],
    "feeds.waits.": [each.value for each in Stage if each is not Stage.KNOWN],
    "own.mistake.": [each.value for each in Mistake],
    "connect.state.": ["running", "waiting", "paused"],
    "connect.reason.": [each.value for each in NoFact],
    "intake.next.": [*(each.value for each in UploadState), "waiting_all"],
    "intake.format.": list(FORMATS),
    "intake.problem.": [*TOLD, "other", "total_differs"],
    "intake.refused.": [*REFUSED, "other"],
    "intake.column.": [head.name for head in HEADS],
    "own.key_state.": list(KEY_STATES),
    "dev.reason.": sorted(REASONED),
    "how.": [f"{step}{part}" for step in STEPS for part in ("", ".title")],
    "cert.holds.": ["holds", "expired", "withdrawn"],
    "help.cause.": [
        each for codes in GROUPS.values() for each in codes if each not in OUTCOMES
    ],
    "help.fix.": [
        each for codes in GROUPS.values() for each in codes if each not in OUTCOMES
    ],
}
# What nobody on any page is called or told, in any form of the word.
ACCUSING_STEMS = (
    "нарушен", "нарушит", "мошен", "преступ", "виновн", "подозрит", "обман", "жульнич",
    "бұзушы", "бұзды", "алаяқ", "қылмыс", "күдікті", "алдау", "кінәлі",
    "violat", "offen", "fraud", "guilt", "suspicio", "cheat", "conceal", "crime",
)  # fmt: skip
# Latin words that stay Latin in every language: names, addresses, file formats.
LATIN_NAMES = frozenset(
    {
        "e",
        "Kino",
        "MIT",
        "Excel",
        "LibreOffice",
        "Google",
        "sequence",
        "RFC",
        "plotly",
        "kz",
        "map",
        "openapi",
        "json",
        "v1",
        "batches",
        "JavaScript",
        "Ed25519",
        "PIN",
        "API",
        "p50",
        "p95",
        "CC",
        "BY",
        "CSV",
        "XLSX",
        "xlsx",
        "NDJSON",
        "XML",
        "TXT",
        "DTD",
        "ICAA",
        "SIAE",
        "JSON",
        "UTF",
        "SHA",
        "IMAX",
        "QR",
        "D",
        "kk",
        "ru",
        "en",
    }
)


def named_in_python() -> set[str]:
    """Give every text of our modules that is some message's key, such as a column's title."""
    known = set(CATALOGUES.read(Language.KK))
    return {
        node.value
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in known
    }


def used_keys() -> set[str]:
    """Give every key that a template asks for, or a module names."""
    text = "\n".join(path.read_text("utf-8") for path in TEMPLATES)
    begun = set(_BEGUN.findall(text))
    assert begun == set(ENDINGS)
    begun_keys = {
        beginning + ending
        for endings in (ENDINGS, ENDINGS_IN_PYTHON)
        for beginning, each in endings.items()
        for ending in each
    }
    return set(_WHOLE.findall(text)) | begun_keys | named_in_python()


def texts(language: Language) -> list[tuple[str, str]]:
    return [
        (key, text) for key, forms in CATALOGUES.read(language).items() for text in forms
    ]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_templates_are_found() -> None:
    assert {
        path.parent.parent.name for path in TEMPLATES if path.parent.name == "templates"
    } == {
        "access",
        "own",
        "certification",
        "feeds",
        "opendata",
        "intake",
        "archive",
        "totals",
        "ui",
        "verify",
        "workbench",
        "manual",
    }


@pytest.mark.parametrize("language", list(Language))
def test_every_message_a_page_asks_for_is_there_and_none_lies_unused(
    language: Language,
) -> None:
    assert set(CATALOGUES.read(language)) == used_keys()


@pytest.mark.parametrize("language", list(Language))
def test_no_form_of_a_message_is_missing(language: Language) -> None:
    short = [
        key
        for key, forms in CATALOGUES.read(language).items()
        if len(forms) not in {1, len(FORMS[language])}
        or not all(form.strip() for form in forms)
    ]

    assert short == []


def test_all_languages_ask_for_the_same_values() -> None:
    for key, forms in CATALOGUES.read(Language.KK).items():
        wanted = placeholders(forms[0])
        for language in Language:
            for form in CATALOGUES.read(language)[key]:
                assert placeholders(form) == wanted, (key, language)


@pytest.mark.parametrize("language", [Language.KK, Language.RU])
def test_english_stands_in_for_nobody(language: Language) -> None:
    english = dict(texts(Language.EN))
    foreign = []
    for key, text in texts(language):
        plain = re.sub(r"\{\w+\}", "", text)
        latin = set(re.findall(r"[A-Za-z][A-Za-z0-9]*", plain)) - LATIN_NAMES
        has_letters = bool(re.search(r"[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]", plain))
        if latin or (not has_letters and plain == english[key] and plain.isalpha()):
            foreign.append((key, text))

    assert foreign == []


def test_kazakh_is_not_russian_in_disguise() -> None:
    """Few messages may be the same in both: words that both languages share."""
    russian = dict(texts(Language.RU))
    same = {key for key, text in texts(Language.KK) if russian[key] == text}

    assert same == {
        "explore.dim.film",
        "explore.dim.genre",
        "explore.dim.hall",
        "explore.dim.showing",
        "explore.dim.venue",
        "explore.view.map",
        "feeds.certificate",
        "intake.choose_file",
        "intake.code",
        "intake.file",
        "intake.name.film",
        "intake.name.hall",
        "intake.name.venue",
        "feeds.showing",
        "feeds.ticket",
        "feeds.venue",
        "dev.took",
        "dev.way.webhook",
        "films.film",
        "films.rank",
        "regions.view.map",
        "about.map.title",
        "boxoffice.film",
        "places.kind.cinema",
        "places.kind.theatre",
        "cert.certificate",
        "cert.value.showing",
        "check.film",
        "check.venue",
        "check.hall",
        "own.cinema",
        "own.film",
        "own.format",
        "own.hall",
        "own.key.till",
        "own.ticket",
        "jobs.megabytes",
        "role.auditor",
        "role.producer",
        "sales_channel.box_office",
        "sales_channel.kiosk",
        "sales_channel.web",
        "ticket.subject",
        "api.parameter",
        "dev.number",
    }


def test_english_has_no_letter_of_another_alphabet() -> None:
    foreign = [key for key, text in texts(Language.EN) if re.search(r"[Ѐ-ӿ]", text)]

    assert foreign == []


@pytest.mark.parametrize("language", list(Language))
def test_nobody_is_accused(language: Language) -> None:
    accusing = [
        (key, stem)
        for key, text in texts(language)
        for stem in ACCUSING_STEMS
        # At a word's beginning: «талдау», analysis, is not «алдау».
        if re.search(rf"\b{stem}", text.lower())
    ]

    assert accusing == []


def test_scripts_format_nothing_for_readers() -> None:
    """Browsers cannot write Kazakh numbers, dates and plurals: the server does."""
    for script in (WEB / "static").glob("*.js"):
        text = script.read_text("utf-8")
        for call in ("Intl", "toLocale", "innerHTML", "eval(", "new Function"):
            assert call not in text, (script.name, call)


def test_templates_have_no_inline_style_or_script() -> None:
    for path in TEMPLATES:
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son\w+=|<style|<script(?!( defer)? src=)", text), (
            path.name
        )
