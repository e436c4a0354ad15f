"""Files handed in: judged whole, entered once, mapped by people, finished after a crash."""

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ekino.db.database import Database
from ekino.ingest.formats.facts import FILE_BYTES_MAX
from ekino.intake import service
from ekino.intake.model.upload import Name, NameKind, State
from ekino.intake.service import Finisher, Handed
from ekino.intake.service.waiting import JUDGED_AT_ONCE_MAX
from ekino.kernel.errors import Malformed, NotFound, Refused
from factories import a_later_event, a_sale
from handing import AT, SHEET, Village, register_of


def _same(at: datetime) -> datetime:
    return at


@pytest.fixture
def village(db: Database, tmp_path: Path) -> Village:
    return Village(db, tmp_path)


def plain(db: Database, question: str, *values: Any) -> list[Any]:
    with psycopg.connect(db.dsn) as superuser:
        return superuser.execute(question, values).fetchall()


def test_a_sheet_becomes_showings_and_tickets(village: Village) -> None:
    upload = village.hand_in(SHEET)

    assert (upload.state, village.findings(upload)) == (State.ENTERED, [])
    # One showing is in the catalog, the other is announced; then three tickets are sold.
    assert register_of(village.db) == (4, 3, 730_000)
    assert plain(
        village.db,
        "SELECT subject, sales_channel::text, gross_minor FROM register.entry WHERE kind = 'sold' ORDER BY 1",
    ) == [
        ("A-1", "box_office", 250_000),
        ("A-2", "box_office", 180_000),
        ("A-3", "box_office", 300_000),
    ]


def test_numbers_of_the_intake_key_have_no_gap(village: Village) -> None:
    village.hand_in(SHEET)
    village.hand_in(SHEET + "24.11.2026;21:30;;2;Storm;рус;A-4;3000;24.11.2026 18:08\n")

    rows = plain(
        village.db, "SELECT key_id, first_sequence, events FROM intake.batch ORDER BY 2"
    )
    assert {key_id for key_id, _, _ in rows} == {f"intake/village-{rows[0][0][-12:]}"}
    assert [(first, events) for _, first, events in rows] == [(1, 4), (5, 1)]


def test_the_same_bytes_twice_have_the_same_answer(village: Village) -> None:
    first, again = village.hand_in(SHEET), village.hand_in(SHEET, name="копия.csv")

    assert again == first
    assert register_of(village.db) == (4, 3, 730_000)


def test_a_longer_sheet_enters_only_what_is_new(village: Village) -> None:
    village.hand_in(SHEET)
    upload = village.hand_in(
        SHEET + "24.11.2026;21:30;;2;Storm;рус;A-4;3000;24.11.2026 18:08\n"
    )

    assert (upload.counts["entered"], upload.counts["already"]) == (1, 3)
    assert register_of(village.db) == (5, 4, 1_030_000)


def test_a_ticket_told_otherwise_is_named_and_stays_as_it_was(village: Village) -> None:
    village.hand_in(SHEET)
    upload = village.hand_in(SHEET.replace("A-1;2500", "A-1;2600"))

    assert village.findings(upload) == [("line 2", "", "ticket_reported_otherwise")]
    assert register_of(village.db) == (4, 3, 730_000)


def test_a_bad_row_sinks_no_other(village: Village) -> None:
    upload = village.hand_in(SHEET.replace("A-2;1800", "A-2;дорого"))

    assert village.findings(upload) == [("line 3", "price", "amount_unreadable")]
    assert register_of(village.db) == (3, 2, 550_000)
    # Mended, the sheet enters the one that lacked.
    village.hand_in(SHEET)
    assert register_of(village.db) == (4, 3, 730_000)


def test_a_row_that_the_register_refuses_is_named_by_its_line(village: Village) -> None:
    upload = village.hand_in(SHEET.replace("24.11.2026 18:07", "25.12.2026 18:07"))

    assert village.findings(upload) == [("line 4", "happened_at", "happened_in_the_future")]
    assert (upload.state, upload.counts["refused"]) == (State.ENTERED, 1)


BROKEN = {
    "file_truncated": SHEET.encode()[:-30],
    "encoding_broken": SHEET.encode().replace("рус".encode(), b"\xd1\xff", 1),
    "encoding_not_read": SHEET.encode("koi8-r"),
    "columns_missing": SHEET.replace("Дата;", "День недели;").encode(),
    "totals_differ": (SHEET + "Итого;;;;;;;7301;\n").encode(),
    "workbook_unreadable": b"PK\x03\x04" + SHEET.encode(),
    "format_unknown": b"hello\n",
}


