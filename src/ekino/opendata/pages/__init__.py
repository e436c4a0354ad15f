"""The public pages of regions and venues, of the method, of the state, and for walls."""

from ekino.opendata.pages.about import TERMS
from ekino.opendata.pages.about import routes as about_routes
from ekino.opendata.pages.film_regions import film_regions
from ekino.opendata.pages.regions import MEASURES, SPANS, VIEWS
from ekino.opendata.pages.regions import routes as region_routes
from ekino.opendata.pages.state import routes as state_routes
from ekino.opendata.pages.venues import KINDS, STATES
from ekino.opendata.pages.venues import routes as venue_routes
from ekino.opendata.pages.wall import routes as wall_routes

__all__ = [
    "KINDS",
    "MEASURES",
    "SPANS",
    "STATES",
    "TERMS",
    "VIEWS",
    "about_routes",
    "film_regions",
    "region_routes",
    "state_routes",
    "venue_routes",
    "wall_routes",
]
