"""The embedded server: shared, killed, of another version, and append-only for everybody."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from ekino.db.database import Database, Role
from ekino.db.embedded import Embedded
from ekino.db.postgres import open_database
from ekino.kernel.errors import Refused


def a_folder() -> Path:
    """A folder below one of mode 0700 of ours: what `mktemp -d` gives root."""
    return Path(tempfile.mkdtemp(prefix="eke-")) / "below"


def test_two_users_share_one_server_and_the_last_one_out_stops_it() -> None:
    folder = a_folder()
    first, second = Embedded(folder), Embedded(folder)
    first.open()
    second.open()

    first.close()
    with psycopg.connect(second.dsn, dbname="postgres") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    second.close()

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(second.dsn, dbname="postgres")


def test_a_killed_server_comes_back_with_everything() -> None:
    folder = a_folder()
    with open_database("", folder) as db:
        pid = int((folder / "postgresql" / "postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGKILL)

        db.ensure_running()

        with db.transaction(Role.READER) as tx:
            assert tx.execute("SELECT size FROM register.head").fetchone() == (0,)


def test_a_folder_of_another_major_version_is_refused_and_left_alone() -> None:
    folder = a_folder()
    cluster = folder / "postgresql"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")

    with (
        pytest.raises(Refused, match="belongs to PostgreSQL 15"),
        open_database("", folder),
    ):
        pass

    assert (cluster / "PG_VERSION").read_text() == "15\n"


def test_a_long_path_gets_a_short_socket() -> None:
    folder = a_folder() / ("long" * 25)

    with open_database("", folder) as db, db.transaction(Role.READER) as tx:
        assert tx.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_needs_nothing_more(tmp_path: Path) -> None:
    script = (
        "import os, sys, tempfile; from pathlib import Path; os.setgid(65534); os.setuid(65534);"
        "from ekino.db.postgres import open_database\n"
        "with open_database('', Path(tempfile.mkdtemp(prefix='eku-'))) as db: print(db is not None)"
    )
    # The code below the checkout must be readable by that user; where it is not, there is
    # nothing to try.
    readable = subprocess.run(
        ["setpriv", "--reuid=65534", "--clear-groups", "test", "-r", sys.executable],
        check=False,
    )
    if readable.returncode:
        script = script.replace("os.setgid(65534); os.setuid(65534);", "")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.stdout.strip() == "True", done.stderr


def test_the_register_cannot_be_changed_by_any_role_nor_carelessly_by_the_superuser(
    db: Database,
) -> None:
    with psycopg.connect(db.dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for statement in (
            "UPDATE register.entry SET admissions = 0",
            "DELETE FROM register.batch",
            "TRUNCATE register.refusal",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                superuser.execute(statement)
    for role in Role:
        for statement in (
            "UPDATE register.entry SET admissions = 0",
            "DELETE FROM register.entry",
            "TRUNCATE register.batch",
            "UPDATE register.head SET size = 7",
            "DROP TABLE register.entry",
            "SET ROLE ekino_owner",
            "SET session_replication_role = replica",
        ):
            with (
                # A role of organisations is in a transaction that only reads, and is told so first.
                pytest.raises(
                    (
                        psycopg.errors.InsufficientPrivilege,
                        psycopg.errors.ReadOnlySqlTransaction,
                    )
                ),
                db.transaction(role) as tx,
            ):
                tx.execute(statement)
