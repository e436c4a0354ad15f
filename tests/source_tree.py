"""The tree as the guards see it: modules, their syntax, texts, queries and comments."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
# What git keeps and people read; caches and vendored files are not ours to judge.
TEXT_SUFFIXES = frozenset(
    {
        ".py",
        ".sql",
        ".md",
        ".toml",
        ".html",
        ".po",
        ".css",
        ".js",
        ".ts",
        ".json",
        ".yaml",
        ".csv",
    }
)
OURS = ("src", "tests", "docs", "deploy", "bench", "clients", ".ci")
VENDORED = re.compile(
    r"/static/vendor/|/vendored/|\.min\.|/node_modules/|/clients/typescript/dist/"
)


@dataclass(frozen=True, slots=True)
class Module:
    """One Python module of ours."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the root, as people write it."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """The room of `ekino`, or the package when it is none of ekino's."""
        parts = self.path.relative_to(SRC).parts
        return parts[1].removesuffix(".py") if parts[0] == "ekino" else parts[0]

    @property
    def text(self) -> str:
        """The source."""
        return self.path.read_text("utf-8")

    @property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return _tree(self.path)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def modules(package: str = "") -> list[Module]:
    """Give every module under src, or of one package ("ekino", "ekino/catalog")."""
    paths = sorted((SRC / package).rglob("*.py"))
    return [Module(path) for path in paths if "__pycache__" not in path.parts]


def modules_of_tests() -> list[Module]:
    """Give every module under tests."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return [Module(path) for path in paths if "__pycache__" not in path.parts]


def texts() -> Iterator[tuple[str, str]]:
    """Give (name, text) of every text of ours, the top folder's included."""
    for folder in OURS:
        for path in sorted((ROOT / folder).rglob("*")):
            is_text = path.suffix in TEXT_SUFFIXES or path.parent.name == ".ci"
            if path.is_file() and is_text and "__pycache__" not in path.parts:
                name = path.relative_to(ROOT).as_posix()
                if not VENDORED.search(f"/{name}"):
                    yield name, path.read_text("utf-8")
    for name in ("Makefile", "pyproject.toml", *(path.name for path in ROOT.glob("*.md"))):
        yield name, (ROOT / name).read_text("utf-8")


def query_files() -> Iterator[tuple[str, str, str]]:
    """Give (room, name, text) of every file of queries."""
    room_files = [
        *SRC.glob("ekino/*/queries.sql"),
        *SRC.glob("ekino/*/queries/*.sql"),
        *SRC.glob("ekino/cli/*/queries.sql"),
    ]
    for path in sorted(room_files):
        # A command's own SQL, such as the benchmark's, is a room's: its schema has its name.
        is_command = path.is_relative_to(SRC / "ekino/cli")
        room = path.relative_to(SRC).parts[2 if is_command else 1]
        yield room, path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def comments(text: str) -> dict[int, str]:
    """Give the comments of a source by line, without the mark."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        token.start[0]: token.string.lstrip("# ").rstrip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give every function, methods and nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(tree: ast.AST) -> set[int]:
    """Give the identities of the nodes that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            found.add(id(body[0].value))
    return found


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give (line, text) of every string that is not a docstring."""
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text), lineno=line) if id(node) not in skipped:
                yield line, text


def comments_above(text: str, line: int) -> str:
    """
    Give the comment that speaks for a line: beside it, or right above it, or "".

    One comment may stand above several assignments in a row and speaks for all of them.
    """
    found = comments(text)
    if line in found:
        return found[line]
    lines = ["", *text.splitlines()]
    above = line - 1
    while (
        above > 0
        and above not in found
        and re.match(r"\s*[A-Za-z]\w*\s*[:=]", lines[above])
    ):
        above -= 1
    taken: list[str] = []
    while above in found and lines[above].lstrip().startswith("#"):
        taken.insert(0, found[above])
        above -= 1
    return " ".join(taken)
