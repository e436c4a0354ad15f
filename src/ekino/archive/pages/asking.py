"""A question as an address: read leniently, written one way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from ekino.archive.model.question import (
    CHOICES_MAX,
    DAYS_MAX,
    GROUPS_MAX,
    OF_TIME,
    ROWS_MAX,
    ROWS_SHOWN,
    Compare,
    Dimension,
    Measure,
    Period,
    Question,
    Span,
    period_of,
)
from ekino.kernel.bounds import is_day_of_ours

EXPLORE = "/gov/explore"
TICKETS = "/gov/tickets"
# What stands for "not stated" in an address, where an empty value would get lost.
UNSTATED = "-"
_TEXT_CHARACTERS_MAX = 100
LIMITS = (ROWS_SHOWN, 500, ROWS_MAX)


E = TypeVar("E", bound=StrEnum)


class View(StrEnum):
    """How an answer is drawn above its table."""

    BARS = "bars"
    LINE = "line"
    MAP = "map"


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with what the page needs to ask it again."""

    question: Question
    span: Span
    view: View

    def address(self, path: str = EXPLORE, **more: object) -> str:
        """Give the address at which this is asked."""
        return f"{path}?{self.query(**more)}"

    def query(self, **more: object) -> str:
        """Write the question as a query, the same question always the same way."""
        question = self.question
        pairs: list[tuple[str, object]] = [("measure", question.measure.value)]
        pairs += [("by", each.value) for each in question.by]
        if self.span is Span.CUSTOM:
            pairs += [("from", question.period.first), ("to", question.period.last)]
        else:
            pairs.append(("period", self.span.value))
        if question.compare is not Compare.NOTHING:
            pairs.append(("compare", question.compare.value))
        pairs += self.filters()
        if question.rows_max != ROWS_SHOWN:
            pairs.append(("limit", question.rows_max))
        if self.view is not view_for(question, ""):
            pairs.append(("view", self.view.value))
        return urlencode([*pairs, *more.items()])

    def filters(self) -> list[tuple[str, object]]:
        """Give what is filtered by, as pairs of an address."""
        return [
            (dimension.value, key or UNSTATED)
            for dimension, keys in self.question.filters.items()
            for key in keys
        ]

    def asking(self, **changes: object) -> "Asking":
        """Ask something else of the same."""
        question = replace(self.question, **changes)  # type: ignore[arg-type]
        return Asking(question, self.span, view_for(question, self.view.value))

    def narrowed(self, keys: Mapping[Dimension, str]) -> "Asking":
        """Ask of one group alone, and group it further."""
        filters = {**self.question.filters, **{each: (key,) for each, key in keys.items()}}
        last = list(keys)[-1] if keys else None
        following = _NEXT.get(last, Dimension.FILM) if last else Dimension.REGION
        by = () if following in filters else (following,)
        return self.asking(filters=MappingProxyType(filters), by=by)

    def without(self, dimension: Dimension, key: str) -> "Asking":
        """Ask without one of the filters."""
        kept = tuple(each for each in self.question.filters[dimension] if each != key)
        filters = {**self.question.filters, dimension: kept}
        filters = {each: keys for each, keys in filters.items() if keys}
        return self.asking(filters=MappingProxyType(filters))


# What a group is looked into by, when it is pressed on.
_NEXT: dict[Dimension | None, Dimension] = {
    Dimension.REGION: Dimension.VENUE,
    Dimension.CHAIN: Dimension.VENUE,
    Dimension.VENUE: Dimension.SHOWING,
    Dimension.HALL: Dimension.SHOWING,
    Dimension.FILM: Dimension.REGION,
    Dimension.YEAR: Dimension.MONTH,
    Dimension.QUARTER: Dimension.MONTH,
    Dimension.MONTH: Dimension.DAY,
    Dimension.WEEK: Dimension.DAY,
    Dimension.DAY: Dimension.VENUE,
    Dimension.SHOWING: Dimension.SALES_CHANNEL,
}


# What an address says when it asks something.
_OURS = frozenset({"by", "measure", "period", "from", "to", "compare", *Dimension})


def read_asking(choices: QueryParams, today: date) -> Asking:
    """
    Read a question; whatever cannot be read is as if it had not been said.

    An address that somebody keeps for years should rather show something than refuse.
    """
    span, period = _read_period(choices, today)
    by = [each for each in map(_find_dimension, choices.getlist("by")) if each]
    if not _OURS & set(choices):
        # Whoever asks nothing yet is shown what most come for.
        by = [Dimension.FILM]
    filters = {}
    for dimension in Dimension:
        keys = [
            "" if key == UNSTATED else key[:_TEXT_CHARACTERS_MAX]
            for key in choices.getlist(dimension.value)
            if key
        ]
        if keys:
            filters[dimension] = tuple(dict.fromkeys(keys))[:CHOICES_MAX]
    limit = choices.get("limit", "")
    question = Question(
        period=period,
        measure=_member(Measure, choices.get("measure", ""), Measure.TAKINGS),
        by=tuple(dict.fromkeys(by))[:GROUPS_MAX],
        filters=MappingProxyType(filters),
        compare=_member(Compare, choices.get("compare", ""), Compare.NOTHING),
        rows_max=next((each for each in LIMITS if str(each) == limit), ROWS_SHOWN),
        today=today,
    )
    return Asking(question, span, view_for(question, choices.get("view", "")))


def view_for(question: Question, asked: str) -> View:
    """Choose a drawing: what is asked for where it can be drawn, else what suits best."""
    first = question.by[0] if question.by else None
    can = [View.BARS]
    if first in OF_TIME and len(question.by) == 1:
        can.insert(0, View.LINE)
    if first is Dimension.REGION and len(question.by) == 1:
        can.append(View.MAP)
    return next((each for each in can if each.value == asked), can[0])


def views_of(question: Question) -> list[View]:
    """Give the drawings there are of an answer."""
    return [each for each in View if view_for(question, each.value) is each]


def _read_period(choices: QueryParams, today: date) -> tuple[Span, Period]:
    first, last = _day(choices.get("from", "")), _day(choices.get("to", ""))
    span = _member(Span, choices.get("period", ""), Span.CUSTOM)
    if span is Span.CUSTOM and first and last and 0 <= (last - first).days < DAYS_MAX:
        return Span.CUSTOM, Period(first, last + timedelta(days=1))
    span = Span.MONTH if span is Span.CUSTOM else span
    return span, period_of(span, today)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Neither the compared period nor what follows may leave the calendar.
    return day if is_day_of_ours(day) else None


def _find_dimension(text: str) -> Dimension | None:
    try:
        return Dimension(text)
    except ValueError:
        return None


def _member(kind: type[E], text: str, default: E) -> E:
    try:
        return kind(text)
    except ValueError:
        return default
