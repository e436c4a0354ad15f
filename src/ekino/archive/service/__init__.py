"""What others may ask of the archive: to follow, to file, to answer any question."""

from ekino.archive.service.cube import SHOWINGS_TRACED_MAX, Cube, text_of
from ekino.archive.service.filing import Archivist, file_changed
from ekino.archive.service.follow import fold_next, rebuild
from ekino.archive.store.filing import Names, Standing

__all__ = [
    "SHOWINGS_TRACED_MAX",
    "Archivist",
    "Cube",
    "Names",
    "Standing",
    "file_changed",
    "fold_next",
    "rebuild",
    "text_of",
]
