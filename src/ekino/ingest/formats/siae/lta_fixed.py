"""
LTA in records of 518 columns, as access control devices write it: one title a line.

Source: wire formats, §3.3. Texts stand to the left and blanks fill them, numbers to the right and
zeros do. The columns that name a person are read over and written blank.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar

from ekino.ingest.formats.fixed import (
    CELLS_TEXT,
    NUMBER,
    Cells,
    Misread,
    column,
    decoded,
    encoded,
    line_of,
    moment,
    read_record,
)
from ekino.ingest.formats.refusals import problem_at
from ekino.ingest.formats.shapes import FILE_PROBLEMS_MAX, refuse
from ekino.ingest.formats.siae import lta
from ekino.ingest.formats.siae.codes import ENTRY_CODES
from ekino.kernel.errors import Problem

WIDTH = 518


def _read_optional(text: str) -> int | None:
    return NUMBER.read(text) if text.strip(" ") else None


def _read_state(text: str) -> str:
    if text not in ENTRY_CODES:
        message = f"{text!r} is no state of a title"
        raise ValueError(message)
    return text


OPTIONAL_NUMBER = Cells(
    "a number filled with zeros, or blanks",
    _read_optional,
    lambda number, width: " " * width if number is None else f"{number:0{width}d}",
)
STATE = Cells(f"one of {', '.join(ENTRY_CODES)}", _read_state, lambda text, _: str(text))
DAY = moment("%Y%m%d", "date YYYYMMDD", datetime.date)
MINUTE = moment("%H%M", "time HHMM", datetime.time)
SECOND = moment("%H%M%S", "time HHMMSS", datetime.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One title with the event that it is for."""

    HEAD: ClassVar[str] = ""
    WIDTH: ClassVar[int] = WIDTH

    licensee: str = column(1, 16, CELLS_TEXT, "CFTitolareCA")
    access_system: str = column(17, 24, CELLS_TEXT, "CodiceSistemaCA")
    organiser: str = column(25, 40, CELLS_TEXT, "CFOrganizzatore")
    venue: str = column(41, 53, CELLS_TEXT, "CodiceLocale")
    event_day: date | None = column(54, 61, DAY, "DataEvento")
    event_clock: time | None = column(62, 65, MINUTE, "OraEvento")
    event_title: str = column(66, 105, CELLS_TEXT, "TitoloEvento")
    genre: str = column(106, 107, CELLS_TEXT, "TipoGenere")
    opened_day: date | None = column(108, 115, DAY, "DataAperturaAccessi")
    opened_clock: time | None = column(116, 121, SECOND, "OraAperturaAccessi")
    system: str = column(122, 129, CELLS_TEXT, "SistemaEmissione")
    card: str = column(130, 137, CELLS_TEXT, "CartaAttivazione")
    number: int = column(138, 145, NUMBER, "ProgressivoFiscale")
    seal: str = column(146, 161, CELLS_TEXT, "SigilloFiscale")
    issued_day: date | None = column(162, 169, DAY, "DataEmissione")
    issued_clock: time | None = column(170, 173, MINUTE, "OraEmissione")
    title_class: str = column(174, 175, CELLS_TEXT, "TipoTitolo")
    gross_minor: int = column(176, 184, NUMBER, "CorrispettivoLordo")
    seat_order: str = column(185, 186, CELLS_TEXT, "CodiceOrdinePosto")
    seat: str = column(187, 192, CELLS_TEXT, "IdentificativoPosto")
    # Columns 193–208 are the tax code of the pass's holder.
    pass_code: str = column(209, 216, CELLS_TEXT, "CodiceAbbonamento")
    pass_number: int | None = column(217, 224, OPTIONAL_NUMBER, "ProgressivoAbbonamento")
    pass_events: int | None = column(225, 228, OPTIONAL_NUMBER, "QuantitaEventiAbilitati")
    annulled_day: date | None = column(229, 236, DAY, "DataAnnullamento")
    annulled_clock: time | None = column(237, 240, MINUTE, "OraAnnullamento")
    annulled_card: str = column(241, 248, CELLS_TEXT, "CartaAttivazioneANN")
    annulled_seal: str = column(249, 264, CELLS_TEXT, "SigilloFiscaleANN")
    annulled_number: int | None = column(265, 272, OPTIONAL_NUMBER, "ProgressivoFiscaleANN")
    support: str = column(273, 274, CELLS_TEXT, "CodSupportoId")
    support_name: str = column(275, 306, CELLS_TEXT, "TipoSupportoId")
    support_id: str = column(307, 338, CELLS_TEXT, "IdSupporto")
    support_other_id: str = column(339, 370, CELLS_TEXT, "IdSupportoAlt")
    # Columns 371–488 are a person's name, date and place of birth.
    listed_day: date | None = column(489, 496, DAY, "DataInserimentoLTA")
    listed_clock: time | None = column(497, 502, SECOND, "OraInserimentoLTA")
    state: str = column(503, 504, STATE, "Stato")
    entered_day: date | None = column(505, 512, DAY, "DataIngresso")
    entered_clock: time | None = column(513, 518, SECOND, "OraIngresso")
    line: int = line_of()


