"""Every system that is read, by name: how its secret is sent, who reads it, what its hints name."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ekino.intake.connectors import pretix
from ekino.intake.connectors.alfio import AlfioPuller
from ekino.intake.connectors.asking import Asker
from ekino.intake.connectors.attendize import AttendizePuller
from ekino.intake.connectors.hi_events import HiEventsPuller
from ekino.intake.connectors.model import Connector, Puller, System
from ekino.intake.connectors.pretix import PretixPuller
from ekino.kernel.errors import Refused

# What a puller remembers from one look to the next, in this process.
Memory = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_PULLERS: Mapping[System, Callable[[Connector, Asker, Memory], Puller]] = {
    System.PRETIX: PretixPuller,
    System.HI_EVENTS: HiEventsPuller,
    System.ALFIO: AlfioPuller,
    System.ATTENDIZE: AttendizePuller,
}
_SCHEMES = {
    System.PRETIX: "Token",
    System.HI_EVENTS: "Bearer",
    System.ALFIO: "ApiKey",
    System.ATTENDIZE: "Bearer",
}


class _Event(msgspec.Struct):
    event: str = ""


_EVENTS = msgspec.json.Decoder(_Event)


def puller(connector: Connector, asker: Asker, memory: Memory) -> Puller:
    """Give who reads a connector's system."""
    return _PULLERS[connector.system](connector, asker, memory)


def headers(system: System, secret: str) -> dict[str, str]:
    """Give what goes with each question to a system."""
    return {"Authorization": f"{_SCHEMES[system]} {secret}"}


def subject_of(system: System, body: bytes) -> str:
    """Take from a webhook's body what to look at; "" where it names nothing that can be."""
    if system is System.PRETIX:
        return pretix.subject_of(body)
    if system is System.ALFIO:
        try:
            event = _EVENTS.decode(body).event
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return ""
        return event if _NAME.fullmatch(event) else ""
    return ""


def verify_scope(system: System, account: str, events: tuple[str, ...]) -> None:
    """Raise `Refused` unless account and events are what a system is asked by: parts of a path."""
    for name in (*((account,) if account else ()), *events):
        if not _NAME.fullmatch(name) or ".." in name:
            detail = f"{name!r} is no name of an account or an event"
            raise Refused(detail, code="name_malformed")
    if system is System.PRETIX and not account:
        raise Refused("pretix is read by organiser: name its slug", code="account_missing")
    if system in {System.HI_EVENTS, System.ALFIO} and not events:
        detail = f"{system.value} is read event by event: name them"
        raise Refused(detail, code="events_missing")
