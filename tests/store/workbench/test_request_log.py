"""The log of requests: a key's holder sees their own, and nobody fills it in another's name."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.workbench import service
from ekino.workbench.model.observed import AGENTS_AN_HOUR_MAX, TOOK_MS, Observed
from ekino.workbench.service.recorder import STRANGERS_A_MINUTE_MAX, Recorder
from factories import Vendor, a_batch, a_catalog, a_sale, a_vendor
from two_registers import ORIGIN, signed_headers, two_registers

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
PATH = "/v1/batches"


class Log:
    """A live register over HTTP, and what it keeps of requests."""

    def __init__(self, client: TestClient, db: Database) -> None:
        self.client, self.db = client, db
        self.vendor = a_vendor(db)

    def post(self, body: bytes, headers: dict[str, str], path: str = PATH) -> Any:
        return self.client.post(path, content=body, headers=headers)

    def failed(self, body: bytes = b"{", *, agent: str = "testclient") -> str:
        """Send what is refused, rightly signed, and give the request's id."""
        headers = signed_headers(self.vendor, "POST", PATH, body) | {"user-agent": agent}
        return str(self.post(body, headers).headers["request-id"])

    def forged(self, body: bytes = b"{") -> str:
        """Send something in the vendor's name that somebody else signed."""
        headers = signed_headers(
            Vendor(a_vendor(self.db, code="x", key_id="x/1").private, self.vendor.key_id),
            "POST",
            PATH,
            body,
        )
        return str(self.post(body, headers).headers["request-id"])

    def find(self, request_id: str) -> Observed | None:
        self.flush()
        return service.find_request(self.db, request_id, [self.vendor.key_id])

    def flush(self) -> None:
        for recorder in self.recorders:
            recorder._write_requests()
            recorder._write_hours()

    recorders: list[Recorder]

    def rows(self, table: str = "request") -> list[tuple[Any, ...]]:
        self.flush()
        with psycopg.connect(self.db.dsn) as superuser:
            return superuser.execute(f"SELECT * FROM workbench.{table}".encode()).fetchall()


