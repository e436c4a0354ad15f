"""What the register states about a ticket it does not hold: the text, and how often."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ekino.kernel.moments import to_text
from ekino.verify.model.verdict import Verdict

# Statements about one token: while its seller has time, when that is over, and again later.
STATEMENTS_OF_A_TOKEN_MAX = 6
# Whoever checks again within this is shown the statement that stands already.
STATEMENT_AGAIN_AFTER_S = 3_600
# Statements of the whole register in a minute. Only a till's own signature brings one about, so
# beyond this somebody prints tickets by machine; the next check makes up for it.
STATEMENTS_A_MINUTE_MAX = 600
_FIRST_LINE = "e-kino/ticket-not-in-register@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One statement that stands in the register."""

    # From 1, among those about the same token.
    number: int
    # Of its entry: always at or above `tree_size`.
    position: int
    # No sale stood among the entries 0 … tree_size − 1.
    tree_size: int
    stated_at: datetime
    verdict: Verdict
    # The signed note that the visitor was given.
    receipt: str


def wants_statement(earlier: Sequence[Stated], verdict: Verdict, *, at: datetime) -> bool:
    """Say whether a check with this verdict becomes a statement; `earlier` in their order."""
    if not earlier:
        return True
    last = earlier[-1]
    if last.verdict is not verdict:
        # The seller's time is over: that is news, and said even to the impatient.
        return len(earlier) < STATEMENTS_OF_A_TOKEN_MAX
    is_old = at - last.stated_at >= timedelta(seconds=STATEMENT_AGAIN_AFTER_S)
    # One is kept for the day on which the seller's time is over.
    return is_old and len(earlier) < STATEMENTS_OF_A_TOKEN_MAX - 1


def write_statement(
    *,
    token_sha256: bytes,
    position: int,
    tree_size: int,
    root: bytes,
    verdict: Verdict,
    due_at: datetime,
    at: datetime,
) -> str:
    """
    Write the statement's text: lines that end in LF, the claim receipt once it is signed.

    `root` is the log's tree head of exactly `tree_size` entries, or b"" where there is none.
    A sale that is shown later with a position below `tree_size` convicts the register; one
    above it is a late sale, and stays visible as one for ever.
    """
    lines = (
        _FIRST_LINE,
        f"token-sha256 {token_sha256.hex()}",
        f"entry {position}",
        f"tree-size {tree_size}",
        f"root {base64.b64encode(root).decode() or 'none'}",
        f"at {to_text(at)}",
        f"seller-may-send-until {to_text(due_at)}",
        f"verdict {verdict}",
        f"no sale of this token stands among the first {tree_size} entries of the register",
    )
    return "".join(f"{line}\n" for line in lines)
