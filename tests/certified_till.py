"""A ticketing system that is right, and the same with one fault each: what certification tells apart."""

import base64
import hashlib
import json
import secrets
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BATCH_EVENTS = 100
TRIES_MAX = 8


class Planted(StrEnum):
    """One thing that a vendor got wrong."""

    PRICE_IN_TENGE = "price_in_tenge"
    NO_SEAT = "no_seat"
    REPEATS_IN_OTHER_BYTES = "repeats_in_other_bytes"
    ZONE_TWICE = "zone_twice"
    NUMBER_REUSED = "number_reused"
    NUMBER_SKIPPED = "number_skipped"
    ONE_CHANNEL = "one_channel"
    FEE_IN_PRICE = "fee_in_price"
    RESERVATION_IS_SALE = "reservation_is_sale"
    VOIDS_FOR_REFUND = "voids_for_refund"
    REFUND_AT_SALE_TIME = "refund_at_sale_time"
    EDITS_SALES = "edits_sales"
    NEW_TICKET_EACH_TRY = "new_ticket_each_try"
    LOSES_WHEN_AWAY = "loses_when_away"
    NEWEST_FIRST = "newest_first"
    RESTAMPS = "restamps"
    NEVER_ASKS_THE_TIME = "never_asks_the_time"
    IGNORES_RETRY_AFTER = "ignores_retry_after"
    HAMMERS = "hammers"
    REBUILDS_AFTER_LOSS = "rebuilds_after_loss"
    ONE_TICKET_A_REQUEST = "one_ticket_a_request"
    WRONG_TOKENS = "wrong_tokens"


@dataclass
class Answer:
    """What came back; `body` is None when nothing that can be read did."""

    number: int
    headers: dict[str, str]
    body: dict[str, Any] | None


# Posts a signed body to an address and gives what came back; number 0: the line broke.
Post = Callable[[bytes, dict[str, str]], Answer]


@dataclass
class Memory:
    """What a till keeps on its disk."""

    sequence: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)
    last_body: str = ""
    last_sale: dict[str, Any] = field(default_factory=dict)
    # How far its clock is behind, and how far it knows that it is.
    behind_s: float = 0
    corrected_s: float = 0


