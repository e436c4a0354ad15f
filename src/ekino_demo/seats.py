"""Seats of a hall: which are taken, and where a party of viewers would like to sit."""

from functools import lru_cache
from math import isqrt
from random import Random

# The row people like best, counted from the screen as a share of the hall's depth.
_BEST_ROW = 0.62
_ROW_SEATS_MIN = 8
_ROW_SEATS_MAX = 26
# Halls of this size and more have armchairs in their last row.
_VIP_CAPACITY_MIN = 150


@lru_cache(maxsize=512)
def row_seats(capacity: int) -> int:
    """Give how many seats a row has in a hall of so many; the last row may have fewer."""
    return max(_ROW_SEATS_MIN, min(_ROW_SEATS_MAX, isqrt(capacity * 17 // 10)))


@lru_cache(maxsize=512)
def rows(capacity: int) -> int:
    """Give how many rows a hall of so many seats has."""
    return -(-capacity // row_seats(capacity))


def place(capacity: int, seat: int) -> tuple[str, str]:
    """Give (row, seat) as printed on a ticket, of the seat with this number from 0."""
    row, column = divmod(seat, row_seats(capacity))
    return str(row + 1), str(column + 1)


def seat_at(capacity: int, row: str, seat: str) -> int:
    """Give the number from 0 of the seat printed so: the inverse of `place`."""
    return (int(row) - 1) * row_seats(capacity) + int(seat) - 1


def is_vip(capacity: int, seat: int) -> bool:
    """Whether the seat is an armchair of the last row."""
    return (
        capacity >= _VIP_CAPACITY_MIN and seat // row_seats(capacity) == rows(capacity) - 1
    )


class SeatPlan:
    """Which seats of one showing are taken. No seat is ever given twice."""

    __slots__ = ("capacity", "free", "taken")

    def __init__(self, capacity: int) -> None:
        """Begin with every seat free."""
        self.capacity = capacity
        self.free = capacity
        self.taken = bytearray(capacity)

    def take(self, seat: int) -> None:
        """Take one seat; ValueError when it is taken already."""
        if self.taken[seat]:
            message = f"seat {seat} is taken"
            raise ValueError(message)
        self.taken[seat] = 1
        self.free -= 1

    def give_back(self, seat: int) -> None:
        """Make a taken seat free again; ValueError when it is free."""
        if not self.taken[seat]:
            message = f"seat {seat} is free"
            raise ValueError(message)
        self.taken[seat] = 0
        self.free += 1

    def seat_party(self, roll: Random, people: int) -> list[int]:
        """
        Take seats for a party, side by side where it can be, and give their numbers.

        Fewer than `people` when the showing is sold out.
        """
        found = self._side_by_side(roll, people) or self._anywhere(people)
        for seat in found:
            self.take(seat)
        return found

    def _side_by_side(self, roll: Random, people: int) -> list[int]:
        if self.free < people:
            return []
        width = row_seats(self.capacity)
        best = _BEST_ROW * rows(self.capacity)
        liking = sorted(
            range(rows(self.capacity)), key=lambda row: abs(row - best) + roll.random() * 3
        )
        for row in liking:
            first = row * width
            past = min(first + width, self.capacity)
            starts = range(first, past - people + 1)
            middle = first + (width - people) / 2 + roll.uniform(-2.5, 2.5)
            for start in sorted(starts, key=lambda start: abs(start - middle)):
                if not any(self.taken[start : start + people]):
                    return list(range(start, start + people))
        return []

    def _anywhere(self, people: int) -> list[int]:
        return [seat for seat, taken in enumerate(self.taken) if not taken][:people]
