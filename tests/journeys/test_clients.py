"""The packages that vendors are given: the kit's own wheel, and the kit in TypeScript."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from ekino_till import Key
from machine import NODE_MODULES, node, npm
from serving import Country
from source_tree import ROOT

PYTHON, TYPESCRIPT = ROOT / "clients/python", ROOT / "clients/typescript"
KEY_ID = "vendor.example/ts"
CATALOG = {
    "venues": [
        {"code": "aqtau-1", "name": "Aqtau 1", "kind": "cinema", "region": "KZ-47",
         "city": "Aqtau", "timezone": "Asia/Aqtau", "currency": "KZT"},
    ],
    "halls": [{"venue": "aqtau-1", "code": "1", "capacity": 120}],
    "films": [{"code": "evening", "titles": {"en": "An Evening"}, "countries": ["KZ"], "genres": ["drama"]}],
    "versions": [{"code": "evening-kk", "film": "evening", "language": "kk"}],
}  # fmt: skip


def version_of(path: Path) -> str:
    return str(tomllib.loads(path.read_text("utf-8"))["project"]["version"])


def test_all_packages_have_one_version() -> None:
    package = json.loads((TYPESCRIPT / "package.json").read_text("utf-8"))

    assert version_of(PYTHON / "pyproject.toml") == version_of(ROOT / "pyproject.toml")
    assert package["version"] == version_of(ROOT / "pyproject.toml")


def test_the_package_in_typescript_needs_nothing_and_names_no_host() -> None:
    package = json.loads((TYPESCRIPT / "package.json").read_text("utf-8"))
    lock = json.loads((TYPESCRIPT / "package-lock.json").read_text("utf-8"))

    assert "dependencies" not in package
    assert all(
        re.fullmatch(r"[0-9.]+", each) for each in package["devDependencies"].values()
    )
    assert not any("resolved" in each for each in lock["packages"].values())
    assert all("integrity" in each for name, each in lock["packages"].items() if name)


def test_the_kits_wheel_sells_in_an_environment_of_its_own(tmp_path: Path) -> None:
    """Nothing of the register is in it, and nothing of the checkout is found by it."""
    uv = str(Path(sys.executable).with_name("uv"))
    build = (uv, "build", "--quiet", "--wheel", str(PYTHON), "--out-dir", str(tmp_path))
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("ekino_till-*.whl")
    clean = tmp_path / "clean"
    venv.create(clean, symlinks=True)
    install = (
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        str(clean / "bin/python"),
        str(wheel),
    )
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    outside = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=tmp_path,
            env=outside,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    till = str(clean / "bin/ekino-till")
    assert run(till, "--help").returncode == 0
    away = run(
        till, "init", "--register", "http://127.0.0.1:1", "--key", "a/1", "--venue", "v"
    )
    assert (away.returncode, "does not answer" in away.stderr) == (75, True)
    listed = run(uv, "pip", "freeze", "--python", str(clean / "bin/python")).stdout.lower()
    names = {line.partition("==")[0].partition(" @")[0] for line in listed.splitlines()}
    assert {"ekino-till", "cryptography"} <= names
    assert names <= {"ekino-till", "cryptography", "cffi", "pycparser", "typing-extensions"}
    assert run(str(clean / "bin/python"), "-c", "import ekino").returncode == 1


@pytest.mark.needs_node
def test_the_kit_in_typescript_gives_the_vectors_and_speaks_to_a_register(
    tmp_path: Path,
) -> None:
    package = tmp_path / "typescript"
    shutil.copytree(
        TYPESCRIPT, package, ignore=shutil.ignore_patterns("dist", "node_modules")
    )
    (package / "node_modules").symlink_to(NODE_MODULES / "node_modules")
    key = Key.open(tmp_path / "vendor.pem", KEY_ID)
    source = {
        "code": "vendor-ts", "name": "Vendor", "may_announce": True,
        "halls": [{"venue": "aqtau-1"}],
        "keys": [{"key_id": KEY_ID, "public_key": key.public_text}],
    }  # fmt: skip
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
    (tmp_path / "sources.json").write_text(json.dumps({"sources": [source]}))
    found = node()
    assert found is not None
    with Country(tmp_path / "register") as country:
        country.run("catalog", "load", "--regions", "KZ", str(tmp_path / "catalog.json"))
        country.run("keys", "add", str(tmp_path / "sources.json"))
        environment = os.environ | {
            "PATH": f"{found.parent}{os.pathsep}{os.environ['PATH']}",
            "VECTORS": str(ROOT / "tests/vectors"),
            "REGISTER": country.url,
            "KEY_FILE": str(tmp_path / "vendor.pem"),
            "KEY_ID": KEY_ID,
            "VENUE": "aqtau-1",
            "VERSION": "evening-kk",
        }
        done = subprocess.run(
            (*npm(), "test", "--silent"),
            cwd=package,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "# skipped 0" in done.stdout
        assert country.get("/v1/totals?by=sales-channel")["as_of"] >= 5
