"""How often one address may ask for tickets by their printed id: a small, forgetful table."""

import hashlib
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ekino.kernel.errors import Quota

# Ids that one address may ask for in a row, and how long until it may ask for one more. A family
# types four; a guesser would need 10^20 times the age of the register.
ASKED_MAX = 10
ASK_AGAIN_AFTER_S = 6.0
# Addresses remembered; under more, the one heard of longest ago is forgotten.
ADDRESSES_MAX = 20_000
# What all addresses together may ask for, so that a thousand of them gain little.
ASKED_TOGETHER_MAX = 300
ASK_TOGETHER_AGAIN_AFTER_S = 0.05
_EVERYBODY = b""
# As programs are told of it: a whole allowance comes back within so long.
QUOTA = Quota("check", ASKED_MAX, round(ASKED_MAX * ASK_AGAIN_AFTER_S))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What became of one question."""

    # 0 when it was allowed; else after how long to ask again.
    wait_s: float
    # Questions that the address has left, and when it has them all again.
    left: int
    whole_s: int


class Allowance:
    """
    A bucket for each address and one for all; safe between threads.

    Addresses are kept as hashes under a salt that dies with the process, and only here.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with everybody's full allowance."""
        self._clock = clock
        self._salt = os.urandom(16)
        self._lock = threading.Lock()
        # Hash of an address → (what is left, when that was so).
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def ask(self, address: str) -> Allowed:
        """Take one question from an address's allowance, and say what is left."""
        name = hashlib.blake2b(address.encode(), key=self._salt, digest_size=16).digest()
        moment = self._clock()
        with self._lock:
            wait_s = self._take(name, ASKED_MAX, ASK_AGAIN_AFTER_S, moment)
            if not wait_s:
                wait_s = self._take(
                    _EVERYBODY, ASKED_TOGETHER_MAX, ASK_TOGETHER_AGAIN_AFTER_S, moment
                )
            left, _ = self._left[name]
            while len(self._left) > ADDRESSES_MAX:
                self._left.popitem(last=False)
        whole_s = math.ceil((ASKED_MAX - left) * ASK_AGAIN_AFTER_S)
        return Allowed(wait_s, int(left), whole_s)

    def _take(self, name: bytes, most: int, every_s: float, moment: float) -> float:
        left, since = self._left.get(name, (float(most), moment))
        left = min(float(most), left + (moment - since) / every_s)
        is_allowed = left >= 1
        self._left[name] = (left - 1 if is_allowed else left, moment)
        self._left.move_to_end(name)
        return 0.0 if is_allowed else (1 - left) * every_s
