"""A few large files are judged at once, and small ones wait for nobody."""

from contextlib import ExitStack

import pytest

from ekino.intake.service import quota
from ekino.kernel.errors import Pushback

LARGE = b"a" * (quota.JUDGED_FREELY_BYTES_MAX + 1)


@pytest.mark.parametrize("content", [LARGE, b"\x1f\x8b packed", b"PK\x03\x04 a workbook"])
def test_one_large_file_more_than_may_be_judged_at_once_comes_back_later(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(quota, "JUDGED_WAIT_S", 0.01)
    with ExitStack() as turns:
        for _ in range(quota.JUDGED_AT_ONCE_MAX):
            turns.enter_context(quota.turn(LARGE))

        with pytest.raises(Pushback):
            turns.enter_context(quota.turn(content))
        turns.enter_context(quota.turn(LARGE[:-1]))

    with quota.turn(content):
        pass
