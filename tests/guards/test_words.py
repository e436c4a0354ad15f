"""One word, one meaning: the words that GLOSSARY.md refuses stand in no name of ours."""

import ast
import re
from collections.abc import Iterator

from source_tree import SRC, modules

REFUSED = frozenset(
    re.findall(
        r"\w+",
        "manager handler helper util utils processor data info item object misc base core "
        "common flag status session transaction",
    )
)
# (module, last word) → why this one is not ours to choose, or means what the word means.
ALLOWED = {
    ("src/ekino/cli/state.py", "status"): "the address that readers of such pages know",
    ("src/ekino/access/signature.py", "base"): "RFC 9421: what a signature covers",
    ("src/ekino/cli/replay/plan.py", "session"): "the file's own word for its rows",
    ("src/ekino/ingest/formats/sessions_csv.py", "session"): "likewise",
    ("src/ekino/notices/service/__init__.py", "data"): "Standard Webhooks: what is told",
}
# In these rooms the word is PostgreSQL's own.
TRANSACTION_ROOMS = frozenset({"db"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words(name: str) -> list[str]:
    """Split snake_case and CamelCase into lower-case words."""
    return [
        word.lower()
        for part in name.strip("_").split("_")
        for word in _CAMEL.split(part)
        if word
    ]


def is_refused(name: str) -> bool:
    """Say whether a refused word is the whole name or its last word."""
    split = words(name)
    return bool(split) and split[-1] in REFUSED


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give (line, name) of classes, functions, parameters, attributes and constants."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name, lineno=line):
                yield line, name
                yield from _fields(node)
            case (
                ast.FunctionDef(name=name, lineno=line)
                | ast.AsyncFunctionDef(name=name, lineno=line)
            ):
                yield line, name
                everything = node.args
                for argument in (
                    *everything.posonlyargs,
                    *everything.args,
                    *everything.kwonlyargs,
                ):
                    yield argument.lineno, argument.arg
            case ast.Attribute(
                value=ast.Name(id="self"), attr=name, ctx=ast.Store(), lineno=line
            ):
                yield line, name
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], lineno=line)
                | ast.AnnAssign(target=ast.Name(id=name), lineno=line)
            ):
                yield line, name


def _fields(node: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for statement in node.body:
        match statement:
            case (
                ast.AnnAssign(target=ast.Name(id=name), lineno=line)
                | ast.Assign(targets=[ast.Name(id=name)], lineno=line)
            ):
                yield line, name


def test_no_name_is_a_word_we_do_not_use() -> None:
    refused = [
        f"{module.name}:{line} {name}"
        for module in modules()
        for line, name in names(module.tree)
        if is_refused(name)
        and (module.name, words(name)[-1]) not in ALLOWED
        and not (module.room in TRANSACTION_ROOMS and words(name)[-1] == "transaction")
    ]

    assert refused == []


def test_no_module_is_named_by_a_word_we_do_not_use() -> None:
    refused = [
        module.name
        for module in modules()
        for part in module.path.relative_to(SRC).with_suffix("").parts
        if is_refused(part)
    ]

    assert refused == []


def test_no_field_is_named_type() -> None:
    fields = [
        f"{module.name}:{line}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        for line, name in _fields(node)
        if name == "type"
    ]

    assert fields == []


def test_every_exception_is_still_needed() -> None:
    present = {
        (module.name, words(name)[-1])
        for module in modules()
        for _, name in names(module.tree)
        if words(name)
    }

    assert set(ALLOWED) - present == set()
