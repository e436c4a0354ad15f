"""Native lines, listings, tables of weeks and of showings; and telling them apart."""

import csv
import gzip
import io
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ekino.ingest.formats import (
    facts_json,
    listing,
    native_ndjson,
    sessions_csv,
    sheet,
    weeks,
)
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.ingest.formats.table import FORMATS, choose
from ekino.kernel.errors import Malformed
from factories import a_later_event, a_sale
from reference.facts import EXAMPLE

NEW_YORK = "America/New_York"
LINES = "".join(
    json.dumps(each) + "\n" for each in (a_sale(1), a_sale(2), a_later_event("refunded", 3, 1, price_minor=150_000))
).encode()  # fmt: skip


def a_row(**changes: Any) -> dict[str, Any]:
    return {
        "cinema_id": "12", "cinema_name": "Кинотеатр  Заря", "movie_id": "7",
        "movie_name": "Степь", "format": ["2D"], "date": "2026-11-07", "time": "1930",
        "costmin": "250", "costmax": "400", **changes,
    }  # fmt: skip


def a_listing(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"msg": "ok", "data": list(rows)}, ensure_ascii=False).encode()


def a_week(**changes: str) -> dict[str, str]:
    return {
        "Date": "2026-11-01", "Theatre_name": "Invented House", "Weekly_Gross": "1000.0",
        "Difference": "0.0", "Average_ticket": "100", "Seats_Sold": "7.0",
        "Seats_in_theater": "10.0", "Previews": "1.0", "%cap": "70.0", "diff_cap": "0",
        **changes,
    }  # fmt: skip


def some_weeks(*rows: dict[str, str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, a_week())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def refusal(read: Any, content: bytes, **more: str) -> str:
    with pytest.raises(Malformed) as refused:
        read(content, **more)
    return refused.value.code


def test_lines_are_events_and_one_bad_line_sinks_no_other() -> None:
    broken = LINES.replace(
        b'"price_minor": 150000, "sales_channel"', b'"price_minor": -1, "sales_channel"', 1
    )
    found = native_ndjson.read(
        broken + b"no json\n[1]\n\n" + LINES[: LINES.index(b"\n") + 1]
    )

    assert [place for place, _ in found.events] == ["line 2", "line 3", "line 7"]
    assert [(each.place, each.reason) for each in found.unmapped] == [
        ("line 1", "event_is_malformed"),
        ("line 4", "line_is_no_json"),
        ("line 5", "event_is_malformed"),
    ]
    assert found.counts["lines"] == len(found.events) + len(found.unmapped)


def test_lines_written_are_the_lines_read() -> None:
    events = [fields for _, fields in native_ndjson.read(LINES).events]
    written = b"".join(native_ndjson.write(events))

    assert [fields for _, fields in native_ndjson.read(written).events] == events
    assert b"".join(native_ndjson.write(events)) == written


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (LINES[:-9], "file_truncated"),
        (LINES + "я".encode()[:1], "file_truncated"),
        (LINES.decode().encode("utf-16"), "encoding_not_read"),
        (b"", "file_empty"),
        (b'{"kind":"sold"}\n' * (native_ndjson.LINES_MAX + 1), "file_has_too_many_rows"),
    ],
)
def test_broken_lines_are_refused_by_name(content: bytes, code: str) -> None:
    assert refusal(native_ndjson.read, content) == code


def test_a_listing_reads_its_date_as_the_cinemas_day() -> None:
    facts = listing.read(
        a_listing(a_row(), a_row(time="0010"), a_row(time="0600")),
        currency="RUB",
        timezone="Europe/Samara",
    )

    samara = ZoneInfo("Europe/Samara")
    assert [each.starts_at for each in facts.showings] == [
        datetime(2026, 11, 7, 19, 30, tzinfo=samara),
        datetime(2026, 11, 8, 0, 10, tzinfo=samara),
        datetime(2026, 11, 7, 6, 0, tzinfo=samara),
    ]
    assert facts.counts["after_midnight"] == 1
    assert (facts.sales, facts.showings[0].prices) == ([], {"from": 25_000, "to": 40_000})
    assert facts.showings[0].venue == "Кинотеатр Заря"


def test_one_title_with_two_ids_is_one_film_and_told() -> None:
    facts = listing.read(
        a_listing(a_row(), a_row(movie_id="8", time="2130"), a_row(), a_row(time="99")),
        currency="RUB",
        timezone="Europe/Samara",
    )

    assert len({each.film.text for each in facts.showings}) == 1
    assert [each.code for each in facts.problems] == ["title_has_several_ids"]
    assert [each.reason for each in facts.unmapped] == [
        "showing_given_twice",
        "row_malformed",
    ]


def test_a_listed_showing_in_no_format_is_a_showing() -> None:
    facts = listing.read(
        a_listing(a_row(format=[])), currency="RUB", timezone="Europe/Samara"
    )

    assert [each.film.format for each in facts.showings] == [""]


