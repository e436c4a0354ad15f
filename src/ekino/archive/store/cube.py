"""One question put together from the pieces of cube.sql, by name and from nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ekino.archive.model.answer import AVERAGES, SUMS
from ekino.archive.model.question import (
    OF_CLOCK,
    OF_SCHEDULE,
    OF_TIME,
    Compare,
    Dimension,
    Measure,
    Question,
)
from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.archive")

# What is added up on each side of an answer.
ADDED = ("admissions", "gross_minor", "fees_minor", "refunded", "showings", "capacity")
# What is counted, and by which number.
_COUNTED = {Measure.VENUES: "venue_id", Measure.FILMS: "film_id"}
# Every column that an answer may have, without its side.
COLUMNS = (*ADDED, *_COUNTED)
# Where each quality is kept: beside the venue, beside the film; the others beside the showing.
_OF_VENUE = frozenset({Dimension.REGION, Dimension.VENUE, Dimension.CHAIN})
_OF_FILM = frozenset(
    {
        Dimension.FILM,
        Dimension.ORIGIN,
        Dimension.GENRE,
        Dimension.COUNTRY,
        Dimension.ORIGINAL_LANGUAGE,
        Dimension.DISTRIBUTOR,
    }
)
# Filters as DuckDB compares them: by dimension, values of the key's own kind; None for what the
# catalog does not state.
Chosen = Mapping[Dimension, Sequence[Any]]


def compose(
    question: Question, chosen: Chosen, paths: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Give the statement that answers a question, and its values."""
    values: dict[str, Any] = {"limit": question.rows_max}
    both = range(2 if question.compared else 1)
    # A showing's row is alike to no other.
    is_each = Dimension.SHOWING in question.by
    text = _QUERIES.ask.format(
        sides=_sides(question, paths, values),
        columns=", ".join(_columns(question, is_each=is_each)),
        filters=_filters(chosen, values),
        added_up="" if is_each else _QUERIES.added_up,
        first_key=_named(question, 0),
        second_key=_named(question, 1),
        films=_QUERIES.join_films if _OF_FILM & {*question.by} else "",
        sums=",\n           ".join(part for side in both for part in _sums(question, side)),
        wanted=" OR ".join(_QUERIES.wanted.format(side=side) for side in both),
        rank=_rank(question),
    )
    return text, values


def compose_showings(
    question: Question, chosen: Chosen, paths: Sequence[str], *, limit: int
) -> tuple[str, dict[str, Any]]:
    """
    Give the statement that finds the showings behind the whole of a question.

    Those of its own period: what it is laid beside is behind another figure.
    """
    values: dict[str, Any] = {"limit": limit}
    question = replace(question, compare=Compare.NOTHING)
    text = _QUERIES.find_showings.format(
        sides=_sides(question, paths, values), filters=_filters(chosen, values)
    )
    return text, values


def _sides(question: Question, paths: Sequence[str], values: dict[str, Any]) -> str:
    """Give the rows of the period, and of the one that it is laid beside."""
    piece = _QUERIES.side_filed if paths else _QUERIES.side_unfiled
    kind = _QUERIES.kind_cells if question.is_of_sale else _QUERIES.kind_showings
    if paths:
        values["paths"] = list(paths)
    periods = [(question.period, "business_date")]
    if compared := question.compared:
        day = _QUERIES.shift_year
        if question.shift_days:
            day = _QUERIES.shift_days.format(days="days")
            values["days"] = question.shift_days
        periods.append((compared, day))
    texts = []
    for side, (period, day) in enumerate(periods):
        names = {"first": f"first_{side}", "past_end": f"past_end_{side}"}
        values |= {names["first"]: period.first, names["past_end"]: period.past_end}
        texts.append(piece.format(side=side, day=day, kind=kind, **names))
    return " UNION ALL ".join(texts)


def _key(dimension: Dimension | None) -> str:
    name = dimension.value if dimension else "nothing"
    return str(getattr(_QUERIES, f"key_{name}"))


def _is_named_later(dimension: Dimension) -> bool:
    return dimension in _OF_VENUE | _OF_FILM


def _condition(dimension: Dimension, keys: Sequence[Any], values: dict[str, Any]) -> str:
    names = []
    for number, key in enumerate(key for key in keys if key is not None):
        name = f"{dimension.value}_{number}"
        values[name] = key
        names.append(f"${name}")
    stated = f"{_key(dimension)} IN ({', '.join(names)})" if names else "false"
    unstated = f"{_key(dimension)} IS NULL" if None in keys else "false"
    return f"({stated} OR {unstated})"


def _place(dimension: Dimension) -> str:
    if dimension in _OF_VENUE:
        return "venue"
    return "film" if dimension in _OF_FILM else "showing"


def _columns(question: Question, *, is_each: bool) -> list[str]:
    """Give what tells rows apart, and what is added up where they are alike."""
    apart = ["side", "venue_id"]
    if question.measure is Measure.FILMS or _OF_FILM & {*question.by}:
        apart.append("film_id")
    apart += [
        f"{_key(each)} AS key_{place}"
        for place, each in enumerate(question.by)
        if not _is_named_later(each)
    ]
    added = ADDED if is_each else [_QUERIES.summed.format(name=name) for name in ADDED]
    return [*apart, *added]


def _named(question: Question, place: int) -> str:
    if place >= len(question.by):
        return _key(None)
    dimension = question.by[place]
    return _key(dimension) if _is_named_later(dimension) else f"key_{place}"


def _filters(chosen: Chosen, values: dict[str, Any]) -> str:
    """Give the conditions; the values stand beside the text, never in it."""
    beside: dict[str, list[str]] = {"showing": [], "venue": ["true"], "film": []}
    for dimension, keys in chosen.items():
        beside[_place(dimension)].append(_condition(dimension, keys, values))
    conditions = beside["showing"]
    conditions.append(_QUERIES.only_venues.format(conditions=" AND ".join(beside["venue"])))
    if beside["film"]:
        conditions.append(
            _QUERIES.only_films.format(conditions=" AND ".join(beside["film"]))
        )
    return " AND ".join(conditions)


def _sums(question: Question, side: int) -> list[str]:
    """Give the sums of one side; distinct counts are dear and made only when asked for."""
    parts = [_QUERIES.sums.format(name=name, side=side) for name in ADDED]
    if number := _COUNTED.get(question.measure):
        parts.append(
            _QUERIES.count_distinct.format(
                name=number, measure=question.measure.value, side=side
            )
        )
    return parts


def _rank(question: Question) -> str:
    if question.by and question.by[0] in OF_TIME | OF_CLOCK:
        return str(_QUERIES.rank_key)
    measure = question.measure
    if measure in OF_SCHEDULE and question.is_of_sale:
        measure = Measure.ADMISSIONS
    if measure in AVERAGES:
        part, whole = AVERAGES[measure]
        return _QUERIES.rank_average.format(part=part, whole=whole)
    return _QUERIES.rank_sum.format(measure=SUMS[measure])
