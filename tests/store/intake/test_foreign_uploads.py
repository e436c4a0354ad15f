"""Foreign files through the whole intake: mapped, entered, returned; broken ones enter nothing."""

import json
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.db.database import Database
from ekino.ingest.formats import eais, icaa
from ekino.ingest.formats.eais import Price
from ekino.ingest.formats.siae import log, lta, rca
from ekino.intake import service
from ekino.intake.model.comparison import DIFFERS, comparison_of
from ekino.intake.model.upload import Name, NameKind, State, Upload
from ekino.totals import service as totals
from factories import a_vendor
from foreign_files import an_eais, an_icaa
from handing import AT, Village, register_of
from siae_files import CONCERT, VENUE, a_log, an_lta, an_rca

VECTORS = Path(__file__).parents[2] / "vectors/formats"
NOON = datetime(2026, 11, 24, 12, 0, 5)  # noqa: DTZ001 - local to the cinema
EVENING = date(2026, 11, 24)


def in_november(document: eais.Document) -> Any:
    """Move a showing to the evening on which these tests live."""
    lines = tuple(moved(line, sold_at=NOON) for line in document.lines)
    return moved(
        document,
        starts_at=datetime(2026, 11, 24, 18, 30),  # noqa: DTZ001 - as above
        lines=lines,
    )


def moved(value: Any, **changes: Any) -> Any:
    """Change a value of a shape; what is never kept is not given."""
    given = {
        name: getattr(value, name)
        for name in type(value).__slots__
        if name not in {"registration", "purchase", "participant", "holder"}
    }
    return type(value)(**(given | changes))


@pytest.fixture
def village(db: Database, tmp_path: Path) -> Village:
    return Village(db, tmp_path)


@pytest.fixture
def theatre(db: Database, tmp_path: Path) -> Village:
    """Give a theatre with one hall, in euros, that its own system speaks for."""
    village = Village(db, tmp_path)
    document = {
        "venues": [
            {
                "code": "ROMA-1", "name": "Teatro", "region": "KZ-75", "city": "Roma",
                "timezone": "Europe/Rome", "currency": "EUR",
            }
        ],
        "halls": [{"venue": "ROMA-1", "code": "grande", "capacity": 800}],
    }  # fmt: skip
    catalog.load(db, read_document(json.dumps(document).encode()))
    a_vendor(db, code="teatro", key_id="teatro/batch", venues=("ROMA-1",))
    village.source = service.find_source(db, "teatro")
    return village


def map_names(village: Village, **codes: dict[str, str]) -> None:
    named = [
        (Name(kind=NameKind(kind), within=within, name=name), code)
        for kind, names in codes.items()
        for key, code in names.items()
        for within, _, name in [key.rpartition("/")]
    ]
    for upload in service.map_names(
        village.db, village.keys, village.source, named, made_by="Айгерім", at=AT
    ):
        village.send(upload)


def test_a_file_of_eais_waits_for_its_names_and_is_entered_once_they_are_mapped(
    village: Village,
) -> None:
    raw = eais.serialise(in_november(an_eais()))
    upload = village.hand_in(raw, name="ekb_1234.xml")
    assert (upload.format, upload.state) == ("eais", State.WAITING)
    assert register_of(village.db) == (0, 0, 0)

    map_names(
        village,
        venue={"1234": "ALA-1"},
        hall={"ALA-1/Зал 1": "1"},
        film={"111000126 | Выдуманный слон": "storm-ru"},
    )

    # A showing announced, four sold, one given back: two paid and one free ticket stand.
    assert register_of(village.db) == (6, 3, 340_000)
    assert village.hand_in(raw).state is State.ENTERED
    assert register_of(village.db) == (6, 3, 340_000)


def test_a_showing_that_a_file_tells_otherwise_is_told_and_stays_as_announced(
    village: Village,
) -> None:
    document = in_november(an_eais())
    map_names(
        village,
        venue={"1234": "ALA-1"},
        hall={"ALA-1/Зал 1": "1"},
        film={
            "111000126 | Выдуманный слон": "storm-ru",
            "7 | Выдуманный слон": "steppe-kk",
        },
    )
    village.hand_in(eais.serialise(document))

    upload = village.hand_in(eais.serialise(moved(document, certificate="7")))

    told = [code for _, _, code in village.findings(upload)]
    with psycopg.connect(village.db.dsn) as superuser:
        kinds = superuser.execute(
            "SELECT kind::text, count(*) FROM register.entry WHERE kind::text LIKE 'showing%' GROUP BY 1"
        ).fetchall()
    assert told.count("showing_told_otherwise") == 1
    # A file may be older than what the register has: nothing is changed by it.
    assert kinds == [("showing_announced", 1)]


