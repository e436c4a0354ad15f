"""The kit's own certification: reads what the register asks for, does it, shows what it found."""

import json
import time
from argparse import Namespace
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino_till.client import Client, NotAnswered, RefusedByRegister
from ekino_till.command.desk import Desk, DeskError, Exit
from ekino_till.command.selling import sell_many
from ekino_till.command.sending import refusal
from ekino_till.events import Event
from ekino_till.keys import Key
from ekino_till.receipts import RegisterKey
from ekino_till.spool import Spool
from ekino_till.till import Till
from ekino_till.token import CONCESSION, SOLD_ONLINE, Ticket, make_token, token_text

PATH = "/v1/certification"
# Each test is one look, its actions, and another look; more than this is no plan.
LOOKS_MAX = 200
# So long a test may go on waiting for what was done already.
SETTLE_WAIT_S = 15.0
# How long a batch may be turned away by the faults of a test.
SEND_WAIT_S = 90.0
_PAUSE_S = 0.5
_MARKS = {"pass": "✓", "warn": "!", "fail": "✗", "skipped": "–", "waiting": "…"}
_SALE_FIELDS = (
    "showing",
    "price_minor",
    "sales_channel",
    "fee_minor",
    "row",
    "seat",
    "payment",
)


@dataclass(slots=True)
class WrongClock:
    """A till's clock that can be set wrong."""

    behind_s: float = 0.0

    def now_s(self) -> float:
        """Give the time by it."""
        return time.time() - self.behind_s


@dataclass(slots=True)
class Stage:
    """The till of a certification, and what it sold last."""

    desk: Desk
    till: Till
    client: Client
    clock: WrongClock
    # Ticket → (venue, showing), oldest first.
    sold: dict[str, tuple[str, str]] = field(default_factory=dict)


def certify(desk: Desk, arguments: Namespace) -> Exit:
    """Go through the register's certification with a test key and a spool of its own."""
    settings = desk.settings()
    if not settings.key_id.startswith("test."):
        message = f"{settings.key_id} is a live key: a certification wants a test key"
        raise DeskError(message, "a till of its own: ekino-till init --key test.…")
    key = desk.key(settings.key_id)
    spool = Spool(desk.folder / "certification.db", is_shared=True)
    clock = WrongClock()
    client = Client(settings.register, key, clock=clock.now_s)
    register_key = (
        RegisterKey.read(settings.receipts_key) if settings.receipts_key else None
    )
    till = Till(spool, client, register_key=register_key)
    stage = Stage(desk, till, client, clock)
    desk.clock = clock.now_s
    try:
        run = _run(stage, arguments)
    except NotAnswered as error:
        message = f"the register does not answer: {error}"
        raise DeskError(
            message, "again: ekino-till certify", Exit.TRY_AGAIN_LATER
        ) from error
    except RefusedByRegister as error:
        raise refusal(error) from error
    finally:
        client.close()
        spool.close()
    return _told(desk, run)


def _run(stage: Stage, arguments: Namespace) -> dict[str, Any]:
    begun: dict[str, Any] = {"product": arguments.product, "version": arguments.version}
    if arguments.level:
        begun["levels"] = arguments.level
    else:
        begun["preset"] = arguments.preset
    run = stage.client.post(PATH, _json(begun))
    address = f"{PATH}/{run['reference']}"
    done: dict[str, float] = {}
    for _ in range(LOOKS_MAX):
        run = stage.client.get(address)
        current = run.get("current")
        if run["state"] != "running" or not current:
            break
        test = current["test"]
        if test not in done:
            _perform(stage, current, address)
            done[test] = time.monotonic()
        elif time.monotonic() - done[test] > SETTLE_WAIT_S:
            # It waits for something that this till does not do.
            stage.client.post(f"{address}/steps/{test}", _json({"do": "skip"}))
        else:
            time.sleep(_PAUSE_S)
    if run["state"] == "running":
        run = stage.client.post(f"{address}/end", b"{}")
    return run


def _perform(stage: Stage, current: Mapping[str, Any], address: str) -> None:
    """Do what a test asks for."""
    for action in current["actions"]:
        match action["do"]:
            case "sell":
                _sell(stage, action)
            case "reserve" | "let_lapse":
                # A reservation is no sale, and nothing is told of it.
                continue
            case "send":
                stage.till.drain(give_up_after_s=SEND_WAIT_S)
            case "send_again":
                _send_again(stage)
            case "refund" | "correct":
                _undo(stage, action)
            case "set_clock":
                stage.clock.behind_s = float(action["behind_s"])
            case "make_tokens":
                answers = [_token(each) for each in current.get("tokens", [])]
                body = _json({"do": "answer", "answers": answers})
                stage.client.post(f"{address}/steps/{current['test']}", body)
            case _:
                stage.desk.talk(f"{current['test']}: {action['do']} is not known here")


def _sell(stage: Stage, action: Mapping[str, Any]) -> None:
    fields = {name: action[name] for name in _SALE_FIELDS if name in action}
    fields |= {"till": "certification", "operator": "ekino-till"}
    count = int(action.get("count", 1))
    for code in sell_many(stage.till, stage.desk, action["venue"], count, fields):
        stage.sold[code] = (action["venue"], action["showing"])


def _send_again(stage: Stage) -> None:
    """Send the last batch once more, as after a lost answer."""
    for last in deque(stage.till.spool.receipts(), maxlen=1):
        stage.client.send(last.body)


def _undo(stage: Stage, action: Mapping[str, Any]) -> None:
    ticket, (venue, showing) = list(stage.sold.items())[-1]
    event = Event.of(
        "refunded" if action["do"] == "refund" else "corrected",
        venue=venue,
        showing=showing,
        happened_at=stage.desk.now(stage.till.spool),
        ticket=ticket,
        price_minor=action["price_minor"],
        reason=action["reason"],
    )
    stage.till.say(event)


def _token(example: Mapping[str, Any]) -> str:
    """Make the token of an example, whose key is made for it and signs nothing else."""
    seed = bytes.fromhex(example["seed_hex"])
    key = Key(example["key_name"], Ed25519PrivateKey.from_private_bytes(seed))
    ticket = Ticket(
        hall=example["hall"],
        start=example["start_s"],
        issued=example["issued_s"],
        price_minor=example["price_minor"],
        place=example["place"],
        is_concession=bool(example["flags"] & CONCESSION),
        is_sold_online=bool(example["flags"] & SOLD_ONLINE),
        ticket_id=bytes.fromhex(example["ticket_id_hex"]),
    )
    return token_text(make_token(key, ticket, example["number"]))


def _told(desk: Desk, run: Mapping[str, Any]) -> Exit:
    is_certified = bool(run.get("certificate"))
    lines = [
        f"{_MARKS.get(step['state'], '?')} {step['level']} {step['test']} {step['detail']}"
        for step in run["steps"]
    ]
    verdict = "certified" if is_certified else "not certified"
    earned = ", ".join(run["earned"]) or "none"
    words = "\n".join([*lines, f"{verdict} ({run['reference']}); levels earned: {earned}"])
    desk.tell(run, words)
    return Exit.DONE if is_certified else Exit.NOT_CERTIFIED


def _json(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members).encode()
