"""The cube: equal to a plain GROUP BY, whatever is asked, before and after there are files."""

import random
import threading
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ekino.archive import service as archive
from ekino.archive.model.question import (
    OF_SALE,
    Compare,
    Dimension,
    Measure,
    Period,
    Question,
)
from ekino.db.database import Database, Role
from ekino.kernel.errors import Pushback
from history import TODAY, Tills, effects, invent, load_country

ALWAYS = Period(date(2024, 1, 1), date(2028, 1, 1))
# The same dates of the year before, whose weekdays are others.
BY_WEEKDAY = Question(
    period=Period(TODAY - timedelta(days=200), TODAY),
    by=(Dimension.WEEKDAY,),
    compare=Compare.YEAR,
)
# What each dimension is, in PostgreSQL's own words; {day} is the business date.
PLAIN = {
    Dimension.DAY: "to_char({day}, 'YYYY-MM-DD')",
    Dimension.WEEK: "to_char(date_trunc('week', {day}), 'YYYY-MM-DD')",
    Dimension.MONTH: "to_char({day}, 'YYYY-MM-01')",
    Dimension.QUARTER: "to_char(date_trunc('quarter', {day}), 'YYYY-MM-DD')",
    Dimension.YEAR: "to_char({day}, 'YYYY-01-01')",
    Dimension.WEEKDAY: "extract(isodow FROM showing.business_date)::int::text",
    Dimension.HOUR: "extract(hour FROM showing.starts_at AT TIME ZONE venue.timezone)::int::text",
    Dimension.REGION: "venue.region_code",
    Dimension.VENUE: "venue.code",
    Dimension.CHAIN: "coalesce(chain.code, '')",
    Dimension.HALL: "venue.code || '/' || hall.code",
    Dimension.SHOWING: "showing.showing_id::text",
    Dimension.FILM: "film.code",
    Dimension.ORIGIN: "CASE WHEN film.countries = '{{}}' THEN 'unstated' WHEN 'KZ' = ANY (film.countries) THEN 'domestic' ELSE 'foreign' END",
    Dimension.GENRE: "coalesce(film.genres[1], '')",
    Dimension.COUNTRY: "coalesce(film.countries[1], '')",
    Dimension.ORIGINAL_LANGUAGE: "coalesce(film.original_language, '')",
    Dimension.LANGUAGE: "showing.language",
    Dimension.DISTRIBUTOR: "coalesce(distributor.code, '')",
    Dimension.SALES_CHANNEL: "cell.sales_channel",
    Dimension.CONCESSION: "cell.concession",
}
COUNTED = """
SELECT {keys} AS keys, count(*), sum(capacity)::bigint
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
  JOIN catalog.hall USING (hall_id) JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.organisation AS chain ON chain.organisation_id = venue.organisation_id
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = 'KZ'
  LEFT JOIN catalog.organisation AS distributor ON distributor.organisation_id = release.distributor_id
 WHERE region.country = 'KZ' AND venue.currency = 'KZT' AND state = 'announced'
   AND showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
   AND {filters}
 GROUP BY keys
"""
SUMMED = """
SELECT {keys} AS keys, sum(admissions)::bigint, sum(gross)::bigint, sum(fees)::bigint,
       sum(refunded)::bigint
  FROM unnest(%(showing)s::bigint[], %(channel)s::text[], %(concession)s::text[],
              %(admissions)s::bigint[], %(gross)s::bigint[], %(fees)s::bigint[],
              %(refunded)s::bigint[])
       AS cell (showing_id, sales_channel, concession, admissions, gross, fees, refunded)
  JOIN catalog.showing USING (showing_id)
  JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
  JOIN catalog.hall USING (hall_id) JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.organisation AS chain ON chain.organisation_id = venue.organisation_id
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = 'KZ'
  LEFT JOIN catalog.organisation AS distributor ON distributor.organisation_id = release.distributor_id
 WHERE region.country = 'KZ' AND venue.currency = 'KZT'
   AND showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
   AND {filters}
 GROUP BY keys
"""


