"""How a feed is: its states, why it is in one, and what is asked about."""

from enum import StrEnum


class State(StrEnum):
    """
    How one source's upload about one venue is now.

    Listed from the best to the worst: when several apply, the last is the feed's state.
    """

    ON_LINE = "on_line"
    # Nothing of it was ever entered, and nothing is asked; known in reading, no round writes it.
    NOT_CONNECTED = "not_connected"
    LATE = "late"
    INCOMPLETE = "incomplete"
    SILENT = "silent"
    SUSPENDED = "suspended"


class Kind(StrEnum):
    """What needs explanation; docs/reference/feeds.md says what each means."""

    # Showings are on, or have been, and the source says nothing.
    SILENT = "silent"
    # One of several tills says nothing, and the others do.
    TILL_SILENT = "till_silent"
    # A hall has been without a sale for far longer than it ever was.
    HALL_SILENT = "hall_silent"
    # Numbers were passed over and have not come since.
    GAP = "gap"
    # One number stands for two events.
    DUPLICATE = "duplicate"
    # Events came, or wait, for longer than the source is allowed.
    LATE = "late"
    # Too large a share of an hour's events was refused.
    REFUSED = "refused"
    # The sender's clock is off.
    CLOCK = "clock"
    # A final day's declared totals are not what the register holds.
    TOTALS_DIFFER = "totals_differ"
    # A closed day is below the share that is promised.
    DAY_INCOMPLETE = "day_incomplete"
    # So many days in a row are: the vendor is asked, not only the cinema.
    DAYS_INCOMPLETE = "days_incomplete"


# What a feed is while something is asked about it. Kinds that are not here leave it on line.
STATE_OF: dict[Kind, State] = {
    Kind.SILENT: State.SILENT,
    Kind.TILL_SILENT: State.INCOMPLETE,
    Kind.HALL_SILENT: State.INCOMPLETE,
    Kind.GAP: State.INCOMPLETE,
    Kind.REFUSED: State.INCOMPLETE,
    Kind.TOTALS_DIFFER: State.INCOMPLETE,
    Kind.LATE: State.LATE,
}

ORDER: tuple[State, ...] = tuple(State)


def worst(states: list[State]) -> State:
    """Give the worst of several states; on line when there is none."""
    return max(states, key=ORDER.index, default=State.ON_LINE)
