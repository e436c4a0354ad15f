"""What a row says and no fact can hold: told field by field, so that nothing goes unsaid."""

import json
from collections import Counter, defaultdict

from ekino.ingest.formats.facts import Unmapped

# Different values of one field that are told one by one. Where there are more, their number is
# told: seals and bank references differ in every row, and the file itself is kept by who took it.
LEFTOVER_VALUES_MAX = 20


class Leftovers:
    """Fields of a file that have no place among the facts, counted as they are met."""

    def __init__(self) -> None:
        """Begin with none."""
        self._values: dict[str, Counter[str]] = defaultdict(Counter)

    def note(self, name: str, value: object) -> None:
        """Count one value of a field; an empty one says nothing."""
        if value not in (None, "", False):
            self._values[name][str(value)] += 1

    def unmapped(self) -> list[Unmapped]:
        """Give one row for each field: how often it was met, and its values where they are few."""
        rows = []
        for name, values in sorted(self._values.items()):
            count, different = values.total(), len(values)
            is_few = different <= LEFTOVER_VALUES_MAX
            rows.append(
                Unmapped(
                    place=f"field {name}",
                    raw=json.dumps(
                        dict(sorted(values.items()))
                        if is_few
                        else {"different": different},
                        ensure_ascii=False,
                    ),
                    reason="field_without_a_place",
                    words=f"A ticket event has no field for {name}: it stays in the file. Rows:"
                    f" {count}, different values: {different}.",
                )
            )
        return rows
