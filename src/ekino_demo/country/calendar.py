"""The country's days: business dates, hours, and instants in its one time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ekino_demo.country.places import BUSINESS_DAY_STARTS_HOUR, TIMEZONE

# The whole country keeps one time, UTC+5, under several IANA names.
ZONE = ZoneInfo(TIMEZONE)
FRIDAY = 4


def business_date(instant: datetime) -> date:
    """Give the business date: what happens before six in the morning belongs to yesterday."""
    local = instant.astimezone(ZONE)
    day = local.date()
    return day - timedelta(days=1) if local.hour < BUSINESS_DAY_STARTS_HOUR else day


def at(day: date, *, minutes: int) -> datetime:
    """Give the instant so many minutes after the midnight with which a calendar day begins."""
    return datetime.combine(day, time(), tzinfo=ZONE) + timedelta(minutes=minutes)


def local_hour(instant: datetime) -> int:
    """Give the hour of the country's clock, 0 … 23."""
    return instant.astimezone(ZONE).hour


def is_weekend(day: date) -> bool:
    """Whether people go to the cinema as on a weekend: Friday counts."""
    return day.weekday() >= FRIDAY


def now() -> datetime:
    """Tell the present instant on the country's clock, to the millisecond."""
    moment = datetime.now(UTC).astimezone(ZONE)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
