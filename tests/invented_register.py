"""An invented register: events of every kind, sent in batches of any size, some of them twice."""

import random
from typing import Any

from ekino.db.database import Database
from ekino.ingest.model import Answer
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError
from factories import EVENING, a_batch, a_later_event, a_sale, a_vendor, a_waiting

SHOWINGS = [
    (venue, showing)
    for venue in ("ALA-1", "AST-1")
    for showing in ("steppe-kk-1", "storm-ru-2")
]
CHANNELS = ["box_office", "web", "app", "kiosk", "agent"]


def invent(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Invent a register's worth of events: sales, later events, moves, late and bad ones."""
    events: list[dict[str, Any]] = []
    sold: list[dict[str, Any]] = []
    for number in range(1, count + 1):
        venue, showing = dice.choice(SHOWINGS)
        draw = dice.random()
        if draw < 0.6 or not sold:
            sale = a_sale(
                number,
                venue=venue,
                showing=showing,
                price_minor=dice.randrange(0, 300_000),
                fee_minor=dice.choice((0, 0, 15_000)),
                sales_channel=dice.choice(CHANNELS),
                happened_at=f"2026-11-2{dice.randrange(4)}T0{dice.randrange(10)}:15:00Z",
            )
            sold.append(sale)
            events.append(sale)
        elif draw < 0.95:
            sale = dice.choice(sold)
            kind = dice.choice(("refunded", "voided", "corrected", "admitted"))
            more: dict[str, Any] = {}
            if kind == "refunded":
                more = {"price_minor": dice.randrange(sale["price_minor"] + 1)}
            if kind == "corrected":
                more = {"price_minor": dice.randrange(300_000), "reason": "mistake"}
            events.append(
                a_later_event(kind, number, of=sale["sequence"], **more)
                | {"venue": sale["venue"], "showing": sale["showing"]}
            )
        else:
            start = f"2026-11-2{dice.randrange(3, 8)}T1{dice.randrange(10)}:00:00Z"
            events.append(
                {
                    "kind": "showing_moved",
                    "sequence": number,
                    "venue": venue,
                    "showing": showing,
                    "starts_at": start,
                    "happened_at": "2026-11-24T10:00:00Z",
                }
            )
    return events


def enter(db: Database, events: list[dict[str, Any]], dice: random.Random) -> None:
    """Send events in batches of any size, and some batches twice."""
    vendor = a_vendor(db)
    writer = Writer(db, clock=lambda: EVENING)
    answers: list[Answer | EkinoError] = []
    at = 0
    while at < len(events):
        size = dice.randrange(1, 40)
        body = a_batch(*events[at : at + size])
        for _ in range(dice.choice((1, 1, 2))):
            writer.put(a_waiting(vendor, body, answers.append))
        at += size
    writer.start()
    writer.stop()
    assert all(isinstance(answer, Answer) for answer in answers)
