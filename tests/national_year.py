"""
Two national years in a database, put there by PostgreSQL itself, and how long pages take to read.

`python tests/national_year.py` fills, measures and prints; `--venues 200` for a larger country,
`--folder F` keeps the database in F and only measures when it is there already.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg

from ekino.catalog import service as catalog
from ekino.db.database import Database
from ekino.db.embedded import Embedded
from ekino.db.postgres import open_database
from ekino.totals import service as totals
from ekino.totals.model.calendar import Measure
from ekino.totals.model.day import Country
from ekino.totals.model.periods import PeriodKind, period_of

KAZAKHSTAN = Country("KZ", "KZT", "Asia/Almaty")
FIRST, PAST_END = date(2025, 1, 1), date(2027, 1, 1)
# Saturday evening, the last of the year but one.
AT = datetime(2026, 12, 19, 15, tzinfo=UTC)
DAY = date(2026, 12, 19)
# A film runs twelve weeks, and three come out a week.
FILMS = 312
REPEATS = 5

PLACES = """
INSERT INTO catalog.venue (code, name, kind, region_code, city, timezone, currency)
SELECT 'v' || n, 'Cinema ' || n, 'cinema', (ARRAY(SELECT code FROM catalog.region ORDER BY code))[1 + n %% 20],
       'City', 'Asia/Almaty', 'KZT'
  FROM generate_series(1, %(venues)s) AS n;
"""
HALLS = """
INSERT INTO catalog.hall (venue_id, code)
SELECT venue_id, n::text FROM catalog.venue CROSS JOIN generate_series(1, 4) AS n;
"""
FILM_ROWS = """
INSERT INTO catalog.film (code, titles, original_language, countries, genres, age_mark)
SELECT 'f' || n, jsonb_build_object('kk', 'Фильм ' || n, 'ru', 'Кино ' || n), 'kk',
       CASE n %% 3 WHEN 0 THEN ARRAY['KZ'] ELSE ARRAY['US'] END, ARRAY['drama'], '12+'
  FROM generate_series(1, %(films)s) AS n;
"""
VERSIONS = """
INSERT INTO catalog.film_version (film_id, code, language)
SELECT film_id, code || '/' || language, language
  FROM catalog.film CROSS JOIN unnest(ARRAY['kk', 'ru']) AS language;
"""
RELEASES = """
INSERT INTO catalog.release (film_id, country, release_date)
SELECT film_id, 'KZ', DATE '2025-01-02' + 7 * ((film_id - 1) / 3) FROM catalog.film;
"""
SHOWINGS = """
INSERT INTO catalog.showing (venue_id, code, hall_id, version_id, film_id, language, starts_at,
                             business_date, capacity, revision)
SELECT hall.venue_id, day || '/' || hall.hall_id || '/' || slot, hall.hall_id, version.version_id,
       version.film_id, version.language, day::date + (10 + 3 * slot) * INTERVAL '1 hour', day::date, 120, 1
  FROM generate_series(%(first)s::date, %(past_end)s::date - 1, '1 day') AS day
 CROSS JOIN catalog.hall CROSS JOIN generate_series(0, 4) AS slot
  JOIN catalog.film_version AS version
    ON version.film_id = greatest(1, least(%(films)s, 1 + 3 * ((day::date - DATE '2025-01-02') / 7) - (hall.hall_id * 7 + slot) %% 36))
   AND version.language = (ARRAY['kk', 'ru'])[1 + (hall.hall_id + slot) %% 2];
"""
DAYS = """
INSERT INTO totals.day (business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor)
SELECT business_date, venue_id, film_id, language, channel::register.sales_channel,
       sum(10 + showing_id %% 20), sum((10 + showing_id %% 20) * 180000), sum(300000)
  FROM catalog.showing CROSS JOIN unnest(ARRAY['box_office', 'web', 'app']) AS channel
 GROUP BY 1, 2, 3, 4, 5;
"""


def fill(dsn: str, *, venues: int) -> None:
    """Put places, films, schedule and days in, as if a register had been counted."""
    asked = {"venues": venues, "films": FILMS, "first": FIRST, "past_end": PAST_END}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in (PLACES, HALLS, FILM_ROWS, VERSIONS, RELEASES, SHOWINGS, DAYS):
            began_at = time.monotonic()
            rows = connection.execute(statement, asked).rowcount
            _tell(f"{rows:>10,} rows in {time.monotonic() - began_at:.1f} s")
        connection.execute("UPDATE catalog.revision SET number = 1")
        connection.execute("VACUUM ANALYZE")


def measure(name: str, read: Callable[[], object]) -> None:
    """Read a few times and print the first, the middle and the longest, in milliseconds."""
    took = []
    for _ in range(REPEATS):
        began_at = time.monotonic()
        read()
        took.append(1_000 * (time.monotonic() - began_at))
    _tell(f"{name:<28} {took[0]:8.1f} {statistics.median(took):8.1f} {max(took):8.1f}")


def _tell(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fill, sum up, measure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--venues", type=int, default=100)
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="ekino-year-"))
    is_filled = (folder / "filled").exists()
    folder.mkdir(exist_ok=True)
    server = Embedded(folder)
    server.open()
    try:
        with open_database("", folder) as db:
            if not is_filled:
                catalog.load(db, catalog.shipped_regions("KZ"))
                fill(db.dsn, venues=asked.venues)
                began_at = time.monotonic()
                totals.follow(db)
                _tell(f"film days summed up in {time.monotonic() - began_at:.1f} s")
                with psycopg.connect(db.dsn, autocommit=True) as connection:
                    connection.execute("VACUUM ANALYZE")
                (folder / "filled").touch()
            _measure_pages(db)
    finally:
        server.close()


def _measure_pages(db: Database) -> None:
    trade = totals.trade_of("KZ")
    _tell(f"{'ms':<28} {'first':>8} {'median':>8} {'longest':>8}")
    for kind in PeriodKind:
        period = period_of(kind, DAY, trade)
        measure(
            period.path,
            lambda period=period: totals.read_box_office(db, KAZAKHSTAN, period, at=AT),  # type: ignore[misc]
        )
    measure(
        "/calendar/2026",
        lambda: totals.read_calendar(db, KAZAKHSTAN, 2026, measure=Measure.TAKINGS, at=AT),
    )
    measure("/films", lambda: totals.read_films(db, KAZAKHSTAN, at=AT))
    measure("/film/f150", lambda: totals.read_film(db, KAZAKHSTAN, "f150", at=AT))
    measure("/film/f1", lambda: totals.read_film(db, KAZAKHSTAN, "f1", at=AT))
    codes = ["f150", "f160", "f170", "f180", "f190"]
    measure("/compare, five", lambda: totals.compare_films(db, KAZAKHSTAN, codes, at=AT))


if __name__ == "__main__":
    main()
