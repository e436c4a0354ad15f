"""What others may ask of connectors: to add one, list, pause, keep a webhook's hint, read on."""

import hashlib
import random
import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.ingest.formats import facts_json
from ekino.ingest.formats.readings import Reading
from ekino.intake import service as intake
from ekino.intake.connectors import store, systems
from ekino.intake.connectors.address import guard_of, look_up
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.model import (
    CODE_CHARACTERS,
    CONNECTORS_MAX,
    EVENTS_OF_ONE_MAX,
    LEASE_S,
    Connector,
    ConnectorState,
    Look,
    System,
    after_failure,
    is_code,
    next_look,
)
from ekino.intake.connectors.news import (
    News,
    changed_showings,
    named_showings,
    news_of,
)
from ekino.intake.connectors.store import Kept, Shown
from ekino.kernel.errors import EkinoError, NotFound, Pushback, Refused
from ekino.kernel.internet import LookUp
from ekino.kernel.moments import Clock, now

__all__ = [
    "Added",
    "Follower",
    "Kept",
    "Shown",
    "Wanted",
    "add",
    "hear",
    "list_all",
    "list_unmapped",
    "set_state",
]

# Characters of a secret; more is a file of another kind.
SECRET_CHARACTERS_MAX = 4_096
# Random bytes of a webhook's secret path.
HOOK_BYTES = 24
# What cannot be mapped, shown at once.
UNMAPPED_SHOWN_MAX = 200
# News handed in in one step.
OUTGOING_AT_ONCE = 20
# News that could not be handed in are tried again after this.
HELD_S = 30.0
# A webhook's body names an order; more is not read.
HOOK_BODY_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Another system that is to be read."""

    code: str
    system: System
    # Where its API begins.
    url: str
    # Whose events: an organiser's slug; "" where the secret says so.
    account: str = ""
    # Which of them; none are all, where the system can be asked for all.
    events: tuple[str, ...] = ()
    # The source that speaks for it.
    source_code: str
    secret_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A connector just added; `hook` is shown this once."""

    code: str
    # The secret end of the address for webhooks.
    hook: str


def add(
    db: Database, wanted: Wanted, *, is_loopback_allowed: bool, added_by: str, at: datetime
) -> Added:
    """
    Set up another system to be read for a source; it begins with all that is there.

    Raises `Refused` for a code that is taken or odd, an address that we do not read from, and a
    secret that is not there; `NotFound` for a source that is not.
    """
    if not is_code(wanted.code):
        detail = (
            f"{wanted.code!r}: a code has up to {CODE_CHARACTERS} small letters, digits and -, "
            "a letter first"
        )
        raise Refused(detail, code="code_malformed")
    systems.verify_scope(wanted.system, wanted.account, wanted.events)
    if len(wanted.events) > EVENTS_OF_ONE_MAX:
        detail = f"at most {EVENTS_OF_ONE_MAX} events are named; name none to read all"
        raise Refused(detail, code="events_max")
    guard_of(is_loopback_allowed=is_loopback_allowed).take_apart(
        wanted.url, is_operators=True
    )
    read_secret(wanted.secret_file)
    intake.find_source(db, wanted.source_code)
    hook = secrets.token_urlsafe(HOOK_BYTES)
    with db.transaction(Role.OFFICE) as tx:
        if store.count(tx) >= CONNECTORS_MAX:
            detail = f"there are {CONNECTORS_MAX} connectors: one register reads no more"
            raise Refused(detail, code="connectors_max")
        if not store.add(tx, _columns(wanted, hook, added_by, at)):
            detail = f"there is a connector {wanted.code!r} already"
            raise Refused(detail, code="code_taken")
        access.note(
            tx,
            actor=added_by,
            action="connector_added",
            subject=f"connector/{wanted.code}",
            detail={"system": wanted.system.value, "source": wanted.source_code},
        )
        # From here the follower reads it.
    return Added(code=wanted.code, hook=hook)


def _columns(wanted: Wanted, hook: str, added_by: str, at: datetime) -> dict[str, Any]:
    return {
        "code": wanted.code,
        "system": wanted.system.value,
        "url": wanted.url.rstrip("/"),
        "account": wanted.account,
        "events": list(wanted.events),
        "source_code": wanted.source_code,
        "secret_file": str(wanted.secret_file.absolute()),
        "hook_sha256": _digest(hook),
        "added_by": added_by,
        "at": at,
    }


def read_secret(path: Path) -> str:
    """Read a secret from its file; `Refused`, without it, when it is not there or empty."""
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        detail = f"the secret in {path} cannot be read"
        raise Refused(detail, code="secret_unreadable") from error
    if not text or len(text) > SECRET_CHARACTERS_MAX or not text.isprintable():
        detail = f"{path} holds no secret: one line is expected"
        raise Refused(detail, code="secret_unreadable")
    return text


