"""PostgreSQL, embedded or yours: starting it, roles, migrations, connections and queries."""