@pytest.fixture
def log(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    recorders: list[Recorder] = []
    start = Recorder.start

    def noted(recorder: Recorder) -> None:
        recorders.append(recorder)
        start(recorder)

    monkeypatch.setattr(Recorder, "start", noted)
    a_catalog(db)
    with two_registers(db, None, Settings(data_dir=tmp_path)) as client:
        log = Log(client, db)
        log.recorders = recorders
        yield log


def test_a_body_is_kept_where_the_keys_holder_signed_and_nowhere_else(log: Log) -> None:
    own, other = log.failed(), log.forged(b'{"a": "of a stranger"}')
    wrong_clock = log.vendor.sign(b"{", at=now() - timedelta(days=1), uri=ORIGIN + PATH)
    late = log.post(b"{", wrong_clock)

    found = log.find(own)
    assert found is not None
    assert (found.is_verified, found.body, found.code) == (True, "{", "batch_is_malformed")
    forged = log.find(other)
    assert forged is not None
    assert (forged.is_verified, forged.body, forged.answer_body) == (False, "", "")
    assert forged.code == "signature_wrong"
    assert len(forged.body_sha256) == 64
    # A till whose clock is wrong signs rightly; certification judges it by that.
    assert late.json()["code"] == "created_out_of_window"
    kept = service.requests(log.db, log.vendor.key_id, SINCE)
    assert [each.request_id for each in kept] == [own, late.headers["request-id"]]


def test_strangers_fill_neither_the_log_nor_the_hours(log: Log) -> None:
    log.failed()
    for number in range(STRANGERS_A_MINUTE_MAX * 2 + 10):
        named = f'ekino=();keyid="{log.vendor.key_id}"'
        headers = {"content-type": "application/json", "user-agent": f"a/{number}"}
        log.post(b"{}", headers | {"signature-input": named})
        log.post(b"{}", headers)
        # An address that is open to everybody verifies nothing.
        log.client.get("/v1/nowhere", headers=headers | {"signature-input": named})

    rows = log.rows()
    # At most two minutes are touched.
    assert len(rows) <= 1 + STRANGERS_A_MINUTE_MAX * 2
    assert log.find(log.failed()) is not None
    assert {row[1] for row in log.rows("hour")} == {"testclient"}


def test_a_key_has_a_bounded_number_of_programs_an_hour_and_each_is_summed(
    log: Log,
) -> None:
    for number in range(AGENTS_AN_HOUR_MAX + 5):
        log.failed(agent=f"a/{number}")
        log.flush()

    went = service.sum_hours(log.db, [log.vendor.key_id], SINCE)

    # At most two hours are touched.
    assert len(went) <= 2 * AGENTS_AN_HOUR_MAX + 1
    assert sum(each.requests for each in went) == AGENTS_AN_HOUR_MAX + 5
    assert sum(each.failed for each in went) == AGENTS_AN_HOUR_MAX + 5
    assert all(len(each.took) == len(TOOK_MS) + 1 for each in went)
    assert [sum(each.took) for each in went] == [each.requests for each in went]


def test_what_was_sent_in_a_keys_name_before_the_key_was_is_shown_to_nobody(
    log: Log,
) -> None:
    own = log.failed()
    assert log.find(own) is not None

    with psycopg.connect(log.db.dsn) as superuser:
        superuser.execute(
            "UPDATE access.key SET valid_from = clock_timestamp() + interval '1 second'"
        )

    keys = [log.vendor.key_id]
    assert log.find(own) is None
    assert service.search_requests(log.db, keys) == []
    assert service.group_failures(log.db, keys, SINCE) == []


def test_the_secret_in_a_hooks_address_is_not_kept(log: Log) -> None:
    named = {"signature-input": f'ekino=();keyid="{log.vendor.key_id}"'}

    answer = log.post(b"{}", named, path="/v1/hooks/SECRET")

    assert answer.status_code >= 400
    (row,) = log.rows()
    assert "SECRET" not in str(row)
    assert "/v1/hooks/…" in row


def test_json_too_deep_to_be_masked_fails_nobody(log: Log) -> None:
    body = b'{"token": "SECRET", "events": ' + b"[" * 700 + b"]" * 700 + b"}"

    found = log.find(log.failed(body))

    assert found is not None
    assert "SECRET" not in found.body


def a_request(number: int, *, is_verified: bool) -> Observed:
    return Observed(
        request_id=f"req_{number}_{is_verified}", at=now(), took_ms=1, key_id="vendor/1",
        is_verified=is_verified, method="POST", path=PATH, answer=400, code="", agent="",
        headers={}, body="", body_bytes=0, body_sha256="", answer_body="", answer_bytes=0,
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "kept_bytes"), [(3, 10**9), (10**9, 30_000)])
def test_more_than_is_kept_is_thrown_away_the_oldest_first(
    db: Database, monkeypatch: pytest.MonkeyPatch, rows: int, kept_bytes: int
) -> None:
    recorder = Recorder(db)
    for number in range(5):
        for is_verified in (True, False):
            # Bytes that cannot be packed.
            body = "".join(
                chr(0x4E00 + hash((number, each)) % 9_000) for each in range(3_000)
            )
            recorder.put(replace(a_request(number, is_verified=is_verified), body=body))
    recorder._write_requests()
    monkeypatch.setattr(service, "_KEPT_MAX", ((True, rows, kept_bytes),))

    tidier = service.Tidier()
    gone = tidier.follow(db)

    with psycopg.connect(db.dsn) as superuser:
        left = superuser.execute(
            "SELECT request_id FROM workbench.request ORDER BY request_no"
        ).fetchall()
    own = [name for (name,) in left if name.endswith("True")]
    assert gone == 5 - len(own)
    assert 0 < len(own) <= 3
    assert own == [f"req_{number}_True" for number in range(5 - len(own), 5)]
    assert len(left) - len(own) == 5


def test_a_batch_of_a_known_key_is_counted_as_before(log: Log) -> None:
    body = a_batch(a_sale(1, happened_at="2026-11-01T10:00:00Z"))

    answer = log.post(body, signed_headers(log.vendor, "POST", PATH, body))

    assert answer.json()["outcomes"] == ["entered"]
    log.flush()
    (went,) = service.sum_hours(log.db, [log.vendor.key_id], SINCE)
    assert (went.requests, went.failed) == (1, 0)
