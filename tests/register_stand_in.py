"""A stand-in for the register over real HTTP: idempotent, signs receipts, and fails when told to."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable  # noqa: TC003 - an annotation of an attribute
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till import RegisterKey, note_key_id

RECEIPTS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RECEIPTS_NAME = "ekino.example/receipts"
PUBLIC = RECEIPTS_KEY.public_key().public_bytes_raw()
REGISTER_KEY = RegisterKey(RECEIPTS_NAME, PUBLIC)
# (HTTP answer, headers, body) in place of the register's own.
Fault = tuple[int, dict[str, str], bytes]


def sign_receipt(text: str, key: Ed25519PrivateKey = RECEIPTS_KEY) -> str:
    raw = note_key_id(RECEIPTS_NAME, PUBLIC) + key.sign(text.encode())
    return f"{text}\n\u2014 {RECEIPTS_NAME} {base64.b64encode(raw).decode()}\n"


class StandIn:
    """Takes batches at /v1/batches and remembers each event by its ticket."""

    def __init__(self) -> None:
        self.entered: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.reports: list[dict[str, Any]] = []
        # What it answers to a report.
        self.missing: list[dict[str, Any]] = []
        # Taken one a request, before anything is entered.
        self.faults: list[Fault] = []
        # Applied to the answer after the entering.
        self.spoil: Callable[[dict[str, Any]], object] = lambda answer: answer
        self.hang_up_after = False
        self.ahead_s = 0.0
        self.date_s: float | None = None
        self.refuse: Callable[[dict[str, Any]], str] = lambda _: ""
        self._lock = threading.Lock()
        stand_in = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                http, headers, answer = stand_in.answer(self.path, dict(self.headers), body)
                if stand_in.hang_up_after:
                    self.close_connection = True
                    return
                self.send_response_only(http)
                if "Date" not in headers:
                    headers["Date"] = formatdate(stand_in.date_s, usegmt=True)
                for name, value in {**headers, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Fault:
        with self._lock:
            self.requests.append((path, headers, body))
            if self.faults:
                return self.faults.pop(0)
            if path == "/v1/feeds/report":
                self.reports.append(json.loads(body))
                return 200, {}, json.dumps({"missing": self.missing, "days": []}).encode()
            whole = self.spoil(self._enter(body))
        return 200, {}, json.dumps(whole).encode()

    def _enter(self, body: bytes) -> dict[str, Any]:
        outcomes: list[str] = []
        positions: list[int | None] = []
        problems: list[dict[str, Any]] = []
        entered = 0
        for index, event in enumerate(json.loads(body)["events"]):
            if outcome := self.refuse(event):
                outcomes.append(outcome)
                positions.append(None)
                problems.append(
                    {"index": index, "outcome": outcome, "detail": "d", "fix": "f"}
                )
                continue
            known = [each for each in self.entered if each["ticket"] == event["ticket"]]
            if not known:
                self.entered.append(event)
                entered += 1
            outcomes.append("already_entered" if known else "entered")
            positions.append(self.entered.index(event))
        digest = hashlib.sha256(body).hexdigest()
        run = sorted(
            {
                place
                for place, outcome in zip(positions, outcomes, strict=True)
                if place is not None and (outcome == "entered" or not entered)
            }
        )
        first, count = (run[0], len(run)) if run else (len(self.entered), 0)
        at = "2026-11-26T12:00:00.000000Z"
        return {
            "batch_sha256": digest,
            "received_at": at,
            "register_size": len(self.entered),
            "outcomes": outcomes,
            "positions": positions,
            "problems": problems,
            "receipt": sign_receipt(
                f"ekino-receipt-v1\n{digest}\n{first}\n{count}\n{at}\n"
            ),
        }


def problem(http: int, code: str, **headers: str) -> Fault:
    """Give one of the register's problems."""
    body = {"type": f"/problems/{code}", "code": code, "detail": "d", "status": http}
    return (
        http,
        {"Content-Type": "application/problem+json", **headers},
        json.dumps(body).encode(),
    )
