"""What is an organisation's own, as rules over plain values."""
