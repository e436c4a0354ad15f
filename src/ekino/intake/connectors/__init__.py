"""Connectors: other ticketing systems that are read, each with a cursor of its own."""
