"""Which versions of the contract there are, and what naming another is told."""

from datetime import date
from itertools import pairwise

import pytest

from ekino.kernel.errors import Malformed
from ekino.kernel.versions import (
    HEADER_BYTES,
    NEWEST,
    VERSIONS,
    verify_header,
    verify_version,
)


def test_versions_are_dates_in_order() -> None:
    dates = [date.fromisoformat(each) for each in VERSIONS]

    assert all(before < after for before, after in pairwise(dates))
    assert VERSIONS[-1] == NEWEST


@pytest.mark.parametrize("named", ["", *VERSIONS])
def test_what_there_is_and_nothing_are_taken(named: str) -> None:
    verify_version(named)
    verify_header([(b"host", b"a"), (HEADER_BYTES, f" {named} ".encode())])


@pytest.mark.parametrize(
    "named", ["2025-01-01", "1", "x" * 5_000, "2026-11-01, 2026-11-01"]
)
def test_another_is_refused_with_those_that_there_are(named: str) -> None:
    with pytest.raises(Malformed) as refused:
        verify_header([(HEADER_BYTES, named.encode())])

    assert refused.value.code == "api_version_unknown"
    assert NEWEST in refused.value.detail
    assert len(refused.value.detail) < 200
