"""A right till passes every test, and each planted fault is found by the test that is about it."""

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certified_bench import Bench, states
from certified_till import Planted
from ekino.certification.model.certificate import read_certificate
from ekino.certification.model.plan import Level, Test
from factories import Vendor
from two_registers import signed_headers

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

# The fault → the level in which it shows, and the test that finds it.
FOUND: dict[Planted, tuple[Level, Test]] = {
    Planted.PRICE_IN_TENGE: (Level.BASIC_SALE, Test.ONE_TICKET),
    Planted.NO_SEAT: (Level.BASIC_SALE, Test.ALL_FIELDS),
    Planted.REPEATS_IN_OTHER_BYTES: (Level.BASIC_SALE, Test.SAME_BATCH_TWICE),
    Planted.ZONE_TWICE: (Level.BASIC_SALE, Test.OWN_TIMES),
    Planted.NUMBER_REUSED: (Level.BASIC_SALE, Test.NUMBERING),
    Planted.NUMBER_SKIPPED: (Level.BASIC_SALE, Test.NUMBERING),
    Planted.ONE_CHANNEL: (Level.ONLINE_SALE, Test.WEB_SALE),
    Planted.FEE_IN_PRICE: (Level.ONLINE_SALE, Test.FEE_APART),
    Planted.RESERVATION_IS_SALE: (Level.ONLINE_SALE, Test.RESERVATION_LAPSES),
    Planted.VOIDS_FOR_REFUND: (Level.REFUND, Test.REFUND_BEFORE),
    Planted.REFUND_AT_SALE_TIME: (Level.REFUND, Test.REFUND_AFTER),
    Planted.EDITS_SALES: (Level.REFUND, Test.CORRECTION),
    Planted.NEW_TICKET_EACH_TRY: (Level.OFFLINE, Test.BACKLOG),
    Planted.LOSES_WHEN_AWAY: (Level.OFFLINE, Test.BACKLOG),
    Planted.NEWEST_FIRST: (Level.OFFLINE, Test.BACKLOG_ORDER),
    Planted.RESTAMPS: (Level.OFFLINE, Test.BACKLOG_TIMES),
    Planted.NEVER_ASKS_THE_TIME: (Level.CLOCK, Test.WRONG_CLOCK),
    Planted.IGNORES_RETRY_AFTER: (Level.BURST, Test.LIMIT),
    Planted.HAMMERS: (Level.BURST, Test.FAILURE),
    Planted.REBUILDS_AFTER_LOSS: (Level.BURST, Test.LOST_ANSWER),
    Planted.ONE_TICKET_A_REQUEST: (Level.BURST, Test.BURST),
    Planted.WRONG_TOKENS: (Level.QR, Test.TOKENS),
}
# What a fault also shows elsewhere in its level.
ALSO = {
    Planted.EDITS_SALES: {Test.NOTHING_EDITED},
}


def test_every_fault_has_its_test() -> None:
    assert set(FOUND) == set(Planted)


def test_a_right_till_is_certified_on_every_level(bench: Bench) -> None:
    run = bench.lead(bench.till(), bench.begin(preset="full"))

    assert states(run) == {test.value: "pass" for test in Test}
    assert run["state"] == "certified"
    members = read_certificate(run["certificate"], bench.signer.verifier.vkey)
    assert members["levels"] == [level.value for level in Level]
    assert (members["vendor"], members["product"]) == ("Acme", "Acme POS")


@pytest.mark.parametrize("level", list(Level))
def test_each_fault_is_found_by_the_right_test(bench: Bench, level: Level) -> None:
    for fault, (where, test) in FOUND.items():
        if where is not level:
            continue
        run = bench.lead(bench.till(fault), bench.begin(levels=[level.value]))

        failed = {each for each, state in states(run).items() if state == "fail"}
        expected = {test.value, *(each.value for each in ALSO.get(fault, set()))}
        assert failed == expected, (fault, run["steps"])
        assert (run["state"], run["earned"]) == ("running", [])
        (step,) = [each for each in run["steps"] if each["test"] == test.value]
        assert step["detail"]
        # Tokens are answered by hand: no request shows them.
        assert step["request"].startswith("POST /v1/batches") or level is Level.QR


def test_a_stranger_who_knows_a_keys_name_uses_up_no_fault(bench: Bench) -> None:
    run = bench.begin(levels=[Level.BURST.value])
    body = b'{"events":[]}'
    stranger = Vendor(Ed25519PrivateKey.generate(), bench.vendor.key_id)

    answers = [
        bench.client.post(
            "/v1/batches",
            content=body,
            headers=signed_headers(stranger, "POST", "/v1/batches", body),
        ).status_code
        for _ in range(3)
    ]

    assert answers == [401] * 3
    with psycopg.connect(bench.test.dsn) as superuser:
        met = superuser.execute("SELECT count(fault_met_at) FROM certification.step")
        assert met.fetchone() == (0,)
    # Whoever holds the key meets every fault all the same, at the first try.
    ended = bench.lead(bench.till(), run)
    assert set(states(ended).values()) == {"pass"}
