"""What others may ask of public statistics."""

from ekino.opendata.service.figures import (
    FilmRegion,
    RegionsOf,
    read_film_regions,
    read_public_groups,
    read_region_days,
    read_regions,
)
from ekino.opendata.service.live import PublicBoard, move_live, read_live
from ekino.opendata.service.parameters import limits_on, read_parameter
from ekino.opendata.service.publish import publish_next
from ekino.opendata.service.state import (
    Recorder,
    SystemState,
    end_incident,
    note_incident,
    read_coverage,
    read_state,
)

__all__ = [
    "FilmRegion",
    "PublicBoard",
    "Recorder",
    "RegionsOf",
    "SystemState",
    "end_incident",
    "limits_on",
    "move_live",
    "note_incident",
    "publish_next",
    "read_coverage",
    "read_film_regions",
    "read_live",
    "read_parameter",
    "read_public_groups",
    "read_region_days",
    "read_regions",
    "read_state",
]