def test_the_same_document_sent_again_with_minus_takes_the_tickets_back(
    village: Village,
) -> None:
    document = in_november(an_eais())
    map_names(
        village,
        venue={"1234": "ALA-1"},
        hall={"ALA-1/Зал 1": "1"},
        film={"111000126 | Выдуманный слон": "storm-ru"},
    )
    sold = moved(document, lines=document.lines[:1])
    village.hand_in(eais.serialise(sold))
    assert register_of(village.db)[1:] == (1, 250_000)

    returned = moved(sold.lines[0], price=Price(Decimal(2500), is_return=True))
    village.hand_in(eais.serialise(moved(document, lines=(returned,))))

    assert register_of(village.db)[1:] == (0, 0)


def an_autumn_log() -> log.Document:
    issues = tuple(
        moved(
            issue,
            issued_day=EVENING,
            access=issue.access and moved(issue.access, day=EVENING),
            pass_ticket=issue.pass_ticket and moved(issue.pass_ticket, day=EVENING),
        )
        for issue in a_log().issues
    )
    return log.Document(issues=issues)


def an_autumn_list() -> Any:
    (event,) = an_lta().events
    titles = tuple(
        moved(
            title,
            issued_day=EVENING,
            listed_day=EVENING,
            entered_day=EVENING if title.entered_day else None,
            entered_clock=time(10, 50) if title.entered_day else None,
            annulled_day=EVENING if title.annulled_day else None,
        )
        for title in event.titles
    )
    event = moved(event, day=EVENING, opened_day=EVENING, titles=titles)
    return moved(an_lta(), day=EVENING, events=(event,))


def test_a_concert_enters_by_its_log_and_its_list_adds_who_went_in(
    theatre: Village,
) -> None:
    map_names(theatre, venue={VENUE: "ROMA-1"}, film={CONCERT: "storm-ru"})

    first = theatre.hand_in(log.serialise(an_autumn_log()), name="log.xsi")
    assert (first.format, first.version, first.state) == ("siae_log", "0040", State.ENTERED)
    # Announced, five sold (one for a season pass), one annulled.
    assert register_of(theatre.db) == (7, 4, 3000)

    second = theatre.hand_in(lta.serialise(an_autumn_list()), name="lta.xsi")

    with psycopg.connect(theatre.db.dsn) as superuser:
        inside = superuser.execute(
            "SELECT count(*) FROM register.entry WHERE kind = 'admitted'"
        ).fetchone()
    assert inside == (3,)
    assert register_of(theatre.db)[2] == 3000
    # The full price differs by its presale fee, which a list does not tell apart.
    found = theatre.findings(second)
    assert [code for _, _, code in found if code == "ticket_reported_otherwise"] == [
        "ticket_reported_otherwise"
    ]


def test_what_access_control_counted_is_laid_beside_what_was_sold(
    theatre: Village,
) -> None:
    map_names(theatre, venue={VENUE: "ROMA-1"}, film={CONCERT: "storm-ru"})
    theatre.hand_in(log.serialise(an_autumn_log()), name="log.xsi")
    theatre.hand_in(lta.serialise(an_autumn_list()), name="lta.xsi")
    totals.follow(theatre.db)
    document = an_rca()
    (event,) = document.events
    (issuer,) = event.issuers
    event = replace(event, day=EVENING)
    (one, *others), (section, *sections) = issuer.tickets[0].ends, issuer.tickets
    section = replace(section, ends=(replace(one, listed=2, automatic_paper=2), *others))
    more = replace(event, issuers=(replace(issuer, tickets=(section, *sections)),))

    def handed(day: rca.Event) -> Upload:
        raw = rca.serialise(replace(document, events=(day,)))
        return theatre.hand_in(raw, name="rca.xsi")

    told, differs = handed(event), handed(more)

    # Access control knows nothing of takings.
    asked = [each for _, _, each in theatre.findings(differs) if each == DIFFERS]
    assert (told.counts["totals_equal"], differs.counts["totals_differ"]) == (1, 1)
    assert asked == [DIFFERS]
    found = service.list_findings(theatre.db, differs, limit=10)
    compared = next(filter(None, (comparison_of(each.code, each.raw) for each in found)))
    assert compared.difference == (1, None)


