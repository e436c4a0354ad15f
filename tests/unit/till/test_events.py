"""Events are checked at the till, and are always the same bytes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ekino_till import Event, EventMalformed

AT = datetime(2026, 11, 24, 19, tzinfo=UTC)
SALE = {"ticket": "T-1", "price_minor": 150_000, "sales_channel": "web"}


def an_event(kind: str = "sold", **changed: Any) -> Event:
    fields = {**SALE, "venue": "ALA-1", "showing": "S-1", "happened_at": AT, **changed}
    return Event.of(kind, **fields)


def test_a_sale_is_these_bytes() -> None:
    expected = (
        b'{"kind":"sold","sequence":7,"venue":"ALA-1","showing":"S-1",'
        b'"happened_at":"2026-11-24T19:00:00+00:00","ticket":"T-1",'
        b'"price_minor":150000,"sales_channel":"web"}'
    )
    event = Event.of("sold", venue="ALA-1", showing="S-1", happened_at=AT, **SALE)
    assert event.to_bytes(7) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ticket", ""),
        ("ticket", "T" * 65),
        ("ticket", "T\n1"),
        ("price_minor", -1),
        ("price_minor", 1_000_000_000_001),
        ("price_minor", 1500.0),
        ("price_minor", True),
        ("sales_channel", "street"),
        ("happened_at", datetime(2026, 11, 24, 19)),  # noqa: DTZ001 - no zone is the point
        ("happened_at", "2026-11-24T19:00:00Z"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(field: str, value: Any) -> None:
    with pytest.raises(EventMalformed) as caught:
        an_event(**{field: value})

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [("ticket", "Қ" * 64), ("price_minor", 0), ("price_minor", 1_000_000_000_000)],
)
def test_a_field_at_its_limit_is_taken(field: str, value: Any) -> None:
    assert json.loads(an_event(**{field: value}).to_bytes(1))[field] == value


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("refunded", "price_minor"),
        ("voided", "ticket"),
        ("corrected", "reason"),
        ("admitted", "ticket"),
        ("showing_announced", "hall"),
    ],
)
def test_an_event_that_does_not_say_enough_names_what_it_lacks(
    kind: str, missing: str
) -> None:
    told = {"ticket": "T-1", "price_minor": 1, "reason": "r", "hall": "1"}
    del told[missing]

    with pytest.raises(EventMalformed) as caught:
        Event.of(kind, venue="ALA-1", showing="S-1", happened_at=AT, **told)

    assert caught.value.field == missing


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(EventMalformed, match="kind: 'given' is none"):
        an_event("given")
