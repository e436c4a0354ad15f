"""Groups: by what totals may be asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from ekino.kernel.errors import NotAllowed, Problem, Refused


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


# What everybody may ask for, to the last unit: figures of the whole nation. An hour of a day is
# often one showing, a venue is one business, and a region is told by another rule.
NATIONAL = frozenset(
    {
        Dimension.FILM,
        Dimension.GENRE,
        Dimension.LANGUAGE,
        Dimension.COUNTRY,
        Dimension.DAY,
        Dimension.SALES_CHANNEL,
    }
)
# Regions alone, or their days, are told as they were published.
REGIONAL = (
    frozenset({Dimension.REGION}),
    frozenset({Dimension.REGION, Dimension.DAY}),
)

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
    # Of published figures: every day before it is published; None where figures are exact.
    published_until: date | None = None


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


def verify_public(by: tuple[Dimension, ...]) -> bool:
    """
    Say whether everybody may be told these groups exactly; False: only as published.

    `NotAllowed` for groups that would give a venue, and so its business, away.
    """
    wanted = frozenset(by)
    if wanted <= NATIONAL:
        return True
    if wanted in REGIONAL:
        return False
    detail = (
        "Everybody is told figures of the nation by film, genre, language, country, day and "
        "sales channel, and those of regions by day as they are published; what was asked for "
        "would give a venue away. Sign the request as an operator, or sign in as an analyst."
    )
    raise NotAllowed(detail, code="not_public")
