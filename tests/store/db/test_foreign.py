"""A PostgreSQL of one's own: Debian's, opened by URL, migrated, held to durability."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ekino.db import unprivileged
from ekino.db.database import Database, Role
from ekino.db.postgres import open_database
from ekino.kernel.errors import Refused
from machine import postgresql_server

pytestmark = pytest.mark.needs_postgresql_server
NOBODY = 65_534


class Server:
    """Debian's PostgreSQL with settings of its own."""

    def __init__(self, folder: Path) -> None:
        binaries = postgresql_server()
        assert binaries is not None
        self.binaries = binaries
        self.folder = folder
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        self.run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-A",
            "trust",
            "-U",
            "owner",
            "--locale=C",
            "--encoding=UTF8",
        )

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            script = unprivileged.__file__
            command = [
                sys.executable,
                "-I",
                str(script),
                str(NOBODY),
                str(NOBODY),
                *command,
            ]
        subprocess.run(
            command,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )

    def start(self, *settings: str) -> str:
        options = " ".join(
            f"-c {each}"
            for each in (
                "listen_addresses=",
                f"unix_socket_directories={self.folder}",
                *settings,
            )
        )
        self.run(
            "pg_ctl",
            "-D",
            str(self.folder / "data"),
            "-w",
            "-o",
            options,
            "-l",
            str(self.folder / "log"),
            "start",
        )
        url = f"host={self.folder} user=owner dbname=postgres"
        return url

    def stop(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="ekf-"))
    server = Server(folder)
    yield server
    shutil.rmtree(folder, ignore_errors=True)


def test_ones_own_database_is_migrated_and_kept_append_only(
    server: Server, tmp_path: Path
) -> None:
    url = server.start()
    try:
        for _ in range(2):
            with open_database(url, tmp_path) as db:
                verify_append_only(db)
    finally:
        server.stop()


def verify_append_only(db: Database) -> None:
    for role in Role:
        with db.transaction(role) as tx:
            assert tx.execute("SELECT current_user").fetchone() == (role.value,)
        for statement in (
            "UPDATE register.entry SET admissions = 0",
            "DELETE FROM register.batch",
            "TRUNCATE register.refusal",
            "UPDATE register.head SET size = 9",
            "DROP TABLE register.entry",
            "ALTER TABLE register.entry DISABLE TRIGGER ALL",
        ):
            with (
                pytest.raises(
                    (
                        psycopg.errors.InsufficientPrivilege,
                        psycopg.errors.ReadOnlySqlTransaction,
                    )
                ),
                db.transaction(role) as tx,
            ):
                tx.execute(statement)


@pytest.mark.parametrize(
    "setting", ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
)
def test_a_database_that_may_forget_is_refused(
    server: Server, tmp_path: Path, setting: str
) -> None:
    url = server.start(setting)
    try:
        with (
            pytest.raises(Refused, match=setting.split("=", maxsplit=1)[0]),
            open_database(url, tmp_path),
        ):
            pass
    finally:
        server.stop()