@pytest.mark.parametrize("code", sorted(BROKEN))
def test_a_broken_file_is_kept_refused_and_nothing_of_it_is_entered(
    village: Village, code: str
) -> None:
    village.hand_in(SHEET)
    before = register_of(village.db)
    named = "" if code == "format_unknown" else "sheet"
    upload = village.hand_in(BROKEN[code], format=named)

    assert upload.refusal is not None
    assert (upload.state, upload.refusal.code) == (State.REFUSED, code)
    assert upload.refusal.fix
    assert register_of(village.db) == before
    kept = plain(village.db, "SELECT content FROM intake.upload WHERE state = 'refused'")
    # Nobody can say whom a file in no known format names.
    assert kept == [(b"" if code == "format_unknown" else BROKEN[code],)]
    assert plain(
        village.db, "SELECT count(*) FROM intake.batch WHERE body IS NOT NULL"
    ) == [(0,)]


def test_a_file_too_large_is_not_even_kept(village: Village) -> None:
    with pytest.raises(Malformed) as refused:
        village.hand_in(b"x" * (FILE_BYTES_MAX + 1))

    assert refused.value.code == "file_too_large"
    assert plain(village.db, "SELECT count(*) FROM intake.upload") == [(0,)]


def test_names_that_nobody_knows_wait_and_are_mapped_once(village: Village) -> None:
    strange = SHEET.replace("Steppe", "Дала").replace(";1;", ";Үлкен зал;")
    upload = village.hand_in(strange)

    hall = Name(kind=NameKind.HALL, within="ALA-1", name="Үлкен зал")
    film = Name(kind=NameKind.FILM, within="", name="Дала | kk")
    assert upload.state is State.WAITING
    assert (upload.counts["waiting_rows"], register_of(village.db)) == (2, (2, 1, 300_000))
    assert service.list_names(village.db, upload, limit=10) == [(hall, 1), (film, 1)]

    (judged,) = service.map_names(
        village.db,
        village.keys,
        village.source,
        [(hall, "1"), (film, "steppe-kk")],
        made_by="Светлана",
        at=AT,
    )
    again = village.send(judged)

    assert (again.state, again.counts["already"]) == (State.ENTERED, 0)
    assert service.list_names(village.db, again, limit=10) == []
    assert register_of(village.db) == (4, 3, 730_000)
    # The next file with these names asks nobody.
    later = village.hand_in(strange.replace(";A-", ";B-"))
    assert later.state is State.ENTERED


def test_of_many_files_that_wait_the_follower_judges_those_that_the_page_did_not(
    village: Village,
) -> None:
    strange = SHEET.replace("Steppe", "Дала")
    film = Name(kind=NameKind.FILM, within="", name="Дала | kk")
    other = village.hand_in(SHEET.replace("Storm", "Дауыл").replace(";A-3", ";Z-3"))
    files = [
        village.hand_in(strange.replace(";A-1", f";M-{n}").replace(";A-2", f";N-{n}"))
        for n in range(JUDGED_AT_ONCE_MAX + 3)
    ]
    assert {each.state for each in files} == {State.WAITING}

    judged = service.map_names(
        village.db, village.keys, village.source, [(film, "steppe-kk")], made_by="x", at=AT
    )
    # What was judged just now is left for a while to whoever judged it.
    for later in (AT + timedelta(minutes=1), AT + timedelta(minutes=2)):
        follower = Finisher(village.keys, clock=partial(_same, later))
        while follower.follow(village.db):
            pass

    assert len(judged) == JUDGED_AT_ONCE_MAX
    now = [service.read_upload(village.db, each.reference) for each in files]
    assert {each.state for each in now} == {State.ENTERED}
    assert plain(
        village.db, "SELECT count(*) FROM register.entry WHERE subject ~ '^[MN]-'"
    ) == [(2 * len(files),)]
    # What waits for another name was let be.
    (at,) = plain(
        village.db,
        "SELECT judged_at FROM intake.upload WHERE reference = %s",
        other.reference,
    )
    assert at == (AT,)
    assert service.read_upload(village.db, other.reference).state is State.WAITING


def test_a_file_that_cannot_be_read_any_more_goes_on_waiting_and_stops_no_other(
    village: Village,
) -> None:
    waiting = village.hand_in(SHEET.replace("Steppe", "Дала"))
    left = village.hand_in(SHEET.replace(";A-", ";L-"), is_sent=False)
    # As if its format were known no more, after an upgrade.
    plain(
        village.db,
        "UPDATE intake.upload SET asked = 'of_old||' WHERE upload_no = %s RETURNING 1",
        waiting.upload_no,
    )
    film = Name(kind=NameKind.FILM, within="", name="Дала | kk")

    (judged,) = service.map_names(
        village.db, village.keys, village.source, [(film, "steppe-kk")], made_by="x", at=AT
    )
    later = AT + timedelta(seconds=30)
    follower = Finisher(village.keys, clock=lambda: later)
    while follower.follow(village.db):
        pass

    assert judged.state is State.WAITING
    assert service.read_upload(village.db, left.reference).state is State.ENTERED


