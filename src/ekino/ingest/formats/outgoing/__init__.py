"""Facts written as other people's files, one module a format; what a format cannot say is told."""

from dataclasses import dataclass, field

from ekino.ingest.formats.facts import (
    Facts,
    Reversal,
    Sale,
    Showing,
    Unmapped,
    malformed,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One file: its name by the format's rule, and its bytes."""

    name: str
    content: bytes


@dataclass(slots=True, kw_only=True)
class Outgoing:
    """Everything written of some facts, and what the format has no words for."""

    files: list[Written] = field(default_factory=list)
    unsaid: list[Unmapped] = field(default_factory=list)

    def leave_out(self, place: str, raw: str, reason: str, words: str) -> None:
        """Note something that the format cannot say."""
        self.unsaid.append(Unmapped(place=place, raw=raw, reason=reason, words=words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """A showing with everything that happened to its tickets, in the order of the facts."""

    showing: Showing
    sales: tuple[Sale, ...]
    reversals: tuple[Reversal, ...]

    @property
    def tickets(self) -> int:
        """Tickets sold and not given back."""
        return len(self.sales) - len(self.reversals)

    @property
    def gross_minor(self) -> int:
        """What was paid for them, in minor units."""
        return sum(sale.price_minor for sale in self.sales) - sum(
            reversal.price_minor for reversal in self.reversals
        )


def verify_euros(facts: Facts, name: str) -> None:
    """Raise `Malformed` (currency_differs) for facts in another currency than the format's."""
    if facts.currency != "EUR":
        raise malformed(
            "",
            "currency_differs",
            f"amounts of {name} are euros, and the facts are in {facts.currency}",
            "Write a format that names its currency, such as the nightly summary.",
        )


def evenings(facts: Facts) -> list[Evening]:
    """Give facts by showing, in the order in which showings are told."""
    sales: dict[str, list[Sale]] = {}
    reversals: dict[str, list[Reversal]] = {}
    for sale in facts.sales:
        sales.setdefault(sale.showing, []).append(sale)
    for reversal in facts.reversals:
        reversals.setdefault(reversal.showing, []).append(reversal)
    return [
        Evening(
            showing=showing,
            sales=tuple(sales.get(showing.code, ())),
            reversals=tuple(reversals.get(showing.code, ())),
        )
        for showing in facts.showings
    ]
