"""How far each venue has come into the register."""

from datetime import datetime

from ekino.db.database import Database, Role
from ekino.feeds.model.onboarding import Steps
from ekino.feeds.store import onboarding as store

# A whole day: as much as is promised. Rules of the promise are dated; the way in asks for this.
WHOLE_DAY_PPM = 980_000


def list_onboarding(db: Database, *, country: str, at: datetime) -> list[Steps]:
    """Give every venue of a country with what it has reached, by name."""
    with db.transaction(Role.READER) as tx:
        return store.list_onboarding(tx, country=country, whole_ppm=WHOLE_DAY_PPM, at=at)