def shift(question: Question) -> str:
    """Give the day of a compared row as the question lays it beside its own."""
    if question.shift_days:
        return f"(showing.business_date + {question.shift_days})"
    return "(showing.business_date + interval '1 year')::date"


def plain(
    db: Database, question: Question, period: Period, day: str, rows: list[Any]
) -> dict[tuple[str, ...], tuple[Any, ...]]:
    """Answer by GROUP BY: figures by group, of groups of which there is something to say."""
    keys = ", ".join(PLAIN[each].format(day=day) for each in question.by) or "'all'"
    values: dict[str, Any] = {"first": period.first, "past_end": period.past_end}
    conditions = ["true"]
    for each, wanted in question.filters.items():
        conditions.append(f"{PLAIN[each].format(day=day)} = ANY (%(only_{each.value})s)")
        values[f"only_{each.value}"] = list(wanted)
    columns = list(zip(*rows, strict=True)) or [()] * 7
    names = ("showing", "channel", "concession", "admissions", "gross", "fees", "refunded")
    cells = dict(zip(names, map(list, columns), strict=True))
    text = {"keys": f"ARRAY[{keys}]", "filters": " AND ".join(conditions)}
    figures: dict[tuple[str, ...], list[Any]] = {}
    with db.transaction(Role.READER) as tx:
        for key, *sums in tx.execute(SUMMED.format(**text), values | cells).fetchall():
            figures[tuple(key)] = [*sums, 0, 0]
        if not OF_SALE & {*question.by, *question.filters}:
            for key, *counts in tx.execute(COUNTED.format(**text), values).fetchall():
                figures.setdefault(tuple(key), [0] * 6)[4:] = counts
    return {key: tuple(row) for key, row in figures.items() if any(row[:4]) or row[4]}


def row_of(figures: Any, *, is_of_sale: bool) -> tuple[Any, ...]:
    scheduled = (0, 0) if is_of_sale else (figures.showings, figures.capacity)
    return (figures.admissions, figures.gross_minor, figures.fees_minor, figures.refunded, *scheduled)  # fmt: skip


def a_question(dice: random.Random, keys: dict[Dimension, list[str]]) -> Question:
    """Invent a question."""
    first = TODAY - timedelta(days=dice.choice((0, 1, 6, 29, 30, 89, 365, 400, 730)))
    past_end = first + timedelta(days=dice.choice((1, 2, 7, 31, 62, 63, 365, 731)))
    filters = {
        dimension: tuple(dice.sample(keys[dimension], min(len(keys[dimension]), dice.randrange(1, 4))))
        for dimension in dice.sample(list(Dimension), dice.choice((0, 0, 1, 1, 2)))
        if keys[dimension]
    }  # fmt: skip
    return Question(
        period=Period(first, past_end),
        measure=dice.choice(list(Measure)),
        by=tuple(dice.sample(list(Dimension), dice.randrange(3))),
        filters=MappingProxyType(filters),
        compare=dice.choice(list(Compare)),
    )


def verify(db: Database, cube: archive.Cube, dice: random.Random, questions: int) -> None:
    rows = effects(db)
    names = cube.names()
    keys = {
        dimension: sorted(
            {key[0] for key in plain(db, Question(period=ALWAYS, by=(dimension,)), ALWAYS, "showing.business_date", rows)}
            | ({"nowhere"} if dimension not in {Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.QUARTER, Dimension.YEAR} else set())
        )
        for dimension in Dimension
    }  # fmt: skip
    for question in (BY_WEEKDAY, *(a_question(dice, keys) for _ in range(questions))):
        answer = cube.ask(question)
        now = plain(db, question, question.period, "showing.business_date", rows)
        compared = question.compared
        before = plain(db, question, compared, shift(question), rows) if compared else {}
        expected = {
            key: (now.get(key, (0,) * 6), before.get(key, (0,) * 6))
            for key in {*now, *before}
        }
        of_sale = question.is_of_sale
        found = {
            tuple(archive.text_of(each, key, names) for each, key in zip(question.by, group.keys, strict=True)) or ("all",): (
                row_of(group.now, is_of_sale=of_sale),
                row_of(group.before, is_of_sale=of_sale) if group.before else (0,) * 6,
            )
            for group in (answer.groups if question.by else (answer.whole,))
        }  # fmt: skip
        found = {
            key: value for key, value in found.items() if any(value[0]) or any(value[1])
        }
        assert found == expected, question
        assert answer.groups_total == (len(expected) if question.by else 0)
        total = tuple(map(sum, zip(*(each[0] for each in expected.values()), strict=True)))
        assert row_of(answer.whole.now, is_of_sale=of_sale) == (total or (0,) * 6), question


