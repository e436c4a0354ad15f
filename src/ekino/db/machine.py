"""What the machine has for a database: memory and disk, as far as we may use them."""

import os
import shutil
from pathlib import Path

_MEGABYTE = 1024 * 1024
# A container may be given less memory than the machine has: version 2 and 1 of its limits.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def memory_megabytes() -> int:
    """Give the memory that we may use, the container's limit counted."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_container_limits_bytes()]) // _MEGABYTE


def _container_limits_bytes() -> list[int]:
    limits = []
    for path in _LIMITS:
        try:
            text = path.read_text("ascii").strip()
        except OSError:
            continue
        # "max" is no limit.
        if text.isdecimal():
            limits.append(int(text))
    return limits


def disk_free_megabytes(folder: Path) -> int:
    """Give what is free on the folder's disk."""
    return shutil.disk_usage(folder).free // _MEGABYTE