class Till:
    """Does what a task asks for, through real requests."""

    def __init__(
        self,
        post: Post,
        uri: str,
        key_id: str,
        private: Ed25519PrivateKey,
        *,
        fault: Planted | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.post, self.uri, self.key_id, self.private = post, uri, key_id, private
        self.fault = fault
        self.memory = memory or Memory()
        self.prefix = secrets.token_hex(4)

    def do(self, task: dict[str, Any]) -> list[str]:
        """Take the actions of a task; the answers by hand are what is given back."""
        for action in task["actions"]:
            getattr(self, action["do"])(action)
        return [self.token(each) for each in task.get("tokens", ())]

    def sell(self, action: dict[str, Any]) -> None:
        for _ in range(action["count"]):
            self.say(self.sale(action))

    def sale(self, action: dict[str, Any]) -> dict[str, Any]:
        asked: dict[str, Any] = {
            name: action[name]
            for name in ("venue", "showing", "price_minor", "fee_minor", "sales_channel", "row", "seat", "payment")
            if name in action
        }  # fmt: skip
        if self.fault is Planted.PRICE_IN_TENGE:
            asked["price_minor"] //= 100
        if self.fault is Planted.NO_SEAT:
            asked.pop("seat", None)
        if self.fault is Planted.ONE_CHANNEL:
            asked["sales_channel"] = "box_office"
        if self.fault is Planted.FEE_IN_PRICE:
            asked["price_minor"] += asked.pop("fee_minor", 0)
        made: dict[str, Any] = {
            "kind": "sold",
            "ticket": f"{self.prefix}-{secrets.token_hex(5)}",
            "till": "K-1",
            "operator": "C-1",
            **asked,
        }
        self.memory.last_sale = made
        return made

    def reserve(self, action: dict[str, Any]) -> None:
        if self.fault is Planted.RESERVATION_IS_SALE:
            self.say(self.sale(action))

    def let_lapse(self, _action: dict[str, Any]) -> None:
        """Nobody has paid: nothing is said."""

    def refund(self, action: dict[str, Any]) -> None:
        kind = "voided" if self.fault is Planted.VOIDS_FOR_REFUND else "refunded"
        given = {} if kind == "voided" else {"price_minor": action["price_minor"]}
        self.say({**self.about(kind), **given, "reason": action["reason"]})
        if self.fault is Planted.REFUND_AT_SALE_TIME:
            self.memory.waiting[-1]["happened_at"] = "2026-01-02T03:04:05Z"

    def correct(self, action: dict[str, Any]) -> None:
        if self.fault is Planted.EDITS_SALES:
            self.say({**self.memory.last_sale, "price_minor": action["price_minor"]})
            return
        right = {"price_minor": action["price_minor"], "reason": action["reason"]}
        self.say({**self.about("corrected"), **right})

    def about(self, kind: str) -> dict[str, Any]:
        """Begin a later event of the ticket that was sold last."""
        sold = self.memory.last_sale
        named = {name: sold[name] for name in ("ticket", "venue", "showing")}
        return {"kind": kind, **named}

    def set_clock(self, action: dict[str, Any]) -> None:
        self.memory.behind_s = action["behind_s"]
        if not action["behind_s"]:
            self.memory.corrected_s = 0

    def say(self, event: dict[str, Any]) -> None:
        """Number an event and write it down, with its time."""
        self.memory.sequence += 1
        number = self.memory.sequence
        if self.fault is Planted.NUMBER_REUSED and number > 1:
            number = 1
        if self.fault is Planted.NUMBER_SKIPPED and number > 1:
            number += 5
        self.memory.waiting.append(
            {"sequence": number, "happened_at": self.moment(), **event}
        )

    def now(self) -> float:
        """The till's own clock, put right by what it has learned."""
        return time.time() - self.memory.behind_s + self.memory.corrected_s

    def moment(self) -> str:
        at = datetime.fromtimestamp(self.now(), UTC)
        if self.fault is Planted.ZONE_TWICE:
            at -= timedelta(hours=5)
        return at.isoformat()

    def send(self, _action: dict[str, Any]) -> None:
        """Send what waits, in order, until nothing does."""
        tries, pause_s = 0, 0.2
        tries_max = 200 if self.fault is Planted.HAMMERS else TRIES_MAX
        while self.memory.waiting and tries < tries_max:
            size = 1 if self.fault is Planted.ONE_TICKET_A_REQUEST else BATCH_EVENTS
            part = self.memory.waiting[:size]
            if self.fault is Planted.NEWEST_FIRST:
                part = part[::-1]
            body = json.dumps({"events": part}).encode()
            answer = self.request(body)
            if answer.number == 200 and answer.body is not None:
                self.memory.last_body = body.decode()
                del self.memory.waiting[:size]
                tries, pause_s = 0, 0.2
                continue
            tries += 1
            if (
                answer.number == 401
                and (answer.body or {}).get("code") == "created_out_of_window"
            ):
                self.learn(answer)
                continue
            if 400 <= answer.number < 500 and answer.number != 429:
                # Asking again changes nothing.
                del self.memory.waiting[:size]
                return
            if self.spoil(answer, size):
                return
            asked = float(answer.headers.get("retry-after", 0))
            if self.fault is Planted.IGNORES_RETRY_AFTER:
                asked = 0
            if asked or self.fault is not Planted.HAMMERS:
                time.sleep(max(asked, pause_s))
            pause_s *= 2

    def spoil(self, answer: Answer, size: int) -> bool:
        """Do what a faulty till does when it is not answered; whether it gives up."""
        waiting = self.memory.waiting
        if self.fault is Planted.LOSES_WHEN_AWAY and answer.number == 503:
            del waiting[:size]
            # By then the register is back, and nobody asks for what is gone.
            time.sleep(5)
            return True
        if self.fault is Planted.NEW_TICKET_EACH_TRY:
            for event in waiting[:size]:
                event["ticket"] = f"{self.prefix}-{secrets.token_hex(5)}"
        if self.fault is Planted.RESTAMPS:
            for event in waiting[:size]:
                event["happened_at"] = self.moment()
        if self.fault is Planted.REBUILDS_AFTER_LOSS and answer.number in (0, 200):
            for event in waiting[:size]:
                event["till"] = f"try {secrets.token_hex(2)}"
        return False

    def learn(self, answer: Answer) -> None:
        """Take the register's clock from its refusal."""
        if self.fault is Planted.NEVER_ASKS_THE_TIME or answer.body is None:
            return
        told = datetime.fromisoformat(answer.body["server_time"])
        self.memory.corrected_s += told.timestamp() - self.now()

    def send_again(self, _action: dict[str, Any]) -> None:
        body = self.memory.last_body
        if self.fault is Planted.REPEATS_IN_OTHER_BYTES:
            body = json.dumps(json.loads(body), indent=1)
        self.request(body.encode())

    def make_tokens(self, _action: dict[str, Any]) -> None:
        """Tokens are given back by `do`."""

    def token(self, ticket: dict[str, Any]) -> str:
        """Make the token of given values (docs/reference/ticket-token.md)."""
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(ticket["seed_hex"]))
        public = key.public_key().public_bytes_raw()
        named = hashlib.sha256(ticket["key_name"].encode() + b"\n\x01" + public).digest()
        price = ticket["price_minor"] + (self.fault is Planted.WRONG_TOKENS)
        body = struct.pack(
            ">B4s12sIIIIHIB", 1, named[:4], bytes.fromhex(ticket["ticket_id_hex"]),
            ticket["number"], ticket["hall"], ticket["start_s"], price, ticket["place"],
            ticket["issued_s"], ticket["flags"],
        )  # fmt: skip
        raw = body + key.sign(b"ekino-ticket-v1\n" + body)
        return base64.b32encode(raw).decode().rstrip("=")

    def request(self, body: bytes) -> Answer:
        """Sign a body by the till's clock, and post it."""
        digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
        parameters = (
            '("@method" "@target-uri" "content-digest" "content-type")'
            f';created={int(self.now())};keyid="{self.key_id}";alg="ed25519"'
            f';nonce="{secrets.token_hex(12)}";tag="ekino-ingest"'
        )
        base = (
            f'"@method": POST\n"@target-uri": {self.uri}\n"content-digest": {digest}\n'
            f'"content-type": application/json\n"@signature-params": {parameters}'
        )
        signature = base64.b64encode(self.private.sign(base.encode())).decode()
        return self.post(
            body,
            {
                "Content-Type": "application/json",
                "Content-Digest": digest,
                "Signature-Input": f"ekino={parameters}",
                "Signature": f"ekino=:{signature}:",
            },
        )


def over_http(uri: str) -> Post:
    """Post over a connection of its own each time."""
    import http.client
    from urllib.parse import urlsplit

    where = urlsplit(uri)

    def post(body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=30
        )
        try:
            connection.request("POST", where.path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, None)
        finally:
            connection.close()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, read(answer))

    return post


def read(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def main() -> None:
    """Do one task from stdin: `certified_till.py URL KEY_ID SEED_HEX MEMORY [FAULT]`."""
    url, key_id, seed, path, *fault = sys.argv[1:]
    kept = Path(path)
    memory = Memory(**json.loads(kept.read_text())) if kept.exists() else Memory()
    uri = f"{url}/v1/batches"
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    planted = Planted(fault[0]) if fault else None
    till = Till(over_http(uri), uri, key_id, private, fault=planted, memory=memory)
    answers = till.do(json.loads(sys.stdin.read()))
    kept.write_text(json.dumps(asdict(till.memory)))
    sys.stdout.write(json.dumps({"answers": answers}))


if __name__ == "__main__":
    main()
