"""What was never heard is not on line, and what happened before there was a key is late nowhere."""

from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg

from ekino.db.database import Database
from ekino.feeds import service as feeds
from ekino.feeds.model import board as model
from ekino.feeds.model.onboarding import Stage, funnel
from ekino.feeds.model.states import State
from ekino.feeds.service import watching
from ekino.feeds.service.onboarding import list_onboarding
from ekino.feeds.service.watching import Board, View
from ekino.opendata.service import read_coverage
from ekino.opendata.service.state import follow_changes
from evening import KAZAKHSTAN
from feed_country import OPENING, FeedCountry
from organisations import Trade
from store.feeds.test_watch_pages import Somebody

TODAY = date(2026, 11, 24)


def board_of(country: FeedCountry) -> Board:
    return watching.read_board(
        View(country.db),
        first=TODAY - timedelta(days=2),
        past_end=TODAY + timedelta(days=1),
        at=country.at,
    )


def test_a_feed_of_which_nothing_ever_came_is_not_connected_yet(
    db: Database, tmp_path: Path
) -> None:
    country = FeedCountry(db, {"a": 1, "b": 1}, days=3)
    country.cinemas["b"].tills[0].is_reporting = False
    with country.serving():
        country.sell("a")
        country.move(timedelta(minutes=20))

    board = board_of(country)

    counts = model.count_states(board.lines)
    assert counts == dict.fromkeys(State, 0) | {State.ON_LINE: 1, State.NOT_CONNECTED: 1}
    assert [line.needs_explanation for line in board.lines] == [False, False]
    assert board.alarms == ()
    # The way in says the same.
    way = funnel(
        each.reached(()) for each in list_onboarding(db, country="KZ", at=country.at)
    )
    assert (way[Stage.KEYED], way[Stage.HEARD]) == (2, counts[State.ON_LINE])
    # Showings were announced on every day; of what was before the first word nothing is known.
    marks = watching.read_marks(View(db), board, board.lines)
    rows = model.by_venue(board.lines, marks, board.dates)
    assert {row.code: [cell.state for cell in row.cells] for row in rows} == {
        "a": ["", "", "on_line"],
        "b": ["", "", ""],
    }
    ministry = Somebody(cast("Trade", SimpleNamespace(db=db)), tmp_path, "analyst", None)
    listed = ministry.rows("/gov/feeds.json?table=feeds&lang=en&state=not_connected")
    assert [(row["venue"], row["state"]) for row in listed] == [("B", "not connected yet")]
    for address in ("/gov/feeds", "/gov"):
        page = ministry.get(f"{address}?lang=en").text
        assert "not connected yet" in page


def test_twelve_silent_minutes_while_showings_are_on_turn_the_state(db: Database) -> None:
    country = FeedCountry(db, {"only-reports": 1, "sold-before": 1, "goes-on": 1})

    def states() -> dict[str, State]:
        return {each.venue: each.state for each in feeds.list_feeds(db)}

    with country.serving():
        for code in ("sold-before", "goes-on"):
            country.sell(code)
        country.move(timedelta(seconds=20))
        assert states() == {
            "only-reports": State.NOT_CONNECTED,
            "sold-before": State.ON_LINE,
            "goes-on": State.ON_LINE,
        }
        for code in ("only-reports", "sold-before"):
            country.cinemas[code].tills[0].is_reporting = False
        country.move(timedelta(minutes=13))

    assert states() == {
        "only-reports": State.SILENT,
        "sold-before": State.SILENT,
        "goes-on": State.ON_LINE,
    }


def test_what_happened_before_the_key_is_late_nowhere(db: Database) -> None:
    country = FeedCountry(db, {"a": 1})
    keyed_at = OPENING - timedelta(minutes=20)
    with psycopg.connect(db.dsn) as superuser:
        superuser.execute("UPDATE access.key SET valid_from = %s", [keyed_at])
    with country.serving():
        for before in (timedelta(minutes=1), -timedelta(minutes=1)):
            country.sell("a", happened_at=(keyed_at - before).isoformat())
        country.look()
    country.at += timedelta(minutes=1)
    while follow_changes(db, KAZAKHSTAN):
        pass

    (line,) = board_of(country).lines
    drill = watching.read_drill(
        View(db),
        line.feed.source_id,
        None,
        days=(TODAY, TODAY + timedelta(days=1)),
        day=None,
        span=(country.at - timedelta(days=1), country.at + timedelta(minutes=1)),
        at=country.at,
    )

    assert (line.events, line.late, line.lags.events) == (2, 1, 1)
    assert [each.happened_at for each in drill.late] == [keyed_at + timedelta(minutes=1)]
    assert sum_of(read_coverage(db)) == (2, 1)


def sum_of(days: list[Any]) -> tuple[int, int]:
    return sum(day.entries for day in days), sum(day.late for day in days)