def test_a_listing_cut_off_is_refused() -> None:
    whole = a_listing(a_row(), a_row(time="2130"))

    for size in (len(whole) - 1, len(whole) // 2):
        assert (
            refusal(listing.read, whole[:size], currency="RUB", timezone="UTC")
            == "file_truncated"
        )
    assert refusal(listing.read, b"[]", currency="RUB", timezone="UTC") == "file_unreadable"


def test_standing_room_over_the_seats_is_no_error() -> None:
    facts = weeks.read(
        some_weeks(a_week(Seats_Sold="12.0", **{"%cap": "120.0"})),
        currency="USD",
        timezone=NEW_YORK,
    )

    assert (facts.tickets, facts.gross_minor, facts.showings[0].capacity) == (
        12,
        100_000,
        10,
    )
    assert (facts.counts["standing_room"], facts.problems, facts.unmapped) == (1, [], [])


def test_two_rows_for_one_week_are_kept_apart_and_reported() -> None:
    facts = weeks.read(
        some_weeks(a_week(), a_week(Seats_Sold="3", Weekly_Gross="300", **{"%cap": "30"})),
        currency="USD",
        timezone=NEW_YORK,
    )

    assert len({each.code for each in facts.showings}) == 2
    assert (facts.tickets, facts.gross_minor) == (10, 130_000)
    assert [(each.pointer, each.code) for each in facts.problems] == [
        ("line 3", "week_given_twice")
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Previews": "0.0"}, "performances_unknown"),
        ({"%cap": "72.5"}, "capacity_share_differs"),
    ],
)
def test_rows_worth_a_look_are_taken_and_told(changes: dict[str, str], code: str) -> None:
    facts = weeks.read(some_weeks(a_week(**changes)), currency="USD", timezone=NEW_YORK)

    assert ([each.code for each in facts.problems], facts.tickets) == ([code], 7)


@pytest.mark.parametrize(
    "changes",
    [{"Weekly_Gross": "-1"}, {"Seats_Sold": "0"}, {"Seats_Sold": "1e3"}, {"Date": "1.11.2026"},
     {"Seats_Sold": "7.5"}, {"Theatre_name": " "}],
)  # fmt: skip
def test_rows_that_are_no_weeks_are_kept_whole(changes: dict[str, str]) -> None:
    table = weeks.parse(some_weeks(a_week(), a_week(**changes)), currency="USD")

    assert [each.reason for each in table.unmapped] == ["row_malformed"]
    assert len(table.weeks) == 1


def test_broken_weeks_are_refused_by_name() -> None:
    whole = some_weeks(a_week(), a_week(Date="2026-11-08"))

    assert refusal(weeks.parse, whole[:-20], currency="USD") == "file_truncated"
    assert (
        refusal(weeks.parse, b"Date,Theatre_name\n1,2\n", currency="USD")
        == "columns_missing"
    )
    many = some_weeks(*[a_week(Seats_Sold="999999")] * 2)
    assert (
        refusal(weeks.read, many, currency="USD", timezone=NEW_YORK)
        == "file_has_too_many_tickets"
    )


def test_each_format_is_known_by_its_content() -> None:
    sessions = ",".join(sessions_csv.COLUMNS).encode() + b"\n"
    files = {
        "ndjson": LINES,
        "sheet": "Дата;Начало;Фильм;Цена\r\n".encode(),
        "sessions": sessions,
        "weeks": some_weeks(a_week()),
        "listing": a_listing(a_row()),
    }

    assert {name: choose(content).name for name, content in files.items()} == {
        name: name for name in files
    }
    assert choose(gzip.compress(sessions)).name == "sessions"
    assert choose("Дата;Начало;Фильм;Цена\r\n".encode("utf-16")).name == "sheet"
    assert choose("Дата;Начало;Фильм;Цена\r\n".encode("cp1251")).name == "sheet"
    assert set(files) <= set(FORMATS)


def test_what_is_none_of_them_is_refused() -> None:
    assert refusal(choose, b"hello") == "format_unknown"
    with pytest.raises(Malformed) as refused:
        choose(LINES, "excel")
    assert refused.value.code == "format_unknown"


def test_a_table_whose_heads_never_end_is_refused() -> None:
    heads = ",".join(sessions_csv.COLUMNS).encode()

    assert (
        refusal(
            sessions_csv.read,
            heads + b',"open\n1,2\n',
            currency="INR",
            timezone="Asia/Kolkata",
        )
        == "file_unreadable"
    )


def test_documents_of_facts_are_known_by_their_beginning_and_have_zones() -> None:
    raw = EXAMPLE.read_bytes()
    plain = b"".join(line.strip() for line in raw.splitlines())

    # `kind` stands in its one line, as in a line of native events.
    assert choose(raw).name == choose(plain).name == "facts"
    with pytest.raises(Malformed) as refused:
        facts_json.read(raw.replace(b"19:30:00+05:00", b"19:30:00"))
    assert refused.value.code == "facts_malformed"
    assert refused.value.problems[0].pointer == "showing 41"


def test_a_gzip_bomb_and_a_cut_gzip_are_refused() -> None:
    bomb = gzip.compress(b"\0" * (FILE_BYTES_MAX + 1))

    assert refusal(choose, bomb) == "file_too_large"
    assert (
        refusal(
            sessions_csv.read,
            gzip.compress(b"date\n" * 999)[:-9],
            currency="INR",
            timezone="UTC",
        )
        == "file_truncated"
    )
    assert (
        refusal(sheet.read, b"x" * (FILE_BYTES_MAX + 1), currency="KZT", timezone="UTC")
        == "file_too_large"
    )
