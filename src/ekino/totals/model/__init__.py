"""What totals are, as rules over plain values."""
