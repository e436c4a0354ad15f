"""What the tokens of the register contradict among themselves: questions, never accusations."""

from typing import Any

from ekino.db.database import Database, Role
from ekino.verify.store import findings as store

# Rows of each kind given at once; whoever mends these asks again.
FINDINGS_MAX = 10_000
# A series: so many tickets of one showing given back, and more than half of all.
RETURNS_MIN = 10


def list_findings(db: Database) -> dict[str, list[dict[str, Any]]]:
    """
    Give what needs explanation, by kind, each as rows with positions.

    Kinds: seq_gap, seq_twice, place_twice, ended_late, return_series, unfit, contradiction.
    Numbers that arrive out of order are no gap: one is told only when its seller's time is over.
    """
    with db.transaction(Role.READER) as tx:
        return store.read_findings(tx, limit=FINDINGS_MAX, ended_min=RETURNS_MIN)
