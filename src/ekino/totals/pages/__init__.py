"""Pages of totals: the live board, permanent tables, the calendar, films."""

from ekino.totals.pages.board import TERMS, VIEWS, routes
from ekino.totals.pages.box_office import routes as period_routes
from ekino.totals.pages.calendar import routes as calendar_routes

__all__ = ["TERMS", "VIEWS", "calendar_routes", "period_routes", "routes"]
