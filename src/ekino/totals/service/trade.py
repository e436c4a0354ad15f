"""What is told of each country: how its trade counts, and its public holidays."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from ekino.totals.model.periods import Trade

# For a country whose trade has told us nothing: cinema weeks begin on Thursday in most of them.
_UNTOLD = Trade(weekend_starts_on=4, weekend_days=4, closes_after_days=1)


@cache
def trade_of(country: str) -> Trade:
    """Give how the trade of a country (ISO 3166-1) counts."""
    told = _read("trade", country)
    if told is None:
        return _UNTOLD
    return Trade(
        weekend_starts_on=told["weekend"]["starts_on"],
        weekend_days=told["weekend"]["days"],
        closes_after_days=told["closing"]["after_days"],
    )


@cache
def holidays_of(country: str, year: int) -> dict[date, dict[str, str]]:
    """Give the names, by language, of a country's public holidays in a year, by date."""
    told = _read("holidays", country)
    if told is None:
        return {}
    yearly = {
        date.fromisoformat(f"{year}-{each['day']}"): each["names"]
        for each in told["yearly"]
        if each.get("from", year) <= year <= each.get("until", year)
    }
    once = {
        day: each["names"]
        for each in told["once"]
        for day in each["days"]
        if day.year == year
    }
    # Of two on one day, the one that moves is the rarer.
    return dict(sorted((yearly | once).items()))


def _read(folder: str, country: str) -> Any:
    path = files("ekino.totals") / folder / f"{country.lower()}.yaml"
    return yaml.safe_load(path.read_text("utf-8")) if path.is_file() else None
