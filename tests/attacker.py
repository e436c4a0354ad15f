"""Somebody who has read every published table, and subtracts them all from one another."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

# Elimination is exact in the field of residues of this prime (2^61 − 1). Coefficients are 0, 1
# and −1: what is independent over the rationals could be dependent here only by an accident of
# one in 10^18, and then a figure would seem recovered that is not.
PRIME = (1 << 61) - 1

Atom = Hashable
Row = dict[Atom, int]


@dataclass
class Attacker:
    """
    What somebody can work out of sums of unknown atoms, by linear algebra alone.

    An atom is what one region took on one day for one film in one language; every published
    figure is a sum of some. A figure that is in the span of the published ones is recovered.
    """

    _basis: dict[Atom, Row] = field(default_factory=dict)

    def learn(self, atoms: Iterable[Atom]) -> None:
        """Take in that the sum of these atoms is published."""
        rest = self._reduced(dict.fromkeys(atoms, 1))
        if not rest:
            return
        pivot = next(iter(rest))
        factor = pow(rest[pivot], -1, PRIME)
        self._basis[pivot] = {atom: value * factor % PRIME for atom, value in rest.items()}

    def can_tell(self, atoms: Iterable[Atom]) -> bool:
        """Say whether the sum of these atoms follows from what was learned."""
        return not self._reduced(dict.fromkeys(atoms, 1))

    def _reduced(self, row: Row) -> Row:
        """Take away every multiple of what is known; what remains is unknown."""
        row = dict(row)
        while True:
            pivot = next((atom for atom in row if atom in self._basis), None)
            if pivot is None:
                return row
            factor = row[pivot]
            for atom, value in self._basis[pivot].items():
                left = (row.get(atom, 0) - factor * value) % PRIME
                if left:
                    row[atom] = left
                else:
                    row.pop(atom, None)


def attack(
    national: Iterable[Iterable[Atom]],
    published: Iterable[Iterable[Atom]],
    withheld: Mapping[str, frozenset[Atom]],
) -> set[str]:
    """
    Give the names of withheld figures that the published ones give away.

    What the nation's own figures tell without any other, such as a film that one region
    alone has shown, is no leak of the rule's: those figures are exact for everybody.
    """
    by_nation = Attacker()
    for atoms in national:
        by_nation.learn(atoms)
    secret = {name: each for name, each in withheld.items() if not by_nation.can_tell(each)}
    for atoms in published:
        by_nation.learn(atoms)
    return {name for name, each in secret.items() if by_nation.can_tell(each)}
