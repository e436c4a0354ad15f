"""A limit that nothing asks is no limit: every named limit is used."""

import ast

from reference.limits import named_limits
from source_tree import modules


def test_every_limit_is_used() -> None:
    used = {
        node.id if isinstance(node, ast.Name) else node.attr
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    unused = [
        f"{module.name} {name}"
        for module in modules()
        for name, _, _ in named_limits(module)
        if name not in used
    ]

    assert unused == []