def test_what_names_a_person_is_kept_nowhere(theatre: Village) -> None:
    raw = log.serialise(an_autumn_log()).replace(
        b"</TitoloAccesso>",
        b"<Partecipante><Nome>Ada</Nome><Cognome>Inventata</Cognome></Partecipante>"
        b"</TitoloAccesso>",
    )
    assert raw.count(b"Inventata") == 5
    for handed in (raw, raw[:-30]):
        theatre.hand_in(handed)

    with psycopg.connect(theatre.db.dsn) as superuser:
        kept = superuser.execute("SELECT content, file_bytes FROM intake.upload").fetchall()
        found = superuser.execute(
            "SELECT string_agg(raw || words, '') FROM intake.finding"
        ).fetchone()
    assert {size for _, size in kept} == {len(raw), len(raw) - 30}
    assert all(b"Inventata" not in bytes(content) for content, _ in kept)
    assert found is not None
    assert "Inventata" not in str(found[0])


def test_euros_are_not_entered_as_tenge(village: Village) -> None:
    upload = village.hand_in(log.serialise(an_autumn_log()))

    assert upload.refusal is not None
    assert upload.refusal.code == "currency_differs"
    assert register_of(village.db) == (0, 0, 0)


def test_a_box_office_file_enters_its_sums_and_no_cent_more(theatre: Village) -> None:
    document = an_icaa()
    autumn = {
        "held": tuple(
            moved(row, day=EVENING, clock=time(10, n))
            for n, row in enumerate(document.held)
        ),
        "shown": (
            moved(document.shown[0], day=EVENING, clock=time(10, 0)),
            moved(document.shown[1], day=EVENING, clock=time(10, 1)),
            moved(document.shown[2], day=EVENING, clock=time(10, 1)),
            moved(document.shown[3], day=EVENING, clock=time(10, 2)),
        ),
        "programmed": tuple(moved(row, day=EVENING) for row in document.programmed),
    }
    map_names(
        theatre,
        venue={"XYZ": "ROMA-1"},
        hall={"ROMA-1/H1": "grande", "ROMA-1/H2": "grande"},
        film={"900001 | El elefante inventado | P": "storm-ru"},
    )

    upload = theatre.hand_in(icaa.serialise(moved(document, **autumn)), name="taquilla.txt")

    assert (upload.format, upload.state) == ("icaa", State.ENTERED)
    assert register_of(theatre.db) == (3 + 10, 10, 7651)


def test_a_file_of_incidents_is_kept_and_told_and_enters_nothing(theatre: Village) -> None:
    raw = (VECTORS / "icaa_incidents.txt").read_bytes()

    upload = theatre.hand_in(raw, name="incidencias.txt")

    assert (upload.format, upload.state) == ("icaa_incidents", State.ENTERED)
    assert [(place, code) for place, _, code in theatre.findings(upload)] == [
        ("line 2", "hall_incident"),
        ("line 3", "hall_incident"),
        ("field days told of", "field_without_a_place"),
        ("field mailbox", "field_without_a_place"),
    ]
    # All four are notices: nothing is to be mended.
    assert (upload.counts["notices"], upload.counts["findings"], upload.batches) == (
        4,
        4,
        0,
    )
    assert register_of(theatre.db) == (0, 0, 0)


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (VECTORS / "refused").iterdir())
)
def test_a_broken_file_enters_nothing(theatre: Village, name: str) -> None:
    said = json.loads((VECTORS / "refused.json").read_text("utf-8"))[name]
    raw = (VECTORS / "refused" / name).read_bytes()

    upload = theatre.hand_in(raw, format=said["format"])

    assert upload.refusal is not None
    assert (upload.state, upload.refusal.code) == (State.REFUSED, said["code"])
    assert upload.refusal.fix
    assert register_of(theatre.db) == (0, 0, 0)
