"""Every name by which a foreign file is refused is explained, and every explained name is used."""

import ast
import re

from ekino.ingest.formats.refusals import REFUSALS
from source_tree import SRC, modules

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
OURS = ("eais", "xml", "shapes", "fixed", "comscore", "icaa", "siae", "outgoing")
# Functions that refuse, and which of their arguments is the name.
NAMED_BY = {"malformed": 1, "problem_at": 1, "Wrong": 2, "_problem": 1, "_refers": 2}
# Names that stand in tables of the code, and those of the module that all formats share.
ELSEWHERE = {
    "lines_differ", "showings_differ", "spectators_differ", "takings_differ",
    "file_empty", "file_too_large",
}  # fmt: skip


def names_in_the_source() -> set[str]:
    found = set()
    for module in modules("ekino/ingest/formats"):
        if module.path.relative_to(SRC / "ekino/ingest/formats").parts[0].removesuffix(
            ".py"
        ) not in OURS:  # fmt: skip
            continue
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                    found |= names_of(node, NAMED_BY.get(name))
    return found


def names_of(call: ast.Call, index: int | None) -> set[str]:
    if index is None:
        return set()
    given = [each.value for each in call.keywords if each.arg == "code"]
    given += call.args[index : index + 1]
    # `_refuse(code, …)` of the XML reader hands its name on, and names it where it is called.
    return {
        str(each.value)
        for each in given
        if isinstance(each, ast.Constant) and _CODE.fullmatch(str(each.value))
    }


def refused_by_the_xml_reader() -> set[str]:
    (module,) = [
        each for each in modules("ekino/ingest/formats") if each.path.name == "xml.py"
    ]
    return {
        str(node.args[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "_refuse"
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_name_of_a_refusal_is_explained_and_used() -> None:
    used = names_in_the_source() | refused_by_the_xml_reader() | ELSEWHERE

    assert used - set(REFUSALS) == set()
    assert set(REFUSALS) - used == set()
