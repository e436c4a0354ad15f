"""Room for large bodies: so many at once in a process, and of one sender fewer."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import Request

from ekino.ingest.model import BODY_BYTES_MAX
from ekino.kernel.errors import Pushback

# Bodies over BODY_BYTES_MAX that one process reads at once. A file has 64 MiB and is held twice
# while it is put together: half a gigabyte with four.
LARGE_BODIES_MAX = 4
# Of one key or person: whoever sends slowly leaves room for the others.
LARGE_BODIES_OF_ONE_MAX = 2
# Seconds in which a large body must have come: 64 MiB over a village's 2 Mbit/s.
LARGE_BODY_READ_S = 300
# Seconds after which to come again: a city's line has sent a file by then.
LARGE_BODY_AGAIN_S = 10


class Room:
    """Places for large bodies; taken and left by the event loop alone."""

    def __init__(
        self, *, places: int = LARGE_BODIES_MAX, of_one: int = LARGE_BODIES_OF_ONE_MAX
    ) -> None:
        """Have so many places."""
        self._places, self._of_one = places, of_one
        self._taken = 0
        # Whoever has a place; no longer than there are places.
        self._by: Counter[str] = Counter()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place; `Pushback` when there is none."""
        if self._taken >= self._places:
            detail = f"{self._taken} large bodies are being read already"
            raise Pushback(detail, retry_after_s=LARGE_BODY_AGAIN_S)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    @contextmanager
    def place_of(self, whose: str) -> Iterator[None]:
        """Note whose a place is that is held; `Pushback` when they have theirs already."""
        if self._by[whose] >= self._of_one:
            detail = f"{self._by[whose]} large bodies of yours are being read already"
            raise Pushback(detail, retry_after_s=LARGE_BODY_AGAIN_S)
        self._by[whose] += 1
        try:
            yield
        finally:
            self._by[whose] -= 1
            self._by += Counter()


def told_bytes(request: Request) -> int | None:
    """Give how long a body says it is; None when it does not, or not in digits."""
    length = request.headers.get("content-length", "")
    # More digits than any body has: as good as very many.
    return int(length[:18]) if length.isascii() and length.isdigit() else None


def may_be_large(request: Request, bytes_max: int) -> bool:
    """Say whether more than a batch may come: it is said, or not said how much."""
    if bytes_max <= BODY_BYTES_MAX:
        return False
    told = told_bytes(request)
    return told is None or told > BODY_BYTES_MAX
