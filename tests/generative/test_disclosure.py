"""The attacker recovers no withheld figure; a rule that is a little wrong is found out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from attacker import Attacker, attack
from ekino.opendata.model import choice
from ekino.opendata.model.choice import DayChoice, MonthChoice, Sold
from ekino.opendata.model.group import Group, gather, may_show, together
from ekino.opendata.model.limits import Limits
from invented_sales import Tables, invent, tables

# Invented registers of two film weeks across a month's end, and of over a month.
SHORT = range(120)
LONG = range(1_000, 1_008)
LONG_DAYS = 45


def recovered(found: Tables) -> set[str]:
    return attack(found.national, found.published.values(), found.withheld)


def test_the_attacker_subtracts_and_solves() -> None:
    attacker = Attacker()
    attacker.learn("abc")
    attacker.learn("cd")
    attacker.learn("ad")

    assert attacker.can_tell("abc")
    assert not attacker.can_tell("b")
    attacker.learn("ac")
    # a + b + c less a + c.
    assert attacker.can_tell("b")
    # c + d, a + d and a + c are three equations of three unknowns.
    assert all(attacker.can_tell(atom) for atom in "acd")


@pytest.mark.parametrize("seed", SHORT)
def test_no_withheld_figure_can_be_worked_out(seed: int) -> None:
    assert recovered(tables(invent(seed))) == set()


@pytest.mark.parametrize("seed", LONG)
def test_nor_from_the_tables_of_months(seed: int) -> None:
    assert recovered(tables(invent(seed, days=LONG_DAYS))) == set()


def test_much_is_published_and_much_is_withheld() -> None:
    """An attack on tables that show nothing, or withhold nothing, would say nothing."""
    found = [tables(invent(seed)) for seed in SHORT]

    assert sum(len(each.published) for each in found) > 5_000
    assert sum(len(each.withheld) for each in found) > 10_000


def without_complement(
    sold: Iterable[Sold], limits: Limits, *, by_month: frozenset[str] = frozenset()
) -> DayChoice:
    """Withhold what may not stand alone, and forget what subtraction does."""
    chosen = choice.choose_day(sold, limits, by_month=by_month)
    return replace(chosen, shown=chosen.passes - by_month)


def every_month(days: Mapping[date, DayChoice], limits: Limits) -> MonthChoice:
    """Publish each month that may stand alone, whatever its days say."""
    chosen = choice.choose_month(days, limits)
    groups: dict[str, list[Group]] = {}
    for each in days.values():
        for region, group in each.groups.items():
            groups.setdefault(region, []).append(group)
    alone = {region for region, own in groups.items() if may_show(together(own), limits)}
    return MonthChoice(chosen.summed, frozenset(alone - chosen.summed))


def every_film(
    sold: Iterable[Sold], limits: Limits, *, known: Mapping[str, bool]
) -> frozenset[tuple[str, int]]:
    """Publish each film's week in a region that may stand alone."""
    rows = list(sold)
    pairs = {(row.region, row.film_id) for row in rows}
    return frozenset(
        pair
        for pair in pairs
        if may_show(
            gather(row.part for row in rows if (row.region, row.film_id) == pair), limits
        )
    )


def test_a_rule_without_complementary_withholding_is_found_out() -> None:
    assert any(
        recovered(tables(invent(seed), choose_day=without_complement)) for seed in SHORT
    )


def test_a_rule_that_forgets_the_days_of_a_month_is_found_out() -> None:
    assert any(recovered(tables(invent(seed), choose_month=every_month)) for seed in SHORT)


def test_a_rule_that_forgets_the_other_films_is_found_out() -> None:
    assert any(recovered(tables(invent(seed), choose_films=every_film)) for seed in SHORT)


def test_a_rule_that_lets_part_published_regions_name_their_films_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The mistake this rule began with: films of a week less the days' domestic parts."""

    def any_region(
        _sold: Mapping[date, Iterable[Sold]], days: Mapping[date, DayChoice]
    ) -> dict[str, bool]:
        out = {r for each in days.values() for r in each.groups.keys() - each.shown}
        return {r: False for each in days.values() for r in each.groups if r not in out}

    monkeypatch.setattr(choice, "known_rows", any_region)

    assert any(recovered(tables(invent(seed))) for seed in SHORT)
