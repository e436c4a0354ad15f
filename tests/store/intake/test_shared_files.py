"""Real files through the register's own door: its sums are those of another tool over the file."""

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from lxml import etree

from ekino.db.database import Database
from ekino.ingest.formats import sessions_csv, weeks
from ekino.ingest.formats.facts import Facts
from ekino.ingest.formats.table import choose
from ekino.intake import service
from ekino.intake.model.comparison import comparison_of
from ekino.intake.model.upload import FINDINGS_MAX, State
from ekino.kernel.errors import Malformed
from ekino.kernel.money import to_minor
from ekino.totals import service as totals
from foreign import Foreign
from handing import register_of
from leave_out import SHARED_DATA

pytestmark = [pytest.mark.needs_shared_data, pytest.mark.timeout(900)]
INDIA = SHARED_DATA / "india_sessions/sessions_2025-11-18.csv.gz"
DAILY = SHARED_DATA / "india_daily"
BROADWAY = SHARED_DATA / "broadway/grosses_2015_2018.csv"
# Tickets of a week, of which a house has seldom fewer: what is entered stays small.
SMALL_TICKETS = 2_000
LISTING = SHARED_DATA / "ru_schedule/kinoafisha_izhevsk.json"
LOG = SHARED_DATA / "siae_it/LOG_2015_09_22_001.xml"
LTA = SHARED_DATA / "siae_it/LTA_2015_09_22_001.xml"
ICAA = SHARED_DATA / "icaa_es/fixture01.txt"


def facts_of(content: bytes, currency: str, timezone: str) -> Facts:
    read = choose(content).read
    assert read is not None
    facts: Facts = read(content, currency=currency, timezone=timezone)
    return facts


def question(sql: str) -> Any:
    row = duckdb.execute(sql).fetchone()
    assert row is not None
    return row


def test_a_day_of_india_is_entered_with_the_files_own_sums(
    db: Database, tmp_path: Path
) -> None:
    content = INDIA.read_bytes()
    foreign = Foreign(
        db, tmp_path, facts_of(content, "INR", "Asia/Kolkata"), timezone="Asia/Kolkata"
    )
    upload = foreign.hand_in(content)

    paise = "CAST(round(CAST(gross AS DECIMAL(38, 12)) * 100) AS BIGINT)"
    good = f"CAST(sold AS INT) > 0 AND {paise} >= 0"
    tickets, gross, rows = question(
        f"SELECT sum(CAST(sold AS INT)) FILTER (WHERE {good}), sum({paise}) FILTER (WHERE {good}), count(*)"
        f" FROM read_csv('{INDIA}', all_varchar = true, header = true)"
    )
    assert upload.state is State.ENTERED
    assert upload.counts["refused"] == 0
    # Every row is a showing; those that cannot be tickets are told, and are showings too.
    assert register_of(db) == (tickets + rows, tickets, gross)
    assert upload.counts["findings"] == 32
    again = foreign.hand_in(content + b"\n")
    assert (again.counts["entered"], again.counts["already"]) == (0, tickets)

    # The same day as the daily table declares it: by film, laid beside what was entered.
    totals.rebuild(db)
    daily = foreign.hand_in(rows_of_a_day("film_day", "2025-11-18"))
    refused = refused_by_film(content)
    assert (daily.state, daily.format) == (State.COMPARED, "film_days")
    assert daily.counts["totals_differ"] == len(refused) > 0
    assert daily.counts["totals"] == len(refused) + daily.counts["totals_equal"] == 58
    assert register_of(db) == (tickets + rows, tickets, gross)
    found = service.list_findings(db, daily, limit=FINDINGS_MAX)
    compared = [comparison_of(each.code, each.raw) for each in found]
    assert sorted(each.difference for each in compared if each) == sorted(refused.values())


def rows_of_a_day(name: str, day: str) -> bytes:
    """Give a daily table of one day alone."""
    with gzip.open(DAILY / f"{name}.csv.gz", "rt", encoding="utf-8") as packed:
        head, *rows = packed
    return "".join([head, *(row for row in rows if row.startswith(day))]).encode()


