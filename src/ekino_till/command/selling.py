"""What happens at a till: announce, sell, refund, void, correct, admit."""

import base64
import json
import secrets
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ekino_till.command.desk import Desk, DeskError, Exit, Settings
from ekino_till.events import Event
from ekino_till.roll import Sale
from ekino_till.spool import Spool
from ekino_till.till import Till
from ekino_till.token import Ticket, new_ticket_id, ticket_code, token_text, token_url

# A ticket's own number when the till gives none.
_TICKET_BYTES = 12
_SALE_TEXTS = ("section", "row", "seat", "payment", "concession", "operator", "till")
_SALE_AMOUNTS = ("fee_minor", "discount_minor")


def announce(desk: Desk, arguments: Namespace) -> Exit:
    """Announce a showing under a code of its own."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        fields: dict[str, Any] = {
            "hall": arguments.hall,
            "film_version": arguments.film_version,
            "starts_at": _instant(arguments.starts_at, settings),
        }
        if arguments.format:
            fields["format"] = arguments.format
        if arguments.capacity is not None:
            fields["capacity"] = arguments.capacity
        if arguments.price:
            fields["prices"] = dict(arguments.price)
        return _say(desk, settings, spool, "showing_announced", arguments, fields)


def cancel(desk: Desk, arguments: Namespace) -> Exit:
    """Say that a showing will not take place."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        fields = {"reason": arguments.reason} if arguments.reason else {}
        return _say(desk, settings, spool, "showing_cancelled", arguments, fields)


def sell(desk: Desk, arguments: Namespace) -> Exit:
    """Sell a ticket; the same command again with the same --ticket sells it no second time."""
    settings = desk.settings()
    fields = _sale_fields(arguments)
    with desk.spool(settings) as spool:
        known = spool.sale(arguments.ticket) if arguments.ticket else None
        if known is not None:
            return _sold_already(desk, known, arguments, fields)
        if arguments.token:
            return _sell_with_token(desk, settings, spool, arguments, fields)
        # Nobody guesses a ticket that he was not given.
        code = base64.b32encode(secrets.token_bytes(_TICKET_BYTES)).decode().rstrip("=")
        fields["ticket"] = arguments.ticket or code
        return _say(desk, settings, spool, "sold", arguments, fields)


def _sale_fields(arguments: Namespace) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "price_minor": arguments.price_minor,
        "sales_channel": arguments.sales_channel,
    }
    for name in _SALE_TEXTS:
        if getattr(arguments, name):
            fields[name] = getattr(arguments, name)
    for name in _SALE_AMOUNTS:
        if getattr(arguments, name) is not None:
            fields[name] = getattr(arguments, name)
    return fields


def _sold_already(
    desk: Desk, known: Sale, arguments: Namespace, fields: Mapping[str, Any]
) -> Exit:
    """Answer a sale that this till has made: the same is done, another is refused."""
    said = json.loads(known.said)
    wanted = {**fields, "showing": arguments.showing, "ticket": known.ticket}
    differs = [name for name, value in wanted.items() if said.get(name) != value]
    if differs:
        names = ", ".join(differs)
        message = f"ticket {known.ticket} was sold with another {names}"
        raise DeskError(message, "sell under another --ticket, or ekino-till correct")
    members = {"kind": "sold", "ticket": known.ticket, "is_new": False}
    if "token" in said:
        members["token"] = said["token"]
    desk.tell(members, f"{known.ticket} was sold before; nothing was added")
    return Exit.DONE


def _sell_with_token(
    desk: Desk,
    settings: Settings,
    spool: Spool,
    arguments: Namespace,
    fields: dict[str, Any],
) -> Exit:
    if not settings.till_key_id or arguments.hall_number is None or not arguments.starts_at:
        message = "a ticket's code wants the till's key, --hall-number and --starts-at"
        following = (
            "ekino-till init --till-key NAME, then --token --hall-number --starts-at"
        )
        raise DeskError(message, following, Exit.WRONG_USAGE)
    ticket = Ticket(
        hall=arguments.hall_number,
        start=int(_instant(arguments.starts_at, settings).timestamp()),
        issued=int(desk.now(spool).timestamp()),
        price_minor=fields.pop("price_minor"),
        place=arguments.place or 0,
        is_concession=bool(arguments.concession),
        is_sold_online=arguments.sales_channel in ("web", "app"),
        ticket_id=new_ticket_id(),
    )
    key = desk.key(settings.till_key_id)
    fields["ticket"] = arguments.ticket or ticket_code(ticket.ticket_id)
    venue = arguments.venue or settings.venue
    with desk.client(settings, spool) as client:
        till = desk.till(settings, spool, client)
        token = till.sell(key, ticket, venue=venue, showing=arguments.showing, **fields)
    url = token_url(token)
    members = {
        "kind": "sold",
        "ticket": fields["ticket"],
        "token": token_text(token),
        "url": url,
        "is_new": True,
    }
    desk.tell(members, f"{fields['ticket']}\n{url}")
    return Exit.DONE


