"""Statements that only read: rows in, values out."""

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from ekino.db.database import Role
from ekino.db.queries import load_queries
from ekino.feeds.model.lag import Lags
from ekino.feeds.model.picture import (
    Alarm,
    DayMark,
    Feed,
    Gap,
    Hour,
    Lately,
    RefusedCause,
    Sender,
    Unmended,
    VenueDay,
    Wholeness,
)
from ekino.feeds.model.states import Kind, State

_QUERIES = load_queries("ekino.feeds")
# What holds running numbers an exhibitor asks of views that leave out those of shared systems.
_EXHIBITORS = {
    _QUERIES.list_gaps: _QUERIES.list_gaps_as_exhibitor,
    _QUERIES.list_unmended: _QUERIES.list_unmended_as_exhibitor,
    _QUERIES.list_senders: _QUERIES.list_senders_as_exhibitor,
    _QUERIES.list_alarms: _QUERIES.list_alarms_as_exhibitor,
}


def _rows(
    tx: Connection[Any], statement: str, asked: dict[str, object]
) -> list[dict[str, Any]]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, asked).fetchall()


def _rows_as(
    tx: Connection[Any], role: Role, statement: str, asked: dict[str, object]
) -> list[dict[str, Any]]:
    if role is Role.EXHIBITOR:
        statement = _EXHIBITORS[statement]
    return _rows(tx, statement, asked)


def list_feeds(tx: Connection[Any], asked: dict[str, object]) -> list[Feed]:
    """Give feeds by source and venue."""
    return [
        Feed(**row | {"state": State(row["state"])})
        for row in _rows(tx, _QUERIES.list_feeds, asked)
    ]


def list_days(tx: Connection[Any], asked: dict[str, object]) -> list[VenueDay]:
    """Give days by source, venue and date."""
    return [VenueDay(**row) for row in _rows(tx, _QUERIES.list_days, asked)]


def list_marks(tx: Connection[Any], asked: dict[str, object]) -> list[DayMark]:
    """Give what the field shows of days by source, venue and date."""
    # By place and not by name: tens of thousands of rows on one page.
    return list(map(DayMark._make, tx.execute(_QUERIES.list_marks, asked).fetchall()))


def sum_days(tx: Connection[Any], asked: dict[str, object]) -> list[Wholeness]:
    """Give how whole the closed days of each feed were."""
    return [Wholeness(**row) for row in _rows(tx, _QUERIES.sum_days, asked)]


def sum_hours(tx: Connection[Any], asked: dict[str, object]) -> list[Lately]:
    """Give what came of each feed in several hours."""
    return [
        Lately(**row | {"lags": Lags(tuple(row["lags"]))})
        for row in _rows(tx, _QUERIES.sum_hours, asked)
    ]


def list_gaps(tx: Connection[Any], asked: dict[str, object], *, role: Role) -> list[Gap]:
    """Give gaps, the open ones first."""
    return [Gap(**row) for row in _rows_as(tx, role, _QUERIES.list_gaps, asked)]


def list_unmended(
    tx: Connection[Any], asked: dict[str, object], *, role: Role
) -> list[Unmended]:
    """Give refused events that were not mended."""
    return [Unmended(**row) for row in _rows_as(tx, role, _QUERIES.list_unmended, asked)]


def list_hours(tx: Connection[Any], asked: dict[str, object]) -> list[Hour]:
    """Give hours by source, venue and beginning."""
    return [
        Hour(**row | {"lags": Lags(tuple(row["lags"]))})
        for row in _rows(tx, _QUERIES.list_hours, asked)
    ]


def sum_refused(tx: Connection[Any], asked: dict[str, object]) -> list[RefusedCause]:
    """Give refusals by cause."""
    return [RefusedCause(**row) for row in _rows(tx, _QUERIES.sum_refused, asked)]


def list_senders(
    tx: Connection[Any], asked: dict[str, object], *, role: Role
) -> list[Sender]:
    """Give keys and what they say of themselves."""
    return [Sender(**row) for row in _rows_as(tx, role, _QUERIES.list_senders, asked)]


def list_alarms(
    tx: Connection[Any], asked: dict[str, object], *, role: Role
) -> list[Alarm]:
    """Give alarms, the open ones first."""
    return [
        Alarm(**row | {"kind": Kind(row["kind"])})
        for row in _rows_as(tx, role, _QUERIES.list_alarms, asked)
    ]