@pytest.mark.parametrize("seed", range(3))
def test_answers_equal_a_plain_group_by(db: Database, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    showings = load_country(db, dice)
    tills = Tills(db, dice)
    cube = archive.Cube(db, tmp_path, country="KZ", currency="KZT", fresh_s=0)
    sold: list[dict[str, Any]] = []
    at = 1
    for round_ in range(5):
        count = dice.randrange(40, 120)
        tills.send(invent(dice, showings, count, first=at, sold=sold))
        at += count
        while archive.fold_next(db, entries_max=dice.randrange(1, 80)):
            pass
        if round_ in {1, 3}:
            archive.file_changed(db, tmp_path)
        verify(db, cube, dice, 12)
    cube.close()
    # Another process begins from the files.
    cube = archive.Cube(db, tmp_path, country="KZ", currency="KZT")
    verify(db, cube, dice, 12)
    archive.rebuild(db)
    verify(db, cube, dice, 5)
    cube.close()


def follow(
    db: Database, folder: Path, seed: int, over: threading.Event, wrong: list[str]
) -> None:
    """Fold and file until it is over; two that file at once: one is told to begin again."""
    archivist = archive.Archivist(folder, file_every_s=0.05)
    dice = random.Random(seed)
    while not over.is_set():
        try:
            archivist.follow(db, entries_max=dice.randrange(1, 60))
        except Pushback as error:
            if error.code != "database_busy":
                wrong.append(repr(error))


def read(db: Database, folder: Path, over: threading.Event, wrong: list[str]) -> None:
    """Hold every answer against the register as of the answer's own position."""
    cube = archive.Cube(db, folder, country="KZ", currency="KZT", fresh_s=0)
    question = Question(period=ALWAYS, by=(Dimension.SHOWING,))
    while not over.is_set():
        answer = cube.ask(question)
        with db.transaction(Role.READER) as tx:
            row = tx.execute(
                "SELECT coalesce(sum(admissions), 0)::bigint, coalesce(sum(gross_minor), 0)::bigint"
                " FROM register.entry JOIN catalog.showing USING (showing_id)"
                " JOIN catalog.venue USING (venue_id) WHERE position < %s AND currency = 'KZT'",
                [answer.as_of],
            ).fetchone()
        if row != (answer.whole.now.admissions, answer.whole.now.gross_minor):
            wrong.append(f"{answer.as_of}: {row} {answer.whole.now}")
    cube.close()


def test_answers_hold_while_followers_fold_and_file(db: Database, tmp_path: Path) -> None:
    dice = random.Random(11)
    showings = load_country(db, dice)
    tills = Tills(db, dice)
    over = threading.Event()
    wrong: list[str] = []

    threads = [
        threading.Thread(target=follow, args=(db, tmp_path, seed, over, wrong))
        for seed in range(2)
    ]
    threads += [
        threading.Thread(target=read, args=(db, tmp_path, over, wrong)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    sold: list[dict[str, Any]] = []
    for number in range(8):
        tills.send(invent(dice, showings, 80, first=1 + 80 * number, sold=sold))
    over.set()
    for thread in threads:
        thread.join()
    while archive.fold_next(db):
        pass

    assert wrong == []
    cube = archive.Cube(db, tmp_path, country="KZ", currency="KZT")
    verify(db, cube, dice, 10)
    cube.close()
