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

    strangers = admitted(recorder, 10 * KEPT_A_MINUTE_MAX, is_verified=False)

    assert strangers == STRANGERS_A_MINUTE_MAX
    assert admitted(recorder, KEPT_A_MINUTE_MAX + 1, is_verified=True) == KEPT_A_MINUTE_MAX
    assert admitted(recorder, 1, at_s=60, is_verified=False) == 1


def test_a_minute_keeps_a_bounded_number_of_bytes() -> None:
    recorder = Recorder(NOBODY)
    half = KEPT_BYTES_A_MINUTE_MAX // 2

    assert admitted(recorder, 3, is_verified=True, size_bytes=half) == 2
    assert recorder.left_out == 1


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
