"""What the operations room is told."""

from datetime import date, datetime, timedelta

from ekino.archive.store import watch as store
from ekino.archive.store.watch import Silent
from ekino.db.database import Database, Role

__all__ = ["SILENT_MAX", "Silent", "list_silent", "read_lags"]

# A venue whose showing is on sells something, or its till reports its own being there, well
# within this time.
HEARD_WITHIN = timedelta(minutes=45)
# A showing is on from an hour before it begins, when most tickets are sold, until half an hour
# after, when the last come late.
ON_BEFORE = timedelta(hours=1)
ON_AFTER = timedelta(minutes=30)
# Venues listed; a country that has more has another trouble.
SILENT_MAX = 200


def list_silent(
    db: Database,
    *,
    country: str,
    currency: str,
    business_date: date,
    at: datetime,
    region: str | None = None,
) -> list[Silent]:
    """Give the venues not heard from while showings are on, the longest unheard of first."""
    with db.transaction(Role.READER) as tx:
        return store.list_silent(
            tx,
            country=country,
            currency=currency,
            business_date=business_date,
            on=(at - ON_AFTER, at + ON_BEFORE),
            heard_since=at - HEARD_WITHIN,
            region=region,
            limit=SILENT_MAX,
        )


def read_lags(db: Database) -> dict[str, int]:
    """Give the register's size, and by follower the entries that it has not seen."""
    with db.transaction(Role.READER) as tx:
        return store.read_lags(tx)
