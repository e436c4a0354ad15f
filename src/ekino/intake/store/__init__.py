"""The room's tables, and the catalog's as files are mapped to it."""
