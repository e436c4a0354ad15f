"""Ticket sales over HTTP into PostgreSQL, the straightforward way."""
