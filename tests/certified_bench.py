"""What leads a till through a certification: a vendor with a test key, and the API."""

import json
import time
from typing import Any

from starlette.testclient import TestClient

from certified_till import Answer, Planted, Till, read
from ekino.db.database import Database
from ekino.proofs.keys import NoteSigner
from ekino.settings import Settings
from two_registers import ORIGIN, a_sandbox, enrolled, signed_headers

PATH = "/v1/certification"
SEEN_S_MAX = 3.0


class Bench:
    """A vendor with a test key, in a register that signs certificates."""

    def __init__(
        self,
        client: TestClient,
        settings: Settings,
        test: Database,
        signer: NoteSigner,
    ) -> None:
        self.client, self.settings, self.test, self.signer = client, settings, test, signer
        self.sandbox = a_sandbox(settings, test, "acme")
        self.vendor, _ = enrolled(client, test, self.sandbox.source, "test.acme/till-1")

    def till(self, fault: Planted | None = None) -> Till:
        return Till(
            self._post, f"{ORIGIN}/v1/batches", self.vendor.key_id, self.vendor.private, fault=fault
        )  # fmt: skip

    def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        answer = self.client.post("/v1/batches", content=body, headers=headers)
        return Answer(answer.status_code, dict(answer.headers), read(answer.content))

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        body = b"" if document is None else json.dumps(document).encode()
        headers = signed_headers(self.vendor, method, path, body)
        answer = self.client.request(method, path, content=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def begin(self, **wanted: Any) -> Any:
        return self.ask("POST", PATH, {"product": "Acme POS", "version": "4.2", **wanted})

    def lead(self, till: Till, run: Any) -> Any:
        """Lead a till through a run; a test that does not come to an end is left out."""
        address = f"{PATH}/{run['reference']}"
        while run["current"] is not None:
            test = run["current"]["test"]
            if answers := till.do(run["current"]):
                document = {"do": "answer", "answers": answers}
                self.ask("POST", f"{address}/steps/{test}", document)
            run = self.seen(address, test)
            if run["current"] is not None and run["current"]["test"] == test:
                run = self.ask("POST", f"{address}/steps/{test}", {"do": "skip"})
                run = self.ask("GET", address)
        return run

    def seen(self, address: str, test: str) -> Any:
        until = time.monotonic() + SEEN_S_MAX
        while True:
            run = self.ask("GET", address)
            current = run["current"]
            if current is None or current["test"] != test or time.monotonic() > until:
                return run
            time.sleep(0.15)


def states(run: Any) -> dict[str, str]:
    """Give how each test stands."""
    return {step["test"]: step["state"] for step in run["steps"]}
