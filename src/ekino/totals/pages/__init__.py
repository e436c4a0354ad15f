"""Pages of totals: the live board, permanent tables, the calendar, films."""

from ekino.totals.pages.board import VIEWS, routes
from ekino.totals.pages.box_office import routes as period_routes
from ekino.totals.pages.calendar import routes as calendar_routes
from ekino.totals.pages.compare import routes as compare_routes
from ekino.totals.pages.films import routes as film_routes

__all__ = [
    "VIEWS",
    "calendar_routes",
    "compare_routes",
    "film_routes",
    "period_routes",
    "routes",
]
