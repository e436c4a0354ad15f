"""
RMG and RPM, the summaries of a day and of a month by organiser, event and kind of title.

Source: wire formats, §3.4: version 0039 of 2004-02-09. The order of children is fixed.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Any, ClassVar

from ekino.ingest.formats.forms import CENTS, COUNT, DAY, MINUTE, MONTH, TEXT, choice_form
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
from ekino.ingest.formats.siae.codes import CODE, PASS_CODE, SYSTEM, VENUE, FileName
from ekino.ingest.formats.xml import read_tree, write_tree

DAILY, MONTHLY = "RMG", "RPM"
VERSION = "0039"
_OF_MONTH = (MONTHLY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Titles that were paid for, of one kind."""

    title_class: str = text_of("TipoTitolo", CODE, "kind of title")
    count: int = text_of("Quantita", COUNT, "how many")
    gross_minor: int = text_of("CorrispettivoLordo", CENTS, "price")
    presale_minor: int = text_of("Prevendita", CENTS, "presale fee")
    vat_minor: int = text_of("IVACorrispettivo", CENTS, "VAT in the price")
    presale_vat_minor: int = text_of("IVAPrevendita", CENTS, "VAT in the fee")
    services_minor: int = text_of("ImportoPrestazione", CENTS, "services sold with them")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold(Amounts):
    """`TitoliAccesso`: tickets sold."""

    ELEMENT: ClassVar[str] = "TitoliAccesso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annulled(Amounts):
    """`TitoliAnnullati`: tickets annulled."""

    ELEMENT: ClassVar[str] = "TitoliAnnullati"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Titles on which VAT was paid before, of one kind: amounts are notional."""

    title_class: str = text_of("TipoTitolo", CODE, "kind of title")
    count: int = text_of("Quantita", COUNT, "how many")
    figurative_minor: int = text_of("ImportoFigurativo", CENTS, "notional price")
    figurative_vat_minor: int = text_of("IVAFigurativa", CENTS, "VAT in it")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepaid(Figures):
    """`TitoliAccessoIVAPreassolta`: tickets with VAT paid before."""

    ELEMENT: ClassVar[str] = "TitoliAccessoIVAPreassolta"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidAnnulled(Figures):
    """`TitoliIVAPreassoltaAnnullati`: such tickets annulled."""

    ELEMENT: ClassVar[str] = "TitoliIVAPreassoltaAnnullati"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassFigures:
    """Tickets given for passes, of one kind."""

    issuer: str | None = text_of(
        "CodiceFiscale", CODE, "tax number of who sold the pass", default=None
    )
    pass_code: str = text_of("CodiceAbbonamento", PASS_CODE, "kind of pass")
    title_class: str = text_of("TipoTitolo", CODE, "kind of title")
    count: int = text_of("Quantita", COUNT, "how many")
    figurative_minor: int = text_of("ImportoFigurativo", CENTS, "notional price")
    figurative_vat_minor: int = text_of("IVAFigurativa", CENTS, "VAT in it")
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPass(PassFigures):
    """`BigliettiAbbonamento`: tickets given for passes."""

    ELEMENT: ClassVar[str] = "BigliettiAbbonamento"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPassAnnulled(PassFigures):
    """`BigliettiAbbonamentoAnnullati`: such tickets annulled."""

    ELEMENT: ClassVar[str] = "BigliettiAbbonamentoAnnullati"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPasses(PassFigures):
    """`AbbonamentiFissi`: passes with a fixed turn, which have a seat and no ticket."""

    ELEMENT: ClassVar[str] = "AbbonamentiFissi"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatOrder:
    """`OrdineDiPosto`: a section of an event."""

    ELEMENT: ClassVar[str] = "OrdineDiPosto"

    code: str = text_of("CodiceOrdine", CODE, "order of seats")
    capacity: int = text_of("Capienza", COUNT, "places")
    free_vat_minor: int | None = text_of(
        "IVAEccedenteOmaggi", CENTS, "VAT on free titles beyond the quota", only=_OF_MONTH
    )
    sold: tuple[Sold, ...] = rows_of(Sold, "sold")
    annulled: tuple[Annulled, ...] = rows_of(Annulled, "annulled")
    prepaid: tuple[Prepaid, ...] = rows_of(Prepaid, "with VAT paid before")
    prepaid_annulled: tuple[PrepaidAnnulled, ...] = rows_of(
        PrepaidAnnulled, "those annulled"
    )
    of_pass: tuple[OfPass, ...] = rows_of(OfPass, "given for passes")
    of_pass_annulled: tuple[OfPassAnnulled, ...] = rows_of(OfPassAnnulled, "those annulled")
    fixed_passes: tuple[FixedPasses, ...] = rows_of(
        FixedPasses, "passes of a fixed turn", only=_OF_MONTH
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`TitoliOpere`: a film, a play, a concert of an event."""

    ELEMENT: ClassVar[str] = "TitoliOpere"

    title: str = text_of("Titolo", TEXT, "title")
    producer: str | None = text_of("ProduttoreCinema", TEXT, "producer", default=None)
    author: str | None = text_of("Autore", TEXT, "author", default=None)
    performer: str | None = text_of("Esecutore", TEXT, "performer", default=None)
    nationality: str | None = text_of("Nazionalita", TEXT, "nationality", default=None)
    distributor: str | None = text_of("Distributore", TEXT, "distributor", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genre:
    """`MultiGenere`: a genre of an event, and its works."""

    ELEMENT: ClassVar[str] = "MultiGenere"

    code: str = text_of("TipoGenere", CODE, "genre")
    share: str = text_of("IncidenzaGenere", CODE, "its share, in per cent")
    works: tuple[Work, ...] = rows_of(Work, "works", least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """`Intrattenimento`: how an event is taxed."""

    ELEMENT: ClassVar[str] = "Intrattenimento"

    taxation: str = valued("TipoTassazione", choice_form("S", "I"), "S show", default="S")
    share: str | None = text_of("Incidenza", CODE, "share of entertainment", default=None)
    base_minor: int | None = text_of(
        "ImponibileIntrattenimenti", CENTS, "base of the tax", default=None, only=_OF_MONTH
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`Locale`: a venue."""

    ELEMENT: ClassVar[str] = "Locale"

    name: str = text_of("Denominazione", TEXT, "name of the venue")
    code: str = text_of("CodiceLocale", VENUE, "venue")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEventIncome:
    """`AltriProventiEvento`: other income of an event."""

    ELEMENT: ClassVar[str] = "AltriProventiEvento"

    kind: str = text_of("TipoProvento", CODE, "kind of income")
    gross_minor: int = text_of("CorrispettivoLordo", CENTS, "amount")
    vat_minor: int = text_of("IVACorrispettivo", CENTS, "VAT in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`Evento`: an event and what was sold for it."""

    ELEMENT: ClassVar[str] = "Evento"

    tax: Tax = row_of(Tax, "how it is taxed")
    place: Place = row_of(Place, "where")
    day: date = text_of("DataEvento", DAY, "date of the event")
    clock: time = text_of("OraEvento", MINUTE, "time of the event")
    genres: tuple[Genre, ...] = rows_of(Genre, "genres", least=1)
    orders: tuple[SeatOrder, ...] = rows_of(SeatOrder, "sections", least=1)
    other_income: tuple[OtherEventIncome, ...] = rows_of(
        OtherEventIncome, "other income", only=_OF_MONTH
    )
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAmounts:
    """Passes that were paid for."""

    count: int = text_of("Quantita", COUNT, "how many")
    gross_minor: int = text_of("CorrispettivoLordo", CENTS, "price")
    presale_minor: int = text_of("Prevendita", CENTS, "presale fee")
    vat_minor: int = text_of("IVACorrispettivo", CENTS, "VAT in the price")
    presale_vat_minor: int = text_of("IVAPrevendita", CENTS, "VAT in the fee")


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesIssued(PassAmounts):
    """`AbbonamentiEmessi`: passes sold."""

    ELEMENT: ClassVar[str] = "AbbonamentiEmessi"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassesAnnulled(PassAmounts):
    """`AbbonamentiAnnullati`: passes annulled."""

    ELEMENT: ClassVar[str] = "AbbonamentiAnnullati"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidPasses:
    """`AbbonamentiIVAPreassolta`: passes with VAT paid before."""

    ELEMENT: ClassVar[str] = "AbbonamentiIVAPreassolta"

    count: int = text_of("Quantita", COUNT, "how many")
    figurative_minor: int = text_of("ImportoFigurativo", CENTS, "notional price")
    figurative_vat_minor: int = text_of("IVAFigurativa", CENTS, "VAT in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidPassesAnnulled(PrepaidPasses):
    """`AbbonamentiIVAPreassoltaAnnullati`: such passes annulled."""

    ELEMENT: ClassVar[str] = "AbbonamentiIVAPreassoltaAnnullati"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """`Abbonamenti`: season passes of one kind."""

    ELEMENT: ClassVar[str] = "Abbonamenti"

    code: str = text_of("CodiceAbbonamento", PASS_CODE, "kind of pass")
    valid_until: str = text_of("Validita", CODE, "valid until")
    taxation: str = valued("TipoTassazione", choice_form("S", "I"), "S show", default="S")
    turn: str = valued("Turno", choice_form("F", "L"), "F fixed turn, L free")
    seat_order: str = text_of("CodiceOrdine", CODE, "order of seats")
    title_class: str = text_of("TipoTitolo", CODE, "kind of title")
    events: int = text_of("QuantitaEventiAbilitati", COUNT, "events that they are good for")
    issued: PassesIssued | None = row_of(PassesIssued, "sold", default=None)
    annulled: PassesAnnulled | None = row_of(PassesAnnulled, "annulled", default=None)
    prepaid: PrepaidPasses | None = row_of(
        PrepaidPasses, "with VAT paid before", default=None
    )
    prepaid_annulled: PrepaidPassesAnnulled | None = row_of(
        PrepaidPassesAnnulled, "those annulled", default=None
    )
    line: int = line_of()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherIncome:
    """`AltriProventiGenerici`: other income of an organiser."""

    ELEMENT: ClassVar[str] = "AltriProventiGenerici"

    kind: str = text_of("TipoProvento", CODE, "kind of income")
    gross_minor: int = text_of("CorrispettivoLordo", CENTS, "amount")
    vat_minor: int = text_of("IVACorrispettivo", CENTS, "VAT in it")
    genre: str = text_of("GenerePrevalente", CODE, "main genre")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """`Organizzatore`: who held the events."""

    ELEMENT: ClassVar[str] = "Organizzatore"

    name: str = text_of("Denominazione", TEXT, "name")
    tax_number: str = text_of("CodiceFiscale", CODE, "tax number")
    kind: str = valued("TipoOrganizzatore", choice_form("E", "P", "G"), "kind", default="G")
    events: tuple[Event, ...] = rows_of(Event, "events")
    passes: tuple[Passes, ...] = rows_of(Passes, "season passes")
    other_income: tuple[OtherIncome, ...] = rows_of(
        OtherIncome, "other income", only=_OF_MONTH
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensee:
    """`Titolare`: whose ticketing system it is."""

    ELEMENT: ClassVar[str] = "Titolare"

    name: str = text_of("Denominazione", TEXT, "name")
    tax_number: str = text_of("CodiceFiscale", CODE, "tax number")
    system: str = text_of("SistemaEmissione", SYSTEM, "ticketing system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """`RiepilogoGiornaliero`: a day."""

    ELEMENT: ClassVar[str] = "RiepilogoGiornaliero"

    replaces: str = attribute("Sostituzione", choice_form("N", "S"), "S: replaces another")
    day: date = attribute("Data", DAY, "date")
    made_day: date = attribute("DataGenerazione", DAY, "date on which it was made")
    made_clock: time = attribute("OraGenerazione", MINUTE, "time at which it was made")
    number: int = attribute("ProgressivoGenerazione", COUNT, "progressive number")
    licensee: Licensee = row_of(Licensee, "whose system")
    organisers: tuple[Organiser, ...] = rows_of(Organiser, "organisers")

    @property
    def file_name(self) -> FileName:
        """The name that the file has to have."""
        return FileName(
            document=DAILY,
            day=f"{self.day:%Y%m%d}",
            system=self.licensee.system,
            number=self.number,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Monthly:
    """`RiepilogoMensile`: a month."""

    ELEMENT: ClassVar[str] = "RiepilogoMensile"

    replaces: str = attribute("Sostituzione", choice_form("N", "S"), "S: replaces another")
    month: date = attribute("Mese", MONTH, "month; its first day")
    made_day: date = attribute("DataGenerazione", DAY, "date on which it was made")
    made_clock: time = attribute("OraGenerazione", MINUTE, "time at which it was made")
    number: int = attribute("ProgressivoGenerazione", COUNT, "progressive number")
    licensee: Licensee = row_of(Licensee, "whose system")
    organisers: tuple[Organiser, ...] = rows_of(Organiser, "organisers")

    @property
    def file_name(self) -> FileName:
        """The name that the file has to have."""
        return FileName(
            document=MONTHLY,
            day=f"{self.month:%Y%m}",
            system=self.licensee.system,
            number=self.number,
        )


Document = Daily | Monthly


def parse(raw: bytes) -> Document:
    """Read a summary of a day or of a month, or refuse it whole."""
    tree = read_tree(raw)
    is_monthly = tree.root.name == Monthly.ELEMENT
    shape: Any = Monthly if is_monthly else Daily
    document: Document = read_document(
        tree, shape, Reading(MONTHLY if is_monthly else DAILY)
    )
    return document


def serialise(document: Document) -> bytes:
    """Write a summary."""
    version = MONTHLY if isinstance(document, Monthly) else DAILY
    name = "RiepilogoMensile" if version == MONTHLY else "RiepilogoGiornaliero"
    return write_tree(write_element(document, version), dtd=f"{name}_v{VERSION}.dtd")
