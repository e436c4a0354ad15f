"""What is kept of a file names nobody, and says the same on the same lines."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ekino.ingest.formats.eais import serialise
from ekino.ingest.formats.siae import log, lta, lta_fixed
from ekino.ingest.formats.siae.persons import (
    forget_in_log,
    forget_in_lta,
    forget_in_lta_fixed,
    personal,
)
from ekino.ingest.formats.table import to_keep
from foreign_files import an_eais
from siae_files import a_log, an_lta

PERSON = """<Partecipante>
        <Nome>Ada &amp; <![CDATA[Eva]]></Nome>
        <Cognome
          >Inventata</Cognome></Partecipante></TitoloAccesso>
      <AcquirenteTransazione>
        <CodiceUnivocoNumeroTransazione>NNN1</CodiceUnivocoNumeroTransazione>
        <CellulareAcquirente>+39000000000</CellulareAcquirente>
        <EmailAcquirente>ada@example.org</EmailAcquirente>
        <DataOraInizioCheckout>202603011000</DataOraInizioCheckout>
        <DataOraEsecuzionePagamento>202603011001</DataOraEsecuzionePagamento>
        <MetodoSpedizioneTitolo>posta</MetodoSpedizioneTitolo>
        <IndirizzoSpedizioneTitolo>Via Inventata 1</IndirizzoSpedizioneTitolo>
      </AcquirenteTransazione>"""
NAMED = (
    log.serialise(a_log())
    .replace(b"</TitoloAccesso>", PERSON.encode(), 1)
    .replace(b"<CodiceFiscale/>", b"<CodiceFiscale>NVNTDA80A01H501X</CodiceFiscale>")
)
WORDS = (b"Ada", b"Eva", b"Inventata", b"NNN1", b"+39", b"example.org", b"NVNTDA", b"posta")
LISTED = lta.serialise(an_lta()).replace(
    b'CodiceAbbonamento="ABB00001"', b"CFAbbonamento = 'NVNTDA80A01H501X' "
    b'CodiceAbbonamento="ABB00001"',
)  # fmt: skip


def test_a_log_is_kept_without_its_persons_and_line_for_line() -> None:
    kept = forget_in_log(NAMED)

    assert all(word in NAMED and word not in kept for word in WORDS)
    assert len(kept) == len(NAMED)
    assert [len(line) for line in kept.splitlines()] == [
        len(line) for line in NAMED.splitlines()
    ]
    assert log.parse(kept) == log.parse(NAMED) == a_log()


def test_a_list_is_kept_without_its_persons() -> None:
    kept = forget_in_lta(LISTED)

    assert b"NVNTDA" in LISTED
    assert b"NVNTDA" not in kept
    assert lta.parse(kept) == an_lta()


def test_what_names_a_person_is_told_by_the_shapes() -> None:
    assert personal(log.Document)[0] >= {
        "Nome", "Cognome", "CodiceFiscale", "EmailAcquirente", "CellulareAcquirente",
        "IndirizzoIPTransazione", "IndirizzoSpedizioneTitolo", "CodiceUnivocoAcquirente",
    }  # fmt: skip
    assert personal(lta.Document) == (
        frozenset({"Nome", "Cognome", "DataNascita", "LuogoNascita"}),
        frozenset({"CFAbbonamento"}),
    )


@pytest.mark.parametrize(
    "raw",
    [
        NAMED[:-40],
        NAMED.replace(b"Ada", b"\xff"),
        NAMED.replace(b' SYSTEM "Log_v0040.dtd"', b' [<!ENTITY a "Ada">]'),
        NAMED.replace(b"</Cognome>", b""),
    ],
)
def test_a_broken_file_that_may_name_persons_is_not_kept(raw: bytes) -> None:
    assert to_keep(raw) == b""
    assert to_keep(raw, "siae_log") == b""


def test_what_is_handed_in_packed_is_kept_unpacked_without_persons() -> None:
    assert to_keep(gzip.compress(NAMED)) == forget_in_log(NAMED)
    assert to_keep(gzip.compress(NAMED)[:-20], "siae_log") == b""


def test_a_file_of_a_format_that_names_nobody_is_kept_to_the_byte() -> None:
    raw = serialise(an_eais())

    assert to_keep(raw) == raw
    assert to_keep(gzip.compress(raw)) == gzip.compress(raw)


def test_a_file_of_which_nobody_can_say_whom_it_names_is_not_kept() -> None:
    assert to_keep(b"hello, Ada Lovelace") == b""
    assert to_keep(b"hello, Ada Lovelace", "no format of ours") == b""
    # Named wrongly, it is what it looks like.
    assert to_keep(NAMED, "eais") == b""
    assert to_keep(gzip.compress(NAMED), "tickets") == b""


def test_columns_that_name_a_person_are_blanked() -> None:
    line = bytearray(b"x" * lta_fixed.WIDTH)
    kept = forget_in_lta_fixed(bytes(line) + b"\r\n" + bytes(line[:380]))

    first, second = kept.split(b"\r\n")
    assert first[192:208] == b" " * 16
    assert first[370:488] == b" " * 118
    assert first[:192] + first[208:370] + first[488:] == b"x" * (518 - 16 - 118)
    assert (len(first), len(second)) == (518, 380)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
def test_no_name_survives_however_it_is_written(name: str) -> None:
    escaped = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    raw = NAMED.replace(b"Inventata</Cognome>", f"«{escaped}»</Cognome>".encode())

    kept = forget_in_log(raw)

    assert "«".encode() not in kept
    assert log.parse(kept) == a_log()
