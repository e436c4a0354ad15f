"""The follower of the outbox: spreads what was told, and takes it where it is wanted."""

import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ekino.access.seal import Seal
from ekino.db.database import Database, Role
from ekino.kernel.moments import Clock, now, to_text
from ekino.notices import store
from ekino.notices.model import (
    ANSWER_TIMEOUT_S,
    ATTEMPT_DAYS,
    GONE,
    WAITING_MAX,
    body_of,
    delay_after,
    new_notice_id,
)
from ekino.notices.service import confirming
from ekino.notices.service.confirming import Unconfirmed
from ekino.notices.service.courier import Courier, Met
from ekino.notices.service.mail import Mailer
from ekino.notices.service.signing import headers_of
from ekino.notices.store import Attempt, Disabled, Due

# Notices made into deliveries in one transaction.
SPREAD_MAX = 500
# Deliveries under way at once, of one endpoint, and of one organisation over all its endpoints:
# whoever hangs leaves room for the others, however many endpoints they have.
UNDER_WAY_MAX = 16
OF_ENDPOINT_MAX = 2
OF_ORGANISATION_MAX = 4
# A round waits so long for what it took; what hangs longer stays under way while the next round
# takes what others wait for.
ROUND_S = 2.0
# Whoever takes a delivery holds it for longer than an attempt can last.
HOLD_S = 3 * ANSWER_TIMEOUT_S
# What is old is looked for so often, and thrown away so much at once.
TIDY_EVERY_S = 3_600
FORGOTTEN_MAX = 5_000

# Gives an e-mail's subject and text: language, kind, what it is about, what else is known.
Words = Callable[[str, str, str, Mapping[str, Any]], tuple[str, str]]
DISABLED = "endpoint.disabled"
# In the delivery log: newer deliveries of the organisation took this one's place.
TOO_MANY_WAITED = "too_many_waited"
# The one e-mail that goes to an address before its reader has confirmed it.
CONFIRM = "endpoint.confirm"
# Links sent in one round: they leave places to what is told.
CONFIRMATIONS_MAX = 4


