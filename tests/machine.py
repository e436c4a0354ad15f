"""What all tests need of the machine besides the lock; run, it installs what it may."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# An index of Debian's is a few seconds, a browser about a hundred megabytes.
INSTALL_TIMEOUT_S = 900
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


def packages_wanted() -> list[str]:
    """Name Debian's packages whose tests would be left out on this machine."""
    wanted = []
    if chromium() is None:
        # The fonts draw Kazakh, and pictures of pages are compared by eye.
        wanted += ["chromium", "fonts-noto-core"]
    if postgresql_server() is None:
        wanted += ["postgresql"]
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
    packages = packages_wanted()
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    sys.stderr.write(f"Installing for the tests: {', '.join(packages)}\n")
    install(packages)


if __name__ == "__main__":
    main()
