"""The tables of others, read as an organisation, and the room's own."""
