"""The room's tables, and what it reads of others'."""
