"""What a limit tells programs."""

from ekino.kernel.errors import Pushback, Quota, TooOften
from ekino.ui.limits import limit_headers, wait_headers

QUOTA = Quota("check", 10, 60)


def test_a_limit_says_its_policy_what_is_left_and_when_it_is_whole() -> None:
    assert limit_headers(QUOTA, left=7, until_s=18) == {
        "RateLimit-Policy": '"check";q=10;w=60',
        "RateLimit": '"check";r=7;t=18',
    }


def test_a_limit_that_is_reached_names_one_moment_twice() -> None:
    assert wait_headers(TooOften("", retry_after_s=6, quota=QUOTA)) == {
        "Retry-After": "6",
        "RateLimit-Policy": '"check";q=10;w=60',
        "RateLimit": '"check";r=0;t=6',
    }


def test_what_is_busy_has_no_quota() -> None:
    assert wait_headers(Pushback("", retry_after_s=2)) == {"Retry-After": "2"}
