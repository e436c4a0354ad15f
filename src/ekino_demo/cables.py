"""The cables of unsteady cinemas: now and then one is pulled, and their events wait."""

from collections.abc import Mapping

from ekino_demo.country.places import cinemas
from ekino_demo.network import Sender

# On average one is pulled in so many seconds.
_OFF_LINE_EVERY_S = 120.0
_LONG_OFF_LINE_SHARE = 0.1
_LONG_S = 1_100


class Cables:
    """Which cinemas are off line, and until when."""

    def __init__(self, tills: Mapping[str, Sender]) -> None:
        """Take the senders by their sources; all are on line."""
        self._tills = tills
        self._unsteady = [each.source for each in cinemas() if each.habit == "unsteady"]
        self._off_until: dict[str, float] = {}

    @property
    def off_line(self) -> int:
        """How many cinemas are off line."""
        return len(self._off_until)

    def play(self, chance: float, which: float, moment: float, *, step_s: float) -> None:
        """Take a cinema off line now and then, and bring it back with its backlog."""
        for source, until in list(self._off_until.items()):
            if moment >= until:
                del self._off_until[source]
                self._tills[source].set_line(is_on=True)
        source = self._unsteady[int(which * len(self._unsteady))]
        if chance < step_s / _OFF_LINE_EVERY_S and source not in self._off_until:
            # Mostly a minute or two; now and then long enough for its events to be late.
            is_long = chance * _OFF_LINE_EVERY_S < step_s * _LONG_OFF_LINE_SHARE
            self._off_until[source] = moment + (_LONG_S if is_long else 30 + 120 * which)
            self._tills[source].set_line(is_on=False)
