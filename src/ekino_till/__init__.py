"""The kit a ticketing system embeds: keys, events, a durable spool, signed batches."""

from ekino_till.client import BatchRefused, Client, NotAnswered, RefusedByRegister
from ekino_till.events import Event, EventMalformed
from ekino_till.keys import Key
from ekino_till.receipts import Receipt, ReceiptWrong, RegisterKey
from ekino_till.report import Declared, Reporter
from ekino_till.roll import AlreadySold, Day, Roll, Sale
from ekino_till.spool import KeptReceipt, Spool, SpoolBroken, SpoolFull, SpoolTaken
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
    "AlreadySold",
    "BatchRefused",
    "Client",
    "Day",
    "Declared",
    "Drained",
    "Event",
    "EventMalformed",
    "KeptReceipt",
    "Key",
    "NotAnswered",
    "Receipt",
    "ReceiptWrong",
    "RefusedByRegister",
    "RegisterKey",
    "Reporter",
    "Roll",
    "Sale",
    "Spool",
    "SpoolBroken",
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
