"""The verdict rule as a table: what is signed, what is held, how far we have read, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ekino.verify.model.verdict import (
    BEHIND_MAX_S,
    TILL_AHEAD_MAX_S,
    Because,
    Judgement,
    Reach,
    Sale,
    TillKey,
    Verdict,
    compare,
    judge,
)
from ekino.verify.token import Token, read_bytes
from ekino_till import Key
from factories import EVENING
from tickets import ALLOWED_DELAY_S, START, APrinter, a_till_key

PRINTER = APrinter(Key("vendor.example/till-1", Ed25519PrivateKey.generate()))
KEY: TillKey = a_till_key(PRINTER.key.private)
ISSUED = EVENING - timedelta(minutes=1)
DUE = ISSUED + timedelta(seconds=ALLOWED_DELAY_S)


def a_token(**fields: Any) -> Token:
    return read_bytes(PRINTER.token(**fields))


TOKEN = a_token()
SALE = Sale(
    position=41,
    raw=TOKEN.raw,
    showing_id=1,
    recorded_at=EVENING,
    price_minor=150_000,
    section="",
    row="5",
    seat="7",
    differs=(),
    end_kind=None,
    ended_position=None,
    ended_at=None,
)
RETURNED = replace(SALE, end_kind="refunded", ended_position=50, ended_at=EVENING)
OTHER = read_bytes(
    PRINTER.token(ticket_id=TOKEN.ticket_id, price_minor=90_000, seq=TOKEN.seq)
)


def said(
    *,
    token: Token | None = TOKEN,
    key: TillKey | None = KEY,
    sale: Sale | None = None,
    is_signed: bool = True,
    at: datetime = EVENING,
    read_until: datetime | None = None,
    first_stated_at: datetime | None = None,
) -> Judgement:
    reach = Reach(size=100, read_until=at if read_until is None else read_until)
    return judge(
        token,
        key,
        sale,
        is_signed=is_signed,
        reach=reach,
        at=at,
        first_stated_at=first_stated_at,
    )


LATER = DUE + timedelta(minutes=5)
CASES: dict[str, tuple[dict[str, Any], Verdict]] = {
    "no token": ({"token": None, "key": None}, Verdict.NOT_OURS),
    "a bad signature": ({"is_signed": False}, Verdict.NOT_OURS),
    "a bad signature of a sold ticket": ({"is_signed": False, "sale": SALE}, Verdict.NOT_OURS),
    "a key nobody knows": ({"key": None, "is_signed": False}, Verdict.NOT_GENUINE),
    "a key not yet valid": ({"key": replace(KEY, valid_from=ISSUED + timedelta(seconds=1))}, Verdict.NOT_GENUINE),
    "a key valid from that second": ({"key": replace(KEY, valid_from=ISSUED)}, Verdict.NOT_YET),
    "a key that has ended": ({"key": replace(KEY, valid_until=ISSUED)}, Verdict.NOT_GENUINE),
    "a key revoked before": ({"key": replace(KEY, revoked_at=ISSUED)}, Verdict.NOT_GENUINE),
    "a key revoked after": ({"key": replace(KEY, revoked_at=EVENING), "sale": SALE}, Verdict.REGISTERED),
    "a sale": ({"sale": SALE}, Verdict.REGISTERED),
    "a sale long ago": ({"sale": SALE, "at": EVENING + timedelta(days=900)}, Verdict.REGISTERED),
    "a sale and a register behind": ({"sale": SALE, "read_until": EVENING - timedelta(days=1)}, Verdict.REGISTERED),
    "a sale without its token": ({"sale": replace(SALE, raw=None)}, Verdict.REGISTERED),
    "a sale without its token at another price": ({"sale": replace(SALE, raw=None, price_minor=1)}, Verdict.ALTERED),
    "a sale whose showing has moved": ({"sale": replace(SALE, differs=("hall", "start"))}, Verdict.REGISTERED),
    "a sale with another price": ({"sale": replace(SALE, differs=("price",))}, Verdict.ALTERED),
    "a sale with other bytes": ({"token": OTHER, "sale": SALE}, Verdict.ALTERED),
    "other bytes of a returned ticket": ({"token": OTHER, "sale": RETURNED}, Verdict.ALTERED),
    "a returned ticket": ({"sale": RETURNED}, Verdict.RETURNED),
    "a returned ticket with another price": ({"sale": replace(RETURNED, differs=("price",))}, Verdict.RETURNED),
    "nothing, at once": ({}, Verdict.NOT_YET),
    "nothing, a moment before the end": ({"at": DUE - timedelta(seconds=1)}, Verdict.NOT_YET),
    "nothing, at the end": ({"at": DUE}, Verdict.NOT_REGISTERED),
    "nothing, later": ({"at": LATER}, Verdict.NOT_REGISTERED),
    "nothing, read up to the end": ({"at": LATER - timedelta(minutes=4), "read_until": DUE}, Verdict.NOT_REGISTERED),
    "nothing, not read up to the end": ({"at": DUE + timedelta(seconds=9), "read_until": DUE - timedelta(seconds=1)}, Verdict.NOT_YET),
    "nothing, as far behind as may be": ({"at": LATER, "read_until": LATER - timedelta(seconds=BEHIND_MAX_S)}, Verdict.NOT_REGISTERED),
    "nothing, further behind": ({"at": LATER, "read_until": LATER - timedelta(seconds=BEHIND_MAX_S + 1)}, Verdict.NOT_YET),
}  # fmt: skip


@pytest.mark.parametrize(("given", "verdict"), CASES.values(), ids=list(CASES))
def test_a_ticket_is(given: dict[str, Any], verdict: Verdict) -> None:
    assert said(**given).verdict is verdict


def test_every_verdict_can_be_reached() -> None:
    assert {verdict for _, verdict in CASES.values()} == set(Verdict)


def test_a_wait_says_why_and_until_when() -> None:
    early = said()
    behind = said(at=LATER, read_until=EVENING)

    assert (early.because, early.until) == (Because.SELLER_HAS_TIME, DUE)
    assert (behind.because, behind.until) == (Because.REGISTER_IS_BEHIND, DUE)


def test_a_till_ahead_of_time_is_not_believed_beyond_minutes() -> None:
    seen = EVENING + timedelta(hours=1)
    ahead = a_token(issued=int((seen + timedelta(seconds=TILL_AHEAD_MAX_S)).timestamp()))
    far = a_token(issued=int((seen + timedelta(seconds=TILL_AHEAD_MAX_S + 1)).timestamp()))
    key = replace(KEY, valid_until=EVENING + timedelta(days=900))
    delay = timedelta(seconds=ALLOWED_DELAY_S)

    assert (
        said(token=ahead, key=key, at=seen).until
        == seen + timedelta(seconds=TILL_AHEAD_MAX_S) + delay
    )
    assert said(token=far, key=key, at=seen).until == seen + delay
    # Once stated, the first check counts however often it is asked again.
    later = seen + delay
    assert (
        said(token=far, key=key, at=later, first_stated_at=seen).verdict
        is Verdict.NOT_REGISTERED
    )


def test_differences_are_named() -> None:
    assert "price" in said(token=OTHER, sale=SALE).differs
    token = a_token()
    same: dict[str, Any] = {"price_minor": 150_000, "hall_id": 1, "starts_at": START}

    assert compare(token, **same) == ()
    assert compare(token, **same | {"price_minor": 1}) == ("price",)
    assert compare(token, **same | {"hall_id": 2}) == ("hall",)
    assert compare(token, **same | {"starts_at": datetime(2026, 1, 1, tzinfo=UTC)}) == (
        "start",
    )