def refund(desk: Desk, arguments: Namespace) -> Exit:
    """Give a ticket back; what it cost is looked up when the till sold it."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        price = arguments.price_minor
        if price is None:
            price = _sold_here(spool, arguments.ticket, "--price-minor").price_minor
        fields = {"price_minor": price}
        return _about_ticket(desk, settings, spool, "refunded", arguments, fields)


def void(desk: Desk, arguments: Namespace) -> Exit:
    """Undo a sale as if it had never been made."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        return _about_ticket(desk, settings, spool, "voided", arguments, {})


def correct(desk: Desk, arguments: Namespace) -> Exit:
    """Say what a ticket really cost."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        fields = {"price_minor": arguments.price_minor}
        return _about_ticket(desk, settings, spool, "corrected", arguments, fields)


def admit(desk: Desk, arguments: Namespace) -> Exit:
    """Say that a viewer went in."""
    settings = desk.settings()
    with desk.spool(settings) as spool:
        fields = {"gate": arguments.gate} if arguments.gate else {}
        return _about_ticket(desk, settings, spool, "admitted", arguments, fields)


def _sold_here(spool: Spool, ticket: str, option: str) -> Sale:
    sale = spool.sale(ticket)
    if sale is None:
        message = f"ticket {ticket} was not sold by this till"
        raise DeskError(message, f"name what this till cannot know: {option}")
    return sale


def _about_ticket(
    desk: Desk,
    settings: Settings,
    spool: Spool,
    kind: str,
    arguments: Namespace,
    fields: dict[str, Any],
) -> Exit:
    sale = spool.sale(arguments.ticket)
    if sale is not None and sale.state == kind and kind in ("refunded", "voided"):
        # The same command again, perhaps after a crash before its answer was read.
        members = {"kind": kind, "ticket": sale.ticket, "is_new": False}
        desk.tell(members, f"{sale.ticket} was {kind} before; nothing was added")
        return Exit.DONE
    if not arguments.showing:
        sale = _sold_here(spool, arguments.ticket, "--showing")
        arguments.showing, arguments.venue = sale.showing, sale.venue
    fields["ticket"] = arguments.ticket
    if reason := getattr(arguments, "reason", ""):
        fields["reason"] = reason
    return _say(desk, settings, spool, kind, arguments, fields)


def _say(
    desk: Desk,
    settings: Settings,
    spool: Spool,
    kind: str,
    arguments: Namespace,
    fields: Mapping[str, Any],
) -> Exit:
    event = Event.of(
        kind,
        venue=arguments.venue or settings.venue,
        showing=arguments.showing,
        happened_at=desk.now(spool),
        **fields,
    )
    (number,) = spool.add([event])
    members: dict[str, Any] = {"kind": kind, "number": number, "is_new": True}
    named = "ticket" if "ticket" in event.fields else "showing"
    members[named] = event.fields[named]
    desk.tell(members, f"{event.fields[named]} {kind.replace('_', ' ')}, event {number}")
    return Exit.DONE


def _instant(text: str, settings: Settings) -> datetime:
    """Read an instant; without an offset it is the venue's own clock."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text!r} is no time such as 2026-11-26T19:30"
        raise DeskError(message, "give date and time", Exit.WRONG_USAGE) from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ZoneInfo(settings.timezone))
    return instant


def sell_many(
    till: Till, desk: Desk, venue: str, count: int, fields: Mapping[str, Any]
) -> list[str]:
    """Sell `count` tickets alike in one step and give their codes."""
    now = desk.now(till.spool)
    codes = [ticket_code(new_ticket_id()) for _ in range(count)]
    first = Event.of("sold", venue=venue, happened_at=now, ticket=codes[0], **fields)
    till.say(*(replace(first, fields={**first.fields, "ticket": code}) for code in codes))
    return codes
