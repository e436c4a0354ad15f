"""The nightly summary: it adds up, and it is corrected for fourteen days and no longer."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ekino.ingest.formats import comscore
from ekino.ingest.formats.table import choose
from ekino.kernel.errors import Malformed
from foreign_files import EVENING, a_nightly

RAW = comscore.serialise(a_nightly())


def test_a_summary_is_read_as_it_was_written() -> None:
    assert comscore.parse(RAW) == a_nightly()
    assert comscore.serialise(comscore.parse(RAW)) == RAW
    assert comscore.file_name(a_nightly()) == "nightly_aqtau-1_20260301.xml"
    assert choose(RAW).name == "nightly"


def test_a_day_adds_up() -> None:
    facts = comscore.read(RAW, currency="KZT", timezone="Asia/Aqtau")

    assert (a_nightly().admissions, a_nightly().gross_minor) == (151, 30_200_000)
    assert sum(total.tickets for total in facts.totals) == 151
    assert {total.day for total in facts.totals} == {EVENING}


def test_a_day_that_changed_is_sent_whole_for_fourteen_days() -> None:
    first, *rest = a_nightly().lines
    sent = {EVENING: a_nightly(), EVENING + timedelta(days=1): a_nightly()}
    after = comscore.nightly(
        "aqtau-1", EVENING, (replace(first, admissions=119, gross_minor=23_800_000), *rest),
        sent_day=EVENING, currency="KZT",
    )  # fmt: skip
    now = {**sent, EVENING: after}
    last = EVENING + timedelta(days=comscore.CORRECTION_DAYS_MAX)

    in_time = comscore.corrections(sent, now, today=last)
    late = comscore.corrections(sent, now, today=last + timedelta(days=1))

    (document,) = in_time.documents
    assert (document.state, document.day, document.sent_day) == ("corrected", EVENING, last)
    assert (document.admissions, len(document.lines)) == (150, 3)
    assert comscore.parse(comscore.serialise(document)) == document
    assert in_time.too_late == ()
    assert (late.documents, late.too_late) == ((), (EVENING,))


def test_a_day_that_did_not_change_or_was_never_sent_is_no_correction() -> None:
    now = {EVENING: a_nightly(), date(2026, 3, 2): a_nightly()}

    assert comscore.corrections({EVENING: a_nightly()}, now, today=EVENING) == (
        comscore.Corrections(documents=(), too_late=())
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'version="1"', b'version="2"', "version_wrong"),
        (b'admissions="151"', b'admissions="150"', "totals_differ"),
        (b'gross_minor="30200000"', b'gross_minor="30200001"', "totals_differ"),
        (b'hall="2"', b'hall="1"', "line_given_twice"),
        (b'sent="20260302"', b'sent="20260316"', "sent_too_late"),
        (b'sent="20260302"', b'sent="20260228"', "sent_too_late"),
        (b'state="first"', b'state="second"', "value_wrong"),
        (b"<nightly", b"<nightlies", "xml_not_well_formed"),
    ],
)
def test_a_broken_summary_is_refused_by_name(old: bytes, new: bytes, code: str) -> None:
    assert old in RAW
    with pytest.raises(Malformed) as refused:
        comscore.parse(RAW.replace(old, new, 1))

    assert refused.value.code == code


def test_a_summary_in_another_currency_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        comscore.read(RAW, currency="EUR", timezone="Europe/Rome")

    assert refused.value.code == "currency_differs"
