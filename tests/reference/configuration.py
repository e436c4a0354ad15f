"""docs/reference/configuration.md: every setting, from the dataclass that holds them."""

import ast
from dataclasses import fields

from ekino.settings import Settings
from reference.markdown import code, page, table
from source_tree import SRC, comments_above

_SOURCE = SRC / "ekino/settings.py"


def configuration() -> str:
    """Write the page."""
    text = _SOURCE.read_text("utf-8")
    tree = ast.parse(text)
    owner = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    lines = {
        node.target.id: node.lineno
        for node in owner.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    rows = [
        (
            code(f"EKINO_{field.name.upper()}"),
            code(field.default) or "empty",
            comments_above(text, lines[field.name]),
        )
        for field in fields(Settings)
    ]
    return page(
        "Configuration",
        "Settings are environment variables, read once when a command starts.\n"
        "A name that begins with `EKINO_` and is not in this table is an error, so that a typo"
        " cannot pass for a default.",
        table(("Setting", "Default", "What it chooses"), rows),
        "`EKINO_DATA_DIR` is `/var/lib/ekino` for root and `~/.local/share/ekino` (or under"
        " `XDG_DATA_HOME`) for everybody else.",
        "Names that begin with `EKINO_TEST_` belong to the tests and are not looked at.",
    )
