"""Money, moments, identifiers, bounds and errors: no I/O, and no room's ideas."""
