"""The room's tables: how tokens, checks and claims are kept and read back."""
