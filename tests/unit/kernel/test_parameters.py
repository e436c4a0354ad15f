"""Numbers hold from their date, in every room that has some."""

from datetime import date

import pytest

from ekino.kernel.errors import Broken
from ekino.kernel.parameters import Parameter


def test_numbers_hold_from_their_date() -> None:
    number = Parameter(
        name="r",
        unit="u",
        reference="l",
        values={date(2026, 1, 1): 10, date(2026, 7, 1): 12},
    )

    assert [number.on(date(2026, 6, 30)), number.on(date(2026, 7, 1))] == [10, 12]
    with pytest.raises(Broken, match="r has no value on 2025-12-31: see l"):
        number.on(date(2025, 12, 31))
