"""
RCA, the summary of access control: for each event, how many titles came to which end.

Source: wire formats, §3.5: version 0001 of 2008-06-26.
"""

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Any, ClassVar

from ekino.ingest.formats.forms import COUNT, DAY, MINUTE, TEXT, choice_form
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
from ekino.ingest.formats.siae.codes import CODE, SYSTEM, VENUE, Entry, FileName
from ekino.ingest.formats.xml import read_tree, write_tree

VERSION = "0001"


_WORDS = {
    "NoAccesso": "not entered",
    "Automatizzati": "entered, automatic control",
    "Manuali": "entered, manual control",
    "Annullati": "annulled",
    "Daspati": "of banned persons",
    "Rubati": "stolen",
    "BL": "blacklisted",
}


def _end(name: str) -> Any:
    """Declare a count by the end that its name says, and by what the title is on."""
    support = "paper" if name.endswith("Tradiz") else "digital"
    short = re.sub(r"^TotaleTitoli(?:Abb)?|Tradiz$|Digitali$", "", name)
    return text_of(name, COUNT, f"{_WORDS[short]}, {support}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How many titles of one kind came to which end, on paper and digital."""

    title_class: str
    listed: int
    not_entered_paper: int
    not_entered_digital: int
    automatic_paper: int
    automatic_digital: int
    manual_paper: int
    manual_digital: int
    annulled_paper: int
    annulled_digital: int
    banned_paper: int
    banned_digital: int
    stolen_paper: int
    stolen_digital: int
    blacklisted_paper: int
    blacklisted_digital: int

    @property
    def by_state(self) -> dict[str, int]:
        """Count by the state's code of two letters; states that nobody is in are left out."""
        counts = {
            f"{letter}{support}": int(getattr(self, f"{entry}_{words}"))
            for letter, entry in _LETTERS
            for support, words in (("T", "paper"), ("D", "digital"))
        }
        return {code: count for code, count in counts.items() if count}


_LETTERS = (
    ("V", Entry.NOT_ENTERED),
    ("Z", Entry.AUTOMATIC),
    ("M", Entry.MANUAL),
    ("A", Entry.ANNULLED),
    ("D", Entry.BANNED),
    ("F", Entry.STOLEN),
    ("B", Entry.BLACKLISTED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEnds(Ends):
    """`TotaleTipoTitolo`: tickets."""

    ELEMENT: ClassVar[str] = "TotaleTipoTitolo"

    title_class: str = text_of("TipoTitolo", CODE, "kind of title")
    listed: int = text_of("TotaleTitoliLTA", COUNT, "in the list of titles")
    not_entered_paper: int = text_of(
        "TotaleTitoliNoAccessoTradiz", COUNT, "not entered, paper"
    )
    not_entered_digital: int = text_of(
        "TotaleTitoliNoAccessoDigitali", COUNT, "not entered, digital"
    )
    automatic_paper: int = text_of(
        "TotaleTitoliAutomatizzatiTradiz", COUNT, "entered, automatic control, paper"
    )
    automatic_digital: int = text_of(
        "TotaleTitoliAutomatizzatiDigitali", COUNT, "entered, automatic control, digital"
    )
    manual_paper: int = text_of(
        "TotaleTitoliManualiTradiz", COUNT, "entered, manual control, paper"
    )
    manual_digital: int = text_of(
        "TotaleTitoliManualiDigitali", COUNT, "entered, manual control, digital"
    )
    annulled_paper: int = _end("TotaleTitoliAnnullatiTradiz")
    annulled_digital: int = text_of(
        "TotaleTitoliAnnullatiDigitali", COUNT, "annulled, digital"
    )
    banned_paper: int = text_of(
        "TotaleTitoliDaspatiTradiz", COUNT, "of banned persons, paper"
    )
    banned_digital: int = text_of(
        "TotaleTitoliDaspatiDigitali", COUNT, "of banned persons, digital"
    )
    stolen_paper: int = _end("TotaleTitoliRubatiTradiz")
    stolen_digital: int = _end("TotaleTitoliRubatiDigitali")
    blacklisted_paper: int = _end("TotaleTitoliBLTradiz")
    blacklisted_digital: int = text_of(
        "TotaleTitoliBLDigitali", COUNT, "blacklisted, digital"
    )
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassEnds(Ends):
    """`TotaleTipoTitoloAbbonamento`: tickets for passes."""

    ELEMENT: ClassVar[str] = "TotaleTipoTitoloAbbonamento"

    title_class: str = text_of("TipoTitoloAbbonamento", CODE, "kind of title")
    listed: int = text_of("TotaleTitoliAbbLTA", COUNT, "in the list of titles")
    not_entered_paper: int = text_of(
        "TotaleTitoliAbbNoAccessoTradiz", COUNT, "not entered, paper"
    )
    not_entered_digital: int = text_of(
        "TotaleTitoliAbbNoAccessoDigitali", COUNT, "not entered, digital"
    )
    automatic_paper: int = text_of(
        "TotaleTitoliAbbAutomatizzatiTradiz", COUNT, "entered, automatic control, paper"
    )
    automatic_digital: int = text_of(
        "TotaleTitoliAbbAutomatizzatiDigitali", COUNT, "entered, automatic control, digital"
    )
    manual_paper: int = text_of(
        "TotaleTitoliAbbManualiTradiz", COUNT, "entered, manual control, paper"
    )
    manual_digital: int = text_of(
        "TotaleTitoliAbbManualiDigitali", COUNT, "entered, manual control, digital"
    )
    annulled_paper: int = text_of(
        "TotaleTitoliAbbAnnullatiTradiz", COUNT, "annulled, paper"
    )
    annulled_digital: int = text_of(
        "TotaleTitoliAbbAnnullatiDigitali", COUNT, "annulled, digital"
    )
    banned_paper: int = text_of(
        "TotaleTitoliAbbDaspatiTradiz", COUNT, "of banned persons, paper"
    )
    banned_digital: int = text_of(
        "TotaleTitoliAbbDaspatiDigitali", COUNT, "of banned persons, digital"
    )
    stolen_paper: int = _end("TotaleTitoliAbbRubatiTradiz")
    stolen_digital: int = _end("TotaleTitoliAbbRubatiDigitali")
    blacklisted_paper: int = _end("TotaleTitoliAbbBLTradiz")
    blacklisted_digital: int = text_of(
        "TotaleTitoliAbbBLDigitali", COUNT, "blacklisted, digital"
    )
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOrder:
    """`Titoli`: tickets of one section."""

    ELEMENT: ClassVar[str] = "Titoli"

    code: str = text_of("CodiceOrdinePosto", CODE, "order of seats")
    capacity: int = text_of("Capienza", COUNT, "places")
    ends: tuple[TicketEnds, ...] = rows_of(TicketEnds, "by kind of title", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOrder:
    """`Abbonamenti`: tickets for passes of one section."""

    ELEMENT: ClassVar[str] = "Abbonamenti"

    code: str = text_of("CodiceOrdinePosto", CODE, "order of seats")
    capacity: int = text_of("Capienza", COUNT, "places")
    ends: tuple[PassEnds, ...] = rows_of(PassEnds, "by kind of title", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """`SistemaEmissione`: a ticketing system whose titles were let in."""

    ELEMENT: ClassVar[str] = "SistemaEmissione"

    system: str = text_of("CodiceSistemaEmissione", SYSTEM, "ticketing system")
    tickets: tuple[TicketOrder, ...] = rows_of(TicketOrder, "tickets by section")
    passes: tuple[PassOrder, ...] = rows_of(PassOrder, "tickets for passes by section")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`Evento`: an event and who went in."""

    ELEMENT: ClassVar[str] = "Evento"

    organiser: str = text_of("CFOrganizzatore", CODE, "tax number of the organiser")
    organiser_name: str = text_of("DenominazioneOrganizzatore", TEXT, "its name")
    organiser_kind: str = text_of("TipologiaOrganizzatore", CODE, "its kind")
    taxation: str = text_of("SpettacoloIntrattenimento", CODE, "S show, I entertainment")
    share: str = text_of("IncidenzaIntrattenimento", CODE, "share of entertainment")
    venue_name: str = text_of("DenominazioneLocale", TEXT, "name of the venue")
    venue: str = text_of("CodiceLocale", VENUE, "venue")
    day: date = text_of("DataEvento", DAY, "date of the event")
    clock: time = text_of("OraEvento", MINUTE, "time of the event")
    genre: str = text_of("TipoGenere", CODE, "genre")
    title: str = text_of("TitoloEvento", TEXT, "title of the event")
    author: str = text_of("Autore", TEXT, "author")
    performer: str = text_of("Esecutore", TEXT, "performer")
    nationality: str = text_of("NazionalitaFilm", TEXT, "nationality of the film")
    works: int = text_of("NumOpereRappresentate", COUNT, "works shown")
    issuers: tuple[Issuer, ...] = rows_of(Issuer, "ticketing systems", least=1)
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensee:
    """`Titolare`: whose access control it is, and of which day."""

    ELEMENT: ClassVar[str] = "Titolare"

    name: str = text_of("DenominazioneTitolareCA", TEXT, "name")
    tax_number: str = text_of("CFTitolareCA", CODE, "tax number")
    system: str = text_of("CodiceSistemaCA", SYSTEM, "access control system")
    day: date = text_of("DataRiepilogo", DAY, "date")
    made_day: date = text_of("DataGenerazioneRiepilogo", DAY, "date on which it was made")
    made_clock: time = text_of(
        "OraGenerazioneRiepilogo", MINUTE, "time at which it was made"
    )
    number: int = text_of("ProgressivoRiepilogo", COUNT, "progressive number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`RiepilogoControlloAccessi`: a day of access control."""

    ELEMENT: ClassVar[str] = "RiepilogoControlloAccessi"

    replaces: str = attribute("Sostituzione", choice_form("N", "S"), "S: replaces another")
    licensee: Licensee = row_of(Licensee, "whose access control")
    events: tuple[Event, ...] = rows_of(Event, "events", least=1)

    @property
    def file_name(self) -> FileName:
        """The name that the file has to have."""
        return FileName(
            document="RCA",
            day=f"{self.licensee.day:%Y%m%d}",
            system=self.licensee.system,
            number=self.licensee.number,
        )


def parse(raw: bytes) -> Document:
    """Read a summary of access control, or refuse it whole."""
    return read_document(read_tree(raw), Document, Reading(VERSION))


def serialise(document: Document) -> bytes:
    """Write a summary of access control."""
    name = f"ControlloAccessi_v{VERSION}.dtd"
    return write_tree(write_element(document, VERSION), dtd=name)
