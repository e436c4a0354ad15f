"""Scenario `explore`: an analyst's questions to a national year, each against a GROUP BY."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from ekino.archive import service as archive
from ekino.archive.model.answer import Answer
from ekino.archive.model.question import Compare, Dimension, Measure, Period, Question
from ekino.catalog import service as catalog
from ekino.catalog.document import read_document
from ekino.cli.bench.answers import WrongAnswer
from ekino.cli.bench.country import FILMS
from ekino.cli.bench.fill import fill
from ekino.cli.bench.report import latencies, rounded
from ekino.cli.bench.site import Site

T = TypeVar("T")
# Each question is asked so often; the first answer of a process is told apart.
_ROUNDS = 7
_GENRES = ("drama", "comedy", "action", "animation", "horror", "history", "thriller")
_COUNTRIES = ("KZ", "US", "KR", "IN", "FR")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question as people would put it."""

    words: str
    by: tuple[Dimension, ...] = ()
    measure: Measure = Measure.TAKINGS
    compare: Compare = Compare.NOTHING
    filters: dict[Dimension, tuple[str, ...]] = field(default_factory=dict)
    # Days up to today; 0 is the whole year.
    days: int = 0


_D = Dimension
_ASKED = (
    _Asked("the year beside the year before", compare=Compare.YEAR),
    _Asked("region × month", (_D.REGION, _D.MONTH)),
    _Asked("genre × country", (_D.GENRE, _D.COUNTRY)),
    _Asked("film, beside 52 weeks before", (_D.FILM,), compare=Compare.YEAR),
    _Asked("film, a quarter beside the one before", (_D.FILM,), compare=Compare.BEFORE, days=91),
    _Asked("venue × month", (_D.VENUE, _D.MONTH), Measure.ADMISSIONS),
    _Asked("weekday × hour", (_D.WEEKDAY, _D.HOUR), Measure.ADMISSIONS),
    _Asked("chain × film", (_D.CHAIN, _D.FILM)),
    _Asked("distributor, one genre", (_D.DISTRIBUTOR,), filters={_D.GENRE: ("drama",)}),
    _Asked("sales channel × month", (_D.SALES_CHANNEL, _D.MONTH)),
    _Asked("day", (_D.DAY,)),
    _Asked("day × region, one channel", (_D.DAY, _D.REGION), filters={_D.SALES_CHANNEL: ("app",)}),
    _Asked("every showing", (_D.SHOWING,), Measure.ADMISSIONS),
    _Asked("venues showing each film", (_D.FILM,), Measure.VENUES),
    _Asked("occupancy by venue and hour", (_D.VENUE, _D.HOUR), Measure.OCCUPANCY),
    _Asked("today by venue", (_D.VENUE,), days=1),
    _Asked("this month, region × film", (_D.REGION, _D.FILM), days=30),
)  # fmt: skip


def run(events: int, site: Site, tell: Callable[[str], None]) -> dict[str, Any]:
    """Fill a register, fold and file it, and ask; every answer is held against GROUP BY."""
    stored = fill(site, events, tell)
    _tell_apart(site)
    site.store.checkpoint()
    folder = site.folder / "archive"
    tell("folding")
    fold_s, folded = _timed(lambda: _fold(site, tell))
    tell("filing")
    file_s, files = _timed(lambda: archive.file_changed(site.db, folder))
    tell("counting again by GROUP BY")
    count_s, _ = _timed(site.store.begin_exploring)
    cube = archive.Cube(site.db, folder, country="KZ", currency="KZT")
    today = site.now.date()
    first_ms = _timed(lambda: cube.ask(Question(period=_year(today))))[0] * 1e3
    rows = [_ask(cube, site, asked, today, tell) for asked in _ASKED]
    cube.close()
    every = [each for row in rows for each in row.pop("took_ms")]
    summary = {
        "events": stored,
        "folded": folded,
        "fold events/s": rounded(folded / fold_s),
        "file s": rounded(file_s),
        "files": len(files),
        "rows": sum(file.rows for file in files),
        "bytes a row": rounded(
            sum(file.bytes for file in files) / max(1, sum(file.rows for file in files))
        ),
        "bytes a ticket": rounded(sum(file.bytes for file in files) / stored),
        "count again s": rounded(count_s),
        "first answer ms": rounded(first_ms),
        **{f"{name} ms": value for name, value in latencies(every).items()},
    }
    slowest = sorted(rows, key=lambda row: -float(row["p50 ms"]))
    return {
        "tables": [
            {"title": "explore: all questions", "rows": [summary]},
            {"title": "explore: each question, the slowest first", "rows": slowest},
        ]
    }


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    began_at = time.monotonic()
    result = work()
    return time.monotonic() - began_at, result


def _fold(site: Site, tell: Callable[[str], None]) -> int:
    folded = told = 0
    while count := archive.fold_next(site.db):
        folded += count
        if folded - told >= 1_000_000:  # noqa: PLR2004 - now and then
            told = folded
            tell(f"folded {folded:,}")
    return folded


