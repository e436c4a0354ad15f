"""Headers that say how often something may be asked: RateLimit-Policy, RateLimit, Retry-After."""

from ekino.kernel.errors import Pushback, Quota, TooOften


def limit_headers(quota: Quota, *, left: int, until_s: int) -> dict[str, str]:
    """
    Say a limit, what is left of it, and in how many seconds it is whole again.

    As draft-ietf-httpapi-ratelimit-headers-11 has it: two lists of structured fields
    (RFC 9651), of one policy each.
    """
    return {
        "RateLimit-Policy": f'"{quota.name}";q={quota.requests};w={quota.window_s}',
        "RateLimit": f'"{quota.name}";r={left};t={until_s}',
    }


def wait_headers(error: Pushback) -> dict[str, str]:
    """Say when to come back, and of a limit that is reached which it is."""
    headers = {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, TooOften):
        # The draft wants both to name one moment.
        headers |= limit_headers(error.quota, left=0, until_s=error.retry_after_s)
    return headers
