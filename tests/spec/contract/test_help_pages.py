"""Every code that HTTP can answer has its help: a page, three languages, an example."""

import ast
import json
from pathlib import Path

import pytest

from ekino import web
from ekino.ingest.model import FIX
from ekino.kernel import errors
from ekino.kernel.errors import EkinoError
from ekino.own.model.correction import Obstacle as CorrectionObstacle
from ekino.ui.languages import Language
from ekino.ui.translation import Catalogues
from ekino.verify.model.claim import Obstacle as ClaimObstacle
from ekino.web import problems
from ekino.web.codes import GROUPS, OF_PEOPLE, OF_THE_MACHINE, OUTCOMES, address_of
from ekino.web.contract.problem_pages import EXAMPLES_AT, NAMES, find_help
from ekino.web.contract.requests import SHOWN
from reference.errors import raised_codes
from source_tree import modules

HELPED = [code for codes in GROUPS.values() for code in codes]
CATALOGUES = Catalogues(Path(web.__path__[0]) / "locale")


def codes_of_the_product() -> set[str]:
    """Give every code that an error of ours can have, of the whole or of one problem in it."""
    whole, parts = raised_codes()
    kinds = {
        each.code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, EkinoError)
    }
    found: set[str] = {code for code, _ in whole} | set(parts) | kinds
    found |= codes_of_classes()
    found |= {outcome.value for outcome in FIX}
    found |= {each.value for each in (*CorrectionObstacle, *ClaimObstacle)}
    return found | {"not_found", "method_not_allowed", "refused"}


def codes_of_classes() -> set[str]:
    """Give the codes that classes of errors have of their own, such as `signature_missing`."""
    return {
        str(statement.value.value)
        for module in modules("ekino")
        if module.room != "cli"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and [each.id for each in statement.targets if isinstance(each, ast.Name)]
        == ["code"]
    }


def test_every_code_is_helped_or_said_to_be_for_people_or_the_machine() -> None:
    """
    A new code of the API goes into a group of `web/codes.py`.

    It wants `help.cause.<code>` and `help.fix.<code>` in the three help.po, and an example in
    `web/contract/requests.py`.
    """
    known = set(HELPED) | OF_PEOPLE | OF_THE_MACHINE

    assert codes_of_the_product() - known - ours_alone() == set()
    assert known - codes_of_the_product() == set()
    assert ours_alone() & (OF_PEOPLE | OF_THE_MACHINE) == set()


def ours_alone() -> set[str]:
    """Give the codes that only our own books or the command line raise: `broken` helps there."""
    whole, parts = raised_codes()
    outside = {
        code
        for (code, kind), rooms in whole.items()
        if kind != "Broken" and not rooms <= {"cli", "settings"}
    }
    outside |= {code for code, rooms in parts.items() if not rooms <= {"cli", "settings"}}
    return ({code for code, _ in whole} | set(parts)) - outside - set(HELPED)


def test_a_code_stands_in_one_group_only() -> None:
    assert len(HELPED) == len(set(HELPED))
    assert set(HELPED) & (OF_PEOPLE | OF_THE_MACHINE) == set()


def test_every_outcome_that_refuses_has_its_help() -> None:
    assert {outcome.value for outcome in FIX} == OUTCOMES


@pytest.mark.parametrize("code", HELPED)
def test_a_help_says_what_and_how_in_every_language_and_shows_it(code: str) -> None:
    found = find_help(code)

    for language in Language:
        assert CATALOGUES.text(language, found.cause, **NAMES)
        assert CATALOGUES.text(language, found.fix, **NAMES)
    shown = json.loads(found.answer.partition("\n\n")[2])
    if code in OUTCOMES:
        assert [each["outcome"] for each in shown["problems"]] == [code]
        assert [each["type"] for each in shown["problems"]] == [address_of(code)]
    else:
        assert shown["status"] == found.number
        assert code in {shown["code"], *(each["code"] for each in shown["errors"])}


def test_an_example_is_of_the_kind_that_is_raised() -> None:
    """The number on the page is the number that HTTP answers."""
    raised, _ = raised_codes()
    by_code: dict[str, set[str]] = {}
    for code, kind in raised:
        by_code.setdefault(code, set()).add(kind)

    wrong = {
        code: (kind.__name__, by_code[code])
        for code, (kind, _, _) in SHOWN.items()
        if code in by_code and kind.__name__ not in by_code[code]
    }

    assert wrong == {}


def test_the_type_of_a_problem_is_a_page_that_opens() -> None:
    for code in sorted(codes_of_the_product()):
        for kind in (errors.Refused, errors.NotFound, errors.Broken):
            body = problems.body_of(kind("", code=code), at=EXAMPLES_AT)

            helped = body["type"].removeprefix("/problems/")
            assert find_help(helped).code == helped
