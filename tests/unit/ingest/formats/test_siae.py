"""SIAE's documents: held to their version, read whole or refused by name, nobody is named."""

from datetime import date, time
from typing import Any

import pytest

from ekino.ingest.formats.siae import codes, log, lta, lta_fixed, rca, summaries
from ekino.kernel.errors import Malformed
from siae_files import (
    SYSTEM,
    a_log,
    a_title,
    an_access,
    an_issue,
    an_lta,
    an_rca,
    an_rmg,
    an_rpm,
)

LOG = log.serialise(a_log())
LTA = lta.serialise(an_lta())
RMG = summaries.serialise(an_rmg())
RPM = summaries.serialise(an_rpm())
RCA = rca.serialise(an_rca())
WRITTEN: dict[str, tuple[Any, bytes, Any]] = {
    "LOG": (log, LOG, a_log()),
    "LTA": (lta, LTA, an_lta()),
    "RMG": (summaries, RMG, an_rmg()),
    "RPM": (summaries, RPM, an_rpm()),
    "RCA": (rca, RCA, an_rca()),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_document_is_read_as_it_was_written(name: str) -> None:
    module, raw, document = WRITTEN[name]

    assert module.parse(raw) == document
    assert module.serialise(module.parse(raw)) == raw


def an_old_log() -> log.Document:
    """Give a log of before 2019: a point of sale, and nobody who asked for the seal."""
    issue = an_issue(1, access=an_access(), issued_day=date(2015, 9, 22), requester=None)
    values = {name: getattr(issue, name) for name in log.Issue.__slots__}
    kept = {name: value for name, value in values.items() if name not in PERSONAL}
    old = log.Issue(**(kept | {"point_of_sale": "cassa 1"}))
    return log.Document(issues=(old,), version=log.V0039)


PERSONAL = {"registration", "purchase"}


def test_a_log_is_held_to_the_version_of_its_date_or_of_its_dtd() -> None:
    raw = log.serialise(an_old_log())
    dated = raw.replace(b'<!DOCTYPE LogTransazione SYSTEM "Log_v0039.dtd">\n', b"")

    assert log.parse(raw) == an_old_log()
    assert log.parse(dated).version == log.V0039
    assert log.parse(LOG.replace(b' SYSTEM "Log_v0040.dtd"', b"")).version == log.V0040
    for text, version in ((dated, log.V0040), (LOG, log.V0039)):
        with pytest.raises(Malformed) as refused:
            log.parse(text, version=version)
        assert refused.value.code in {"attribute_missing", "attribute_unknown"}
    with pytest.raises(Malformed) as refused:
        log.parse(LOG, version="0041")
    assert refused.value.code == "version_unknown"


def test_an_empty_day_is_a_document() -> None:
    empty = log.Document(issues=())

    assert log.parse(log.serialise(empty)) == empty


NAMED = LOG.replace(
    b"</TitoloAccesso>",
    b"<Partecipante><Nome>Ada</Nome><Cognome>Inventata</Cognome></Partecipante></TitoloAccesso>"
    b'<AcquirenteRegistrazione Autenticazione="OTP"><CodiceUnivocoAcquirente>A1'
    b"</CodiceUnivocoAcquirente><IndirizzoIPRegistrazione>192.0.2.1</IndirizzoIPRegistrazione>"
    b"<DataOraRegistrazione>202603010900</DataOraRegistrazione></AcquirenteRegistrazione>",
    1,
)


def test_what_names_a_person_is_checked_for_its_form_and_forgotten() -> None:
    document = log.parse(NAMED.replace(b"<CodiceFiscale/>", b"<CodiceFiscale>NVNTDA80A01H501X"
                                       b"</CodiceFiscale>"))  # fmt: skip

    assert document == a_log()
    for word in ("Ada", "Inventata", "NVNTDA", "192.0.2.1"):
        assert word not in repr(document)
        assert word.encode() not in log.serialise(document)
    with pytest.raises(Malformed) as refused:
        log.parse(NAMED.replace(b"<Nome>Ada</Nome>", b""))
    assert refused.value.code == "element_missing"
    with pytest.raises(Malformed) as refused:
        log.parse(NAMED.replace(b'"OTP"', b'"PIN"'))
    assert refused.value.code == "value_wrong"


EMPTY_LIST = b'<LTA_Giornaliera SistemaCA="E0000001" CFTitolareCA="1" DataLTA="20260301"/>'
ORDER = b"<CodiceLocale>0000000000001</CodiceLocale>"
BROKEN = {
    "root": (log, LTA, "root_wrong"),
    "a list for a log": (lta, LOG, "root_wrong"),
    "no seal": (log, LOG.replace(b' SigilloFiscale="0000000000000001"', b""), "attribute_missing"),
    "a short seal": (log, LOG.replace(b'"0000000000000001"', b'"1"'), "value_wrong"),
    "a kind of tax": (log, LOG.replace(b'TipoTassazione="S"', b'TipoTassazione="X"', 1),
                      "value_wrong"),
    "an attribute": (log, LOG.replace(b" Valuta=", b' Nota="" Valuta=', 1), "attribute_unknown"),
    "an old attribute": (log, LOG.replace(b" Valuta=", b' PuntoVendita="" Valuta=', 1),
                         "attribute_unknown"),
    "no venue": (log, LOG.replace(ORDER, b"", 1), "element_missing"),
    "a venue twice": (log, LOG.replace(ORDER, ORDER * 2, 1), "element_given_twice"),
    "order": (
        log,
        LOG.replace(b"<Prevendita>300</Prevendita>", b"").replace(
            b"<CorrispettivoLordo>3000", b"<Prevendita>300</Prevendita><CorrispettivoLordo>3000"
        ),
        "element_out_of_order",
    ),
    "an element": (log, LOG.replace(ORDER, b"<Cassa/>" + ORDER, 1), "element_unexpected"),
    "an element at the end": (log, LOG.replace(b"</TitoloAccesso>", b"<Cassa/></TitoloAccesso>", 1),
                              "element_unexpected"),
    "euros": (log, LOG.replace(b">3000<", b">30.00<", 1), "value_wrong"),
    "a minus": (log, LOG.replace(b">3000<", b">-3000<", 1), "value_wrong"),
    "no day": (log, LOG.replace(b'"20260301"', b'"20260230"', 1), "value_wrong"),
    "a state": (lta, LTA.replace(b'Stato="ZT"', b'Stato="XT"'), "value_wrong"),
    "no supports": (lta, LTA.replace(b"<Supporto", b"<!-- ").replace(b'"BT"/>', b'"BT"-->', 1)
                    .replace(b'"FI"/>', b'"FI"-->', 1), "element_missing"),
    "an empty list": (lta, EMPTY_LIST, "element_missing"),
    "a month for a day": (summaries, RPM.replace(b"Mensile", b"Giornaliero"),
                          "attribute_missing"),
    "a month's element in a day": (
        summaries,
        RMG.replace(b"</Capienza>", b"</Capienza><IVAEccedenteOmaggi>0</IVAEccedenteOmaggi>", 1),
        "element_unexpected",
    ),
    "a turn": (summaries, RMG.replace(b'Turno valore="L"', b'Turno valore="M"'), "value_wrong"),
    "text in a turn": (summaries, RMG.replace(b'<Turno valore="L"/>', b'<Turno valore="L">x</Turno>'),
                       "element_unexpected"),
    "an end": (rca, RCA.replace(b"<TotaleTitoliBLTradiz>0</TotaleTitoliBLTradiz>", b"", 1),
               "element_missing"),
    "encoding": (log, LOG.replace(b"Concerto", "Città".encode("latin-1")),
                 "encoding_wrong"),
    "cut": (log, LOG[: len(LOG) // 2], "file_truncated"),
    "bomb": (log, LOG.replace(b' SYSTEM "Log_v0040.dtd"', b' [<!ENTITY a "b">]'),
             "xml_has_entities"),
    "outside": (log, LOG.replace(b' SYSTEM "Log_v0040.dtd"',
                b' [<!ENTITY a SYSTEM "file:///etc/hostname">]'), "xml_has_entities"),
    "rules": (log, LOG.replace(b' SYSTEM "Log_v0040.dtd"', b" [<!ELEMENT LogTransazione ANY>]"),
              "xml_has_own_dtd"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_copy_is_refused_by_name(name: str) -> None:
    module, raw, code = BROKEN[name]

    with pytest.raises(Malformed) as refused:
        module.parse(raw)

    problem = refused.value.problems[0]
    assert refused.value.code == code
    assert problem.pointer.startswith("line ")
    assert problem.fix


def test_every_refusal_has_siaes_own_number() -> None:
    assert {codes.answer_of(code) for _, _, code in BROKEN.values()} == {
        "40601",
        "40603",
        "42605",
    }
    assert codes.answer_of("anything_else") == "9999"
    assert {codes.answer_of(code) for code in codes._OF_OURS} <= set(codes.ANSWERS)


def test_every_wrong_row_is_told_at_once() -> None:
    raw = LOG.replace(b"<OraEvento>2100", b"<OraEvento>2500")

    with pytest.raises(Malformed) as refused:
        log.parse(raw)

    assert len(refused.value.problems) == raw.count(b"<OraEvento>2500") == 6


def test_file_names_agree_with_their_documents() -> None:
    names = {
        f"RMG_20260301_{SYSTEM}_001.xsi": an_rmg().file_name,
        f"RPM_202603_{SYSTEM}_001.xsi": an_rpm().file_name,
        f"RCA_20260301_{SYSTEM}_001.xsi": an_rca().file_name,
    }
    for text, name in names.items():
        assert name.text == text
        assert codes.read_file_name(text) == name
        assert codes.verify_file_name(f"{text}.p7m", name).is_signed


@pytest.mark.parametrize(
    ("name", "code", "answer"),
    [
        ("RMG_20260301_E0000001_1.xsi", "file_name_wrong", "0600"),
        ("RPM_20260301_E0000001_001.xsi", "file_name_wrong", "0600"),
        ("RMG_20260301_E0000001_001.xml", "file_name_wrong", "0600"),
        ("RMG_20260302_E0000001_001.xsi", "file_name_differs", "0603"),
        ("RMG_20260301_E0000002_001.xsi", "file_name_differs", "0603"),
        ("RMG_20260301_E0000001_002.xsi", "file_name_differs", "0603"),
        ("RCA_20260301_E0000001_001.xsi", "file_name_differs", "0603"),
    ],
)
def test_a_wrong_file_name_is_refused_by_name(name: str, code: str, answer: str) -> None:
    with pytest.raises(Malformed) as refused:
        codes.verify_file_name(name, an_rmg().file_name)

    assert (refused.value.code, codes.answer_of(code)) == (code, answer)


def test_every_state_has_a_meaning() -> None:
    assert len(codes.ENTRY_CODES) == 14
    assert {codes.entry_of(code) for code in codes.ENTRY_CODES} == set(codes.Entry)


def a_row(**changes: Any) -> lta_fixed.Row:
    given: dict[str, Any] = {
        "licensee": "00000000002",
        "access_system": SYSTEM,
        "organiser": "00000000001",
        "venue": "0000000000001",
        "event_day": date(2026, 3, 1),
        "event_clock": time(21, 0),
        "event_title": "Concerto inventato",
        "genre": "53",
        "opened_day": date(2026, 3, 1),
        "opened_clock": time(20, 0),
        "system": SYSTEM,
        "card": "C0000001",
        "number": 1,
        "seal": f"{1:016X}",
        "issued_day": date(2026, 3, 1),
        "issued_clock": time(10, 1),
        "title_class": "I1",
        "gross_minor": 3300,
        "seat_order": "PA",
        "seat": "12",
        "pass_code": "",
        "pass_number": None,
        "pass_events": None,
        "annulled_day": None,
        "annulled_clock": None,
        "annulled_card": "",
        "annulled_seal": "",
        "annulled_number": None,
        "support": "BT",
        "support_name": "BIGLIETTO",
        "support_id": f"{1:020d}",
        "support_other_id": "",
        "listed_day": date(2026, 3, 1),
        "listed_clock": time(10, 1, 30),
        "state": "ZT",
        "entered_day": date(2026, 3, 1),
        "entered_clock": time(20, 31, 1),
    }
    return lta_fixed.Row(**(given | changes))


def test_the_record_of_518_columns_says_what_the_element_says() -> None:
    raw = lta_fixed.serialise((a_row(),))
    (document,) = lta_fixed.documents(lta_fixed.parse(raw))

    assert len(raw) == 518 + 2
    assert lta_fixed.parse(raw) == (a_row(),)
    (event,) = document.events
    assert event.titles == (a_title(1, "ZT", gross_minor=3300, seat="12"),)
    assert (document.system, document.day, event.title) == (
        SYSTEM,
        date(2026, 3, 1),
        "Concerto inventato",
    )


def test_columns_that_name_a_person_are_not_kept() -> None:
    raw = bytearray(lta_fixed.serialise((a_row(),)))
    raw[370:377] = b"Persona"
    raw[192:199] = b"NVNTDA8"

    rows = lta_fixed.parse(bytes(raw))

    assert rows == (a_row(),)
    assert b"Persona" not in lta_fixed.serialise(rows)


@pytest.mark.parametrize(
    ("start", "text", "code"),
    [
        (502, b"XX", "columns_wrong"),
        (53, b"20260230", "columns_wrong"),
        (53, b"        ", "columns_wrong"),
        (137, b"       1", "columns_wrong"),
        (518, b"x\r\n", "record_too_long"),
    ],
)
def test_a_broken_record_is_refused_by_name(start: int, text: bytes, code: str) -> None:
    raw = bytearray(lta_fixed.serialise((a_row(),)))
    raw[start : start + len(text)] = text

    with pytest.raises(Malformed) as refused:
        lta_fixed.parse(bytes(raw))

    assert refused.value.code == code
