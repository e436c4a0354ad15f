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
    packages = packages_wanted()
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    sys.stderr.write(f"Installing for the tests: {', '.join(packages)}\n")
    install(packages)


if __name__ == "__main__":
    main()