def test_a_code_of_another_is_no_answer(village: Village) -> None:
    hall = Name(kind=NameKind.HALL, within="ALA-1", name="Үлкен зал")
    for name, code in (
        (hall, "9"),
        (Name(kind=NameKind.VENUE, within="", name="x"), "AST-1"),
    ):
        with pytest.raises(Refused) as refused:
            service.map_names(
                village.db, village.keys, village.source, [(name, code)], made_by="x", at=AT
            )
        assert refused.value.code == "code_unknown"
    assert plain(village.db, "SELECT count(*) FROM intake.mapping") == [(0,)]


def test_a_showing_that_is_there_is_not_announced_again(village: Village) -> None:
    # 14:30 UTC in Almaty: the catalog's own showing steppe-kk-1.
    upload = village.hand_in(SHEET.replace("19:30;Cinema", "19:30:00;Cinema"))

    sold = plain(
        village.db,
        "SELECT showing.code FROM register.entry JOIN catalog.showing USING (showing_id) WHERE subject = 'A-1'",
    )
    assert (upload.state, sold) == (State.ENTERED, [("steppe-kk-1",)])


def test_lines_of_native_events_are_entered_with_a_result_for_each(
    village: Village,
) -> None:
    events = [
        a_sale(1),
        a_sale(2),
        a_later_event("refunded", 3, 1, price_minor=150_000),
        {"kind": "sold"},
    ]
    lines = "".join(json.dumps(each) + "\n" for each in events)
    upload = village.hand_in(lines, name="events.ndjson")
    again = village.hand_in(lines + json.dumps(a_sale(4)) + "\n")

    assert village.findings(upload) == [("line 4", "", "event_is_malformed")]
    assert (upload.counts["entered"], upload.counts["lines"]) == (3, 4)
    assert (again.counts["already"], again.counts["entered"]) == (3, 1)
    assert register_of(village.db) == (4, 2, 300_000)


def test_judging_alone_writes_nothing_and_says_the_same(village: Village) -> None:
    handed = Handed(content=SHEET.encode())
    judged = service.judge_only(village.db, village.source, handed, at=AT)
    before = plain(village.db, "SELECT count(*) FROM intake.upload")
    upload = village.hand_in(SHEET)

    assert before == [(0,)]
    assert len(judged.events) == upload.counts["entered"] == 4
    assert (judged.format, judged.counts["rows"]) == (upload.format, upload.counts["rows"])


def test_what_a_process_left_is_finished_by_the_follower(village: Village) -> None:
    lines = "".join(json.dumps(a_sale(number)) + "\n" for number in range(1, 2_501))
    upload = village.hand_in(lines, is_sent=False)
    with service.door(village.db, clock=lambda: AT) as submit:
        service.send(
            village.db,
            village.keys,
            upload.upload_no,
            submit,
            batches_max=1,
            clock=lambda: AT,
        )
    begun = service.read_upload(village.db, upload.reference)

    assert (begun.state, begun.batches, begun.answered) == (State.ENTERING, 3, 1)
    assert register_of(village.db)[0] == 1_000
    assert Finisher(village.keys, clock=lambda: AT).follow(village.db) == 0
    finisher = Finisher(village.keys, clock=lambda: AT + timedelta(seconds=30))
    assert (finisher.follow(village.db), finisher.follow(village.db)) == (2, 0)
    assert service.read_upload(village.db, upload.reference).state is State.ENTERED
    assert register_of(village.db)[0] == 2_500


def test_a_batch_sent_by_two_is_entered_once(village: Village) -> None:
    upload = village.hand_in(SHEET, is_sent=False)
    with service.door(village.db, clock=lambda: AT) as submit:

        def twice(request: Any, body: bytes) -> Any:
            submit(request, body)
            return submit(village.keys.sign("village", request.key_id, body, at=AT), body)

        service.send(village.db, village.keys, upload.upload_no, twice, clock=lambda: AT)

    found = service.read_upload(village.db, upload.reference)
    assert (found.counts["entered"], found.counts["sent_again"]) == (0, 4)
    assert register_of(village.db) == (4, 3, 730_000)


def test_a_source_that_is_not_there_hands_nothing_in(village: Village) -> None:
    with pytest.raises(NotFound):
        service.find_source(village.db, "nobody")


def test_an_intake_key_is_registered_like_any_other(village: Village) -> None:
    village.hand_in(SHEET)

    keys = plain(
        village.db,
        "SELECT kind, source.code FROM access.key JOIN access.source USING (source_id) WHERE starts_with(key_id, 'intake/')",
    )
    assert keys == [("batch", "village")]
