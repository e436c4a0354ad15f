"""The real sample files: they import with the totals of their README, and broken copies do not."""

import random
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from ekino.ingest.formats import icaa
from ekino.ingest.formats.facts import Facts, ReversalKind
from ekino.ingest.formats.siae import checks, log, lta, rca, summaries
from ekino.ingest.formats.siae.log_mapping import log_facts
from ekino.ingest.formats.siae.lta_mapping import lta_facts
from ekino.ingest.formats.table import choose
from ekino.kernel.errors import Malformed
from leave_out import SHARED_DATA
from siae_files import an_rca, an_rmg, an_rpm

pytestmark = pytest.mark.needs_shared_data

SIAE = SHARED_DATA / "siae_it"
LOG, LTA = SIAE / "LOG_2015_09_22_001.xml", SIAE / "LTA_2015_09_22_001.xml"
ICAA = SHARED_DATA / "icaa_es" / "fixture01.txt"
EUROS: Any = {"currency": "EUR", "timezone": "Europe/Rome"}
# Mutants tried for each document against each grammar.
MUTANTS = 400


def facts_of(path: Path) -> Facts:
    """Read a file as whoever hands it in does: by what it looks like."""
    raw = path.read_bytes()
    read = choose(raw).read
    assert read is not None
    return read(raw, **EUROS)


def test_the_log_has_the_figures_of_its_readme() -> None:
    document = log.parse(LOG.read_bytes())
    facts = facts_of(LOG)

    assert (document.version, len(document.issues)) == (log.V0039, 29)
    assert len({issue.seal for issue in document.issues}) == 29
    numbers = {issue.number for issue in document.issues}
    assert sorted(set(range(235, 268)) - numbers) == [250, 251, 252, 253]
    assert facts.counts == {
        "ticket": 12,
        "ticket_of_pass": 4,
        "season_pass_sold": 10,
        "season_pass_annulled": 3,
    }
    assert facts.gross_minor == 15_000
    passes = [issue.season_pass for issue in document.issues if issue.season_pass]
    signed = [-(one.gross_minor or 0) if one.annuls == "S" else one.gross_minor or 0
              for one in passes]  # fmt: skip
    assert (sum(map(abs, signed)), sum(signed)) == (39_000, 21_000)
    annulments = [issue for issue in document.issues if issue.is_annulment]
    assert [(each.original or ("", "", 0))[2] for each in annulments] == [249, 255, 259]
    assert {each.reason for each in annulments} == {"001"}


def test_every_row_of_the_log_is_a_sale_or_is_kept() -> None:
    facts = facts_of(LOG)
    kept = [each for each in facts.unmapped if each.reason.startswith("season_pass")]

    assert len(facts.sales) + len(facts.reversals) + len(kept) == 29


def test_the_list_has_the_figures_of_its_readme() -> None:
    document = lta.parse(LTA.read_bytes())
    facts = facts_of(LTA)
    titles = [title for event in document.events for title in event.titles]

    assert (len(titles), min(each.number for each in titles)) == (23, 192)
    assert max(each.number for each in titles) == 233
    assert Counter(title.state for title in titles) == {
        "VT": 10, "ZD": 5, "ZT": 4, "AT": 2, "AD": 2,
    }  # fmt: skip
    assert (len(facts.sales), len(facts.admissions), len(facts.reversals)) == (23, 9, 4)
    assert all(each.kind is ReversalKind.REFUNDED for each in facts.reversals)


def test_log_and_list_cover_different_numbers_and_the_check_says_so() -> None:
    logs, lists = [log.parse(LOG.read_bytes())], [lta.parse(LTA.read_bytes())]

    assert Counter(each.code for each in checks.issues_are_listed(logs, lists)) == {
        "missing_in_list": 29,
        "missing_in_log": 23,
    }
    assert checks.prices_agree(logs, lists) == []
    assert checks.seals_are_single(logs, lists) == []
    assert Counter(each.code for each in checks.annulments_have_originals(logs, lists)) == {
        "annulment_missing": 4
    }


def test_the_log_is_no_log_of_2019() -> None:
    with pytest.raises(Malformed) as refused:
        log.parse(LOG.read_bytes(), version=log.V0040)

    assert len(refused.value.problems) == 29
    assert {problem.code for problem in refused.value.problems} == {"attribute_missing"}


def test_the_box_office_file_has_the_figures_of_its_readme() -> None:
    document = icaa.parse(ICAA.read_bytes())
    facts = facts_of(ICAA)

    assert (document.mailbox, document.previous_day, document.sent_day) == ("ABC", 268, 275)
    assert (facts.tickets, facts.gross_minor) == (5, 2250)
    assert facts.counts == {f"record_{number}": 1 for number in range(1, 6)}
    assert document.films[0].rating_file == "12876"
    assert facts.problems == []


def test_the_samples_written_anew_are_read_as_the_same() -> None:
    samples: tuple[tuple[Any, Path], ...] = ((log, LOG), (lta, LTA), (icaa, ICAA))
    for module, path in samples:
        document = module.parse(path.read_bytes())
        assert module.parse(module.serialise(document)) == document
    assert log_facts(log.parse(log.serialise(log.parse(LOG.read_bytes()))), **EUROS).sales
    assert lta_facts(lta.parse(lta.serialise(lta.parse(LTA.read_bytes()))), **EUROS).sales


