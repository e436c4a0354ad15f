"""Public statistics: what of the totals everybody may see, published once and never re-cut."""
