"""The tables of public statistics."""
