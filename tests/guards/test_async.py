"""Rooms are synchronous; `async def` stands at the front of ingest and of pages only."""

import ast

from source_tree import functions, modules

# Module → why it may. Everything else runs in threads.
MAY_BE_ASYNC = {
    "src/ekino/ingest/api.py": "the hot path's front",
    "src/ekino/ingest/service.py": "waits for its group without holding a thread",
    "src/ekino/catalog/api.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/verify/api.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/feeds/api.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/certification/api.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/totals/api.py": "asks who asks, then hands over to a thread",
    "src/ekino/intake/api.py": "reads a bounded file, then hands over to a thread",
    "src/ekino/access/api/sources.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/access/api/keys.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/access/api/people.py": "reads a bounded body, then hands over to a thread",
    "src/ekino/intake/connectors/hooks.py": "likewise",
    "src/ekino/cli/replay/client.py": "many tills at once over one connection pool",
}


def may_be_async(name: str) -> bool:
    """Say whether a module is at a front."""
    return (
        name in MAY_BE_ASYNC
        or name.startswith("src/ekino/web/")
        or name.endswith("/live.py")
    )


def test_async_stands_only_at_the_fronts() -> None:
    elsewhere = [
        f"{module.name}:{function.lineno} {function.name}"
        for module in modules("ekino")
        if not may_be_async(module.name)
        for function in functions(module.tree)
        if isinstance(function, ast.AsyncFunctionDef)
    ]

    assert elsewhere == []
