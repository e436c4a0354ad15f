"""Durability: the settings without which an answer would be a lie."""

from typing import Any

from psycopg import Connection

from ekino.db.queries import load_queries
from ekino.kernel.errors import Problem, Refused

# For each setting, what it may say. synchronous_commit = local would lose acknowledged events
# with the server's disk where a standby is meant to keep them, so it counts as off.
_DURABLE = {
    "fsync": {"on"},
    "synchronous_commit": {"on", "remote_write", "remote_apply"},
    "full_page_writes": {"on"},
}
SERVER_VERSION_MIN = 150_000


def verify_durable(connection: Connection[Any], *, who: str) -> None:
    """
    Refuse a database that may forget what it has acknowledged.

    `who` names the role whose settings these are: a role may override what the server says.
    Raises `Refused` with one problem a setting.
    """
    if connection.info.server_version < SERVER_VERSION_MIN:
        detail = (
            f"PostgreSQL {connection.info.server_version // 10_000} is too old: "
            "15 or newer is needed"
        )
        raise Refused(detail, code="database_too_old")
    rows = connection.execute(load_queries("ekino.db").show_durability).fetchall()
    problems = [
        Problem(
            pointer=name,
            code="database_not_durable",
            detail=f"{name} is {value!r} for {who}",
            fix=f"Set {name} = on for the server, the database and the role, and reload.",
        )
        for name, value in rows
        if value not in _DURABLE[name]
    ]
    if problems:
        detail = (
            "this database may forget what it has acknowledged: "
            + "; ".join(problem.detail for problem in problems)
            + ". "
            + problems[0].fix
        )
        raise Refused(detail, problems=problems, code="database_not_durable")
