"""What the watch over uploads knows, as rules over plain values."""