def refused_by_film(content: bytes) -> dict[str, tuple[int, int]]:
    """Give what a day's refused rows add to each film's sums: (tickets, takings)."""
    found: dict[str, tuple[int, int]] = {}
    for each in facts_of(content, "INR", "Asia/Kolkata").unmapped:
        row = json.loads(each.raw)
        tickets, gross = found.get(row[2], (0, 0))
        gross += to_minor(json_amount(each.raw), "INR")
        found[row[2]] = (tickets + int(row[10]), gross)
    return {film: sums for film, sums in found.items() if any(sums)}


@pytest.mark.parametrize("name", ["film_day", "film_city_day", "film_day_advance"])
def test_daily_tables_of_india_add_up_to_their_own_sums(name: str) -> None:
    path = DAILY / f"{name}.csv.gz"
    facts = facts_of(path.read_bytes(), "INR", "Asia/Kolkata")

    # As texts: DuckDB too rounds half away from zero, row by row.
    tickets, gross, shows, rows = question(
        "SELECT sum(CAST(sold AS BIGINT)),"
        " sum(CAST(round(CAST(gross AS DECIMAL(38, 16)) * 100) AS BIGINT)),"
        " sum(CAST(shows AS BIGINT)), count(*)"
        f" FROM read_csv('{path}', all_varchar = true, header = true, quote = '\"')"
    )
    assert (facts.format, facts.unmapped, facts.sales) == ("film_days", [], [])
    assert sum(each.tickets for each in facts.totals) == tickets
    assert sum(each.gross_minor or 0 for each in facts.totals) == gross
    assert facts.counts["showings_summed"] == shows
    assert facts.counts["rows"] == facts.counts["rows_taken"] == rows
    assert len(facts.totals) + facts.counts["rows_added_to_others"] == rows


def test_registers_of_names_are_no_uploads_of_sales() -> None:
    for name in ("movies_district", "venues_district"):
        with pytest.raises(Malformed) as refused:
            choose((DAILY / f"{name}.csv.gz").read_bytes())
        assert refused.value.code == "format_unknown"


def test_days_of_india_are_the_daily_tables_own_figures() -> None:
    """Another file of the same days, added up by film and laid beside it."""
    for day in ("2025-11-18", "2026-03-18"):
        content = (SHARED_DATA / f"india_sessions/sessions_{day}.csv.gz").read_bytes()
        facts = sessions_csv.read(content, currency="INR", timezone="Asia/Kolkata")
        films = {each.code: each.film.text for each in facts.showings}
        ours: dict[str, list[int]] = {}
        for showing in facts.showings:
            ours.setdefault(showing.film.text, [0, 0])[0] += 1
        for sale in facts.sales:
            ours[films[sale.showing]][1] += sale.price_minor
        daily = duckdb.execute(
            "SELECT film, CAST(shows AS INT), CAST(round(CAST(gross AS DECIMAL(38, 12)) * 100) AS BIGINT)"
            f" FROM read_csv('{SHARED_DATA}/india_daily/film_day.csv.gz', all_varchar = true, header = true)"
            f" WHERE date = '{day}'"
        ).fetchall()
        theirs = {" | ".join(" ".join(p.split()) for p in film.rsplit("|", 1)): (n, g) for film, n, g in daily}  # fmt: skip
        assert {film: figures[0] for film, figures in ours.items()} == {
            film: shows for film, (shows, _) in theirs.items()
        }
        # The daily table keeps what is refused here: takings below zero, and without a seat.
        refused = sum(to_minor(json_amount(each.raw), "INR") for each in facts.unmapped)
        total = sum(figures[1] for figures in ours.values())
        assert total + refused == sum(gross for _, gross in theirs.values())


def json_amount(raw: str) -> Any:
    from decimal import Decimal

    row = json.loads(raw)
    return Decimal(row[11])


