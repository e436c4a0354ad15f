"""docs/reference/limits.md: every named limit with its value and its reason."""

import ast
import importlib
import re
from collections.abc import Iterator

from reference.markdown import number, page, table
from source_tree import SRC, Module, comments_above, modules

# What makes a constant a limit: its last word.
_LIMIT = re.compile(r"^[A-Z][A-Z0-9_]*_(?:MAX|MIN|S|MS|BYTES|HOURS)$")


def limits() -> str:
    """Write the page: one table a package, in the order of the modules."""
    parts = []
    for package, title in (("ekino", "The register"), ("ekino_till", "The kit for tills")):
        rows = [
            (
                f"`{name}`",
                number_of(value),
                sentence,
                f"`{module.name.removeprefix('src/')}`",
            )
            for module in modules(package)
            for name, value, sentence in named_limits(module)
        ]
        if rows:
            head = ("Limit", "Value", "Why", "Where")
            parts.append(f"## {title}\n\n" + table(head, rows))
    return page(
        "Limits",
        "Everything has a limit, and the limit has a name and a unit.\n"
        "`_S` is seconds, `_MS` milliseconds, `_BYTES` bytes, `_MINOR` minor units of a"
        " currency; a limit without a unit counts what its name says.",
        *parts,
    )


def named_limits(module: Module) -> Iterator[tuple[str, object, str]]:
    """Give (name, value, reason) of the public limits that a module defines."""
    for node in module.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], lineno=line) if _LIMIT.match(name):
                dotted = ".".join(module.path.relative_to(SRC).with_suffix("").parts)
                value = getattr(importlib.import_module(dotted), name)
                yield name, value, comments_above(module.text, line)


def number_of(value: object) -> str:
    """Write a limit's value; one that differs by case is written case by case."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {number(each)}" for key, each in value.items())
    return number(value)