# What every title has to have, as in the XML form.
_NEEDED = (
    "event_day", "event_clock", "issued_day", "issued_clock", "listed_day", "listed_clock",
)  # fmt: skip


def parse(raw: bytes) -> tuple[Row, ...]:
    """
    Read a file of records, or refuse it whole.

    Codes: file_empty, file_too_large, encoding_wrong, record_too_long, columns_wrong.
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, text in enumerate(decoded(raw), 1):
        try:
            row = read_record(text, Row, WIDTH, number)
            problems.extend(_missing(row))
            rows.append(row)
        except Misread as misread:
            problems.append(misread.problem)
        if len(problems) >= FILE_PROBLEMS_MAX:
            break
    if problems:
        refuse(problems)
    return tuple(rows)


def _missing(row: Row) -> list[Problem]:
    return [
        problem_at(
            place=f"line {row.line}",
            code="columns_wrong",
            detail=f"{name} is blank",
            fix="Give every date and time of the event, the issue and the list.",
        )
        for name in _NEEDED
        if getattr(row, name) is None
    ]


def serialise(rows: tuple[Row, ...]) -> bytes:
    """Write records, one title a line; `Malformed` (columns_wrong) for what does not fit."""
    return encoded(rows)


def documents(rows: tuple[Row, ...]) -> tuple[lta.Document, ...]:
    """Give the lists in the XML form: one for each access control system and day of the event."""
    grouped: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.access_system, row.licensee, row.event_day].append(row)
    return tuple(
        lta.Document(system=system, licensee=licensee, day=day, events=_events(group))
        for (system, licensee, day), group in grouped.items()
    )


def _events(rows: list[Row]) -> tuple[lta.Event, ...]:
    grouped: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        key = (row.organiser, row.venue, row.event_day, row.event_clock, row.event_title)
        grouped[(*key, row.genre, row.opened_day, row.opened_clock)].append(row)
    return tuple(
        lta.Event(
            organiser=organiser,
            venue=venue,
            day=day,
            clock=clock,
            title=title,
            genre=genre,
            opened_day=opened_day or day,
            opened_clock=opened_clock or clock,
            supports=tuple(
                lta.Support(name=name, code=code)
                for code, name in dict.fromkeys((row.support, row.support_name) for row in group)
            ),
            titles=tuple(_title(row) for row in group),
        )
        for (
            organiser, venue, day, clock, title, genre, opened_day, opened_clock,
        ), group in grouped.items()
    )  # fmt: skip


# Fields that a title has by the same name in both forms.
_SAME = (
    "system", "card", "number", "seal", "issued_day", "issued_clock", "listed_day",
    "listed_clock", "title_class", "seat_order", "gross_minor", "seat", "pass_code",
    "pass_number", "pass_events", "annulled_day", "annulled_clock", "annulled_card",
    "annulled_number", "annulled_seal", "support", "support_id", "support_other_id", "state",
    "entered_day", "entered_clock", "line",
)  # fmt: skip


def _title(row: Row) -> lta.Title:
    is_annulled = row.annulled_number is not None or row.annulled_day is not None
    return lta.Title(
        **{name: getattr(row, name) for name in _SAME},
        for_season_ticket="S" if row.pass_code else "N",
        is_annulled="S" if is_annulled else "N",
    )
