"""Groups: by what totals may be asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ekino.kernel.errors import Problem, Refused


class Dimension(StrEnum):
    """What totals can be grouped by, in any combination."""

    REGION = "region"
    FILM = "film"
    GENRE = "genre"
    LANGUAGE = "language"
    COUNTRY = "country"
    VENUE = "venue"
    SHOWING = "showing"
    DAY = "day"
    HOUR = "hour"
    SALES_CHANNEL = "sales-channel"


# A question over more days than this belongs to the archive.
DAYS_MAX = 1_100
ROWS_MAX = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """An answer: rows, and the position and instant it speaks of."""

    # The entries 0 … as_of − 1 are counted.
    as_of: int
    at: datetime
    register_size: int
    rows: list[dict[str, Any]]


def read_dimensions(text: str) -> tuple[Dimension, ...]:
    """Read `film,language`; `Refused` names what there is for a word that is none of it."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in list(Dimension)]
    if unknown:
        detail = f"Totals are not grouped by {unknown[0]!r}."
        problem = Problem(
            pointer="by",
            code="dimension_unknown",
            detail=detail,
            fix="Use any of " + ", ".join(Dimension) + ".",
        )
        raise Refused(detail, problems=[problem], code="dimension_unknown")
    return tuple(dict.fromkeys(Dimension(word) for word in words))


def verify_span(from_date: date | None, to_date: date | None) -> None:
    """Refuse a span that ends before it begins, or is over DAYS_MAX days."""
    if from_date is None or to_date is None:
        return
    days = (to_date - from_date).days
    if days <= 0 or days > DAYS_MAX:
        detail = (
            f"from {from_date} to {to_date} is {days} days; 1 … {DAYS_MAX} are answered."
        )
        problem = Problem(
            pointer="to",
            code="span_out_of_bounds",
            detail=detail,
            fix="`to` is the day after the last one wanted.",
        )
        raise Refused(detail, problems=[problem], code="span_out_of_bounds")
