"""What a source may hand in within a day: one file more is refused by name, and nothing of it kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.intake import service
from ekino.intake.service import Handed
from ekino.intake.service.quota import FILE_BYTES_A_DAY_MAX, FILES_A_DAY_MAX
from ekino.kernel.errors import TooOften
from handing import AT, SHEET, Village


@pytest.fixture
def village(db: Database, tmp_path: Path) -> Village:
    return Village(db, tmp_path)


def handed_before(village: Village, files: int, bytes_each: int, **ago: float) -> None:
    """Have files handed in some time ago, as rows: only their sizes are asked about."""
    with psycopg.connect(village.db.dsn) as superuser:
        superuser.execute(
            "INSERT INTO intake.upload (reference, source_id, file_name, file_sha256, file_bytes, content, asked,"
            " handed_by, handed_at, state, judged_at)"
            " SELECT md5(random()::text), %s, 'f', sha256(random()::text::bytea), %s, '', '', 'x', %s, 'entered', now()"
            " FROM generate_series(1, %s)",
            (village.source.source_id, bytes_each, AT - timedelta(**ago), files),
        )


def refusal(village: Village, content: str, **more: Any) -> TooOften:
    with pytest.raises(TooOften) as refused:
        village.hand_in(content, is_sent=False, **more)
    assert refused.value.code == "file_quota_used"
    return refused.value


def count(village: Village) -> int:
    return len(service.list_uploads(village.db, "village"))


def test_a_day_has_room_for_so_many_files_and_no_more(village: Village) -> None:
    handed_before(village, FILES_A_DAY_MAX - 1, 10, hours=23)

    village.hand_in(SHEET, is_sent=False)
    refused = refusal(village, SHEET + "\n")

    # From when the first of them is a day old.
    assert refused.retry_after_s == 3_600
    # The same bytes again are the same upload, whatever the day holds.
    assert village.hand_in(SHEET, is_sent=False).file_name == "билеты.csv"


@pytest.mark.parametrize("content", [SHEET, "no file of any format"])
def test_a_day_has_room_for_so_many_bytes_and_no_more(
    village: Village, content: str
) -> None:
    handed_before(village, 1, FILE_BYTES_A_DAY_MAX - len(content.encode()), hours=1)
    handed_before(village, 1, FILE_BYTES_A_DAY_MAX, hours=24, seconds=1)
    before = count(village)

    refusal(village, content + "\n")
    assert count(village) == before
    village.hand_in(content, is_sent=False)
    assert count(village) == before + 1


def test_what_the_operator_reads_in_has_no_quota(village: Village) -> None:
    handed_before(village, FILES_A_DAY_MAX, 10, hours=1)

    service.hand_in(
        village.db,
        village.keys,
        village.source,
        Handed(content=SHEET.encode()),
        handed_by="ekino import",
        at=AT,
        has_quota=False,
    )

    refusal(village, SHEET + "\n")
