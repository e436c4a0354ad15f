"""What an organisation sees of its own: cinemas, films, ticketing systems, and what it asks for."""
