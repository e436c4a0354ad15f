"""The tables of totals."""
