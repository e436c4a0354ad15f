"""What others may ask of feeds: to follow, to begin again, and to read how uploads are doing."""

from ekino.feeds.service.batches import FOLD_BATCHES_MAX, follow, rebuild
from ekino.feeds.service.excuses import THE_STATE, Asker
from ekino.feeds.service.reading import (
    Whose,
    list_alarms,
    list_days,
    list_feeds,
    list_gaps,
    list_hours,
    list_senders,
    list_unmended,
    sum_health,
    sum_refused,
)
from ekino.feeds.service.rounds import Rounds

__all__ = [
    "FOLD_BATCHES_MAX",
    "THE_STATE",
    "Asker",
    "Rounds",
    "Whose",
    "follow",
    "list_alarms",
    "list_days",
    "list_feeds",
    "list_gaps",
    "list_hours",
    "list_senders",
    "list_unmended",
    "rebuild",
    "sum_health",
    "sum_refused",
]
