"""
LTA, the list of titles issued for an event with what became of each at the door.

Source: wire formats, §3.2: version 0001 of 2008-11-06, and the record of 518 columns (§3.3) in
`lta_fixed`. What names a person is checked for its form and forgotten.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from ekino.ingest.formats.forms import CENTS, CLOCK, COUNT, DAY, MINUTE, TEXT, choice_form
from ekino.ingest.formats.shapes import (
    Reading,
    attribute,
    line_of,
    read_document,
    row_of,
    rows_of,
    text_of,
    write_element,
)
from ekino.ingest.formats.siae.codes import (
    CARD,
    CODE,
    ENTRY_CODES,
    SEAL,
    SYSTEM,
    VENUE,
    YES_NO,
)
from ekino.ingest.formats.xml import read_tree, write_tree

VERSION = "0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """`Partecipante`: a person, forgotten."""

    ELEMENT: ClassVar[str] = "Partecipante"

    first_name: None = text_of("Nome", TEXT, "first name", is_personal=True)
    last_name: None = text_of("Cognome", TEXT, "last name", is_personal=True)
    born: None = text_of("DataNascita", TEXT, "date of birth", is_personal=True)
    born_at: None = text_of("LuogoNascita", TEXT, "place of birth", is_personal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """`Supporto`: what a title may be on: paper, a card, a phone."""

    ELEMENT: ClassVar[str] = "Supporto"

    name: str = attribute("TipoSupportoId", TEXT, "name of the support")
    code: str = attribute("CodSupportoId", CODE, "its code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """`TitoloAccesso`: one title and its state."""

    ELEMENT: ClassVar[str] = "TitoloAccesso"

    system: str = attribute("SistemaEmissione", SYSTEM, "system that issued it")
    card: str = attribute("CartaAttivazione", CARD, "activation card")
    number: int = attribute("ProgressivoFiscale", COUNT, "progressive number")
    seal: str = attribute("SigilloFiscale", SEAL, "fiscal seal")
    issued_day: date = attribute("DataEmissione", DAY, "date of issue")
    issued_clock: time = attribute("OraEmissione", MINUTE, "time of issue")
    listed_day: date = attribute("DataLTA", DAY, "date of entry into the list")
    listed_clock: time = attribute("OraLTA", CLOCK, "time of entry into the list")
    title_class: str = attribute("TipoTitolo", CODE, "kind of title: full, reduced, free")
    seat_order: str = attribute("CodiceOrdine", CODE, "order of seats: section")
    gross_minor: int = attribute("CorrispettivoLordo", CENTS, "price with the presale fee")
    seat: str = attribute("Posto", TEXT, "seat", default="")
    for_season_ticket: str = attribute(
        "Abbonamento", YES_NO, "S: for a season pass", default="N"
    )
    holder: None = attribute(
        "CFAbbonamento",
        TEXT,
        "tax code of the pass's holder",
        is_personal=True,
        default=None,
    )
    pass_code: str = attribute("CodiceAbbonamento", CODE, "kind of pass", default="")
    pass_number: int | None = attribute(
        "ProgressivoAbbonamento", COUNT, "number of the pass", default=None
    )
    pass_events: int | None = attribute(
        "QEventiAbilitati", COUNT, "events that the pass is good for", default=None
    )
    is_annulled: str = attribute("Annullamento", YES_NO, "S: annulled", default="N")
    annulled_day: date | None = attribute("DataANN", DAY, "date of annulment", default=None)
    annulled_clock: time | None = attribute(
        "OraANN", MINUTE, "time of annulment", default=None
    )
    annulled_card: str = attribute(
        "CartaAttivazioneANN", CODE, "card of the annulment", default=""
    )
    annulled_number: int | None = attribute(
        "ProgressivoFiscaleANN", COUNT, "number of the annulment", default=None
    )
    annulled_seal: str = attribute(
        "SigilloFiscaleANN", CODE, "seal of the annulment", default=""
    )
    support: str = attribute("CodSupporto", CODE, "what it is on")
    support_id: str = attribute("IdSupporto", TEXT, "number of the support")
    support_other_id: str = attribute("IdSupAlt", TEXT, "its other number", default="")
    state: str = attribute("Stato", choice_form(*ENTRY_CODES), "what became of it")
    entered_day: date | None = attribute("DataIngresso", DAY, "date of entry", default=None)
    entered_clock: time | None = attribute(
        "OraIngresso", CLOCK, "time of entry", default=None
    )
    participant: None = row_of(Participant, "named holder", is_personal=True, default=None)
    line: int = line_of()

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is known by: system, card and number."""
        return self.system, self.card, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`LTA_Evento`: an event and the titles issued for it."""

    ELEMENT: ClassVar[str] = "LTA_Evento"

    organiser: str = attribute("CFOrganizzatore", CODE, "tax number of the organiser")
    venue: str = attribute("CodiceLocale", VENUE, "venue")
    day: date = attribute("DataEvento", DAY, "date of the event")
    clock: time = attribute("OraEvento", MINUTE, "time of the event")
    title: str = attribute("Titolo", TEXT, "title of the event")
    genre: str = attribute("TipoGenere", CODE, "genre")
    opened_day: date = attribute("DataApertura", DAY, "date on which the doors opened")
    opened_clock: time = attribute("OraApertura", CLOCK, "time at which the doors opened")
    supports: tuple[Support, ...] = rows_of(Support, "supports in use", least=1)
    titles: tuple[Title, ...] = rows_of(Title, "titles")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`LTA_Giornaliera`: a day of an access control system."""

    ELEMENT: ClassVar[str] = "LTA_Giornaliera"

    system: str = attribute("SistemaCA", SYSTEM, "access control system")
    licensee: str = attribute("CFTitolareCA", CODE, "tax number of its licensee")
    day: date = attribute("DataLTA", DAY, "date of the list")
    events: tuple[Event, ...] = rows_of(Event, "events", least=1)


def parse(raw: bytes) -> Document:
    """Read a list, or refuse it whole: what xml and shapes refuse."""
    return read_document(read_tree(raw), Document, Reading(VERSION))


def serialise(document: Document) -> bytes:
    """Write a list; a person's fields, which we do not have, are left out."""
    return write_tree(write_element(document, VERSION), dtd=f"Lta_v{VERSION}.dtd")
