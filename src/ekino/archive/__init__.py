"""The register's history in columns, for analysts to slice."""