def list_all(db: Database, code: str | None = None) -> list[Shown]:
    """Give the connectors with how they go; `NotFound` for a code that is none's."""
    with db.transaction(Role.OFFICE) as tx:
        found = store.list_shown(tx, code)
    if code is not None and not found:
        detail = f"there is no connector {code!r}"
        raise NotFound(detail, code="connector_not_found")
    return found


def list_unmapped(db: Database, code: str | None = None) -> list[Kept]:
    """Give what could not be mapped, the latest first."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_unmapped(tx, code, limit=UNMAPPED_SHOWN_MAX)


def set_state(
    db: Database, code: str, state: ConnectorState, *, by: str, at: datetime
) -> None:
    """Pause a connector, or run it; what it has read stays read."""
    with db.transaction(Role.OFFICE) as tx:
        if not store.set_state(tx, code, state, at=at):
            detail = f"there is no connector {code!r}"
            raise NotFound(detail, code="connector_not_found")
        access.note(
            tx,
            actor=by,
            action=f"connector_{state.value}",
            subject=f"connector/{code}",
            detail={},
        )


def hear(db: Database, hook: str, body: bytes, *, at: datetime) -> None:
    """
    Keep what a webhook says there is to look at, and have it looked at.

    Nothing in the body is believed: it names an order, and the order is read from the other
    system. Heard twice it is looked at once, or twice to no effect. `NotFound` for a path that is
    no connector's; a paused connector hears and stays paused.
    """
    with db.transaction(Role.OFFICE) as tx:
        connector = store.find_hook(tx, _digest(hook))
        if connector is None:
            raise NotFound("there is no such address")
        subject = systems.subject_of(connector.system, body)
        store.keep_hint(tx, connector.connector_id, subject, at=at)


def _digest(hook: str) -> bytes:
    return hashlib.sha256(hook.encode()).digest()


class Follower:
    """The follower `connectors`: reads what changed in other systems, and hands it in."""

    def __init__(
        self,
        keys: intake.Keys,
        *,
        is_loopback_allowed: bool,
        clock: Clock = now,
        dice: random.Random | None = None,
        ask_name: LookUp = look_up,
    ) -> None:
        """Take the keys that news are signed with."""
        self._keys = keys
        self._guard = guard_of(is_loopback_allowed=is_loopback_allowed)
        self._clock = clock
        self._dice = dice or random.Random()  # noqa: S311 - when to look again is no secret
        self._ask_name = ask_name
        self._memories: dict[int, systems.Memory] = {}

    def follow(self, db: Database) -> int:
        """Hand in what waits, read one page of one connector, and give how much that was."""
        handed = self._hand_in(db)
        at = self._clock()
        with db.transaction(Role.OFFICE) as tx:
            connector = store.claim(tx, at=at, until=at + timedelta(seconds=LEASE_S))
        if connector is None:
            return handed
        try:
            self._read(db, connector)
        except EkinoError as error:
            self._note(db, connector, error)
            return handed
        return handed + 1

    def _read(self, db: Database, connector: Connector) -> None:
        """Follow the oldest hint there is, or read the next page."""
        source = intake.find_source(db, connector.source_code)
        connector = replace(connector, currency=source.currency, timezone=source.timezone)
        asker = Asker(
            connector.url,
            systems.headers(connector.system, read_secret(Path(connector.secret_file))),
            guard=self._guard,
            ask_name=self._ask_name,
        )
        memory = self._memories.setdefault(connector.connector_id, {})
        with asker:
            puller = systems.puller(connector, asker, memory)
            with db.transaction(Role.OFFICE) as tx:
                hint = store.next_hint(tx, connector.connector_id)
            if hint is None:
                self._keep(db, connector, puller.look(connector.cursor))
                return
            try:
                look = puller.look_at(hint[0])
            except Refused:
                # What it named cannot be read: the pages will tell, and must not wait for it.
                with db.transaction(Role.OFFICE) as tx:
                    store.drop_hint(tx, connector.connector_id, *hint)
                raise
            self._keep(db, connector, look, hint=hint)

    def _keep(
        self,
        db: Database,
        connector: Connector,
        look: Look,
        *,
        hint: tuple[str, datetime] | None = None,
    ) -> None:
        """Write down what a look gave: the news, what is known now, and where we are."""
        at = self._clock()
        with db.transaction(Role.OFFICE) as tx:
            # Lock first, then look: whoever claimed it since has read newer things.
            if not store.lock(tx, connector):
                return
            counts: Counter[str] = Counter()
            for reading in look.readings:
                counts += self._keep_reading(tx, connector, reading, at)
            if hint is not None:
                store.drop_hint(tx, connector.connector_id, *hint)
            store.note_look(
                tx,
                connector,
                cursor=look.cursor if hint is None else None,
                counts=counts,
                read_until=look.read_until,
                next_attempt_at=next_look(at, is_done=look.is_done, dice=self._dice),
                at=at,
            )
        # From here the news are ours: a crash before it reads the page again and finds the same,
        # a crash after it leaves them in the outbox, from which they are handed in once.

    def _keep_reading(
        self, tx: Connection[Any], connector: Connector, reading: Reading, at: datetime
    ) -> Counter[str]:
        facts = reading.facts
        named = {each.ticket for each in facts.sales}
        named |= {each.ticket for each in facts.reversals}
        named |= {each.ticket for each in facts.admissions}
        known = store.find_tickets(tx, connector.connector_id, sorted(named))
        news = news_of(reading, known)
        told = {
            each.code: each
            for each in store.find_showings(
                tx, connector.connector_id, [each.code for each in facts.showings]
            )
        }
        moved = changed_showings(facts.showings, told)
        store.keep_tickets(tx, connector.connector_id, news.known.values())
        store.keep_unmapped(tx, connector.connector_id, news.facts.unmapped, at=at)
        # Of a date that no ticket names nothing was told, and nothing is.
        store.keep_showings(tx, connector.connector_id, facts.showings if named else moved)
        if news.events or moved:
            said = {each.code for each in news.facts.showings}
            news.facts.showings += [each for each in moved if each.code not in said]
            said |= {each.code for each in moved}
            news.facts.showings += store.find_showings(
                tx, connector.connector_id, sorted(named_showings(news.facts) - said)
            )
            name = f"{connector.code} {at.isoformat()} {secrets.token_hex(8)}"
            content = facts_json.serialise(news.facts, name=name)
            store.keep_outgoing(tx, connector.connector_id, content)
        return _counted(news) + Counter(showings_changed=len(moved))

    def _hand_in(self, db: Database) -> int:
        """Hand in news, each connector's in their order; give how many there were."""
        at = self._clock()
        with db.transaction(Role.OFFICE) as tx:
            waiting = store.list_outgoing(tx, at=at, limit=OUTGOING_AT_ONCE)
        if not waiting:
            return 0
        handed, held = 0, set[int]()
        with intake.door(db, clock=self._clock) as submit:
            for each in waiting:
                if each.connector_id in held:
                    continue
                try:
                    self._hand_in_one(db, each, submit)
                except EkinoError as error:
                    held.add(each.connector_id)
                    self._hold(db, each, error)
                else:
                    handed += 1
        return handed

    def _hand_in_one(
        self, db: Database, news: store.Outgoing, submit: intake.Submit
    ) -> None:
        at = self._clock()
        source = intake.find_source(db, news.source_code)
        handed = intake.Handed(
            content=news.content,
            file_name=f"{news.code}-{news.outgoing_no}.json",
            format=facts_json.FORMAT,
            # The document says itself.
            currency=facts_json.OF_DOCUMENT,
            timezone=facts_json.OF_DOCUMENT,
        )
        upload = intake.hand_in(
            db,
            self._keys,
            source,
            handed,
            handed_by=f"connector/{news.code}",
            at=at,
            # The operator set it up, and it says as much as the other system sells.
            has_quota=False,
        )
        # The same bytes are the same upload: whoever crashes here hands in the same once more.
        with db.transaction(Role.OFFICE) as tx:
            store.drop_outgoing(tx, news.outgoing_no)
        intake.send(db, self._keys, upload.upload_no, submit, clock=self._clock)

    def _hold(self, db: Database, news: store.Outgoing, error: EkinoError) -> None:
        until = self._clock() + timedelta(seconds=HELD_S)
        with db.transaction(Role.OFFICE) as tx:
            store.hold_outgoing(
                tx, news.connector_id, until=until, code=error.code, words=error.detail
            )

    def _note(self, db: Database, connector: Connector, error: EkinoError) -> None:
        """Say what went wrong; the cursor stays, so nothing is passed over."""
        at = self._clock()
        wait_s = error.retry_after_s if isinstance(error, Pushback) else 0
        with db.transaction(Role.OFFICE) as tx:
            store.note_failure(
                tx,
                connector,
                code=error.code,
                words=error.detail,
                next_attempt_at=after_failure(
                    at, connector.failures + 1, retry_after_s=wait_s, dice=self._dice
                ),
                at=at,
            )


def _counted(news: News) -> Counter[str]:
    facts = news.facts
    counts = Counter(facts.counts)
    counts["sold"] += len(facts.sales)
    counts["corrected"] += len(facts.corrections)
    counts["given_back"] += len(facts.reversals)
    counts["admitted"] += len(facts.admissions)
    return +counts
