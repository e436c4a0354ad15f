"""A process that hands a file in is killed in the middle; the follower finishes, and nothing twice."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from ekino.db.database import Database
from ekino.intake import service
from ekino.intake.model.upload import State
from ekino.intake.service import Finisher
from ekino.kernel.moments import now
from factories import a_sale
from handing import Village, register_of

TICKETS = 20_000
# The same program a person runs, over the test's own database.
PROGRAM = """
import sys
from pathlib import Path
from ekino.db.database import Database
from ekino.intake import service
from ekino.kernel.moments import now

dsn, folder, file = sys.argv[1:]
db, keys = Database(dsn, set_role=False), service.Keys(Path(folder) / "keys/intake")
source = service.find_source(db, "village")
handed = service.Handed(content=Path(file).read_bytes())
upload = service.hand_in(db, keys, source, handed, handed_by="test", at=now())
with service.door(db) as submit:
    service.send(db, keys, upload.upload_no, submit)
"""


def entries(db: Database) -> int:
    return register_of(db)[0]


@pytest.mark.parametrize("kill_at", [0, 1, 9_000])
def test_an_import_that_is_killed_is_finished_by_the_follower(
    db: Database, tmp_path: Path, kill_at: int
) -> None:
    village = Village(db, tmp_path)
    file = tmp_path / "events.ndjson"
    file.write_text("".join(json.dumps(a_sale(n)) + "\n" for n in range(1, TICKETS + 1)))
    command = [sys.executable, "-c", PROGRAM, db.dsn, str(tmp_path), str(file)]
    process = subprocess.Popen(command, env=os.environ.copy())
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with psycopg.connect(db.dsn) as superuser:
            (kept,) = superuser.execute(
                "SELECT count(*) FROM intake.upload"
            ).fetchone() or (0,)
        if kept and entries(db) >= kill_at:
            break
    process.send_signal(signal.SIGKILL)
    process.wait(30)

    left = entries(db)
    later = Finisher(village.keys, clock=lambda: now() + timedelta(seconds=30))
    while later.follow(db):
        pass

    (upload,) = service.list_uploads(db, "village")
    assert left < TICKETS or process.returncode == 0
    assert upload.state is State.ENTERED
    assert register_of(db) == (TICKETS, TICKETS, TICKETS * 150_000)
    with psycopg.connect(db.dsn) as superuser:
        twice = superuser.execute(
            "SELECT count(*) FROM (SELECT subject FROM register.entry GROUP BY subject HAVING count(*) > 1) AS twice"
        ).fetchone()
    assert twice == (0,)
