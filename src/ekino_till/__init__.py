"""The kit a ticketing system embeds: keys, events, a durable spool, signed batches."""

from ekino_till.client import Client, NotAnswered, RefusedByRegister
from ekino_till.events import Event, EventMalformed
from ekino_till.keys import Key
from ekino_till.spool import Spool, SpoolFull, SpoolTaken
from ekino_till.till import Drained, Till
from ekino_till.token import (
    Ticket,
    TicketMalformed,
    make_token,
    note_key_id,
    short_id,
    token_text,
    token_url,
)

__all__ = [
    "Client",
    "Drained",
    "Event",
    "EventMalformed",
    "Key",
    "NotAnswered",
    "RefusedByRegister",
    "Spool",
    "SpoolFull",
    "SpoolTaken",
    "Ticket",
    "TicketMalformed",
    "Till",
    "make_token",
    "note_key_id",
    "short_id",
    "token_text",
    "token_url",
]
