"""Session tables: every row is one class, every refusal has a name, no paisa is lost."""

import csv
import gzip
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ekino.cli.replay.plan import Plan
from ekino.cli.replay.send import share
from ekino.ingest.formats.sessions_csv import (
    COLUMNS,
    SEATS_MAX,
    Table,
    read_table,
    sales,
)
from ekino.kernel.bounds import CODE_CHARACTERS_MAX, TEXT_CHARACTERS_MAX
from ekino.kernel.errors import Malformed

KOLKATA = ZoneInfo("Asia/Kolkata")
PLAIN = {
    "date": "2026-01-15",
    "last_updated": "11:00 PM, 15 January 2026",
    "film": "The Made-Up Elephant | Hindi",
    "city": "Agra",
    "state": "Uttar Pradesh",
    "venue": "Invented Talkies, Agra",
    "time": "09:30 PM",
    "audi": "SCREEN 1",
    "totalSeats": "100",
    "available": "73",
    "sold": "27",
    "gross": "3075.0",
    "occupancy": "27.0",
    "minsLeft": "17",
}


def table(path: Path, *changes: dict[str, str], currency: str = "INR") -> Table:
    """Read a file whose rows are the plain one with changes."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, PLAIN)
    writer.writeheader()
    writer.writerows({**PLAIN, **change} for change in changes)
    file = path / "made-up.csv"
    file.write_text(out.getvalue(), "utf-8")
    return read_table(file, currency=currency, timezone="Asia/Kolkata")


def events(read: Table) -> list[dict[str, Any]]:
    (session,) = read.sessions
    return [
        json.loads(each) for each in sales(session, venue_code="in-1", first_sequence=1)
    ]


@pytest.mark.parametrize(
    ("sold", "gross", "row", "refused"),
    [
        ("27", "3075.0", "sold", None),
        ("1", "0.01", "sold", None),
        ("1", "0.0049", "sold_without_gross", None),
        ("27", "0.0", "sold_without_gross", None),
        ("0", "0.0", "no_sales", None),
        ("0", "-0.0", "no_sales", None),
        ("-1", "-150.0", "refused", "seats_sold_negative"),
        ("-1", "850.0", "refused", "seats_sold_negative"),
        ("-1", "0", "refused", "seats_sold_negative"),
        ("27", "-0.01", "refused", "takings_negative"),
        ("0", "-39058.0", "refused", "takings_negative"),
        ("0", "0.01", "refused", "takings_without_seats"),
    ],
)
def test_a_row_is_exactly_one_class(
    tmp_path: Path, sold: str, gross: str, row: str, refused: str | None
) -> None:
    read = table(tmp_path, {"sold": sold, "gross": gross})

    assert dict(read.rows) == {row: 1}
    assert dict(read.refused) == ({refused: 1} if refused else {})
    # Its showing stands on the schedule either way.
    assert len(read.sessions) == 1
    assert len(events(read)) == (int(sold) if row.startswith("sold") else 0)


@pytest.mark.parametrize(
    "change",
    [
        {"date": "15-01-2026"},
        {"date": "2026-02-30"},
        {"date": ""},
        {"time": "21:30"},
        {"time": "13:00 PM"},
        {"time": "09:60 PM"},
        {"time": ""},
        {"sold": "27.5"},
        {"sold": "27.0"},
        {"sold": "1e999999999"},
        {"sold": "1_000"},
        {"sold": "٢٧"},
        {"sold": "many"},
        {"sold": ""},
        {"sold": str(SEATS_MAX + 1)},
        {"totalSeats": "NaN"},
        {"minsLeft": ""},
        {"gross": "NaN"},
        {"gross": "Infinity"},
        {"gross": "1e3"},
        {"gross": "3,075.00"},
        {"gross": ""},
        {"gross": "10000000000.01"},
        {"gross": "0.00499999999999999999999999999999"},
        {"film": ""},
        {"film": " | Hindi"},
        {"film": "The Made-Up Elephant | " + "x" * (CODE_CHARACTERS_MAX + 1)},
        {"city": " "},
        {"state": ""},
        {"venue": "x" * (TEXT_CHARACTERS_MAX + 1)},
        {"venue": "Invented\0Talkies"},
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_gives_nothing(
    tmp_path: Path, change: dict[str, str]
) -> None:
    read = table(tmp_path, change)

    assert dict(read.refused) == {"row_malformed": 1}
    assert dict(read.rows) == {"refused": 1}
    assert read.sessions == []
    assert read.words[0].startswith("line 2: row_malformed: ")


@pytest.mark.parametrize(
    "change",
    [
        {"sold": str(SEATS_MAX), "gross": "0"},
        {"gross": "10000000000"},
        {"venue": "x" * TEXT_CHARACTERS_MAX},
        {"film": "The Made-Up Elephant | " + "x" * CODE_CHARACTERS_MAX},
    ],
)
def test_a_row_at_a_limit_is_taken(tmp_path: Path, change: dict[str, str]) -> None:
    assert table(tmp_path, change).refused.total() == 0


def test_a_row_with_a_field_too_many_or_too_few_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "made-up.csv"
    whole = ",".join(PLAIN[name] if name != "venue" else "Talkies" for name in COLUMNS)
    file.write_text(
        f"{','.join(COLUMNS)}\n{whole},more\n{whole.rpartition(',')[0]}\n{whole}\n"
    )

    read = read_table(file, currency="INR", timezone="Asia/Kolkata")

    assert dict(read.rows) == {"refused": 2, "sold": 1}


def test_takings_are_spread_over_the_seats_without_loss(tmp_path: Path) -> None:
    prices = [event["price_minor"] for event in events(table(tmp_path, {}))]

    assert prices == [11_389] * 24 + [11_388] * 3
    assert sum(prices) == 307_500


@pytest.mark.parametrize(
    ("currency", "gross", "minor"),
    [
        ("INR", "2360.3999999999996", 236_040),
        ("INR", "0.005", 1),
        ("INR", "1.115", 112),
        ("JPY", "1800.5", 1_801),
        ("KWD", "2.5005", 2_501),
    ],
)
def test_amounts_are_rounded_half_up_in_the_currencys_own_unit(
    tmp_path: Path, currency: str, gross: str, minor: int
) -> None:
    (session,) = table(tmp_path, {"gross": gross}, currency=currency).sessions

    assert session.gross_minor == minor


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"venue": ""}, "venue_missing"),
        ({"totalSeats": "0"}, "hall_without_seats"),
        ({"gross": "0"}, "sold_without_gross"),
        ({"film": "The Made-Up Elephant"}, "language_missing"),
        ({"venue": "Invented\u00a0Talkies"}, "unprintable_folded"),
    ],
)
def test_what_is_odd_is_flagged_and_taken(
    tmp_path: Path, change: dict[str, str], flag: str
) -> None:
    read = table(tmp_path, change)

    assert dict(read.flags) == {flag: 1}
    assert read.refused.total() == 0


def test_the_second_row_of_a_showing_is_refused(tmp_path: Path) -> None:
    read = table(tmp_path, {}, {"sold": "30"}, {"audi": "SCREEN1"}, {"city": "Vizag"})

    assert dict(read.refused) == {"session_given_twice": 1}
    assert [session.sold for session in read.sessions] == [27, 27, 27]


@pytest.mark.parametrize(
    ("film", "title", "language"),
    [
        ("Elephant 3  | Tamil", "Elephant 3", "Tamil"),
        ("Elephant | Part 2 | Odia ", "Elephant | Part 2", "Odia"),
        ("Elephant|Oriya", "Elephant", "Oriya"),
    ],
)
def test_a_film_is_split_at_the_last_bar_and_keeps_its_words(
    tmp_path: Path, film: str, title: str, language: str
) -> None:
    (session,) = table(tmp_path, {"film": film}).sessions

    assert (session.title, session.language) == (title, language)


def test_tickets_are_sold_when_the_row_was_read(tmp_path: Path) -> None:
    (late,) = table(tmp_path, {"minsLeft": "-45", "time": "12:15 AM"}).sessions

    assert late.starts_at == datetime(2026, 1, 15, 0, 15, tzinfo=KOLKATA)
    assert late.read_at == datetime(2026, 1, 15, 1, 0, tzinfo=KOLKATA)


def test_the_same_row_is_the_same_bytes_whatever_stands_around_it(tmp_path: Path) -> None:
    (alone,) = table(tmp_path, {}).sessions
    after_another = table(tmp_path, {"audi": "SCREEN 2"}, {}).sessions[1]

    first = list(sales(alone, venue_code="in-1", first_sequence=1))

    assert first == list(sales(after_another, venue_code="in-1", first_sequence=1))
    assert len({json.loads(event)["ticket"] for event in first}) == 27


def test_an_event_says_what_the_table_knows_and_invents_nothing(tmp_path: Path) -> None:
    read = table(tmp_path, {"sold": "1", "gross": "120.50"})

    assert events(read) == [
        {
            "kind": "sold",
            "ticket": f"{read.sessions[0].code}-1",
            "venue": "in-1",
            "showing": read.sessions[0].code,
            "happened_at": "2026-01-15T21:13:00+05:30",
            "sales_channel": "web",
            "price_minor": 12_050,
            "sequence": 1,
        }
    ]


def test_gzip_is_known_by_its_bytes_and_a_byte_order_mark_is_no_column(
    tmp_path: Path,
) -> None:
    table(tmp_path, {})
    file = tmp_path / "made-up.csv"
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + file.read_bytes()))

    read = read_table(packed, currency="INR", timezone="Asia/Kolkata")

    assert read.rows.total() == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "columns_missing"),
        (b"date,film\n2026-01-15,Elephant | Hindi\n", "columns_missing"),
        (b"\xff\xfe\n", "file_unreadable"),
        (b"\x1f\x8b\x08broken", "file_unreadable"),
        (gzip.compress(b"date")[:-6], "file_unreadable"),
        (",".join(COLUMNS).encode() + b'\n"never closed', "file_unreadable"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(
    tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "made-up.csv"
    file.write_bytes(content)

    with pytest.raises(Malformed) as caught:
        read_table(file, currency="INR", timezone="Asia/Kolkata")

    assert caught.value.code == code


def test_a_feed_is_numbered_without_gaps_in_the_order_of_the_file(tmp_path: Path) -> None:
    read = table(
        tmp_path,
        {"sold": "2", "gross": "10"},
        {"sold": "1", "gross": "5", "venue": "Another, Agra"},
        {"sold": "3", "gross": "10", "audi": "SCREEN 2"},
    )
    plan = Plan(read, country="IN", currency="INR", timezone="Asia/Kolkata")

    numbers = [
        [json.loads(event)["sequence"] for event in feed.events()] for feed in plan.feeds
    ]

    assert numbers == [[1, 2, 3, 4, 5], [1]]


def test_one_name_in_two_cities_is_two_venues_and_states_keep_their_own(
    tmp_path: Path,
) -> None:
    read = table(
        tmp_path, {}, {"city": "Mathura"}, {"state": "Karnataka"}, {"state": "Kerala "}
    )
    plan = Plan(read, country="IN", currency="INR", timezone="Asia/Kolkata")
    documents = {kind: rows for each in plan.documents() for kind, rows in each.items()}

    assert [row["region"] for row in documents["venues"]] == [
        "IN-UP", "IN-UP", "IN-KA", "IN-KL",
    ]  # fmt: skip


def test_a_state_that_iso_does_not_know_gets_a_code_of_its_own(tmp_path: Path) -> None:
    read = table(tmp_path, {"state": "Unknown"}, {"state": "Қиял"})
    plan = Plan(read, country="IN", currency="INR", timezone="Asia/Kolkata")
    documents = {kind: rows for each in plan.documents() for kind, rows in each.items()}

    codes = [row["code"] for row in documents["regions"]]
    assert len(set(codes)) == 2
    assert codes[0].startswith("IN-X-UNKNOWN-")
    assert all(len(code) <= CODE_CHARACTERS_MAX for code in codes)


def test_a_hall_keeps_its_largest_capacity_and_a_showing_its_own(tmp_path: Path) -> None:
    read = table(tmp_path, {"totalSeats": "90"}, {"time": "06:30 PM"})
    plan = Plan(read, country="IN", currency="INR", timezone="Asia/Kolkata")
    documents = {kind: rows for each in plan.documents() for kind, rows in each.items()}

    assert [row["capacity"] for row in documents["halls"]] == [100]
    assert [row["capacity"] for row in documents["showings"]] == [90, 100]


def test_tills_share_whole_venues_evenly_and_always_the_same_way(tmp_path: Path) -> None:
    read = table(
        tmp_path,
        *({"sold": str(10 + n), "gross": "10", "venue": f"Hall {n}"} for n in range(9)),
    )
    plan = Plan(read, country="IN", currency="INR", timezone="Asia/Kolkata")

    shares = share(plan.feeds, 3)

    assert shares == share(plan.feeds, 3)
    assert sorted(feed.venue_code for own in shares for feed in own) == sorted(
        feed.venue_code for feed in plan.feeds
    )
    assert [sum(feed.tickets for feed in own) for own in shares] == [43, 42, 41]
    assert len(share(plan.feeds, 256)) == len(plan.feeds)