@pytest.mark.parametrize("path", [LOG, LTA, ICAA], ids=lambda path: path.stem)
def test_a_sample_that_is_cut_at_any_of_its_bytes_is_refused(path: Path) -> None:
    raw = path.read_bytes().rstrip()
    format_ = choose(raw)
    assert format_.read is not None
    roll = random.Random(6)
    cuts = {*range(len(raw) - 60, len(raw)), *roll.sample(range(1, len(raw)), 150)}

    for cut in sorted(cuts):
        with pytest.raises(Malformed):
            format_.read(raw[:cut], **EUROS)


def dtd(name: str) -> etree.DTD:
    (path,) = (SIAE / "dtd").glob(f"{name}*.dtd")
    return etree.DTD(str(path))


def a_log_of_2019() -> bytes:
    """Give the sample as version 0040 has it: who asked for the seal, and no point of sale."""
    root = etree.fromstring(LOG.read_bytes())
    for row in root:
        del row.attrib["PuntoVendita"]
        row.set("CodiceRichiedenteEmissioneSigillo", "01")
        row.set("DataEmissione", "20190922")
    return bytes(etree.tostring(root))


def plain(raw: bytes) -> bytes:
    return bytes(etree.tostring(etree.fromstring(raw)))


GRAMMARS: dict[str, tuple[Any, Any]] = {
    "Log": (log, a_log_of_2019),
    "Lta": (lta, LTA.read_bytes),
    "RiepilogoGiornaliero": (summaries, lambda: plain(summaries.serialise(an_rmg()))),
    "RiepilogoMensile": (summaries, lambda: plain(summaries.serialise(an_rpm()))),
    "ControlloAccessi": (rca, lambda: plain(rca.serialise(an_rca()))),
}


def is_taken(module: Any, raw: bytes) -> bool:
    try:
        module.parse(raw)
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("name", GRAMMARS)
def test_our_grammar_and_theirs_agree_on_the_document_and_on_its_mutants(name: str) -> None:
    module, give = GRAMMARS[name]
    theirs, raw = dtd(name), give()
    document = etree.fromstring(raw)
    assert theirs.validate(document), theirs.error_log
    assert is_taken(module, raw)
    roll = random.Random(name)
    agreed: Counter[bool] = Counter()

    for number in range(MUTANTS):
        mutant = deepcopy(document)
        told = mutate(mutant, roll)
        text = etree.tostring(mutant)
        ours, valid = is_taken(module, text), theirs.validate(etree.fromstring(text))
        assert ours == valid, (number, told, theirs.error_log.last_error)
        agreed[valid] += 1

    # Mutants of both kinds were met: what both refuse, and what both still take.
    assert agreed[False] > MUTANTS // 4
    assert agreed[True] > MUTANTS // 50


def rename(element: Any, elements: list[Any], roll: random.Random) -> None:
    element.tag = roll.choice(elements).tag


def add_attribute(element: Any, _elements: list[Any], _roll: random.Random) -> None:
    element.set("Inventato", "1")


def add_child(element: Any, _elements: list[Any], roll: random.Random) -> None:
    element.insert(roll.randint(0, len(element)), etree.Element("Inventato"))


def drop(element: Any, _elements: list[Any], _roll: random.Random) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def repeat(element: Any, _elements: list[Any], _roll: random.Random) -> None:
    if element.getparent() is not None:
        element.addnext(deepcopy(element))


def place_elsewhere(element: Any, elements: list[Any], roll: random.Random) -> None:
    roll.choice(elements).append(deepcopy(element))


def swap(element: Any, _elements: list[Any], roll: random.Random) -> None:
    if len(element) > 1:
        first, second = roll.sample(range(len(element)), 2)
        element[first].tag, element[second].tag = element[second].tag, element[first].tag


def rotate(element: Any, _elements: list[Any], _roll: random.Random) -> None:
    if len(element) > 1:
        element.append(element[0])


def drop_attribute(element: Any, _elements: list[Any], roll: random.Random) -> None:
    if element.attrib:
        del element.attrib[roll.choice(sorted(element.attrib))]


def rename_attribute(element: Any, _elements: list[Any], roll: random.Random) -> None:
    if element.attrib:
        name = roll.choice(sorted(element.attrib))
        element.set(f"{name}X", element.attrib.pop(name))


def choose_oddly(element: Any, _elements: list[Any], roll: random.Random) -> None:
    chosen = [name for name, text in element.items() if text in {"N", "S", "E", "F", "L"}]
    if chosen:
        element.set(roll.choice(chosen), "Q")


def write_between(element: Any, _elements: list[Any], _roll: random.Random) -> None:
    if len(element):
        element[-1].tail = "testo"


WAYS = (
    rename, add_attribute, add_child, drop, repeat, place_elsewhere, swap, rotate,
    drop_attribute, rename_attribute, choose_oddly, write_between,
)  # fmt: skip


def mutate(root: Any, roll: random.Random) -> str:
    """Change a document in one place and say how; a way that does not fit changes nothing."""
    elements = list(root.iter())
    way, element = roll.choice(WAYS), roll.choice(elements)
    way(element, elements, roll)
    return f"{way.__name__} {element.tag}"