class Deliverer:
    """Delivers notices; several may run at once, each delivery is taken by one of them."""

    def __init__(
        self,
        seal: Seal,
        courier: Courier,
        mailer: Mailer | None,
        words: Words,
        *,
        public_url: str = "",
        clock: Clock = now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Take what signs, what carries, and what words e-mail; without a mailer none is sent."""
        self._seal = seal
        self._courier = courier
        self._mailer = mailer
        self._words = words
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._chance = chance
        self._tidy_at: datetime | None = None
        self._pool = ThreadPoolExecutor(UNDER_WAY_MAX, thread_name_prefix="notices")
        self._under_way: set[Future[None]] = set()

    def follow(self, db: Database) -> int:
        """Spread and deliver what is due, and give how much that was, or is still under way."""
        at = self._clock()
        self._tidy(db, at)
        asked = self._ask_to_confirm(db, at)
        with db.transaction(Role.FOLLOWER) as tx:
            spread = store.spread_notices(tx, at, limit=SPREAD_MAX)
            if spread:
                said = f"more than {WAITING_MAX} deliveries waited"
                store.give_up_excess(
                    tx, set(spread), at, most=WAITING_MAX, reason=TOO_MANY_WAITED, said=said
                )
        with db.transaction(Role.FOLLOWER) as tx:
            taken = store.take_due(
                tx,
                at,
                hold_until=at + timedelta(seconds=HOLD_S),
                limit=UNDER_WAY_MAX - len(self._under_way),
                of_endpoint=OF_ENDPOINT_MAX,
                of_organisation=OF_ORGANISATION_MAX,
            )
            keys = store.read_signing_keys(tx, [each.endpoint_id for each in taken], at)
            # From here they are held: after a crash they are sent once more, under the same
            # id, by which their receiver knows them.
        self._under_way |= {
            self._pool.submit(self._deliver, db, each, keys.get(each.endpoint_id, []))
            for each in taken
        }
        done, self._under_way = wait(self._under_way, timeout=ROUND_S)
        for each in done:
            each.result()
        return asked + len(spread) + len(taken) + len(self._under_way)

    def _ask_to_confirm(self, db: Database, at: datetime) -> int:
        """Send links to addresses that are not confirmed, and give how many."""
        limit = min(CONFIRMATIONS_MAX, UNDER_WAY_MAX - len(self._under_way))
        if self._mailer is None or limit <= 0:
            return 0
        taken = confirming.take_asked(db, at=at, limit=limit)
        self._under_way |= {
            self._pool.submit(self._send_link, db, self._mailer, each, secret)
            for each, secret in taken
        }
        return len(taken)

    def _send_link(
        self, db: Database, mailer: Mailer, asked: Unconfirmed, secret: str
    ) -> None:
        link = f"{self._public_url}/confirm/{secret}"
        try:
            subject, text = self._words(asked.language, CONFIRM, link, {})
            met = mailer.post(asked.address, subject, text, name=new_notice_id())
            is_sent = not met.reason
        except Exception:
            # As for deliveries: the page goes on saying that it was not sent.
            is_sent = False
        if is_sent:
            confirming.note_sent(db, asked.endpoint_id)

    def _deliver(self, db: Database, due: Due, keys: list[tuple[str, bytes]]) -> None:
        began_at, began_s = self._clock(), time.monotonic()
        try:
            met = self._carry(due, keys, began_at)
        except Exception as error:
            # Whatever broke, the delivery is settled: unsettled it would come first for ever.
            met = Met(answer=None, reason="not_carried", said=type(error).__name__)
        took_ms = int((time.monotonic() - began_s) * 1_000)
        attempts = due.attempts + 1
        delay = delay_after(attempts, chance=self._chance()) if met.reason else None
        state = "waiting" if delay else "given_up" if met.reason else "delivered"
        why = "gone" if met.answer == GONE and due.way == "webhook" else ""
        if why:
            state, delay = "given_up", None
        elif state == "given_up":
            why = "failed_too_long"
        tried = Attempt(began_at, took_ms, met.answer, met.reason, met.said)
        due_at = began_at + delay if delay else None
        with db.transaction(Role.FOLLOWER) as tx:
            store.settle(tx, due, tried, state=state, attempts=attempts, due_at=due_at)
            disabled = store.disable_endpoint(tx, due.endpoint_id, why) if why else None
        if disabled is not None:
            self._tell_disabled(disabled, why)

    def _carry(self, due: Due, keys: list[tuple[str, bytes]], at: datetime) -> Met:
        if due.way == "email":
            if self._mailer is None:
                return Met(answer=None, reason="no_mail_server")
            facts = {**due.facts, "told_at": to_text(due.told_at)}
            subject, text = self._words(due.language, due.kind, due.subject, facts)
            return self._mailer.post(due.address, subject, text, name=due.notice_id)
        body = msgspec.json.encode(
            body_of(due.kind, to_text(due.told_at), due.subject, due.facts)
        )
        secrets = [self._seal.unseal(sealed) for _, sealed in keys]
        headers = headers_of(secrets, due.notice_id, int(at.timestamp()), body)
        return self._courier.post(due.address, headers, body, is_operators=due.is_operators)

    def _tell_disabled(self, endpoint: Disabled, why: str) -> None:
        """Tell by e-mail, once, that nothing is sent any more; the page shows it in any case."""
        if self._mailer is None or not endpoint.contact:
            return
        subject, text = self._words(
            endpoint.language, DISABLED, endpoint.address, {"reason": why}
        )
        self._mailer.post(endpoint.contact, subject, text, name=new_notice_id())

    def _tidy(self, db: Database, at: datetime) -> None:
        if self._tidy_at is not None and at < self._tidy_at:
            return
        with db.transaction(Role.FOLLOWER) as tx:
            before = at - timedelta(days=ATTEMPT_DAYS)
            gone = store.forget(tx, before, at=at, limit=FORGOTTEN_MAX)
        if gone < FORGOTTEN_MAX:
            self._tidy_at = at + timedelta(seconds=TIDY_EVERY_S)
