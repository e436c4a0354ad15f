"""Family S of the assurance: sales that are hidden, altered, cloned; and honest ones in every state."""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from box_office import Evening
from ekino.db.database import Database
from ekino.proofs.keys import NoteSigner
from ekino.proofs.note import ED25519, read_note, verify_note
from ekino.proofs.service import Receipts
from ekino.proofs.signatures import is_ed25519
from ekino.verify import service
from ekino.verify import token as tokens
from ekino.verify.model.verdict import CHECKS_REMARKABLE, Verdict
from ekino.verify.service import state_absence
from ekino_till import token_text
from ekino_till.token import sign_body
from factories import EVENING, a_later_event
from tickets import ALLOWED_DELAY_S, START, a_sale_of

# `make campaign` runs the counts of the assurance; the build a tenth of them.
IS_CAMPAIGN = os.environ.get("EKINO_TEST_CAMPAIGN") == "1"
BATCH = 900
SIGNER = NoteSigner("ekino.example/receipts", bytes(32))
# The age of each ticket is drawn from this; all are old enough to be asked about.
# One honest sale in twenty is sent by its id alone.
_WITHOUT_TOKEN = 0.05
OLD_S = ALLOWED_DELAY_S + 600


def count(full: int) -> int:
    return full if IS_CAMPAIGN else max(20, full // 20)


def tell(case: str, *, tried: int, wrong: int) -> None:
    """Print one line of the campaign's table."""
    print(f"{case}: tried {tried}, wrong {wrong}")  # noqa: T201 - the campaign's table


@pytest.fixture
def evening(db: Database) -> Iterator[Evening]:
    evening = Evening(db)
    evening.writer.start()
    yield evening
    evening.checker.close()
    evening.writer.stop()


def printed(evening: Evening, how_many: int, **fields: Any) -> list[bytes]:
    """Print tickets that were issued so long ago that a missing sale would be asked about."""
    issued = int(EVENING.timestamp()) - OLD_S
    return [evening.printer.token(**{"issued": issued, **fields}) for _ in range(how_many)]


def enter(evening: Evening, events: list[dict[str, Any]]) -> None:
    for first in range(0, len(events), BATCH):
        evening.send(*events[first : first + BATCH])


def sales(evening: Evening, raws: list[bytes], **fields: Any) -> list[dict[str, Any]]:
    return [a_sale_of(raw, number, **fields) for number, raw in enumerate(raws, 1)]


def verdicts(evening: Evening, raws: list[bytes]) -> list[Verdict]:
    return [evening.check(raw).verdict for raw in raws]


def test_s1_a_hidden_sale_is_not_registered_and_the_statement_proves_it(
    evening: Evening,
) -> None:
    raws = printed(evening, count(1_000))
    evening.read()
    wrong = 0
    for raw in raws:
        evening.wait(0.2)
        if evening.at.second % 30 == 0:
            evening.read()
        checked = evening.check(raw)
        stated = state_absence(evening.db, checked, Receipts(SIGNER).sign)
        assert stated is not None
        note = read_note(stated.receipt.encode())
        proved = verify_note(note, [SIGNER.verifier], {ED25519: is_ed25519})
        names = tokens.read_bytes(raw).sha256.hex() in note.text
        is_right = checked.verdict is Verdict.NOT_REGISTERED and proved and names
        wrong += not is_right

    tell("S1 hidden sales", tried=len(raws), wrong=wrong)
    assert wrong == 0


def test_s2_nobody_honest_is_asked(evening: Evening) -> None:
    """Registered, returned, without a token, shuffled, corrected, admitted, late in their time."""
    roll = random.Random(1)
    raws = printed(evening, count(10_000))
    events: list[list[dict[str, Any]]] = []
    for number, raw in enumerate(raws):
        state = roll.choice(("sold", "sold", "refunded", "voided", "corrected", "admitted"))
        without = {"token": ""} if roll.random() < _WITHOUT_TOKEN else {}
        sale = a_sale_of(raw, 2 * number + 1, **without)
        later = a_later_event(state, 2 * number + 2, 0) | {"ticket": sale["ticket"]}
        later |= {"price_minor": 150_000} if state == "refunded" else {}
        later |= {"price_minor": 1_000, "reason": "student"} if state == "corrected" else {}
        events.append([sale] if state == "sold" else [sale, later])
    roll.shuffle(events)
    enter(evening, [event for each in events for event in each])
    evening.read()
    wrong = sum(
        verdict not in (Verdict.REGISTERED, Verdict.RETURNED)
        for verdict in verdicts(evening, raws)
    )
    fresh = [
        evening.printer.token(issued=int(EVENING.timestamp()) - roll.randint(0, 3_500))
        for _ in range(count(1_000))
    ]
    wrong += sum(verdict is not Verdict.NOT_YET for verdict in verdicts(evening, fresh))

    tell("S2 honest tickets", tried=len(raws) + len(fresh), wrong=wrong)
    assert wrong == 0


def test_s3_a_late_sale_is_in_its_class_and_its_lateness_is_proved(
    evening: Evening,
) -> None:
    raws = [
        evening.printer.token(issued=int(EVENING.timestamp())) for _ in range(count(1_000))
    ]
    evening.read()
    first = verdicts(evening, raws)
    evening.wait(ALLOWED_DELAY_S + 60)
    evening.read()
    some = raws[: count(200)]
    stated = []
    for raw in some:
        evening.wait(0.2)
        stated.append(state_absence(evening.db, evening.check(raw), Receipts(SIGNER).sign))
    enter(evening, sales(evening, raws))
    evening.read()
    after = [evening.check(raw) for raw in some]

    wrong = sum(verdict is not Verdict.NOT_YET for verdict in first)
    for claim, checked in zip(stated, after, strict=True):
        is_late = (
            claim is not None
            and checked.sale is not None
            and checked.verdict is Verdict.REGISTERED
            and checked.sale.position >= claim.tree_size
        )
        wrong += not is_late
    tell("S3 inside the delay, and late", tried=len(first) + len(after), wrong=wrong)
    assert wrong == 0


def test_s4_whatever_was_altered_is_altered(evening: Evening) -> None:
    roll = random.Random(4)
    raws = printed(evening, count(500))
    enter(evening, sales(evening, raws))
    evening.read()
    changes: list[Callable[[], dict[str, Any]]] = [
        lambda: {"price_minor": roll.randint(150_001, 900_000)},
        lambda: {"place": roll.randint(1, 300)},
        lambda: {"start": int(START.timestamp()) + 60 * roll.randint(1, 600)},
        lambda: {"hall": evening.printer.hall + 1},
    ]
    altered = [
        evening.printer.token(
            ticket_id=raw[5:17],
            seq=int.from_bytes(raw[17:21], "big"),
            issued=int(EVENING.timestamp()) - OLD_S,
            **roll.choice(changes)(),
        )
        for raw in raws
    ]

    wrong = sum(each is not Verdict.ALTERED for each in verdicts(evening, altered))
    tell("S4 altered tickets", tried=len(altered), wrong=wrong)
    assert wrong == 0


def test_s5_a_copied_code_shows_its_seat_and_how_often_it_was_shown(
    evening: Evening,
) -> None:
    raws = printed(evening, count(200) // 4)
    enter(evening, sales(evening, raws, row="5", seat="7"))
    evening.read()

    seen = [[evening.check(raw) for _ in range(CHECKS_REMARKABLE + 1)][-1] for raw in raws]

    wrong = sum(
        checked.checks <= CHECKS_REMARKABLE
        or checked.sale is None
        or checked.sale.seat != "7"
        for checked in seen
    )
    tell("S5 cloned codes", tried=len(seen), wrong=wrong)
    assert wrong == 0


def test_s6_s7_s9_what_contradicts_itself_is_found_and_nothing_else(
    evening: Evening,
) -> None:
    how_many = count(300)
    honest = printed(evening, how_many)
    roll = random.Random(7)
    shuffled = sales(evening, honest)
    roll.shuffle(shuffled)
    half = len(shuffled) // 2
    enter(evening, shuffled[:half])
    evening.read()
    out_of_order = service.list_findings(evening.db)["seq_gap"]
    # Numbers that are only on their way are not told before the seller's time is over.
    fresh = [evening.printer.token(issued=int(EVENING.timestamp())) for _ in range(10)]
    enter(evening, shuffled[half:])
    enter(evening, sales(evening, fresh[5:]))
    evening.read()
    early = service.list_findings(evening.db)
    hidden = [evening.printer.seq + 2 * step + 1 for step in range(how_many)]
    for _ in range(how_many):
        evening.printer.seq += 1
        enter(evening, sales(evening, printed(evening, 1)))
    places = [raw for n in range(how_many) for raw in printed(evening, 2, place=n + 1)]
    enter(evening, sales(evening, places))
    ended = sales(evening, printed(evening, how_many))
    late = (START + timedelta(hours=1)).isoformat()
    enter(evening, ended)
    enter(
        evening,
        [
            a_later_event("voided", 9_000_000 + number, 0, happened_at=late)
            | {"ticket": sale["ticket"]}
            for number, sale in enumerate(ended)
        ],
    )
    evening.read()
    found = service.list_findings(evening.db)

    assert out_of_order or half == 0  # told, because those numbers are older than the delay
    assert early["seq_gap"] == []
    gaps = {row["first_seq"] for row in found["seq_gap"]} & set(hidden)
    wrong = (
        (how_many - len(gaps))
        + abs(how_many - len(found["place_twice"]))
        + abs(how_many - len(found["ended_late"]))
    )
    tell("S6, S7, S9 contradictions", tried=3 * how_many, wrong=wrong)
    assert wrong == 0
    assert found["seq_twice"] == found["unfit"] == found["contradiction"] == []


def test_s7_a_number_used_twice_is_found(evening: Evening) -> None:
    one, two = printed(evening, 1)[0], printed(evening, 1, seq=1)[0]
    enter(evening, sales(evening, [one, two]))
    evening.read()

    (row,) = service.list_findings(evening.db)["seq_twice"]

    assert (row["seq"], row["positions"]) == (1, [0, 1])


def test_s8_no_mutated_token_is_accepted(evening: Evening) -> None:
    roll = random.Random(8)
    raw = printed(evening, 1)[0]
    enter(evening, sales(evening, [raw]))
    evening.read()
    text = token_text(raw)
    tried: list[str] = []
    while len(tried) < count(10_000):
        match roll.randrange(5):
            case 0:
                bit = roll.randrange(len(raw) * 8)
                flipped = bytearray(raw)
                flipped[bit // 8] ^= 1 << bit % 8
                tried.append(token_text(bytes(flipped)))
            case 1:
                place = roll.randrange(len(text))
                letter = roll.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567089-= ")
                tried.append(text[:place] + letter + text[place + 1 :])
            case 2:
                body = bytearray(raw[:40])
                body[roll.randrange(40)] ^= roll.randint(1, 255)
                tried.append(token_text(bytes(body) + raw[40:]))
            case 3:
                tried.append(token_text(raw + roll.randbytes(roll.randint(1, 8))))
            case _:
                tried.append(token_text(raw[: roll.randint(0, 103)]))
    version_2 = sign_body(evening.printer.key.private, b"\x02" + raw[1:40])
    tried.append(token_text(version_2))

    accepted = [
        each
        for each in tried
        if each != text and evening.checker.check(each).verdict is Verdict.REGISTERED
    ]
    tell("S8 mutated tokens", tried=len(tried), wrong=len(accepted))
    assert accepted == []


def test_a5_no_guess_hits_and_nonsense_takes_as_long_as_a_stranger(
    evening: Evening,
) -> None:
    raws = printed(evening, 200)
    enter(evening, sales(evening, raws))
    evening.read()
    roll = random.Random(5)
    took_s: dict[str, list[float]] = {"unknown": [], "malformed": []}
    tried, hits = count(100_000), 0
    for number in range(tried):
        kind = "unknown" if number % 2 else "malformed"
        guess = tokens.write_short_id(roll.randbytes(12)) if number % 2 else "HELLO" * 4
        began = time.perf_counter()
        found, _ = evening.checker.find_by_id(guess)
        took_s[kind].append(time.perf_counter() - began)
        hits += found is not None
    unknown_s, malformed_s = (statistics.median(took_s[kind]) for kind in took_s)

    tell("A5 guessed ids", tried=tried, wrong=hits)
    assert hits == 0
    # The median: the machine has other work to do. A decoding more or less is microseconds.
    assert abs(unknown_s - malformed_s) < 0.1 * max(unknown_s, malformed_s)
