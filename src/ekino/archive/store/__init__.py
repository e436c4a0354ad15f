"""The statements of the room: PostgreSQL's and DuckDB's."""
