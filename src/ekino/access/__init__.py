"""Who may speak to us: sources, their keys, the halls they may speak for, and what was done."""
