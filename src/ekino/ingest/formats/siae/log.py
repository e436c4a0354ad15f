"""
LOG, the transaction log: every title issued or annulled, with its seal.

Source: wire formats, §3.1: version 0040 of 2019-06-27, and 0039 of 2004 before it. The grammar
is ours, made of the fields below. What names a person is checked for its form and forgotten.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import ClassVar

from ekino.ingest.formats.facts import malformed
from ekino.ingest.formats.forms import CENTS, COUNT, DAY, MINUTE, TEXT, choice_form
from ekino.ingest.formats.shapes import (
    Reading,
    attribute,
    line_of,
    read_document,
    row_of,
    rows_of,
    text_of,
    valued,
    write_element,
)
from ekino.ingest.formats.siae.codes import (
    CARD,
    CODE,
    PASS_CODE,
    SEAL,
    SYSTEM,
    VENUE,
    YES_NO,
)
from ekino.ingest.formats.xml import Tree, read_tree, write_tree

V0039, V0040 = "0039", "0040"
VERSIONS = (V0039, V0040)
# The day of the document type of version 0040. A file is held to the version of its own date.
V0040_FROM = date(2019, 6, 27)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """`Partecipante`: a person, forgotten."""

    ELEMENT: ClassVar[str] = "Partecipante"

    first_name: None = text_of("Nome", TEXT, "first name", is_personal=True)
    last_name: None = text_of("Cognome", TEXT, "last name", is_personal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """`AcquirenteRegistrazione`: how the buyer registered, forgotten."""

    ELEMENT: ClassVar[str] = "AcquirenteRegistrazione"

    way: None = attribute(
        "Autenticazione", choice_form("SPID", "OTP", "BO"), "how", is_personal=True
    )
    buyer: None = text_of("CodiceUnivocoAcquirente", TEXT, "buyer", is_personal=True)
    address: None = text_of(
        "IndirizzoIPRegistrazione", TEXT, "IP address", is_personal=True
    )
    at: None = text_of("DataOraRegistrazione", TEXT, "moment", is_personal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """`AcquirenteTransazione`: the buyer of a sale, forgotten."""

    ELEMENT: ClassVar[str] = "AcquirenteTransazione"

    number: None = text_of(
        "CodiceUnivocoNumeroTransazione", TEXT, "number", is_personal=True
    )
    phone: None = text_of(
        "CellulareAcquirente", TEXT, "phone", is_personal=True, default=None
    )
    mail: None = text_of("EmailAcquirente", TEXT, "e-mail", is_personal=True, default=None)
    address: None = text_of(
        "IndirizzoIPTransazione", TEXT, "IP address", is_personal=True, default=None
    )
    began: None = text_of("DataOraInizioCheckout", TEXT, "began", is_personal=True)
    paid: None = text_of("DataOraEsecuzionePagamento", TEXT, "paid", is_personal=True)
    bank: None = text_of("CRO", TEXT, "bank reference", is_personal=True, default=None)
    delivery: None = text_of("MetodoSpedizioneTitolo", TEXT, "delivery", is_personal=True)
    delivered_to: None = text_of(
        "IndirizzoSpedizioneTitolo", TEXT, "address", is_personal=True, default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`Complementare`: something sold together with the title."""

    ELEMENT: ClassVar[str] = "Complementare"

    code: str = text_of("CodicePrestazione", CODE, "code of the service")
    amount_minor: int = text_of("ImportoPrestazione", CENTS, "its price")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTitle:
    """`TitoloAccesso`: a ticket."""

    ELEMENT: ClassVar[str] = "TitoloAccesso"

    annuls: str = attribute("Annullamento", YES_NO, "S: an annulment", default="N")
    gross_minor: int | None = text_of("CorrispettivoLordo", CENTS, "price", default=None)
    presale_minor: int | None = text_of("Prevendita", CENTS, "presale fee", default=None)
    vat_minor: int | None = text_of(
        "IVACorrispettivo", CENTS, "VAT in the price", default=None
    )
    presale_vat_minor: int | None = text_of(
        "IVAPrevendita", CENTS, "VAT in the fee", default=None
    )
    figurative_minor: int | None = text_of(
        "ImportoFigurativo",
        CENTS,
        "notional price of a title with VAT paid before",
        default=None,
    )
    figurative_vat_minor: int | None = text_of(
        "IVAFigurativa", CENTS, "VAT in the notional price", default=None
    )
    venue: str = text_of("CodiceLocale", VENUE, "venue")
    day: date = text_of("DataEvento", DAY, "date of the event")
    clock: time = text_of("OraEvento", MINUTE, "time of the event")
    genre: str = text_of("TipoGenere", CODE, "genre")
    title: str = text_of("Titolo", TEXT, "title of the event")
    services: tuple[Service, ...] = rows_of(Service, "services sold with it")
    participant: None = row_of(Participant, "named holder", is_personal=True, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """`Abbonamento`: a season pass sold, for several events."""

    ELEMENT: ClassVar[str] = "Abbonamento"

    annuls: str = attribute("Annullamento", YES_NO, "S: an annulment", default="N")
    code: str = text_of("CodiceAbbonamento", PASS_CODE, "kind of pass")
    number: int = text_of("ProgressivoAbbonamento", COUNT, "number of the pass")
    turn: str = valued("Turno", choice_form("F", "L"), "F fixed turn, L free")
    events: int = text_of("QuantitaEventiAbilitati", COUNT, "events that it is good for")
    valid_until: str = text_of("Validita", CODE, "valid until")
    part_minor: int = text_of("Rateo", CENTS, "part of one event")
    entertainment_part_minor: int = text_of(
        "RateoIntrattenimenti", CENTS, "entertainment tax in the part"
    )
    vat_part_minor: int = text_of("RateoIVA", CENTS, "VAT in the part")
    gross_minor: int | None = text_of("CorrispettivoLordo", CENTS, "price", default=None)
    presale_minor: int | None = text_of("Prevendita", CENTS, "presale fee", default=None)
    vat_minor: int | None = text_of(
        "IVACorrispettivo", CENTS, "VAT in the price", default=None
    )
    presale_vat_minor: int | None = text_of(
        "IVAPrevendita", CENTS, "VAT in the fee", default=None
    )
    figurative_minor: int | None = text_of(
        "ImportoFigurativo", CENTS, "notional price", default=None
    )
    figurative_vat_minor: int | None = text_of(
        "IVAFigurativa", CENTS, "VAT in the notional price", default=None
    )
    participant: None = row_of(Participant, "named holder", is_personal=True, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTicket:
    """`BigliettoAbbonamento`: a ticket given for a season pass."""

    ELEMENT: ClassVar[str] = "BigliettoAbbonamento"

    annuls: str = attribute("Annullamento", YES_NO, "S: an annulment", default="N")
    venue: str = text_of("CodiceLocale", VENUE, "venue")
    day: date = text_of("DataEvento", DAY, "date of the event")
    clock: time = text_of("OraEvento", MINUTE, "time of the event")
    genre: str = text_of("TipoGenere", CODE, "genre")
    title: str = text_of("Titolo", TEXT, "title of the event")
    code: str = text_of("CodiceAbbonamento", PASS_CODE, "kind of pass")
    number: int = text_of("ProgressivoAbbonamento", COUNT, "number of the pass")
    holder: None = text_of(
        "CodiceFiscale", TEXT, "tax code of the holder", is_personal=True
    )
    figurative_minor: int = text_of("ImportoFigurativo", CENTS, "notional price")
    figurative_vat_minor: int = text_of("IVAFigurativa", CENTS, "VAT in the notional price")
    participant: None = row_of(Participant, "named holder", is_personal=True, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulledReference:
    """`RiferimentoAnnullamento`: which title is annulled, and why."""

    ELEMENT: ClassVar[str] = "RiferimentoAnnullamento"

    number: int = text_of(
        "OriginaleRiferimentoAnnullamento", COUNT, "number of the original"
    )
    card: str = text_of("CartaRiferimentoAnnullamento", CARD, "card of the original")
    reason: str = text_of("CausaleRiferimentoAnnullamento", CODE, "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """`Transazione`: one title issued or annulled, under its own number and seal."""

    ELEMENT: ClassVar[str] = "Transazione"

    organiser: str = attribute("CFOrganizzatore", CODE, "tax number of the organiser")
    licensee: str = attribute("CFTitolare", CODE, "tax number of the licensee")
    vat_paid_before: str = attribute(
        "IVAPreassolta", choice_form("N", "B", "F"), "N: no VAT was paid before"
    )
    taxation: str = attribute(
        "TipoTassazione", choice_form("S", "I"), "S show, I entertainment"
    )
    currency: str = attribute(
        "Valuta", choice_form("E", "L"), "E euro, L lira", default="E"
    )
    system: str = attribute("SistemaEmissione", SYSTEM, "system that issued it")
    card: str = attribute("CartaAttivazione", CARD, "activation card")
    seal: str = attribute("SigilloFiscale", SEAL, "fiscal seal")
    issued_day: date = attribute("DataEmissione", DAY, "date of issue")
    issued_clock: time = attribute("OraEmissione", MINUTE, "time of issue")
    number: int = attribute("NumeroProgressivo", COUNT, "progressive number")
    title_class: str = attribute("TipoTitolo", CODE, "kind of title: full, reduced, free")
    seat_order: str = attribute("CodiceOrdine", CODE, "order of seats: section")
    cause: str = attribute("Causale", TEXT, "cause", default="")
    seat: str = attribute("Posto", TEXT, "seat", default="")
    point_of_sale: str = attribute(
        "PuntoVendita", TEXT, "point of sale", default="", only=(V0039,)
    )
    requester: str | None = attribute(
        "CodiceRichiedenteEmissioneSigillo", TEXT, "who asked for the seal", only=(V0040,)
    )
    preprint: str = attribute("Prestampa", TEXT, "printed before", default="")
    entertainment_base_minor: int | None = attribute(
        "ImponibileIntrattenimenti", CENTS, "base of the entertainment tax", default=None
    )
    annulled_number: int | None = attribute(
        "OriginaleAnnullato", COUNT, "number of the annulled original", default=None
    )
    annulled_card: str = attribute(
        "CartaOriginaleAnnullato", TEXT, "card of the annulled original", default=""
    )
    annulled_reason: str = attribute(
        "CausaleAnnullamento", TEXT, "reason of the annulment", default=""
    )
    access: AccessTitle | None = row_of(AccessTitle, "a ticket", default=None)
    season_pass: Pass | None = row_of(Pass, "a season pass", default=None)
    pass_ticket: PassTicket | None = row_of(PassTicket, "a ticket for a pass", default=None)
    registration: None = row_of(
        Registration, "registration of the buyer", is_personal=True, default=None
    )
    purchase: None = row_of(Purchase, "the buyer", is_personal=True, default=None)
    reference: AnnulledReference | None = row_of(
        AnnulledReference, "which title is annulled", default=None
    )
    line: int = line_of()

    @property
    def is_annulment(self) -> bool:
        """Whether it takes back another title."""
        return any(
            each is not None and each.annuls == "S"
            for each in (self.access, self.season_pass, self.pass_ticket)
        )

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is known by: system, card and number."""
        return self.system, self.card, self.number

    @property
    def original(self) -> tuple[str, str, int] | None:
        """The title that it takes back, if it says so: system, card and number."""
        if self.reference is not None:
            return self.system, self.reference.card, self.reference.number
        if self.annulled_number is not None:
            return self.system, self.annulled_card or self.card, self.annulled_number
        return None

    @property
    def reason(self) -> str:
        """Why a title is taken back: a code, or ""."""
        return self.reference.reason if self.reference else self.annulled_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`LogTransazione`: a day of a system."""

    ELEMENT: ClassVar[str] = "LogTransazione"

    issues: tuple[Issue, ...] = rows_of(Issue, "what was issued")
    # The version of the format that it was read as, and is written as.
    version: str = V0040


def version_of(tree: Tree) -> str:
    """
    Give the version that a file is held to: the one its DTD names, else that of its date.

    Source: wire formats, §3.1: files of both versions occur.
    """
    for version in VERSIONS:
        if f"v{version}" in tree.dtd.lower():
            return version
    days = [row.attributes.get("DataEmissione", "") for row in tree.root.children]
    first = f"{V0040_FROM:%Y%m%d}"
    return V0039 if days and max(days) < first else V0040


def parse(raw: bytes, *, version: str = "") -> Document:
    """
    Read a log as the version of its date, or as the one asked for; refuse it whole otherwise.

    Codes: those of xml and shapes, version_unknown.
    """
    if version and version not in VERSIONS:
        raise malformed(
            "",
            "version_unknown",
            f"there is no version {version[:16]!r} of the log",
            f"Name one of {', '.join(VERSIONS)}.",
        )
    tree = read_tree(raw)
    reading = Reading(version or version_of(tree))
    document = read_document(tree, Document, reading)
    return Document(issues=document.issues, version=reading.version)


def serialise(document: Document) -> bytes:
    """Write a log as its version; a person's fields, which we do not have, stay empty."""
    return write_tree(
        write_element(document, document.version), dtd=f"Log_v{document.version}.dtd"
    )
