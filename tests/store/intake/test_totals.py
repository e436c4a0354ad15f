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
from factories import a_vendor
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


def some_film_days(*rows: tuple[str, int, str]) -> bytes:
    head = "date,last_updated,film,shows,gross,sold,totalSeats,venues,cities"
    lines = [f"2026-11-24,,{film},1,{gross},{sold},200,1,1" for film, sold, gross in rows]
    return "\n".join([head, *lines, ""]).encode()


def test_a_films_day_is_compared_with_the_sources_own_halls(village: Village) -> None:
    village.hand_in(SHEET)
    # The other cinema's films are sold by another source: none of it is in the first one's sums.
    a_vendor(village.db, code="other", key_id="other/batch", venues=("AST-1",))
    mine, village.source = village.source, service.find_source(village.db, "other")
    village.hand_in(SHEET.replace("ALA-1", "AST-1"))
    village.source = mine
    totals.follow(village.db)

    equal = village.hand_in(
        some_film_days(
            ("Steppe | kk", 2, "4299.9999999999996"), ("Storm | ru", 1, "3000.0")
        )
    )
    differs = village.hand_in(
        some_film_days(("Steppe | kk", -1, "9000"), ("steppe-kk", 2, "4300"))
    )
    waits = village.hand_in(
        some_film_days(("Steppe | kk", 2, "4300"), ("Steppe | de", 1, "1"))
    )

    assert (equal.state, equal.format, equal.counts["totals_equal"]) == (
        State.COMPARED,
        "film_days",
        2,
    )
    assert (differs.state, differs.counts["totals_differ"]) == (State.COMPARED, 1)
    (found,) = service.list_findings(village.db, differs, limit=10)
    compared = comparison_of(found.code, found.raw)
    assert compared is not None
    assert (compared.difference, compared.as_of) == ((-3, 470_000), 8)
    assert found.words.startswith("film Steppe, language kk, day 2026-11-24: declared -1 ")
    assert (waits.state, waits.counts["waiting_places"]) == (State.WAITING, 1)
    assert waits.counts["totals_equal"] == 1
    assert register_of(village.db) == (8, 6, 1_460_000)


def test_a_films_day_in_halls_of_several_sources_is_not_told_apart(
    village: Village,
) -> None:
    village.hand_in(SHEET)
    totals.follow(village.db)
    a_vendor(village.db, code="web", key_id="web/batch", venues=("ALA-1",))

    upload = village.hand_in(
        some_film_days(("Steppe | kk", 5, "1"), ("Storm | ru", 1, "3000"))
    )
    in_euro = village.hand_in(some_film_days(("Steppe | kk", 2, "4300")), currency="EUR")

    for each, count in ((upload, 2), (in_euro, 1)):
        assert (each.state, each.counts["totals_unknown"]) == (State.COMPARED, count)
        assert village.findings(each) == []


def test_a_row_of_a_sheet_waits_once(village: Village) -> None:
    upload = village.hand_in(SHEET.replace("Steppe", "Дала"))

    # Two rows of one showing; the showing stands in the first of them.
    assert upload.counts["waiting_places"] == 2


def test_every_refusal_of_a_format_has_words() -> None:
    assert set(REFUSALS) - REFUSED == {"showing_outside_the_sending"} <= TOLD
