"""What is tested: levels made of tests, and presets for kinds of vendors."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Level(StrEnum):
    """What a ticketing system can be certified for."""

    BASIC_SALE = "basic_sale"
    ONLINE_SALE = "online_sale"
    REFUND = "refund"
    OFFLINE = "offline"
    CLOCK = "clock"
    BURST = "burst"
    QR = "qr"


class Preset(StrEnum):
    """A kind of vendor, which is asked only what its systems do."""

    COUNTER = "counter"
    ONLINE = "online"
    AGGREGATOR = "aggregator"
    FULL = "full"


class Test(StrEnum):
    """One thing that is asked of a till; in the order in which they are asked."""

    __test__ = False

    ONE_TICKET = "one_ticket"
    ALL_FIELDS = "all_fields"
    BATCH = "batch"
    SAME_BATCH_TWICE = "same_batch_twice"
    OWN_TIMES = "own_times"
    NUMBERING = "numbering"
    WEB_SALE = "web_sale"
    FEE_APART = "fee_apart"
    RESERVATION_LAPSES = "reservation_lapses"
    REFUND_BEFORE = "refund_before"
    REFUND_AFTER = "refund_after"
    CORRECTION = "correction"
    NOTHING_EDITED = "nothing_edited"
    BACKLOG = "backlog"
    BACKLOG_ORDER = "backlog_order"
    BACKLOG_TIMES = "backlog_times"
    WRONG_CLOCK = "wrong_clock"
    LIMIT = "limit"
    FAILURE = "failure"
    LOST_ANSWER = "lost_answer"
    BURST = "burst"
    TOKENS = "tokens"


class State(StrEnum):
    """How a test stands."""

    # Nothing is seen yet: something is to be done at the till.
    WAITING = "waiting"
    PASS = "pass"  # noqa: S105 - a test is passed
    # Right, and could be better.
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Fault(StrEnum):
    """What the test register does to one batch of a test, as it may happen on a bad day."""

    # 429 with Retry-After, once.
    LIMIT = "limit"
    # 500 for some seconds, from the first batch on; nothing is stored.
    FAILURE = "failure"
    # Stored, and the connection breaks before the answer, once.
    LOST_ANSWER = "lost_answer"
    # 503 for AWAY_S, from the first batch on.
    AWAY = "away"
    # 503 with Retry-After, once.
    STUMBLE = "stumble"


TESTS: Mapping[Level, tuple[Test, ...]] = MappingProxyType(
    {
        Level.BASIC_SALE: (
            Test.ONE_TICKET,
            Test.ALL_FIELDS,
            Test.BATCH,
            Test.SAME_BATCH_TWICE,
            Test.OWN_TIMES,
            Test.NUMBERING,
        ),
        Level.ONLINE_SALE: (Test.WEB_SALE, Test.FEE_APART, Test.RESERVATION_LAPSES),
        Level.REFUND: (
            Test.REFUND_BEFORE,
            Test.REFUND_AFTER,
            Test.CORRECTION,
            Test.NOTHING_EDITED,
        ),
        Level.OFFLINE: (Test.BACKLOG, Test.BACKLOG_ORDER, Test.BACKLOG_TIMES),
        Level.CLOCK: (Test.WRONG_CLOCK,),
        Level.BURST: (Test.LIMIT, Test.FAILURE, Test.LOST_ANSWER, Test.BURST),
        Level.QR: (Test.TOKENS,),
    }
)
PRESETS: Mapping[Preset, tuple[Level, ...]] = MappingProxyType(
    {
        Preset.COUNTER: (Level.BASIC_SALE, Level.REFUND, Level.OFFLINE, Level.CLOCK),
        Preset.ONLINE: (
            Level.BASIC_SALE,
            Level.ONLINE_SALE,
            Level.REFUND,
            Level.CLOCK,
            Level.BURST,
        ),
        Preset.AGGREGATOR: (Level.BASIC_SALE, Level.ONLINE_SALE, Level.REFUND, Level.BURST),
        Preset.FULL: tuple(Level),
    }
)
FAULTS: Mapping[Test, Fault] = MappingProxyType(
    {
        Test.BACKLOG: Fault.AWAY,
        Test.LIMIT: Fault.LIMIT,
        Test.FAILURE: Fault.FAILURE,
        Test.LOST_ANSWER: Fault.LOST_ANSWER,
        Test.BURST: Fault.STUMBLE,
    }
)
# Judged by what came before: nothing is to be done at the till.
AFTERWARDS = frozenset(
    {
        Test.OWN_TIMES,
        Test.NUMBERING,
        Test.NOTHING_EDITED,
        Test.BACKLOG_ORDER,
        Test.BACKLOG_TIMES,
    }
)
LEVEL_OF: Mapping[Test, Level] = MappingProxyType(
    {test: level for level, tests in TESTS.items() for test in tests}
)


def levels_of(preset: str) -> tuple[Level, ...]:
    """Give what a kind of vendor is asked; nothing for a kind that is not known."""
    return PRESETS[Preset(preset)] if preset in list(Preset) else ()


def tests_of(levels: tuple[Level, ...]) -> tuple[Test, ...]:
    """Give the tests of these levels, in the order in which they are asked."""
    return tuple(test for level in Level if level in levels for test in TESTS[level])


def earned(states: Mapping[Test, State]) -> tuple[Level, ...]:
    """Give the levels whose every test is passed, warnings allowed."""
    right = {State.PASS, State.WARN}
    return tuple(
        level
        for level, tests in TESTS.items()
        if all(states.get(test) in right for test in tests)
    )


def is_certified(levels: tuple[Level, ...], states: Mapping[Test, State]) -> bool:
    """Say whether every level that was wanted is earned."""
    return set(levels) <= set(earned(states))
