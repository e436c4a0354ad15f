"""An answer as a table, and as drawings of the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from ekino.archive.model.answer import Answer, Figures, Group
from ekino.archive.model.question import Dimension, Measure
from ekino.archive.pages.asking import TICKETS, Asking
from ekino.archive.pages.naming import Naming
from ekino.ui.charts import round_values
from ekino.ui.tables import Cell, Column, Kind, Table, Value

# Bars drawn; the table has every row.
BARS_MAX = 24
_KINDS = {
    Measure.TAKINGS: Kind.MONEY,
    Measure.FEES: Kind.MONEY,
    Measure.AVERAGE: Kind.MONEY,
    Measure.OCCUPANCY: Kind.SHARE,
    Measure.PER_SHOWING: Kind.DECIMAL,
}
# Shown whatever is asked for: takings and admissions always stand together.
_ALWAYS = (
    Measure.TAKINGS,
    Measure.ADMISSIONS,
    Measure.AVERAGE,
    Measure.SHOWINGS,
    Measure.PER_SHOWING,
    Measure.OCCUPANCY,
)
_TITLES = {
    Measure.TAKINGS: "explore.measure.takings",
    Measure.ADMISSIONS: "explore.measure.admissions",
    Measure.AVERAGE: "explore.measure.average",
    Measure.SHOWINGS: "explore.measure.showings",
    Measure.PER_SHOWING: "explore.measure.per_showing",
    Measure.OCCUPANCY: "explore.measure.occupancy",
    Measure.CAPACITY: "explore.measure.capacity",
    Measure.FEES: "explore.measure.fees",
    Measure.REFUNDS: "explore.measure.refunds",
    Measure.VENUES: "explore.measure.venues",
    Measure.FILMS: "explore.measure.films",
}


def kind_of(measure: Measure) -> Kind:
    """Say how a measure is written."""
    return _KINDS.get(measure, Kind.COUNT)


def make_table(
    asking: Asking,
    answer: Answer,
    naming: Naming,
    *,
    currency: str,
    timezone: str,
    may_see_tickets: bool,
) -> Table:
    """Give an answer as a table; its keys narrow the question, its admissions lead to tickets."""
    question = asking.question
    heads = tuple(each.value for each in question.by) or ("whole",)
    columns = [
        Column(name, f"explore.dim.{name}", Kind.TEXT, is_head=place == 0)
        for place, name in enumerate(heads)
    ]
    shown = (*_ALWAYS, *(() if question.measure in _ALWAYS else (question.measure,)))
    for measure in shown:
        columns.append(Column(measure.value, _TITLES[measure], kind_of(measure)))
        if measure is Measure.TAKINGS:
            columns.append(Column("share", "explore.share", Kind.SHARE))
    if question.compared:
        columns.append(Column("before", "explore.before", kind_of(question.measure)))
        columns.append(Column("change", "explore.change", Kind.CHANGE))
    names = [column.name for column in columns]

    def row(
        group: Group, keys: list[Value | Cell], where: Asking
    ) -> dict[str, Value | Cell]:
        values: dict[str, Value | Cell] = dict(zip(names, keys, strict=False))
        for measure in shown:
            values[measure.value] = group.now.value(measure)
        if may_see_tickets and group.now.admissions:
            href = where.address(TICKETS, as_of=answer.as_of)
            values["admissions"] = Cell(group.now.admissions, href=href)
        values["share"] = _share(group.now, answer.whole.now)
        if group.before is not None:
            values["before"] = group.before.value(question.measure)
            values["change"] = answer.growth(group, question.measure)
        return {name: values.get(name) for name in names}

    if Dimension.SHOWING in question.by:
        place = question.by.index(Dimension.SHOWING)
        naming.know_showings(group.keys[place] for group in answer.groups)
    rows = []
    for group in answer.groups:
        keys, inside = _keys(asking, group, naming)
        rows.append(row(group, keys, inside))
    whole = row(answer.whole, [naming.text("explore.whole")], asking)
    return Table(
        name="-".join(
            ["explore", *heads, str(question.period.first), str(question.period.last)]
        ),
        columns=tuple(columns),
        rows=tuple(rows) if question.by else (whole,),
        total=whole if question.by else None,
        currency=currency,
        timezone=timezone,
        as_of=answer.as_of,
        at=answer.at,
    )


def _keys(
    asking: Asking, group: Group, naming: Naming
) -> tuple[list[Value | Cell], Asking]:
    """Give a group's keys as cells that narrow the question, and the question of it alone."""
    by = asking.question.by
    codes = {each: naming.code(each, key) for each, key in zip(by, group.keys, strict=True)}
    cells: list[Value | Cell] = []
    for place, (dimension, key) in enumerate(zip(by, group.keys, strict=True)):
        words, lang = naming.name(dimension, key)
        chosen = (
            {each: codes[each] for each in by[: place + 1]}
            if place
            else {dimension: codes[dimension]}
        )
        cells.append(Cell(words, href=asking.narrowed(chosen).address(), lang=lang))
    return cells, asking.narrowed(codes)


