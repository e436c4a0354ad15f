"""Answers of other ticketing systems: our own, as theirs are written, read to the published facts."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ekino.ingest.formats import alfio, attendize, hi_events, pretix, pretix_answers
from ekino.ingest.formats.readings import Reading
from ekino.intake.connectors.model import System
from published import as_published

HERE = Path(__file__).with_name("answers")
KNOWN: dict[str, Any] = json.loads((HERE / "known.json").read_text("utf-8"))
# Stands in where alf.io does not say when a ticket changed.
READ_AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
Bodies = Mapping[str, bytes]


def read_pretix(bodies: Bodies) -> Reading:
    answer = pretix_answers.decode
    dates = [
        answer(json.dumps(each).encode(), pretix_answers.SubEvent)
        for each in json.loads(bodies["dates"])
    ]
    products = answer(bodies["products"], pretix_answers.ProductPage).results
    programme = pretix.Programme(
        answer(bodies["event"], pretix_answers.Event),
        {each.id: each for each in dates},
        {each.id: each for each in products},
    )
    orders = answer(bodies["orders"], pretix_answers.OrderPage).results
    return pretix.read_orders(orders, programme, organiser="invented", prefix="p")


def read_hi_events(bodies: Bodies) -> Reading:
    orders = hi_events.ORDERS.decode(bodies["orders"]).orders
    event = hi_events.EVENT.decode(bodies["event"]).event
    return hi_events.read_orders(orders, event, prefix="h")


def read_alfio(bodies: Bodies) -> Reading:
    return alfio.read_tickets(
        alfio.TICKETS.decode(bodies["tickets"]),
        alfio.EVENT.decode(bodies["event"]),
        alfio.SCANS.decode(bodies["scans"]),
        prefix="a",
        read_at=READ_AT,
    )


def read_attendize(bodies: Bodies) -> Reading:
    events = attendize.EVENTS.decode(bodies["events"]).events
    return attendize.read_attendees(
        attendize.ATTENDEES.decode(bodies["attendees"]).attendees,
        {each.id: each for each in events},
        prefix="t",
        currency="KZT",
        timezone="Asia/Almaty",
    )


READERS: dict[str, Callable[[Bodies], Reading]] = {
    "pretix": read_pretix,
    "hi_events": read_hi_events,
    "alfio": read_alfio,
    "attendize": read_attendize,
}


def published(name: str) -> dict[str, Any]:
    """Read the answers of a system, and give what they say as the vectors hold it."""
    answers = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    reading = READERS[name](
        {key: json.dumps(each).encode() for key, each in answers.items()}
    )
    facts = as_published(reading.facts)
    # A reading is how things stand, not what happened: it has no sums of its own.
    del facts["tickets"], facts["gross_minor"]
    return {
        "facts": facts,
        "secrets": reading.secrets,
        "changed": {ticket: at.isoformat() for ticket, at in reading.changed.items()},
    }


@pytest.mark.parametrize("name", READERS)
def test_published_answers_say_the_published_facts(name: str) -> None:
    assert published(name) == KNOWN[name]


def test_every_system_has_answers_and_no_person_is_read_from_them() -> None:
    files = {path.stem for path in HERE.iterdir()}

    assert files - {"known"} == set(READERS) == set(KNOWN)
    assert set(READERS) == {each.value for each in System}
    for words in ("Invented Person", "nobody@example.org", "invented-secret"):
        assert words not in json.dumps(KNOWN)
