"""Each limit of the door: the most it takes, and one more."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.ingest import model
from ekino.kernel.bounds import AMOUNT_MINOR_MAX, CODE_CHARACTERS_MAX, SEQUENCE_MAX
from ekino.kernel.moments import now
from ekino.register.service import compress
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import Vendor, a_batch, a_catalog, a_sale, a_vendor

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
URI = "http://testserver/v1/batches"


class Door:
    """A client that signs."""

    def __init__(self, client: TestClient, vendor: Vendor) -> None:
        self.client = client
        self.vendor = vendor

    def post(self, body: bytes, **headers: str) -> Any:
        signed = self.vendor.sign(body, at=now(), uri=URI)
        return self.client.post("/v1/batches", content=body, headers={**signed, **headers})


@pytest.fixture
def door(db: Database) -> Iterator[Door]:
    a_catalog(db)
    vendor = a_vendor(db)
    with TestClient(create_app(Settings(), db), raise_server_exceptions=False) as client:
        yield Door(client, vendor)


def early(number: int, **fields: Any) -> dict[str, Any]:
    return a_sale(number, **{"happened_at": "2026-11-01T10:00:00Z", **fields})


def test_a_batch_has_at_most_a_thousand_events(door: Door) -> None:
    most = [early(number) for number in range(model.BATCH_EVENTS_MAX + 1)]
    most[0]["sequence"] = 9_999_999

    assert door.post(a_batch(*most[:-1])).json()["entered"] == model.BATCH_EVENTS_MAX
    refused = door.post(a_batch(*most))

    assert refused.status_code == 400
    assert refused.json()["code"] == "batch_has_too_many_events"
    assert refused.json()["errors"][0]["fix"]


def test_a_body_has_at_most_so_many_bytes(door: Door) -> None:
    body = a_batch(early(1))
    full = body + b" " * (model.BODY_BYTES_MAX - len(body))

    assert door.post(full).status_code == 200
    refused = door.post(full + b" ")

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_packed_body_unpacks_to_at_most_so_many_bytes(door: Door, encoding: str) -> None:
    body = a_batch(early(1))
    full = body + b" " * (model.DECODED_BYTES_MAX - len(body))
    pack = gzip.compress if encoding == "gzip" else lambda body: compress(body)[1]
    headers = {"Content-Encoding": encoding}

    assert door.post(pack(full), **headers).json()["entered"] == 1
    bomb = door.post(pack(full + b" "), **headers)
    broken = door.post(pack(full)[:-9], **headers)

    assert (bomb.status_code, bomb.json()["code"]) == (413, "body_too_large")
    assert (broken.status_code, broken.json()["code"]) == (400, "body_is_malformed")


FIELDS = [
    ("ticket", "T" * CODE_CHARACTERS_MAX, "T" * (CODE_CHARACTERS_MAX + 1)),
    ("price_minor", AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX + 1),
    ("price_minor", 0, -1),
    ("fee_minor", AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX + 1),
    ("sequence", SEQUENCE_MAX, SEQUENCE_MAX + 1),
    ("sequence", 1, 0),
    ("seat", "1" * CODE_CHARACTERS_MAX, "1" * (CODE_CHARACTERS_MAX + 1)),
    (
        "happened_at",
        f"{model.YEAR_MIN}-01-01T00:00:00Z",
        f"{model.YEAR_MIN - 1}-12-31T23:59:59Z",
    ),
]


@pytest.mark.parametrize(("name", "most", "over"), FIELDS)
def test_each_field_has_a_limit_and_one_past_it_is_refused_by_name(
    door: Door, name: str, most: object, over: object
) -> None:
    good = door.post(a_batch(early(1, **{name: most}))).json()
    bad = door.post(a_batch(early(2, **{name: over}))).json()

    assert good["outcomes"] == ["entered"]
    assert bad["outcomes"] == ["event_is_malformed"]
    assert name in bad["problems"][0]["field"] or name in bad["problems"][0]["detail"]


@pytest.mark.parametrize("bad", ["\u0000", "\u001b", "\ud800"])
def test_what_cannot_be_kept_is_refused_and_sinks_nothing(door: Door, bad: str) -> None:
    text = json.dumps({"events": [early(1), early(2, seat=f"5{bad}"), early(3)]})

    answer = door.post(text.encode())

    if bad == "\ud800":
        # A lone surrogate is no text at all: the reader may refuse the event or the whole.
        assert answer.status_code in (200, 400)
        return
    assert answer.json()["outcomes"] == ["entered", "event_is_malformed", "entered"]


def test_a_clock_may_be_ahead_by_a_minute_and_no_more(door: Door) -> None:
    ahead = now() + timedelta(seconds=model.CLOCK_AHEAD_MAX_S - 5)
    over = now() + timedelta(seconds=model.CLOCK_AHEAD_MAX_S + 5)

    good = door.post(a_batch(early(1, happened_at=ahead.isoformat()))).json()
    bad = door.post(a_batch(early(2, happened_at=over.isoformat()))).json()

    assert good["outcomes"] == ["entered"]
    assert bad["outcomes"] == ["happened_in_the_future"]


def test_deep_nesting_is_refused_and_not_a_crash(door: Door) -> None:
    deep = b'{"events":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}"

    assert door.post(deep).status_code == 400


def test_an_overfull_waiting_room_says_when_to_come_back(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ekino.ingest.service.WAITING_BATCHES_MAX", 0)

    answer = door.post(a_batch(early(1)))

    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_waiting")
    assert int(answer.headers["Retry-After"]) == model.RETRY_AFTER_S


def test_a_nonce_is_good_once(door: Door) -> None:
    body = a_batch(early(1))
    headers = door.vendor.sign(body, at=now(), uri=URI)

    first = door.client.post("/v1/batches", content=body, headers=headers)
    again = door.client.post("/v1/batches", content=body, headers=headers)

    assert (first.status_code, again.status_code) == (200, 401)
    assert again.json()["code"] == "nonce_used"
