"""Test mode: magic values, faults on demand, a request log of everything, and beginning anew."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest
import uvicorn

from ekino.db.database import Database
from ekino.ingest.model import FIX, Outcome
from ekino.kernel.moments import now, to_text
from ekino.settings import Settings
from ekino.web.app import create_app, setting_of
from ekino.workbench import service as workbench
from ekino.workbench.model.magic import SIMULATED_RETRY_AFTER_S, SLOW_ANSWER_S
from ekino.workbench.service import sandbox
from ekino.workbench.service.virtual import VirtualCinema
from factories import Vendor, a_batch
from two_registers import a_sandbox, public_of


class Served:
    """Both registers behind a real server on a real port."""

    def __init__(self, settings: Settings, live: Database, test: Database) -> None:
        from contextlib import contextmanager

        @contextmanager
        def opener() -> Iterator[Database]:
            yield test

        self.test = test
        self.settings = settings
        app = create_app(settings, live, test=opener)
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", lifespan="on", access_log=False)
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        app.state.test_register.is_open.wait(60)
        self.sandbox = a_sandbox(settings, test, "acme")
        self.vendor = self.enrol("test.acme/till-1")
        self.sequence = 0

    def enrol(self, key_id: str) -> Vendor:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        from ekino.access.service import enrolment

        vendor = Vendor(Ed25519PrivateKey.generate(), key_id)
        code = enrolment.make_code(self.test, self.sandbox.source, actor="t", at=now())
        body = json.dumps(
            {"key_id": key_id, "public_key": public_of(vendor), "code": code}
        ).encode()
        answer = self.post("/v1/keys", body, vendor=vendor)
        assert answer.status_code == 201, answer.text
        return vendor

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)

    def post(
        self,
        path: str,
        body: bytes,
        *,
        vendor: Vendor | None = None,
        timeout_s: float = 20,
        more: dict[str, str] | None = None,
    ) -> httpx2.Response:
        who = vendor or self.vendor
        signed = who.sign(body, at=now(), uri=self.url + path)
        return httpx2.post(
            self.url + path, content=body, headers=signed | (more or {}), timeout=timeout_s
        )

    def sale(self, ticket: str = "", **fields: Any) -> dict[str, Any]:
        self.sequence += 1
        with psycopg.connect(self.test.dsn) as superuser:
            row = superuser.execute(
                "SELECT showing.code FROM catalog.showing JOIN catalog.venue USING (venue_id)"
                " WHERE venue.code = %s ORDER BY starts_at DESC LIMIT 1",
                (self.sandbox.venue,),
            ).fetchone()
        assert row is not None
        return {
            "kind": "sold",
            "sequence": self.sequence,
            "ticket": ticket or f"T{self.sequence}",
            "venue": self.sandbox.venue,
            "showing": row[0],
            "happened_at": to_text(now()),
            "price_minor": 150_000,
            "sales_channel": "web",
            **fields,
        }

    def logged(self, *, at_least: int) -> list[workbench.Observed]:
        """Give what the log has of the key; it is written a moment after the answer."""
        deadline = time.monotonic() + 10
        since = datetime(2020, 1, 1, tzinfo=UTC)
        while time.monotonic() < deadline:
            found = list(workbench.requests(self.test, self.vendor.key_id, since))
            if len(found) >= at_least:
                return found
            threading.Event().wait(0.02)
        raise TimeoutError


@pytest.fixture
def served(db: Database, sandbox_db: Database, tmp_path: Path) -> Iterator[Served]:
    served = Served(Settings(data_dir=tmp_path), db, sandbox_db)
    yield served
    served.stop()


def test_magic_values_are_refused_and_their_neighbours_are_not(served: Served) -> None:
    body = a_batch(
        served.sale(price_minor=11),
        served.sale(price_minor=1_100),
        served.sale(price_minor=12),
        served.sale(row="99", seat="99"),
        served.sale(row="98", seat="99"),
    )

    answer = served.post("/v1/batches", body).json()

    assert answer["outcomes"] == [
        "refused_in_test", "refused_in_test", "entered", "seat_already_sold", "entered",
    ]  # fmt: skip
    assert [each["fix"] for each in answer["problems"]] == [
        FIX[Outcome.REFUSED_IN_TEST], FIX[Outcome.REFUSED_IN_TEST], FIX[Outcome.SEAT_ALREADY_SOLD],
    ]  # fmt: skip


def test_an_unknown_film_version_is_in_no_catalog(served: Served) -> None:
    sale = served.sale()
    announced = {
        "kind": "showing_announced",
        "sequence": 900,
        "venue": sale["venue"],
        "showing": "extra-1",
        "happened_at": to_text(now()),
        "hall": "1",
        "film_version": "TEST-UNKNOWN",
        "starts_at": to_text(now() + timedelta(days=1)),
    }

    answer = served.post("/v1/batches", a_batch(announced)).json()

    assert answer["outcomes"] == ["film_version_not_in_catalog"]


def test_a_simulated_limit_and_failure_store_nothing(served: Served) -> None:
    body = a_batch(served.sale())

    limit = served.post("/v1/batches", body, more={"EKino-Simulate": "429"})
    failure = served.post("/v1/batches", body, more={"EKino-Simulate": "500"})
    after = served.post("/v1/batches", body)

    assert (limit.status_code, limit.json()["code"]) == (429, "simulated_limit")
    assert limit.headers["retry-after"] == str(SIMULATED_RETRY_AFTER_S)
    assert limit.headers["ratelimit"] == f'"simulated";r=0;t={SIMULATED_RETRY_AFTER_S}'
    assert (failure.status_code, failure.json()["code"]) == (500, "simulated_failure")
    assert after.json()["outcomes"] == ["entered"]


def test_a_simulated_timeout_stores_and_sending_again_gives_the_same(
    served: Served,
) -> None:
    body = a_batch(served.sale("lost"))

    with pytest.raises(httpx2.ReadTimeout):
        served.post("/v1/batches", body, timeout_s=1.5, more={"EKino-Simulate": "timeout"})
    again = served.post("/v1/batches", body).json()

    assert again["outcomes"] == ["already_entered"]


def test_a_slow_answer_comes_late_and_whole(served: Served) -> None:
    began = time.monotonic()

    answer = served.post(
        "/v1/batches", a_batch(served.sale()), more={"EKino-Simulate": "slow"}
    )

    assert time.monotonic() - began >= SLOW_ANSWER_S
    assert answer.json()["outcomes"] == ["entered"]


def test_an_unknown_simulation_is_named(served: Served) -> None:
    answer = served.post("/v1/batches", a_batch(), more={"EKino-Simulate": "teapot"})

    assert (answer.status_code, answer.json()["code"]) == (400, "simulation_unknown")


def test_every_request_of_a_test_key_is_kept_masked(served: Served) -> None:
    body = a_batch(served.sale(token="A" * 167, operator="Aigerim"))

    first = served.post("/v1/batches", body, more={"User-Agent": "Acme POS/4.2"})
    second = served.post("/v1/batches", b"{", more={"Cookie": "ekino=secret"})

    enrolment, entered, malformed = served.logged(at_least=3)[:3]
    assert enrolment.path == "/v1/keys"
    assert '"code": "•••"' in enrolment.body
    assert entered.request_id == first.headers["request-id"]
    assert (entered.answer, entered.code, entered.agent) == (200, "", "Acme POS/4.2")
    assert "A" * 20 not in entered.body
    assert "Aigerim" not in entered.body
    assert served.sandbox.venue in entered.body
    assert "entered" in entered.answer_body
    assert malformed.request_id == second.headers["request-id"]
    assert (malformed.answer, malformed.code) == (400, "batch_is_malformed")
    assert "cookie" not in malformed.headers
    assert second.json()["instance"] == f"/dev/requests/{malformed.request_id}"


def test_a_simulated_timeout_is_kept_as_a_request_without_an_answer(
    served: Served,
) -> None:
    with pytest.raises(httpx2.ReadTimeout):
        served.post(
            "/v1/batches",
            a_batch(served.sale()),
            timeout_s=1.0,
            more={"EKino-Simulate": "timeout"},
        )

    assert served.logged(at_least=2)[-1].answer == 0


def test_beginning_anew_lets_every_ticket_be_sold_again(served: Served) -> None:
    sale = served.sale("same")
    served.post("/v1/batches", a_batch(sale))

    began = sandbox.reset(served.test, "acme", name="Acme", actor="t")
    again = served.post("/v1/batches", a_batch(sale | {"price_minor": 99_000})).json()

    assert began.generation == 2
    assert again["outcomes"] == ["entered"]


def test_the_virtual_cinema_sells_and_keeps_every_venue_on_the_schedule(
    served: Served,
) -> None:
    at = [now()]
    cinema = VirtualCinema(setting_of(served.settings), clock=lambda: at[0])
    for _ in range(3):
        cinema.follow(served.test)
        at[0] += timedelta(seconds=16)
    cinema.stop()

    with psycopg.connect(served.test.dsn) as superuser:
        batches = superuser.execute(
            "SELECT count(*), sum(entered), sum(events) FROM register.batch WHERE source_id <> 0"
        ).fetchone()
        days = superuser.execute(
            "SELECT count(DISTINCT starts_at::date) FROM catalog.showing"
        ).fetchone()
    assert batches is not None
    assert days is not None
    assert batches[0] == 3
    assert batches[1] == batches[2] > 0
    assert days[0] >= sandbox.SHOWING_DAYS