def _year(today: date) -> Period:
    return Period(today - timedelta(days=364), today + timedelta(days=1))


def _ask(
    cube: archive.Cube, site: Site, asked: _Asked, today: date, tell: Callable[[str], None]
) -> dict[str, Any]:
    tell(asked.words)
    past_end = today + timedelta(days=1)
    period = (
        Period(past_end - timedelta(days=asked.days), past_end)
        if asked.days
        else _year(today)
    )
    question = Question(
        period=period,
        measure=asked.measure,
        by=asked.by,
        compare=asked.compare,
        filters=MappingProxyType(asked.filters),
    )
    took_ms, began_at = [], time.process_time()
    for _ in range(_ROUNDS):
        took_s, answer = _timed(lambda: cube.ask(question))
        took_ms.append(took_s * 1e3)
    cpu_s = (time.process_time() - began_at) / _ROUNDS
    plain_s, groups = _verify(cube, site, question, answer)
    kept = latencies(took_ms)
    return {
        "question": asked.words,
        "groups": groups,
        "p50 ms": kept["p50"],
        "max ms": kept["max"],
        "CPU ms": rounded(cpu_s * 1e3),
        "PostgreSQL GROUP BY ms": rounded(plain_s * 1e3),
        "took_ms": took_ms,
    }


def _verify(
    cube: archive.Cube, site: Site, question: Question, answer: Answer
) -> tuple[float, int]:
    """Hold an answer against PostgreSQL's; gives how long that took, and the groups."""
    keys = [each.value for each in question.by] + ["nothing", "nothing"]
    chosen = {
        name: (question.filters.get(Dimension(name)) or (None,))[0]
        for name in ("genre", "sales_channel")
    }
    values = {
        "first_key": keys[0],
        "second_key": keys[1],
        "first": question.period.first,
        "past_end": question.period.past_end,
        "is_of_sale": question.is_of_sale,
        **chosen,
    }  # fmt: skip
    took_s, plain = _timed(lambda: site.store.group(values))
    names = cube.names()
    found = {
        _texts(question, group.keys, names): (
            group.now.admissions,
            group.now.gross_minor,
            group.now.showings or 0,
        )
        for group in (answer.groups if question.by else (answer.whole,))
    }
    expected = {key: row for key, row in plain.items() if any(row)}
    if answer.groups_total <= len(answer.groups):
        found = {key: row for key, row in found.items() if any(row)}
    else:
        whole = answer.whole.now
        sums = (whole.admissions, whole.gross_minor, whole.showings or 0)
        _verify_equal("the whole", sums, tuple(map(sum, zip(*plain.values(), strict=True))))
        expected, plain = {key: plain[key] for key in found if key in plain}, expected
    _verify_equal(str(question.by), found, expected)
    return took_s, max(len(plain), len(expected))


def _texts(
    question: Question, keys: tuple[object, ...], names: archive.Names
) -> tuple[str, str]:
    texts = [
        archive.text_of(each, key, names)
        for each, key in zip(question.by, keys, strict=True)
    ]
    first, second = (*texts, "", "")[:2]
    return first, second


def _verify_equal(what: str, found: object, expected: object) -> None:
    if found != expected:
        detail = f"{what}: the cube says {found}, GROUP BY says {expected}"
        raise WrongAnswer(detail[:2_000])


def _tell_apart(site: Site) -> None:
    """Give the bench's plain country what analysts slice by: chains, distributors, genres."""
    organisations = [f"chain-{n}" for n in range(12)] + [
        f"distributor-{n}" for n in range(6)
    ]
    venues = sorted({venue for source in site.sources for venue, _ in source.showings})
    regions = [region.code for region in catalog.shipped_regions("KZ").regions]
    lists: dict[str, list[dict[str, object]]] = {
        "organisations": [
            {"code": code, "name": code, "country": "KZ"} for code in organisations
        ],
        "venues": [
            {
                "code": venue,
                "name": f"Cinema {venue}",
                "region": regions[number % len(regions)],
                "city": "City",
                "timezone": "Asia/Almaty",
                "currency": "KZT",
                "organisation": f"chain-{number % 12}",
            }
            for number, venue in enumerate(venues)
        ],
        "films": [
            {
                "code": f"film-{film}",
                "titles": {"en": f"Film {film}"},
                "countries": [_COUNTRIES[film % len(_COUNTRIES)]],
                "genres": [_GENRES[film % len(_GENRES)]],
            }
            for film in range(FILMS)
        ],
        "releases": [
            {
                "film": f"film-{film}",
                "country": "KZ",
                "release_date": "2025-01-01",
                "distributor": f"distributor-{film % 6}",
            }
            for film in range(FILMS)
        ],
    }
    catalog.load(site.db, read_document(msgspec.json.encode(lists)))
