"""Versions of the contract with programs: dates, named by a header."""

from collections.abc import Iterable

from ekino.kernel.errors import Malformed

# As programs send it, and as every answer under /v1/ carries it.
HEADER = "EKino-Version"
HEADER_BYTES = HEADER.lower().encode()
# Where it is read and told.
VERSIONED = "/v1/"
# The first of a month in which something was changed that a client may notice; the newest last.
# docs/reference/headers.md says what each changed.
VERSIONS = ("2026-11-01",)
NEWEST = VERSIONS[-1]
_NAMED_CHARACTERS_MAX = 40


def verify_version(named: str) -> None:
    """Raise `Malformed` for a version that there is not; "" names none and is the newest."""
    if named and named not in VERSIONS:
        detail = (
            f"{HEADER}: {named[:_NAMED_CHARACTERS_MAX]!r} is no version; there are "
            + ", ".join(VERSIONS)
        )
        raise Malformed(detail, code="api_version_unknown")


def verify_header(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Do so for the header of a request; without one nothing is named."""
    for name, value in headers:
        if name == HEADER_BYTES:
            verify_version(value.decode("latin-1").strip())
