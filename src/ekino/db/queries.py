"""Named SQL: every room's statements, read from its `.sql` files."""

import re
from functools import lru_cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)$")
_NEARLY_A_NAME = re.compile(r"^\s*--\s*name\s*:", re.IGNORECASE)


class Queries:
    """The statements of one room, as attributes."""

    def __init__(self, room: str, statements: dict[str, str]) -> None:
        """Hold the statements under their names."""
        self._room = room
        self._statements = statements

    def __getattr__(self, name: str) -> str:
        """Give the statement with this name; AttributeError when there is none."""
        try:
            return self._statements[name]
        except KeyError:
            message = f"{self._room} has no query named {name}"
            raise AttributeError(message) from None

    def names(self) -> list[str]:
        """Give the names of all statements, in the order of the files."""
        return list(self._statements)


def parse(text: str, *, origin: str) -> dict[str, str]:
    """
    Read `-- name: …`, a sentence, a statement, again and again.

    Raises ValueError for a name given twice or written another way, a statement without a
    name, or a name without its sentence or statement.
    """
    statements: dict[str, str] = {}
    name = ""
    lines: list[str] = []

    def close() -> None:
        if not name:
            return
        comments = [line for line in lines if line.startswith("--")]
        body = "\n".join(line for line in lines if not line.startswith("--")).strip()
        if not comments or not body:
            message = f"{origin}: query {name} wants a sentence and a statement"
            raise ValueError(message)
        if name in statements:
            message = f"{origin}: query {name} stands twice"
            raise ValueError(message)
        statements[name] = body.removesuffix(";")

    for line in text.splitlines():
        if match := _NAME.match(line):
            close()
            name, lines = match[1], []
        elif _NEARLY_A_NAME.match(line):
            # Taken for a comment it would hang this statement on the one before.
            message = f"{origin}: a name is written `-- name: snake_case`, not {line!r}"
            raise ValueError(message)
        elif name:
            lines.append(line)
        elif line.strip() and not line.startswith("--"):
            message = f"{origin}: a statement without a name: {line}"
            raise ValueError(message)
    close()
    return statements


@lru_cache(maxsize=64)
def load_queries(package: str) -> Queries:
    """Read a room's `queries.sql`, or every file of its `queries/`."""
    root = files(package)
    single = root / "queries.sql"
    paths = (
        [single]
        if single.is_file()
        else sorted(
            (path for path in (root / "queries").iterdir() if path.name.endswith(".sql")),
            key=lambda path: path.name,
        )
    )
    statements: dict[str, str] = {}
    for path in paths:
        for name, statement in parse(path.read_text("utf-8"), origin=str(path)).items():
            if name in statements:
                message = f"{package}: query {name} stands twice"
                raise ValueError(message)
            statements[name] = statement
    return Queries(package, statements)
