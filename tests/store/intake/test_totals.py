"""Sums that a file declares itself: laid beside the register, told where they differ, not entered."""

from datetime import date
from pathlib import Path

import pytest

from ekino.db.database import Database
from ekino.ingest.formats import comscore
from ekino.ingest.formats.refusals import REFUSALS
from ekino.intake import service
from ekino.intake.model.comparison import comparison_of
from ekino.intake.model.upload import State
from ekino.intake.pages.tables import REFUSED, TOLD
from ekino.totals import service as totals
from handing import SHEET, Village, register_of


@pytest.fixture
def village(db: Database, tmp_path: Path) -> Village:
    return Village(db, tmp_path)


def a_summary(*, cinema: str = "ALA-1", steppe: int = 2, gross: int = 430_000) -> bytes:
    lines = (
        comscore.Line(
            hall="1", title="Steppe", showings=1, admissions=steppe, gross_minor=gross
        ),
        comscore.Line(
            hall="2", title="Storm", showings=1, admissions=1, gross_minor=300_000
        ),
    )
    return comscore.serialise(
        comscore.nightly(
            cinema,
            date(2026, 11, 24),
            lines,
            sent_day=date(2026, 11, 25),
            currency="KZT",
        )
    )


def test_a_nightly_summary_is_compared_and_its_differences_are_told(
    village: Village,
) -> None:
    village.hand_in(SHEET)
    totals.follow(village.db)

    equal = village.hand_in(a_summary(), name="ночь.xml")
    differs = village.hand_in(a_summary(steppe=5, gross=900_000), name="ночь-2.xml")

    assert (equal.state, equal.counts["totals_equal"]) == (State.COMPARED, 2)
    assert village.findings(equal) == []
    assert (differs.state, differs.counts["totals_differ"]) == (State.COMPARED, 1)
    (found,) = service.list_findings(village.db, differs, limit=10)
    compared = comparison_of(found.code, found.raw)
    assert compared is not None
    assert (compared.difference, compared.as_of) == ((3, 470_000), 4)
    assert register_of(village.db) == (4, 3, 730_000)


def test_a_summary_of_a_cinema_that_nobody_knows_waits_for_its_name(
    village: Village,
) -> None:
    upload = village.hand_in(a_summary(cinema="0123"))

    assert (upload.state, upload.counts["waiting_places"]) == (State.WAITING, 2)
    ((name, count),) = service.list_names(village.db, upload, limit=10)
    assert (name.name, count) == ("0123", 2)


def test_a_row_of_a_sheet_waits_once(village: Village) -> None:
    upload = village.hand_in(SHEET.replace("Steppe", "Дала"))

    # Two rows of one showing; the showing stands in the first of them.
    assert upload.counts["waiting_places"] == 2


def test_every_refusal_of_a_format_has_words() -> None:
    assert set(REFUSALS) - REFUSED == {"showing_outside_the_sending"} <= TOLD
