"""When viewers buy: how long before a showing, in parties of how many, and when they go in."""

from datetime import datetime, timedelta
from math import exp
from random import Random

from ekino_demo.country.calendar import local_hour
from ekino_demo.dice import dice

# A mixture of three kinds of viewers: those who plan days ahead, those who decide on the day,
# and those who decide on the way. (share, mean lead in hours)
_PLANNERS = ((0.19, 30.0), (0.33, 4.5), (0.44, 0.65))
# The rest come late, up to this long after the start.
_LATECOMERS = 1 - sum(share for share, _ in _PLANNERS)
SOLD_AFTER_START_MAX = timedelta(minutes=12)
# Nobody may buy earlier than this.
PRESALE_MAX = timedelta(days=6)
_PARTIES = (1, 2, 3, 4, 5)
_PARTY_WEIGHTS = (25, 49, 14, 9, 3)
# Box offices are open from nine in the morning until one at night.
_OPENS_HOUR = 9
_CLOSES_HOUR = 1
# Few buy while they should sleep.
_ASLEEP_HOURS = range(1, 7)
_AWAKE_SHARE = 0.12
_NO_SHOW_SHARE = 0.045


def share_sold(starts_at: datetime, now: datetime) -> float:
    """Give the share of a showing's eventual viewers who have bought by now, 0 … 1."""
    lead_h = (starts_at - now).total_seconds() / 3600
    if lead_h >= 0:
        return sum(share * exp(-lead_h / mean) for share, mean in _PLANNERS)
    after = min(1.0, -lead_h * 3600 / SOLD_AFTER_START_MAX.total_seconds())
    return 1 - _LATECOMERS * (1 - after)


def pull_now(starts_at: datetime, now: datetime) -> float:
    """Give how many of a showing's eventual viewers buy in this hour, as a share of them."""
    lead_h = (starts_at - now).total_seconds() / 3600
    if lead_h >= 0:
        return sum(share / mean * exp(-lead_h / mean) for share, mean in _PLANNERS)
    if now - starts_at >= SOLD_AFTER_START_MAX:
        return 0.0
    return _LATECOMERS / (SOLD_AFTER_START_MAX.total_seconds() / 3600)


def draw_sold_at(roll: Random, starts_at: datetime, now: datetime) -> datetime:
    """Draw when a ticket of a showing was bought, given that it was before now."""
    for _ in range(8):
        sold_at = starts_at - _draw_lead(roll, starts_at, now)
        if local_hour(sold_at) not in _ASLEEP_HOURS or roll.random() < _AWAKE_SHARE:
            break
    return max(sold_at, starts_at - PRESALE_MAX)


def _draw_lead(roll: Random, starts_at: datetime, now: datetime) -> timedelta:
    least = starts_at - now
    least_h = max(0.0, least.total_seconds() / 3600)
    weights = [share * exp(-least_h / mean) for share, mean in _PLANNERS]
    lateness = min(-least, SOLD_AFTER_START_MAX)
    if lateness > timedelta(0):
        weights.append(_LATECOMERS * (lateness / SOLD_AFTER_START_MAX))
    kind = roll.choices(range(len(weights)), weights)[0]
    if kind == len(_PLANNERS):
        return -lateness * roll.random()
    # Exponential waiting has no memory: given that the lead is more than `least`, the rest of
    # it is distributed as if nothing were known.
    return timedelta(hours=least_h + roll.expovariate(1 / _PLANNERS[kind][1]))


def draw_party(roll: Random) -> int:
    """Draw how many come together."""
    return roll.choices(_PARTIES, _PARTY_WEIGHTS)[0]


def is_open(moment: datetime) -> bool:
    """Whether cinemas have their doors open."""
    hour = local_hour(moment)
    return hour >= _OPENS_HOUR or hour < _CLOSES_HOUR


def admitted_at(ticket: str, starts_at: datetime) -> datetime | None:
    """
    Give when the viewer with this ticket goes in; None for one who never comes.

    It depends on the ticket alone, so that it need not be remembered.
    """
    roll = dice("door", ticket)
    if roll.random() < _NO_SHOW_SHARE:
        return None
    minutes = max(-25.0, min(18.0, roll.gauss(-5, 6)))
    return starts_at + timedelta(seconds=round(minutes * 60))