def test_the_weeks_of_a_city_add_up_and_one_week_is_entered(
    db: Database, tmp_path: Path
) -> None:
    """
    Three years (4,941 rows, 160 weeks, 41 million tickets) are read and summed; a week is entered.

    The whole would take the register most of an hour. Of 26 more weeks, over all three years, the
    smallest houses are entered by the test below.
    """
    content = BROADWAY.read_bytes()
    table = weeks.parse(content, currency="USD")
    read = f"read_csv('{BROADWAY}', header = true)"
    tickets, gross, rows, over, doubled = question(
        "SELECT sum(CAST(Seats_Sold AS BIGINT)), sum(CAST(round(Weekly_Gross * 100) AS BIGINT)), count(*),"
        f' count(*) FILTER (WHERE "%cap" > 100), count(*) - count(DISTINCT (Date, Theatre_name)) FROM {read}'
    )
    assert (len(table.weeks) + len(table.unmapped), len(table.unmapped)) == (rows, 0)
    assert sum(each.tickets for each in table.weeks) == tickets
    assert sum(each.gross_minor for each in table.weeks) == gross
    assert (table.counts["standing_room"], table.counts["week_given_twice"]) == (
        over,
        doubled,
    )

    lines = content.decode().splitlines(keepends=True)
    week = "".join(
        [lines[0], *(each for each in lines if each.startswith("2015-05-10"))]
    ).encode()
    foreign = Foreign(
        db,
        tmp_path,
        facts_of(week, "USD", "America/New_York"),
        timezone="America/New_York",
        kind="theatre",
    )
    upload = foreign.hand_in(week)
    sold, paid, houses = question(
        "SELECT sum(CAST(Seats_Sold AS BIGINT)), sum(CAST(round(Weekly_Gross * 100) AS BIGINT)), count(*)"
        f" FROM {read} WHERE Date = '2015-05-10'"
    )
    assert (upload.state, upload.counts["refused"]) == (State.ENTERED, 0)
    assert register_of(db) == (sold + houses, sold, paid)


def test_small_houses_of_three_years_are_entered_week_by_week(
    db: Database, tmp_path: Path
) -> None:
    """Every row of fewer than 2,000 tickets: a file for each week that has one, each in its turn."""
    heads, *rows = BROADWAY.read_text("utf-8").splitlines(keepends=True)
    at = heads.split(",").index("Seats_Sold")
    files: dict[str, list[str]] = {}
    for row in rows:
        cells = row.split(",")
        if float(cells[at]) < SMALL_TICKETS:
            files.setdefault(cells[0], [heads]).append(row)
    contents = ["".join(lines).encode() for _, lines in sorted(files.items())]
    whole = "".join([heads, *(each for lines in files.values() for each in lines[1:])])
    foreign = Foreign(
        db,
        tmp_path,
        facts_of(whole.encode(), "USD", "America/New_York"),
        timezone="America/New_York",
        kind="theatre",
    )
    uploads = [foreign.hand_in(each) for each in contents]

    read = f"read_csv('{BROADWAY}', header = true) WHERE Seats_Sold < {SMALL_TICKETS}"
    sold, paid, houses, days = question(
        "SELECT sum(CAST(Seats_Sold AS BIGINT)), sum(CAST(round(Weekly_Gross * 100) AS BIGINT)),"
        f" count(*), count(DISTINCT Date) FROM {read}"
    )
    assert {each.state for each in uploads} == {State.ENTERED}
    assert len(uploads) == days == 26
    assert register_of(db) == (sold + houses, sold, paid)
    again = foreign.hand_in(contents[0] + b"\n")
    assert (again.counts["entered"], again.counts["refused"]) == (0, 0)
    assert register_of(db) == (sold + houses, sold, paid)


