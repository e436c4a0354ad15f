"""Who may speak to us: sources, their keys and halls, and the record of what was done."""
