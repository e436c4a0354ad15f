"""What a cinema is told of a system that others use too: how many, and not which numbers."""

from ekino.feeds.model.alarms import without_numbers


def test_running_numbers_are_left_out_and_counts_and_days_stay() -> None:
    assert without_numbers({"numbers": 3, "first": 17}) == {"numbers": 3}
    assert without_numbers({"number": 41}) == {}
    below = {"days": 7, "first": "2026-11-19"}
    assert without_numbers(below) == below
