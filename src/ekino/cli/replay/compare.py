"""Comparing: what the register says after a replay, against the file's own sums."""

import time
from collections import Counter
from datetime import date, timedelta
from typing import Any

from ekino.cli.replay.plan import Plan
from ekino.cli.replay.send import Line
from ekino.kernel.errors import Broken

# Totals that stand still for so long are not followed by anybody.
STAND_STILL_MAX_S = 60.0

Figures = Counter[str]


def wait_for_totals(line: Line, register_size: int) -> int:
    """Wait until totals have seen `register_size` entries, and give how far they are."""
    seen, moved_at = -1, time.monotonic()
    while True:
        health = line.ask("GET", "/health", is_signed=False)
        as_of = int(health["totals_as_of"])
        if as_of >= register_size:
            return as_of
        if as_of != seen:
            seen, moved_at = as_of, time.monotonic()
        if time.monotonic() - moved_at > STAND_STILL_MAX_S:
            detail = (
                f"totals stand at {as_of} of {register_size} for {STAND_STILL_MAX_S:.0f} s; "
                "start `ekino worker` and run this again"
            )
            raise Broken(detail, code="totals_stand_still")
        time.sleep(0.1)


def sums_of_file(plan: Plan) -> dict[tuple[str, str], Figures]:
    """Add up the file by itself: ("film", title) → tickets, gross_minor, showings, and so on."""
    sums: dict[tuple[str, str], Figures] = {}
    for session in plan.table.sessions:
        add = {
            "tickets": session.sold,
            "gross_minor": session.gross_minor,
            "showings": 1,
        }
        for key in (
            ("all", ""),
            ("film", session.title),
            ("language", session.language),
            ("state", session.state),
            ("venue", plan.venue_code(session)),
        ):
            sums.setdefault(key, Counter()).update(add)
    return sums


def sums_of_register(line: Line, plan: Plan) -> dict[tuple[str, str], Figures]:
    """Read the same sums back, for this file's venues and days."""
    if not plan.table.sessions:
        return {}
    states = {plan.venue_code(each): each.state for each in plan.table.sessions}
    titles = {plan.film_code(each): each.title for each in plan.table.sessions}
    own = {
        (plan.venue_code(each), plan.film_code(each), plan.business_day(each))
        for each in plan.table.sessions
    }
    days = [day for _, _, day in own]
    first, past_last = min(days), max(days) + timedelta(days=1)
    path = f"/v1/totals?by=venue,film,language,day&from={first}&to={past_last}"
    # Signed by the operator: single venues are nobody else's business.
    rows: list[dict[str, Any]] = line.ask("GET", path)["rows"]
    sums: dict[tuple[str, str], Figures] = {}
    for row in rows:
        day = date.fromisoformat(row["day"])
        if (row["venue"], row["film"], day) not in own:
            continue
        add = {name: row[name] for name in ("tickets", "gross_minor", "showings")}
        for key in (
            ("all", ""),
            ("film", titles[row["film"]]),
            ("language", row["language"]),
            ("state", states[row["venue"]]),
            ("venue", row["venue"]),
        ):
            sums.setdefault(key, Counter()).update(add)
    return sums


def differences(
    expected: dict[tuple[str, str], Figures], actual: dict[tuple[str, str], Figures]
) -> list[dict[str, Any]]:
    """Name every sum that is not the same in both."""
    found = []
    for key in sorted(expected.keys() | actual.keys()):
        for figure in ("tickets", "gross_minor", "showings"):
            in_file = expected.get(key, Counter())[figure]
            in_register = actual.get(key, Counter())[figure]
            if in_file != in_register:
                found.append(
                    {
                        "by": key[0],
                        "value": key[1],
                        "figure": figure,
                        "file": in_file,
                        "register": in_register,
                    }
                )
    return found
