"""What a minute has room for, and which programs of a key are told apart."""

from datetime import UTC, datetime
from typing import Any

from ekino.workbench.model.observed import AGENTS_AN_HOUR_MAX, OTHER_AGENT, TOOK_MS
from ekino.workbench.service.recorder import (
    KEPT_A_MINUTE_MAX,
    KEPT_BYTES_A_MINUTE_MAX,
    STRANGERS_A_MINUTE_MAX,
    Recorder,
    fold_agents,
)
from ekino.workbench.store.requests import Went

HOUR = datetime(2026, 11, 24, 19, tzinfo=UTC)
NOBODY: Any = None


def admitted(recorder: Recorder, times: int, *, at_s: float = 0, **asked: Any) -> int:
    return sum(recorder.admits(at_s, **asked) for _ in range(times))


def test_strangers_use_up_their_own_budget_and_nobody_elses() -> None:
    recorder = Recorder(NOBODY)

    strangers = admitted(recorder, 10 * KEPT_A_MINUTE_MAX, key_id="")

    assert strangers == STRANGERS_A_MINUTE_MAX
    assert admitted(recorder, KEPT_A_MINUTE_MAX, key_id="a/1") == KEPT_A_MINUTE_MAX // 2
    assert admitted(recorder, 1, at_s=60, key_id="") == 1


def test_a_noisy_key_leaves_room_for_every_quiet_one() -> None:
    recorder = Recorder(NOBODY)

    noisy = [
        admitted(recorder, 2 * KEPT_A_MINUTE_MAX, key_id=key_id) for key_id in ("a", "b")
    ]
    quiet = [admitted(recorder, 1, key_id=f"quiet/{number}") for number in range(500)]

    assert noisy == [KEPT_A_MINUTE_MAX // 2, KEPT_A_MINUTE_MAX // 4]
    assert quiet == [1] * 500
    # A new minute is everybody's.
    assert admitted(recorder, 1, at_s=60, key_id="a") == 1


def test_keys_that_shout_at_once_have_equal_parts_and_the_minute_its_bound() -> None:
    recorder = Recorder(NOBODY)
    keys = [f"key/{number}" for number in range(5)]
    kept = dict.fromkeys(keys, 0)

    for _ in range(KEPT_A_MINUTE_MAX):
        for key_id in keys:
            kept[key_id] += recorder.admits(0, key_id=key_id)

    assert set(kept.values()) == {KEPT_A_MINUTE_MAX // (len(keys) + 1)}
    many = sum(admitted(recorder, 1, key_id=f"new/{number}") for number in range(10_000))
    assert sum(kept.values()) + many == KEPT_A_MINUTE_MAX


def test_a_minute_keeps_a_bounded_number_of_bytes_and_a_key_its_part() -> None:
    recorder = Recorder(NOBODY)
    quarter = KEPT_BYTES_A_MINUTE_MAX // 4

    assert admitted(recorder, 3, key_id="a", size_bytes=quarter) == 2
    assert admitted(recorder, 3, key_id="b", size_bytes=quarter) == 1
    assert admitted(recorder, 1, key_id="c", size_bytes=quarter + 1) == 0
    assert admitted(recorder, 1, key_id="c", size_bytes=1) == 1
    assert recorder.left_out == 4


def went(agent: str, took_place: int = 0) -> Went:
    took = [0] * (len(TOOK_MS) + 1)
    took[took_place] = 1
    return Went("acme/1", agent, 1, 0, HOUR, took)


def test_a_program_that_calls_itself_anew_each_time_makes_a_bounded_number_of_rows() -> (
    None
):
    hours = [went(f"agent/{number}") for number in range(1_000)]

    first = fold_agents(hours, [])
    known = [(each.key_id, each.last_at, each.agent) for each in first]
    then = fold_agents([went("agent/0"), went("new/1"), went("new/2", 3)], known)

    assert len(first) == AGENTS_AN_HOUR_MAX + 1
    assert sum(each.requests for each in first) == 1_000
    assert {each.agent: each.requests for each in then} == {"agent/0": 1, OTHER_AGENT: 2}
    assert [sum(each.took) for each in then] == [1, 2]
