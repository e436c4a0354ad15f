"""What a test register does when it is asked to: magic values, and faults of ours."""

from enum import StrEnum

# Prices in minor units that are refused: eleven of the smallest, and eleven of what a person
# types at a till.
REFUSED_PRICES_MINOR = frozenset({11, 1_100})
# A film version that is never in the catalog.
UNKNOWN_VERSION = "TEST-UNKNOWN"
# Row and seat that are always sold already.
TAKEN_ROW, TAKEN_SEAT = "99", "99"
SIMULATE_HEADER = "ekino-simulate"
# How long a slow answer takes: longer than a hasty client's patience, shorter than a patient's.
SLOW_ANSWER_S = 5
# An answer that never arrives is held back for so long, or until the client hangs up.
SILENT_ANSWER_S = 90
# What a simulated 429 says about when to come back.
SIMULATED_RETRY_AFTER_S = 2


class Simulation(StrEnum):
    """A fault that a request asks for."""

    # The limit is reached; nothing is stored.
    TOO_OFTEN = "429"
    # We failed; nothing is stored.
    BROKEN = "500"
    # Stored, but the answer never arrives.
    TIMEOUT = "timeout"
    # Stored, and answered late.
    SLOW = "slow"
