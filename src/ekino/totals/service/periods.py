"""What others may ask of periods: the permanent table of one, and a year day by day."""

from dataclasses import replace
from datetime import datetime

from ekino.db.database import Database, Role
from ekino.totals.model.box_office import BoxOffice
from ekino.totals.model.calendar import CalendarYear, Measure
from ekino.totals.model.day import Country
from ekino.totals.model.periods import Period
from ekino.totals.service.trade import holidays_of, trade_of
from ekino.totals.store import calendar as calendar_store
from ekino.totals.store import periods as periods_store


def read_box_office(
    db: Database,
    country: Country,
    period: Period,
    *,
    at: datetime,
    with_fees: bool = False,
) -> BoxOffice:
    """Give a period's table as it stands at `at`, from one snapshot."""
    with db.transaction(Role.READER) as tx:
        box_office = periods_store.read_box_office(
            tx, country, trade_of(country.code), period, at=at
        )
    return replace(box_office, with_fees=with_fees)


def read_calendar(
    db: Database, country: Country, year: int, *, measure: Measure, at: datetime
) -> CalendarYear:
    """Give a year day by day as it stands at `at`, from one snapshot."""
    with db.transaction(Role.READER) as tx:
        return calendar_store.read_calendar(
            tx,
            country,
            year,
            measure=measure,
            at=at,
            holidays=holidays_of(country.code, year),
        )
