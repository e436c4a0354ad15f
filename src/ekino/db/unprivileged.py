"""
Run a command as an unprivileged user, from root, without changing any folder's rights.

PostgreSQL refuses to run as root. The user it runs as instead may be unable to pass the folders
above its own (a virtual environment under /root, a temporary folder of mode 0700). Opening those
folders to the world would be the wrong cure; keeping one capability, to read and pass folders,
is the right one.

Used as `python -m ekino.db.unprivileged UID GID COMMAND…`.
"""

import ctypes
import os
import sys

_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
# Without it `access(2)`, by which initdb and pg_ctl look for their programs, forgets the
# capability of whoever is not root.
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
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


def become(uid: int, gid: int) -> None:
    """
    Drop to this user and group for good, keeping only the right to read and pass folders.

    Where the kernel does not grant that (not Linux, or a container that withholds it) the
    user is dropped to all the same; what cannot be reached then says so by itself.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    is_kept = hasattr(libc, "prctl") and libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0
    if is_kept:
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if not is_kept:
        return
    wanted = 1 << _CAP_DAC_READ_SEARCH
    sets = (_Sets * 2)(_Sets(wanted, wanted, wanted), _Sets(0, 0, 0))
    header = _Header(_CAPABILITY_VERSION_3, 0)
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        # Going on would keep every right of root's under another name.
        message = "this user's rights cannot be taken away"
        raise PermissionError(message)
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_READ_SEARCH, 0, 0)


def main(arguments: list[str]) -> None:
    """Become the user named first, then be the command that follows."""
    uid, gid, *command = arguments
    become(int(uid), int(gid))
    os.execv(command[0], command)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(sys.argv[1:])
