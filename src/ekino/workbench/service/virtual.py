"""The virtual cinema of a test register: it sells on a schedule, so that there is always news."""

import base64
import json
import secrets
import threading
from datetime import datetime, timedelta
from random import Random
from typing import Any

from nacl.signing import SigningKey

from ekino.access import service as access
from ekino.access.service import enrolment
from ekino.access.signature import (
    SignedRequest,
    content_digest,
    read_signature,
    signature_base,
    signature_parameters,
)
from ekino.db.database import Database, Role
from ekino.ingest.group import Waiting
from ekino.ingest.model import Answer
from ekino.ingest.sales import open_batch
from ekino.ingest.writer import Writer
from ekino.kernel.errors import EkinoError
from ekino.kernel.moments import Clock, now, to_text, zone
from ekino.workbench.service.sandbox import (
    HALLS,
    STARTS,
    VIRTUAL_SOURCE,
    VIRTUAL_VENUE,
    Setting,
    list_venues,
    schedule,
)

# Somebody buys this often.
SELL_EVERY_S = 15
# The schedule is written anew this often, for the days go on.
SCHEDULE_EVERY_S = 3_600
TICKETS_MAX = 3
_ANSWER_WAIT_S = 30
_PRICES_MINOR = (150_000, 200_000, 240_000)
# One purchase in so many is given back, and one in so many is seen at the door.
_REFUNDED, _ADMITTED = 12, 2
_URI = "urn:ekino:virtual-cinema"
_KEY_DAYS = 30


class VirtualCinema:
    """Sells, refunds and admits at the virtual cinema; every batch is signed like anybody's."""

    def __init__(self, setting: Setting, *, clock: Clock = now, seed: int = 7) -> None:
        """Take where it is; it begins when it is first followed."""
        self._setting = setting
        self._clock = clock
        self._dice = Random(seed)  # noqa: S311 - an invented cinema wants dice
        self._key = SigningKey.generate()
        self._key_id = f"test.{VIRTUAL_VENUE}/{secrets.token_hex(6)}"
        self._sequence = 0
        self._writer: Writer | None = None
        self._sell_at: datetime | None = None
        self._schedule_at: datetime | None = None

    def follow(self, db: Database) -> int:
        """Do what is due at the virtual cinema, and give how many events that made."""
        at = self._clock()
        if self._writer is None:
            self._begin(db, at)
        if self._schedule_at is None or at >= self._schedule_at:
            schedule(db, self._setting, list_venues(db), at=at)
            self._schedule_at = at + timedelta(seconds=SCHEDULE_EVERY_S)
        if self._sell_at is not None and at < self._sell_at:
            return 0
        self._sell_at = at + timedelta(seconds=SELL_EVERY_S)
        events = self._purchase(at)
        self._send(events, at)
        # A follower that folded something is asked again at once; there is nothing more yet.
        return 0

    def _begin(self, db: Database, at: datetime) -> None:
        public = base64.b64encode(bytes(self._key.verify_key)).decode()
        source = enrolment.find_source(db, VIRTUAL_SOURCE)
        with db.transaction(Role.OFFICE) as tx:
            access.add_key(
                tx,
                key_id=self._key_id,
                public_key=public,
                source_id=source.source_id if source else None,
                valid_until=at + timedelta(days=_KEY_DAYS),
            )
        self._writer = Writer(db, clock=self._clock)
        self._writer.start()

    def stop(self) -> None:
        """Enter what waits, then close."""
        if self._writer is not None:
            self._writer.stop()

    def _purchase(self, at: datetime) -> list[dict[str, Any]]:
        dice = self._dice
        day = at.astimezone(zone(self._setting.timezone)).date()
        hall, start = dice.choice(list(HALLS)), dice.choice(STARTS)
        showing = f"{day:%Y%m%d}-{start:%H%M}-{hall}"
        events: list[dict[str, Any]] = []
        for number in range(dice.randint(1, TICKETS_MAX)):
            ticket = f"V{int(at.timestamp() * 1_000):x}{number}"
            price = dice.choice(_PRICES_MINOR)
            place = {"row": str(dice.randint(1, 9)), "seat": str(dice.randint(1, 12))}
            sold = {"price_minor": price, "sales_channel": "web", **place}
            events.append(self._event("sold", ticket, showing, at, sold))
            if dice.randrange(_REFUNDED) == 0:
                refund = {"price_minor": price, "reason": "viewer"}
                events.append(self._event("refunded", ticket, showing, at, refund))
            elif dice.randrange(_ADMITTED) == 0:
                events.append(self._event("admitted", ticket, showing, at, {}))
        return events

    def _event(
        self, kind: str, ticket: str, showing: str, at: datetime, more: dict[str, Any]
    ) -> dict[str, Any]:
        self._sequence += 1
        return {
            "kind": kind,
            "sequence": self._sequence,
            "ticket": ticket,
            "venue": VIRTUAL_VENUE,
            "showing": showing,
            "happened_at": to_text(at),
            **more,
        }

    def _send(self, events: list[dict[str, Any]], at: datetime) -> None:
        if self._writer is None:
            return
        body = json.dumps({"events": events}).encode()
        answers: list[Answer | EkinoError] = []
        come = threading.Event()

        def answer(value: Answer | EkinoError) -> None:
            answers.append(value)
            come.set()

        request = _signed(self._key_id, self._key, body, at)
        self._writer.put(Waiting(request=request, contents=open_batch(body), answer=answer))
        come.wait(_ANSWER_WAIT_S)
        if answers and isinstance(answers[0], EkinoError):
            raise answers[0]


def _signed(key_id: str, key: SigningKey, body: bytes, at: datetime) -> SignedRequest:
    parameters = signature_parameters(
        created=int(at.timestamp()), key_id=key_id, nonce=secrets.token_hex(12)
    )
    digest = content_digest(body)
    base = signature_base(
        method="POST",
        target_uri=_URI,
        digest=digest,
        content_type="application/json",
        parameters=parameters,
    )
    signature = base64.b64encode(key.sign(base).signature).decode()
    return read_signature(
        method="POST",
        target_uri=_URI,
        content_type="application/json",
        digest_header=digest,
        input_header=f"ekino={parameters}",
        signature_header=f"ekino=:{signature}:",
        body=body,
    )
