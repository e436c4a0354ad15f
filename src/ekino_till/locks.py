"""One process at a time: a lock on a file that the system gives back when its holder dies."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class FileLock:
    """A lock held from `take` until `give_back`, or until the process is gone."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when it is first locked, and stays."""
        self._path = path
        self._descriptor: int | None = None

    def take(self, *, is_shared: bool = False) -> bool:
        """Take it without waiting; False when somebody has it. Shared, others may share it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if sys.platform == "win32":
                # Windows locks bytes, for one holder only: whoever would share goes without.
                if not is_shared:
                    msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def give_back(self) -> None:
        """Give it back; nothing when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
