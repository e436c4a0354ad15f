"""What rounds tell: alarms, states that changed, refused events by the hour, keys that end soon."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from ekino.feeds.model.alarms import Name, without_numbers
from ekino.feeds.model.states import Kind, State
from ekino.feeds.store import telling as store
from ekino.feeds.store.rounds import Place
from ekino.kernel.moments import to_text
from ekino.notices import service as notices
from ekino.notices.model import is_subject

# What a vendor can mend by itself.
_VENDORS = frozenset(
    {Kind.GAP, Kind.DUPLICATE, Kind.REFUSED, Kind.CLOCK, Kind.DAYS_INCOMPLETE}
)
# Whoever holds a key is told so many days before it ends: time for a release of a till's program.
KEY_EXPIRING_DAYS = 30
# An hour is told of once it has been over for so long: what was taken in its last second is
# committed by then.
HOUR_SETTLES_S = 120
# After a rest of the worker so many hours are told of; what was refused before is on the pages.
HOURS_TOLD_MAX = 24
_HOUR = timedelta(hours=1)


class Teller:
    """
    Tells, once each, what comes with time: refused events by the hour, and keys that end soon.

    What it remembers is only what it need not ask again; that each is told once, whoever looks,
    is kept beside the notices.
    """

    def __init__(self) -> None:
        """Remember nothing yet."""
        # Hours before this one were told of, and keys were looked at in this hour.
        self._told_until: datetime | None = None
        self._keys_at: datetime | None = None

    def tell(self, tx: Connection[Any], at: datetime) -> None:
        """Tell what is due; whoever does not commit forgets this teller."""
        self._told_until = self._tell_refused(tx, at)
        hour = _hour_of(at)
        if self._keys_at != hour:
            _tell_keys(tx, at)
            self._keys_at = hour

    def _tell_refused(self, tx: Connection[Any], at: datetime) -> datetime | None:
        """Tell of the next hour that is over, is counted and has any; give what is told until."""
        past_end = _hour_of(at - timedelta(seconds=HOUR_SETTLES_S))
        first = past_end - HOURS_TOLD_MAX * _HOUR
        until = first if self._told_until is None else max(self._told_until, first)
        # One hour with refused events a round: nobody's round waits for a day of them.
        while until < past_end and store.is_folded(tx, until + _HOUR):
            until += _HOUR
            if _tell_hour(tx, until - _HOUR):
                break
        return until


def _tell_hour(tx: Connection[Any], begins_at: datetime) -> bool:
    """Tell what was refused in an hour, and say whether anything was."""
    refused = store.list_refused(tx, begins_at, begins_at + _HOUR)
    for each in refused:
        notices.tell_once(
            tx,
            _owners(each.vendor_code, each.operator_code),
            once=f"batch.refused/{each.source}/{each.outcome}/{to_text(begins_at)}",
            until=begins_at + 2 * HOURS_TOLD_MAX * _HOUR,
            kind=notices.Kind.BATCH_REFUSED,
            subject=f"feeds/{each.source}",
            data={
                "source": each.source,
                "outcome": each.outcome,
                "events": each.events,
                "since": to_text(begins_at),
                "until": to_text(begins_at + _HOUR),
            },
        )
    return bool(refused)


def _tell_keys(tx: Connection[Any], at: datetime) -> None:
    for key in store.list_keys_ending(tx, at, at + timedelta(days=KEY_EXPIRING_DAYS)):
        if not is_subject(f"key/{key.key_id}"):
            # No request can name it either: an operator's typing error stops no round.
            continue
        notices.tell_once(
            tx,
            _owners(key.vendor_code, key.operator_code),
            once=f"key.expiring/{key.key_id}",
            until=key.valid_until,
            kind=notices.Kind.KEY_EXPIRING,
            subject=f"key/{key.key_id}",
            data={
                "key_id": key.key_id,
                "source": key.source or None,
                "valid_until": to_text(key.valid_until),
            },
        )


def tell_alarm(
    tx: Connection[Any],
    places: Iterable[Place],
    name: Name,
    facts: Mapping[str, object],
) -> None:
    """
    Tell the register's own people, the cinema, and, where it can mend it, the vendor.

    `places` are those of the alarm's source.
    """
    concerned = [place for place in places if name.venue_id in (0, place.venue_id)]
    if not concerned:
        return
    codes: dict[str | None, None] = {None: None}
    # Whose the line of numbers is; any other cinema that it speaks for is told how many.
    theirs = {None, concerned[0].operator_code, concerned[0].vendor_code}
    for place in concerned:
        codes |= dict.fromkeys((place.operator_code, place.exhibitor_code))
        if name.kind in _VENDORS or name.venue_id == 0:
            codes[place.vendor_code] = None
    venue = concerned[0].venue if name.venue_id else ""
    subject = f"feeds/{concerned[0].source}" + (f"/{venue}" if venue else "")
    told = {
        "kind": name.kind.value,
        "source": concerned[0].source,
        "venue": venue,
        "about": name.subject,
    }
    for code in codes:
        if code != "":
            notices.tell(
                tx,
                organisation_code=code,
                kind=notices.Kind.FEED_ALARM,
                subject=subject,
                data=told | dict(facts if code in theirs else without_numbers(facts)),
            )


def tell_state(
    tx: Connection[Any],
    place: Place,
    *,
    before: State,
    state: State,
    reason: str,
    at: datetime,
) -> None:
    """Tell the register's own people, the vendor, whoever runs the source, and the cinema."""
    codes = (None, place.vendor_code, place.operator_code, place.exhibitor_code)
    for code in dict.fromkeys(each for each in codes if each != ""):
        notices.tell(
            tx,
            organisation_code=code,
            kind=notices.Kind.FEED_STATE_CHANGED,
            subject=f"feeds/{place.source}/{place.venue}",
            data={
                "source": place.source,
                "venue": place.venue,
                "state": state.value,
                "before": before.value,
                "reason": reason,
                "since": to_text(at),
            },
        )


def _owners(*codes: str) -> Iterable[str | None]:
    """Give whoever makes and runs a source, each once; the register's own people for nobody's."""
    return dict.fromkeys(code for code in codes if code) or (None,)


def _hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
