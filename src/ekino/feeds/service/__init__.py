"""What others may ask of feeds."""

from ekino.feeds.service.batches import FOLD_BATCHES_MAX, follow, rebuild

__all__ = ["FOLD_BATCHES_MAX", "follow", "rebuild"]