def test_a_listing_puts_its_showings_on_the_schedule(db: Database, tmp_path: Path) -> None:
    content = LISTING.read_bytes()
    facts = facts_of(content, "RUB", "Europe/Samara")
    upload = Foreign(db, tmp_path, facts, timezone="Europe/Samara").hand_in(content)

    rows = json.loads(content)["data"]
    assert (upload.state, upload.counts["after_midnight"]) == (State.ENTERED, 6)
    assert register_of(db) == (upload.counts["entered"], 0, 0)
    assert upload.counts["entered"] + upload.counts.get("rows_wrong", 0) == len(rows) == 128


def test_an_italian_log_and_list_are_entered(db: Database, tmp_path: Path) -> None:
    """The two are of one day and of different titles: the list adds to the log, ticket by ticket."""
    content = LOG.read_bytes()
    facts = facts_of(content, "EUR", "Europe/Rome")
    facts.showings.extend(facts_of(LTA.read_bytes(), "EUR", "Europe/Rome").showings)
    foreign = Foreign(db, tmp_path, facts, timezone="Europe/Rome")
    upload = foreign.hand_in(content)

    root = etree.fromstring(content)
    paid = sum(
        int(each.findtext("CorrispettivoLordo", "0"))
        + int(each.findtext("Prevendita", "0"))
        for each in root.iter("TitoloAccesso")
        if each.get("Annullamento", "N") == "N"
    )
    sold = len(root.findall(".//TitoloAccesso")) + len(
        root.findall(".//BigliettoAbbonamento")
    )
    assert (upload.format, upload.counts["refused"]) == ("siae_log", 0)
    assert register_of(db)[1:] == (sold, paid)
    assert (sold, paid) == (16, 15_000)

    listed = foreign.hand_in(LTA.read_bytes())

    titles = list(etree.fromstring(LTA.read_bytes()).iter("TitoloAccesso"))
    standing = [each for each in titles if each.get("Annullamento") == "N"]
    # A season pass was paid for all of its events at once: its ticket is free.
    more = sum(
        int(each.get("CorrispettivoLordo", "0"))
        for each in standing
        if each.get("Abbonamento") == "N"
    )
    inside = sum(each.get("Stato", "").startswith("Z") for each in titles)
    assert (len(titles), len(standing), more, inside) == (23, 19, 12_900, 9)
    assert (listed.format, listed.state, listed.counts["refused"]) == (
        "siae_lta",
        State.ENTERED,
        0,
    )
    assert register_of(db)[1:] == (sold + len(standing), paid + more)
    assert kinds_of(db)["admitted"] == inside
    assert kinds_of(db)["refunded"] == len(titles) - len(standing)


def kinds_of(db: Database) -> dict[str, int]:
    with psycopg.connect(db.dsn) as superuser:
        return dict(
            superuser.execute(
                "SELECT kind::text, count(*) FROM register.entry GROUP BY 1"
            ).fetchall()
        )


def test_a_spanish_file_is_entered(db: Database, tmp_path: Path) -> None:
    content = ICAA.read_bytes()
    facts = facts_of(content, "EUR", "Europe/Madrid")
    upload = Foreign(db, tmp_path, facts, timezone="Europe/Madrid").hand_in(content)

    assert (upload.format, upload.counts["refused"]) == ("icaa", 0)
    assert register_of(db)[1:] == (5, 2_250)


@pytest.mark.parametrize(
    "path",
    [INDIA, DAILY / "film_day.csv.gz", BROADWAY, LISTING, LOG, LTA, ICAA],
    ids=lambda path: path.stem,
)
def test_a_real_file_that_is_cut_leaves_the_register_as_it_was(
    db: Database, tmp_path: Path, path: Path
) -> None:
    from handing import Village

    village = Village(db, tmp_path)
    before = register_of(db)
    whole = path.read_bytes().rstrip()
    named = choose(path.read_bytes()).name
    for cut in (len(whole) // 3, len(whole) // 2, len(whole) - 9):
        upload = village.hand_in(whole[:cut], format=named)
        assert upload.state is State.REFUSED, (path, cut)
        assert upload.refusal is not None
        assert upload.refusal.code
    assert register_of(db) == before
