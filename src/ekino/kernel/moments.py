"""Moments: instants, business dates, and clocks that a test can hold still."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from ekino.kernel.errors import Refused

# Tells the present instant, in UTC. Handed down from the entry points, so that rules and
# tests never look at the wall.
Clock = Callable[[], datetime]


def now() -> datetime:
    """Tell the present instant, in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """Give the time zone with this IANA name; `Refused` when there is none."""
    if name not in _zone_names():
        detail = f"{name!r} is not an IANA time zone such as Asia/Almaty"
        raise Refused(detail, code="timezone_unknown")
    return ZoneInfo(name)


def business_date(instant: datetime, timezone: str, day_starts_hour: int) -> date:
    """
    Give the business date an instant belongs to at a venue.

    A showing at half past midnight belongs to the evening before: the day turns at
    `day_starts_hour` local time (0 … 11), not at midnight. Source: ICAA's rule that showings
    from 00:00 to 06:00 count to the previous day (wire formats, §2).
    """
    local = instant.astimezone(zone(timezone))
    day = local.date()
    return day - timedelta(days=1) if local.hour < day_starts_hour else day


def day_begins(day: date, timezone: str, day_starts_hour: int) -> datetime:
    """Give the instant, in UTC, at which a business date begins at a venue."""
    local = datetime(day.year, day.month, day.day, day_starts_hour, tzinfo=zone(timezone))
    return local.astimezone(UTC)


def to_text(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC: 2026-11-24T14:03:09.250000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
