"""docs/reference/errors.md: the codes of errors, who can mend them, and where they arise."""

import ast
from collections import defaultdict

from ekino.kernel import errors as kernel_errors
from ekino.kernel.errors import EkinoError
from ekino.web.codes import group_of
from ekino.web.problems import problem_of
from reference.markdown import code, page, table
from source_tree import modules


def errors() -> str:
    """Write the page."""
    whole, parts = raised_codes()
    kinds = {
        name: kind
        for name, kind in vars(kernel_errors).items()
        if isinstance(kind, type)
        and issubclass(kind, EkinoError)
        and kind is not EkinoError
    }
    kind_rows = [
        (code(name), http_of(kind), (kind.__doc__ or "").strip().splitlines()[0])
        for name, kind in kinds.items()
    ]
    own = {(kind.code, name): {"kernel"} for name, kind in kinds.items()}
    rows = [
        (
            code(name),
            code(kind),
            http_of(kinds[kind]),
            group_of(name) or "",
            ", ".join(sorted(rooms)),
        )
        for (name, kind), rooms in sorted((own | whole).items())
    ]
    return page(
        "Errors",
        "Every error of the API is `application/problem+json` (RFC 9457) with `type`, `title`,"
        " `status`, `detail`, `code`, `errors` and `server_time`.\n"
        "Programs match on `code`; people read `detail`; each of `errors` has a `pointer`, a"
        " `code`, a `detail` and a `fix`.\n"
        "`type` opens a page that says what to do, in three languages: `/problems` lists"
        " those with a name below Help ([the contract](contract.md)); the others have the page of"
        " their kind.\n"
        "The command line prints the same sentences.",
        "## Kinds: who can put it right\n\n" + table(("Kind", "HTTP", "Means"), kind_rows),
        "## Codes\n\n" + table(("Code", "Kind", "HTTP", "Help", "Rooms"), rows),
        "## Codes of single problems\n\n"
        "These stand in `errors`, one for each thing that is wrong.\n\n"
        + table(
            ("Code", "Rooms"),
            [
                (code(name), ", ".join(sorted(rooms)))
                for name, rooms in sorted(parts.items())
            ],
        ),
    )


def http_of(kind: type[EkinoError]) -> str:
    """Give the HTTP number with which a kind of error is answered."""
    if issubclass(kind, kernel_errors.TooOften):
        quota = kernel_errors.Quota("any", 1, 1)
        return str(problem_of(kind("", retry_after_s=1, quota=quota)).status_code)
    if issubclass(kind, kernel_errors.Pushback):
        return str(problem_of(kind("", retry_after_s=1)).status_code)
    return str(problem_of(kind("")).status_code)


def raised_codes() -> tuple[dict[tuple[str, str], set[str]], dict[str, set[str]]]:
    """Find the codes in the source: {(code, kind): rooms} of errors, {code: rooms} of problems."""
    whole: dict[tuple[str, str], set[str]] = defaultdict(set)
    parts: dict[str, set[str]] = defaultdict(set)
    for module in modules("ekino"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and module.room != "kernel":
                for name, kind in _of_a_class(node):
                    whole[name, kind].add(module.room)
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            for keyword in node.keywords:
                if keyword.arg != "code" or not isinstance(keyword.value, ast.Constant):
                    continue
                if node.func.id == "Problem":
                    parts[str(keyword.value.value)].add(module.room)
                elif hasattr(kernel_errors, node.func.id):
                    whole[str(keyword.value.value), node.func.id].add(module.room)
    return dict(whole), dict(parts)


def _of_a_class(node: ast.ClassDef) -> list[tuple[str, str]]:
    """Give the code that a kind of error has of its own, such as `signature_missing`."""
    kinds = [
        each.id
        for each in node.bases
        if isinstance(each, ast.Name) and hasattr(kernel_errors, each.id)
    ]
    return [
        (str(statement.value.value), kind)
        for statement in node.body
        for kind in kinds
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and [each.id for each in statement.targets if isinstance(each, ast.Name)]
        == ["code"]
    ]
