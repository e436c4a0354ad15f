"""Made-up documents of other people's formats: the plainest valid ones, all of one evening."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ekino.ingest.formats import comscore, eais, icaa
from ekino.ingest.formats.icaa.records import Film, Hall, Held, Programmed, Shown

EVENING = date(2026, 3, 1)
NINE = time(21, 0)


def an_eais(**changes: Any) -> eais.Document:
    """Give a showing with a ticket sold, one returned, one standing and one free."""
    sold_at = datetime(2026, 3, 1, 12, 0, 5)  # noqa: DTZ001 - local to the cinema
    lines = (
        eais.Line(
            seat="7",
            row="5",
            section="Партер",
            price=eais.Price(Decimal(2500)),
            ticket_class="Основной",
            sold_at=sold_at,
            is_online=True,
            payment_code="1",
            payment_reference="RRN000000001",
            terminal="00000001",
        ),
        eais.Line(
            seat="8",
            row="5",
            section="Партер",
            price=eais.Price(Decimal("1800.50")),
            discount=Decimal("699.50"),
            ticket_class="Студенческий",
            sold_at=sold_at,
        ),
        eais.Line(
            seat="8",
            row="5",
            section="Партер",
            price=eais.Price(Decimal("1800.50"), is_return=True),
            ticket_class="Студенческий",
            sold_at=sold_at,
        ),
        eais.Line(section="Танцпол", price=eais.Price(Decimal(900)), sold_at=sold_at),
        eais.Line(
            section="Танцпол",
            price=eais.Price(Decimal(0)),
            sold_at=sold_at,
            is_season_ticket=True,
        ),
    )
    given: dict[str, Any] = {
        "cinema": "1234",
        "hall": "Зал 1",
        "starts_at": datetime(2026, 3, 1, 18, 30),  # noqa: DTZ001 - as above
        "certificate": "111000126",
        "format": "2D",
        "title": "Выдуманный слон",
        "lines": lines,
    }
    return eais.Document(**(given | changes))


def an_icaa(**changes: Any) -> icaa.Document:
    """Give a file with two halls, a double bill and a showing after midnight."""
    given: dict[str, Any] = {
        "mailbox": "XYZ",
        "previous_day": 54,
        "sent_day": 61,
        "halls": (Hall(hall="H1", name="Sala Uno"), Hall(hall="H2", name="Sala Añil")),
        "held": (
            held("H1", EVENING, time(18, 0), films=1, spectators=7, gross="52.51"),
            held("H1", EVENING, NINE, films=2, spectators=3, gross="24.00"),
            # Half past midnight of the second is of the first's evening.
            held("H2", date(2026, 3, 2), time(0, 30), films=1, spectators=0, gross="0.00"),
        ),
        "shown": (
            Shown(hall="H1", day=EVENING, clock=time(18, 0), film="1"),
            Shown(hall="H1", day=EVENING, clock=NINE, film="1"),
            Shown(hall="H1", day=EVENING, clock=NINE, film="2"),
            Shown(hall="H2", day=date(2026, 3, 2), clock=time(0, 30), film="1"),
        ),
        "films": (
            film("H1", "1", "El elefante inventado"),
            film("H1", "2", "La sombra del cine"),
            film("H2", "1", "El elefante inventado"),
        ),
        "programmed": (
            Programmed(hall="H1", day=EVENING, showings=2),
            Programmed(hall="H2", day=EVENING, showings=2),
        ),
    }
    return icaa.Document(**(given | changes))


def held(
    hall: str, day: date, clock: time, *, films: int, spectators: int, gross: str
) -> Held:
    """Give a record 2."""
    return Held(
        hall=hall,
        day=day,
        clock=clock,
        films=films,
        spectators=spectators,
        gross=Decimal(gross),
        incident="000",
    )


def film(hall: str, code: str, title: str) -> Film:
    """Give a record 4."""
    return Film(
        hall=hall,
        film=code,
        rating_file="900001",
        title=title,
        distributor="77",
        distributor_name="Distribuidora Inventada",
        original_version="4",
        language="P",
        subtitles="0",
        projection="1",
    )


def a_nightly(**changes: Any) -> comscore.Document:
    """Give a cinema's evening: two halls, three titles."""
    lines = (
        comscore.Line(
            hall="1", certificate="KZ-1", title="Піл", showings=3, admissions=120,
            gross_minor=24_000_000,
        ),
        comscore.Line(
            hall="1", certificate="KZ-2", title="Көлеңке", showings=1, admissions=0, gross_minor=0
        ),
        comscore.Line(
            hall="2", certificate="KZ-1", title="Піл", showings=2, admissions=31,
            gross_minor=6_200_000,
        ),
    )  # fmt: skip
    document = comscore.nightly(
        "aqtau-1", EVENING, lines, sent_day=date(2026, 3, 2), currency="KZT"
    )
    values = {name: getattr(document, name) for name in comscore.Document.__slots__}
    return comscore.Document(**(values | changes))
