"""What others may ask of public statistics."""

from ekino.opendata.service.figures import (
    FilmRegion,
    RegionsOf,
    read_film_regions,
    read_public_groups,
    read_published_until,
    read_region_days,
    read_regions,
)
from ekino.opendata.service.live import PublicBoard, move_live, read_live
from ekino.opendata.service.parameters import limits_on, read_limit
from ekino.opendata.service.places import (
    RegionsView,
    RegionView,
    VenueView,
    list_venues,
    read_region_view,
    read_regions_view,
    read_venue_view,
)
from ekino.opendata.service.publish import publish_next
from ekino.opendata.service.state import (
    Recorder,
    SystemState,
    end_incident,
    note_incident,
    read_coverage,
    read_state,
)
from ekino.opendata.store.places import VenuePlace

__all__ = [
    "FilmRegion",
    "PublicBoard",
    "Recorder",
    "RegionView",
    "RegionsOf",
    "RegionsView",
    "SystemState",
    "VenuePlace",
    "VenueView",
    "end_incident",
    "limits_on",
    "list_venues",
    "move_live",
    "note_incident",
    "publish_next",
    "read_coverage",
    "read_film_regions",
    "read_limit",
    "read_live",
    "read_public_groups",
    "read_published_until",
    "read_region_days",
    "read_region_view",
    "read_regions",
    "read_regions_view",
    "read_state",
    "read_venue_view",
]
