"""How a till begins and how its key changes: init, rotate."""

from argparse import Namespace
from typing import Any
from urllib.parse import quote

from ekino_till.client import Client, NotAnswered, RefusedByRegister, read_address
from ekino_till.command.desk import Desk, DeskError, Exit, Settings, changed
from ekino_till.command.sending import refusal
from ekino_till.keys import Key
from ekino_till.receipts import RegisterKey
from ekino_till.roll import DAY_STARTS_HOUR

_FOLLOWING = "try again: ekino-till init with the same options"


def init(desk: Desk, arguments: Namespace) -> Exit:
    """Make a till: folder, key, register, venue; enrol the key with a one-time code."""
    before = _before(desk, arguments)
    key = Key.open(desk.path_of(arguments.key), arguments.key)
    if arguments.till_key:
        Key.open(desk.path_of(arguments.till_key), arguments.till_key)
    read_address(arguments.register)
    client = Client(arguments.register, key, clock=desk.clock)
    try:
        # What is asked is signed as well: by the key's name it is the test register's or not.
        settings = _learned(client, arguments, before)
        desk.keep(settings)
        enrolled = client.enrol(arguments.code) if arguments.code else None
    except NotAnswered as error:
        raise DeskError(
            f"the register does not answer: {error}", _FOLLOWING, Exit.TRY_AGAIN_LATER
        ) from error
    except RefusedByRegister as error:
        raise refusal(error) from error
    finally:
        client.close()
    if enrolled is not None:
        desk.keep(changed(settings, is_enrolled=True))
    members = {
        "key_id": key.key_id,
        "public_key": key.public_text,
        "is_enrolled": enrolled is not None or settings.is_enrolled,
        "receipts_key": settings.receipts_key,
        "timezone": settings.timezone,
        "register_says": enrolled,
    }
    desk.tell(members, _told(key, settings, enrolled))
    return Exit.DONE


def _before(desk: Desk, arguments: Namespace) -> Settings | None:
    """Give what an earlier init wrote; `DeskError` when that was another till's."""
    try:
        before = desk.settings()
    except DeskError:
        return None
    if (before.register, before.key_id) != (arguments.register, arguments.key):
        message = f"{desk.folder} is the till {before.key_id} of {before.register}"
        raise DeskError(message, "take another folder: --folder NEW")
    return before


def _learned(client: Client, arguments: Namespace, before: Settings | None) -> Settings:
    """Ask the register for what nobody should have to type: the venue's zone and its key."""
    timezone, day_starts_hour = arguments.timezone, DAY_STARTS_HOUR
    if not timezone:
        venue = _venue(client, arguments.venue)
        timezone = str(venue["timezone"])
        day_starts_hour = int(venue.get("business_day_starts_hour", DAY_STARTS_HOUR))
    receipts_key = arguments.receipts_key or (before.receipts_key if before else "")
    if not receipts_key:
        keys = client.get("/keys").get("keys", [])
        found = [each["vkey"] for each in keys if each.get("kind") == "receipt"]
        receipts_key = str(found[-1]) if found else ""
    if receipts_key:
        RegisterKey.read(receipts_key)
    return Settings(
        register=arguments.register,
        key_id=arguments.key,
        venue=arguments.venue,
        timezone=timezone,
        day_starts_hour=day_starts_hour,
        receipts_key=receipts_key,
        till_key_id=arguments.till_key or (before.till_key_id if before else ""),
        is_enrolled=before.is_enrolled if before else False,
        software={"product": arguments.product, "version": arguments.product_version},
    )


def _venue(client: Client, code: str) -> dict[str, Any]:
    """Find a venue in the catalog, which is listed by code."""
    after = code[:-1]
    answer = client.get(f"/v1/catalog/venues?limit=500&after={quote(after)}")
    for row in answer.get("rows", []):
        if isinstance(row, dict) and row.get("code") == code:
            return row
    message = f"the register's catalog has no venue {code!r}"
    following = "see /v1/catalog/venues, or give the zone yourself: --timezone Asia/Almaty"
    raise DeskError(message, following)


def _told(key: Key, settings: Settings, enrolled: dict[str, Any] | None) -> str:
    lines = [f"key {key.key_id}", f"public key {key.public_text}"]
    if enrolled is not None:
        lines.append(
            f"enrolled for {enrolled.get('source')} ({enrolled.get('environment')})"
        )
        lines.append("next: ekino-till announce, ekino-till sell, ekino-till send")
    elif not settings.is_enrolled:
        lines.append("next: have this public key registered, or the same with --code CODE")
    return "\n".join(lines)


def rotate(desk: Desk, arguments: Namespace) -> Exit:
    """Put a new key in the place of the one that signs; both are taken for a while."""
    settings = desk.settings()
    # Written down before it is announced: after a crash the same key is announced again.
    desk.keep(changed(settings, next_key_id=arguments.key))
    new = Key.open(desk.path_of(arguments.key), arguments.key)
    with desk.spool(settings) as spool, desk.client(settings, spool) as client:
        try:
            answer = client.replace_by(new, overlap_s=arguments.overlap_s)
        except NotAnswered as error:
            message = f"the register does not answer: {error}; the old key goes on signing"
            following = f"again: ekino-till rotate --key {new.key_id}"
            raise DeskError(message, following, Exit.TRY_AGAIN_LATER) from error
        except RefusedByRegister as error:
            raise refusal(error) from error
    # From here the new key signs; before it the old one did, and both are taken meanwhile.
    desk.keep(changed(settings, key_id=new.key_id, next_key_id=""))
    until = answer.get("overlap_until")
    members = {"key_id": new.key_id, "replaces": settings.key_id, "overlap_until": until}
    desk.tell(members, f"{new.key_id} signs; {settings.key_id} is taken until {until}")
    return Exit.DONE
