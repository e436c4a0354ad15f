"""What may not stand in the tree: machines, hosts, loose ends, altered vendored files."""

import ast
import hashlib
import re

from source_tree import ROOT, SRC, comments, modules, modules_of_tests, texts

# Folders that exist on one machine only. What the product documents (/var/lib) is not among
# them. Written in two parts so that this line does not find itself.
_MACHINE_PATH = re.compile("/(?:" + "work|farm|root" + r")/(?!\*)[\w.]+|/tmp" + r"/ek\b")
# Package registries are each machine's own choice; only uv.lock names what it was made from.
_PACKAGE_HOST = re.compile(
    "py" + r"pi\.org|python" + r"hosted\.org|deb\.debian" + r"\.org|registry\.npm" + "js"
)
_LOOSE_END = re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\)| #\d+)")
# Where an exception of any kind may be caught: the composition roots and the writer.
_CATCH_ALL = ("src/ekino/web/", "src/ekino/worker/", "src/ekino/cli/")
# The writer answers whoever waits, and the courier settles whatever it carried.
_MAY_CATCH_ALL = ("src/ekino/ingest/writer.py", "src/ekino/notices/service/deliver.py")


def test_no_path_of_a_machine_and_no_package_host() -> None:
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        for pattern in (_MACHINE_PATH, _PACKAGE_HOST)
        for match in pattern.finditer(text)
    ]

    assert found == []


def test_every_loose_end_names_its_issue() -> None:
    own = "tests/guards/test_tree.py"
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if name != own and not name.endswith(".json")
        for match in _LOOSE_END.finditer(text)
    ]

    assert found == []


def test_any_exception_is_caught_only_at_the_roots_by_the_writer_and_the_courier() -> None:
    elsewhere = [
        f"{module.name}:{node.lineno}"
        for module in modules("ekino")
        if not module.name.startswith(_CATCH_ALL) and module.name not in _MAY_CATCH_ALL
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    ]

    assert elsewhere == []


def _catches_all(node: ast.ExceptHandler) -> bool:
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(
        kind is None
        or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in kinds
    )


def test_every_exception_to_a_check_gives_its_reason() -> None:
    """`noqa` and `pragma: no cover` say why they are there."""
    bare = [
        f"{module.name}:{line} {comment}"
        for module in (*modules(), *modules_of_tests())
        for line, comment in comments(module.text).items()
        if re.fullmatch(r"(?:noqa: [A-Z0-9, ]+|pragma: no cover)", comment)
    ]

    assert bare == []


def test_vendored_files_are_what_their_checksums_say() -> None:
    """Each list of checksums is in the form of sha256sum, beside what it lists."""
    wrong = []
    for listing in SRC.rglob("SHA256SUMS"):
        for line in listing.read_text("utf-8").splitlines():
            digest, name = line.split(maxsplit=1)
            content = (listing.parent / name.lstrip("*")).read_bytes()
            if hashlib.sha256(content).hexdigest() != digest:
                wrong.append(str((listing.parent / name).relative_to(ROOT)))

    assert wrong == []
