"""Files of history: made again when lost, and nothing of the folder that is not ours is touched."""

import os
import random
import time
from pathlib import Path

from ekino.archive import service as archive
from ekino.archive.model.question import Dimension, Period, Question
from ekino.archive.service import filing
from ekino.db.database import Database
from history import TODAY, Tills, invent, load_country

QUESTION = Question(
    period=Period(TODAY.replace(year=2024), TODAY.replace(year=2028)), by=(Dimension.FILM,)
)


def test_a_lost_file_is_made_again_and_old_ones_are_removed(
    db: Database, tmp_path: Path
) -> None:
    dice = random.Random(3)
    showings = load_country(db, dice, showings=20)
    tills = Tills(db, dice)
    tills.send(invent(dice, showings, 60))
    archive.fold_next(db)
    first = archive.file_changed(db, tmp_path)
    (tmp_path / "notes.txt").write_text("not ours")

    assert archive.file_changed(db, tmp_path) == []
    (tmp_path / first[0].name).unlink()
    again = archive.file_changed(db, tmp_path)
    assert {each.name for each in again} >= {first[0].name}
    assert {each.month for each in again} == {first[0].month}

    tills.send(invent(dice, showings, 60, first=100))
    archive.fold_next(db)
    newer = {each.name for each in archive.file_changed(db, tmp_path)}
    old = time.time() - filing.KEEP_REPLACED_S - 60
    for path in tmp_path.iterdir():
        os.utime(path, (old, old))
    tills.send(invent(dice, showings, 60, first=200))
    archive.fold_next(db)
    newest = {each.name for each in archive.file_changed(db, tmp_path)}
    # Whoever began before may still read what was replaced just now, however old it is.
    assert newest
    assert newer <= {path.name for path in tmp_path.iterdir()}

    assert (tmp_path / "notes.txt").exists()
    assert (
        not {each.name for each in first} - newer
        & {path.name for path in tmp_path.iterdir()} - newer
    )
    cube = archive.Cube(db, tmp_path, country="KZ", currency="KZT")
    assert cube.ask(QUESTION).groups_total > 0
    cube.close()