def _share(part: Figures, whole: Figures) -> Fraction | None:
    return Fraction(part.gross_minor, whole.gross_minor) if whole.gross_minor else None


class Bar(NamedTuple):
    """One bar: its words, its value, and how long it is beside the longest."""

    words: str
    lang: str
    href: str
    value: int | Fraction
    share: Fraction


def make_bars(asking: Asking, answer: Answer, naming: Naming) -> list[Bar]:
    """Give the first groups of which there is a figure, as bars."""
    found = [
        (group, value)
        for group in answer.groups
        if (value := group.now.value(asking.question.measure)) is not None
    ][:BARS_MAX]
    longest = max((value for _, value in found), default=0)
    bars = []
    for group, value in found:
        cells, _ = _keys(asking, group, naming)
        last = cells[-1]
        words = " · ".join(str(cell.value) for cell in cells if isinstance(cell, Cell))
        if isinstance(last, Cell):
            share = Fraction(max(value, 0)) / longest if longest > 0 else Fraction(0)
            bars.append(
                Bar(words, last.lang if len(cells) == 1 else "", last.href, value, share)
            )
    return bars


@dataclass(frozen=True, slots=True)
class Line:
    """A measure over time: paths in a square of 1,000, and what stands beside them."""

    now: str
    before: str
    # (height in percent from the top, value)
    rules: tuple[tuple[float, int], ...]
    # (place in percent from the left, words)
    marks: tuple[tuple[float, str], ...]


# Words under a line that stand apart on a phone.
_MARKS_MAX = 4
_SIDE = 1_000


def make_line(asking: Asking, answer: Answer, naming: Naming) -> Line | None:
    """Give a measure over time; None where there are fewer than two points."""
    measure = asking.question.measure
    now = [group.now.value(measure) or 0 for group in answer.groups]
    before = [group.before.value(measure) or 0 for group in answer.groups if group.before]
    if len(now) < 2:  # noqa: PLR2004 - one point is no line
        return None
    top = float(max([*now, *before, 0])) * 1.08 or 1.0

    days = [
        key.toordinal() for group in answer.groups if isinstance(key := group.keys[0], date)
    ]
    places = [(day - days[0]) / (days[-1] - days[0]) for day in days]

    def path(values: Sequence[int | Fraction]) -> str:
        steps = [
            f"{_SIDE * place:.1f} {_SIDE * (1 - float(value) / top):.1f}"
            for place, value in zip(places, values, strict=True)
        ]
        return "M" + " L".join(steps)

    apart = max(1, -(-len(now) // _MARKS_MAX))
    unit = 100 if kind_of(measure) is Kind.MONEY else 1
    return Line(
        now=path(now),
        before=path(before) if before else "",
        rules=tuple(
            (100 * (1 - value / top), value)
            for value in (round_values(top, unit) if top > unit else ())
        ),
        marks=tuple(
            (
                100 * places[place],
                naming.name(asking.question.by[0], answer.groups[place].keys[0])[0],
            )
            for place in range(0, len(now), apart)
        ),
    )


def make_shades(
    asking: Asking, answer: Answer, naming: Naming
) -> dict[str, tuple[int, str, str]]:
    """Give by region its class from 1 to 5, its figure in words for the map, and its address."""
    measure = asking.question.measure
    found = {
        str(group.keys[0]): (group, value)
        for group in answer.groups
        if (value := group.now.value(measure)) is not None and group.keys[0]
    }
    ordered = sorted(value for _, value in found.values())
    return {
        code: (
            1 + min(4, 5 * ordered.index(value) // len(ordered)),
            naming.name(Dimension.REGION, code)[0],
            asking.narrowed({Dimension.REGION: code}).address(),
        )
        for code, (_, value) in found.items()
    }
