"""
Run a command as an unprivileged user, from root, without changing any folder's rights.

PostgreSQL refuses to run as root. The user it runs as instead may be unable to pass the folders
above its own (a virtual environment under /root, a temporary folder of mode 0700). Opening those
folders to the world would be the wrong cure; keeping one capability, to pass them, is the right
one, and only where there is such a folder.

Used as `python unprivileged.py [--pass-folders] UID GID COMMAND…`; imports nothing of ours,
because it runs before anything of ours can be found.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
# Without it `access(2)`, by which initdb and pg_ctl look for their programs, forgets the
# capability of whoever is not root.
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_DAC_READ_SEARCH = 2
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def closed_folder(paths: Iterable[Path], uid: int, gid: int) -> Path | None:
    """Find the first folder above these paths that the user cannot pass; None: all are open."""
    for path in paths:
        for folder in reversed(path.parents):
            try:
                found = folder.stat()
            except OSError:
                break
            bit = stat.S_IXOTH
            if found.st_uid == uid:
                bit = stat.S_IXUSR
            elif found.st_gid == gid:
                bit = stat.S_IXGRP
            if not found.st_mode & bit:
                return folder
    return None


def passing_right() -> int | None:
    """
    Give the number of the capability by which this process may pass any folder, or None.

    To read and pass is enough. Containers often withhold that and give the larger right to
    write as well; it is taken where it is the only one, because PostgreSQL as root is worse.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    if libc.capget(ctypes.byref(header), ctypes.byref(sets)) != 0:
        return None
    for right in (_CAP_DAC_READ_SEARCH, _CAP_DAC_OVERRIDE):
        if sets[0].permitted & 1 << right:
            return right
    return None


def become(uid: int, gid: int, *, pass_folders: bool) -> None:
    """
    Drop to this user and group for good, and with `pass_folders` keep the right to do that.

    Raises PermissionError rather than keep anything else of root's.
    """
    right = passing_right() if pass_folders else None
    libc = ctypes.CDLL(None, use_errno=True)
    if right is not None:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if right is None:
        # The kernel has taken every capability away with the number 0.
        return
    kept = 1 << right
    sets = (_Sets * 2)(_Sets(kept, kept, kept), _Sets(0, 0, 0))
    header = _Header(_CAPABILITY_VERSION_3, 0)
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        # Going on would keep every right of root's under another name.
        message = "this user's rights cannot be taken away"
        raise PermissionError(message)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, right, 0, 0)


def main(arguments: list[str]) -> None:
    """Become the user named first, then be the command that follows."""
    pass_folders = arguments[0] == "--pass-folders"
    uid, gid, *command = arguments[pass_folders:]
    become(int(uid), int(gid), pass_folders=pass_folders)
    os.execv(command[0], command)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(sys.argv[1:])
