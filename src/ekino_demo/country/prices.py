"""What a ticket costs: price lists of whole tenge, concessions and service fees."""

from datetime import datetime
from random import Random

from ekino_demo.country.calendar import is_weekend, local_hour
from ekino_demo.country.places import Cinema

# Tiyn in a tenge; every amount on the wire is in tiyn.
TIYN = 100
# Price lists move in steps of fifty tenge.
STEP_MINOR = 50 * TIYN
# An evening ticket for a grown-up where the price level is 100, in tenge.
_EVENING_TENGE = 1_760
# From this hour of the day on, percent of the evening's price.
_HOURS = ((0, 100), (6, 62), (12, 84), (17, 100))
_WEEKEND = 104
_SHARES = {"child": 62, "senior": 58, "student": 78, "adult": 100, "vip": 165}
_3D_TENGE = 250

# Concessions in the order of their prices, cheapest first, with their usual weights.
# opening.py leans on the order: leaning the mix one way moves every price one way.
CONCESSIONS = ("senior", "child", "student", "adult")
CONCESSION_WEIGHTS = (5, 15, 19, 61)
_CHILDREN_WEIGHTS = (3, 44, 9, 44)

# Per ticket, by sales channel, in tenge.
_FEES = {"web": 150, "app": 120, "agent": 200}


def _stepped(tenge: float) -> int:
    return round(tenge * TIYN / STEP_MINOR) * STEP_MINOR


def price_list(cinema: Cinema, starts_at: datetime, *, form: str) -> dict[str, int]:
    """
    Give the prices of a showing by name, in tiyn, each a whole number of tenge.

    The names are adult, student, child, senior and vip.
    """
    hour = local_hour(starts_at)
    share = next(share for begins, share in reversed(_HOURS) if hour >= begins)
    tenge = _EVENING_TENGE * cinema.price_level / 100 * share / 100
    if is_weekend(starts_at.date()):
        tenge *= _WEEKEND / 100
    extra = _3D_TENGE if form == "3D" else 0
    return {name: _stepped(tenge * part / 100 + extra) for name, part in _SHARES.items()}


def weights_for(drawn_to: str) -> tuple[int, ...]:
    """Give how often each of CONCESSIONS is sold to the viewers of such a film."""
    return _CHILDREN_WEIGHTS if drawn_to == "family" else CONCESSION_WEIGHTS


def fee_minor(sales_channel: str) -> int:
    """Give the service fee of one ticket, in tiyn: on line only."""
    return _FEES.get(sales_channel, 0) * TIYN


def draw_channel(roll: Random, *, is_open: bool, lead_h: float) -> str:
    """
    Draw where a ticket is bought.

    `is_open` says whether the cinema has its doors open; `lead_h` is how many hours remain
    until the showing. Long before it nobody stands at the box office.
    """
    if not is_open or lead_h > 24:  # noqa: PLR2004 - a day
        return roll.choices(("web", "app", "agent"), (34, 60, 6))[0]
    if lead_h > 2:  # noqa: PLR2004 - two hours
        return roll.choices(("web", "app", "agent", "box_office"), (30, 54, 6, 10))[0]
    return roll.choices(
        ("box_office", "kiosk", "app", "web", "agent"), (43, 16, 26, 13, 2)
    )[0]


def draw_payment(roll: Random, sales_channel: str) -> str:
    """Draw how it is paid."""
    if sales_channel == "box_office":
        return roll.choices(("card", "mobile", "cash"), (52, 30, 18))[0]
    if sales_channel == "kiosk":
        return roll.choices(("card", "mobile"), (70, 30))[0]
    return roll.choices(("card", "mobile", "voucher"), (62, 35, 3))[0]
