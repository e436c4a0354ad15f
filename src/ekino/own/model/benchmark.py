"""Where a cinema stands among those of its size, without a word about any of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

# Fewer, and a fifth would be one or two cinemas that everybody in town can name.
PEERS_MIN = 10
# Others who own them: a chain must not read its one competitor between the lines.
OWNERS_MIN = 4
FIFTHS = 5
# Business dates compared: four of each weekday.
BENCHMARK_DAYS = 28


@dataclass(frozen=True, slots=True)
class Reporting:
    """What a cinema offered and took in the span; only whoever reports is here."""

    venue_id: int
    organisation_id: int
    # Places in its halls, and places offered by its showings.
    seats: int
    places: int
    admissions: int
    gross_minor: int


class Measure(StrEnum):
    """What is compared."""

    TAKINGS_PER_SEAT = "takings_per_seat"
    OCCUPANCY = "occupancy"
    AVERAGE_PRICE = "average_price"


RATIO: dict[Measure, Callable[[Reporting], Fraction]] = {
    Measure.TAKINGS_PER_SEAT: lambda each: Fraction(each.gross_minor, each.seats),
    Measure.OCCUPANCY: lambda each: Fraction(each.admissions, each.places),
    Measure.AVERAGE_PRICE: lambda each: Fraction(each.gross_minor, each.admissions),
}


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One measure of one cinema: its own value, and its fifth from the top, 1 … 5."""

    measure: Measure
    value: Fraction
    fifth: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """Why nothing is compared: give to get, and never among too few."""

    # Whether the cinema itself reported in the span.
    reports: bool
    peers: int


def compare(
    venue_id: int, reporting: Sequence[Reporting]
) -> tuple[Benchmark, ...] | Withheld:
    """
    Give a cinema's fifths among cinemas with half to twice its places, itself included.

    Nothing is given to a cinema that did not report, and nothing among fewer than PEERS_MIN
    or of fewer than OWNERS_MIN owners. What is given names a rank in fifths and no value of
    any other.
    """
    own = next((each for each in reporting if each.venue_id == venue_id), None)
    if own is None:
        return Withheld(reports=False, peers=0)
    peers = [each for each in reporting if own.seats <= 2 * each.seats <= 4 * own.seats]
    owners = {each.organisation_id for each in peers}
    if len(peers) < PEERS_MIN or len(owners) < OWNERS_MIN:
        return Withheld(reports=True, peers=len(peers))
    return tuple(_benchmark(measure, own, peers) for measure in Measure)


def _benchmark(measure: Measure, own: Reporting, peers: Sequence[Reporting]) -> Benchmark:
    ratio = RATIO[measure]
    value = ratio(own)
    # Equal values share the better rank, so that a tie never tells which of the two one is.
    above = sum(ratio(each) > value for each in peers)
    return Benchmark(measure, value, above * FIFTHS // len(peers) + 1)
