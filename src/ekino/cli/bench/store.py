"""What a benchmark asks of PostgreSQL: sizes, settings, recounts, and the raw limit's table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from ekino.db.queries import load_queries

_QUERIES = load_queries("ekino.cli.bench")

# In the order of the columns of `read_lag`.
FOLLOWERS = ("totals", "tickets", "log")

# By showing and sales channel: admissions, takings and fees.
Sums = dict[tuple[int, str], tuple[int, int, int]]


class Store:
    """One superuser's connection beside the product's own, outside every transaction."""

    def __init__(self, dsn: str) -> None:
        """Connect."""
        self.dsn = dsn
        self._connection: Connection[Any] = psycopg.connect(dsn, autocommit=True)
        # Asked by a thread of its own while the other connection waits for an answer.
        self._lag: Connection[Any] = psycopg.connect(dsn, autocommit=True)

    def close(self) -> None:
        """Leave."""
        self._connection.close()
        self._lag.close()

    def settings(self) -> dict[str, str]:
        """Give the settings that decide what a figure is worth."""
        return dict(self._connection.execute(_QUERIES.show_settings).fetchall())

    def checkpoint(self) -> None:
        """Write out what is dirty, so that nobody pays for the one before."""
        self._connection.execute(_QUERIES.checkpoint)

    def wal_bytes(self) -> int:
        """Say how much log was ever written."""
        return self._number(_QUERIES.read_wal_bytes)

    def stored_bytes(self) -> tuple[int, int]:
        """Give the bytes of the register's tables, and of their indexes."""
        row = self._connection.execute(_QUERIES.read_stored_bytes).fetchone() or (0, 0)
        return int(row[0]), int(row[1])

    def size(self) -> int:
        """Say how many entries the register holds."""
        return self._number(_QUERIES.read_head)

    def lag(self) -> dict[str, int]:
        """Give the entries that each follower has not seen yet, by its name."""
        row = self._lag.execute(_QUERIES.read_lag).fetchone() or ()
        return {name: int(row[place]) for place, name in enumerate(FOLLOWERS) if row}

    def showings(self) -> dict[tuple[str, str], int]:
        """Give every showing's number by its venue's code and its own."""
        rows = self._connection.execute(_QUERIES.list_showings)
        return {(venue, code): number for venue, code, number in rows}

    def halls(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Give every showing's hall and start (Unix seconds), by its codes."""
        rows = self._connection.execute(_QUERIES.list_halls)
        return {(venue, code): (hall_id, start_s) for venue, code, hall_id, start_s in rows}

    def positions(self, first: int, past_end: int) -> Iterator[tuple[int, int, str]]:
        """Give (position, source, ticket) of a span, in order; source 0 is the register."""
        span = {"first": first, "past_end": past_end}
        with self._connection.cursor().copy(_QUERIES.copy_positions, span) as copy:
            for line in copy:
                position, source, subject = bytes(line).decode().rstrip("\n").split("\t")
                yield int(position), int(source), subject

    def recount(self, first: int, past_end: int) -> Sums:
        """Count a span by a plain GROUP BY over the register."""
        span = {"first": first, "past_end": past_end}
        return _sums(self._connection.execute(_QUERIES.recount, span).fetchall())

    def totals(self) -> Sums:
        """Give what the follower has kept."""
        return _sums(self._connection.execute(_QUERIES.read_totals).fetchall())

    def day_sums(self) -> tuple[int, int, int]:
        """Give admissions, takings and fees of all days the follower has kept."""
        row = self._connection.execute(_QUERIES.read_day_sums).fetchone() or (0, 0, 0)
        return int(row[0]), int(row[1]), int(row[2])

    # ---- a register that is full already ----------------------------------------------------

    def sources(self) -> list[int]:
        """Give the number of every source, in the order of their codes."""
        return [number for (number,) in self._connection.execute(_QUERIES.read_sources, {})]

    def fill_day(self, day: Mapping[str, Any]) -> None:
        """Put one day's batches and their entries behind what is there."""
        with self._connection.transaction():
            # Lock first, then look: the register itself may be stating something meanwhile.
            row = self._connection.execute(_QUERIES.fill_head, day).fetchone() or (0, 0)
            placed = {**day, "first_position": row[0], "first_batch_no": row[1]}
            self._connection.execute(_QUERIES.fill_batches, placed)
            self._connection.execute(_QUERIES.fill_entries, placed)

    def vacuum(self) -> None:
        """Do what autovacuum would have done long ago."""
        self._connection.execute(_QUERIES.vacuum_entries)

    # ---- the explorer ---------------------------------------------------------------------

    def begin_exploring(self) -> None:
        """Count the whole register once, with all that an analyst slices by."""
        for query in (
            _QUERIES.create_bench_schema,
            _QUERIES.create_explored,
            _QUERIES.vacuum_explored,
        ):
            self._connection.execute(query)

    def group(
        self, values: Mapping[str, Any]
    ) -> dict[tuple[str, str], tuple[int, int, int]]:
        """Give admissions, takings and showings by group, from a plain GROUP BY."""
        rows = self._connection.execute(_QUERIES.group_explored, values)
        return {(first, second): tuple(sums) for first, second, *sums in rows}

    # ---- the watch over uploads -----------------------------------------------------------

    def watch_over(self, values: Mapping[str, Any]) -> None:
        """Put weeks of a watched country there, as the fold would have left them."""
        for query in (
            _QUERIES.watch_owners,
            _QUERIES.watch_venues,
            _QUERIES.watch_showings,
            _QUERIES.watch_sales,
            _QUERIES.watch_hours,
            _QUERIES.watch_keys,
            _QUERIES.watch_lines,
            _QUERIES.watch_reports,
            _QUERIES.watch_declared,
            _QUERIES.watch_gaps,
            _QUERIES.watch_refusals,
            _QUERIES.watch_analyze,
        ):
            self._connection.execute(query, values)

    def watch_goes_on(self, values: Mapping[str, Any]) -> None:
        """Let ten seconds pass: some sources sell, and all report now and then."""
        self._connection.execute(_QUERIES.watch_goes_on, values)
        self._connection.execute(_QUERIES.watch_still_reports, values)

    def watch_recount(self, span: Mapping[str, Any]) -> int:
        """Count the tickets of days without the help of any round."""
        row = self._connection.execute(_QUERIES.watch_recount, span).fetchone()
        return int(row[0]) if row else 0

    def watch_asked(self) -> dict[str, int]:
        """Give how many questions are open, by kind."""
        return dict(self._connection.execute(_QUERIES.watch_asked).fetchall())

    def watch_exhibitors(self, count: int) -> list[int]:
        """Give the numbers of the first exhibitors."""
        rows = self._connection.execute(_QUERIES.watch_exhibitors, {"count": count})
        return [number for (number,) in rows]

    # ---- the limit ------------------------------------------------------------------------

    def newest_rows(self, count: int) -> list[bytes]:
        """Give the newest entries, each as one row of binary COPY."""
        first = max(0, self.size() - count)
        rows: list[bytes] = []
        with self._connection.cursor().copy(_QUERIES.copy_out, {"first": first}) as copy:
            rows.extend(bytes(row) for row in copy)
        # The first comes behind the header; the last is the end's mark.
        rows[0] = rows[0][len(COPY_HEADER) :]
        return [row for row in rows if row and row != COPY_END]

    def begin_limit(self) -> None:
        """Make the limit's table anew."""
        self._connection.execute(_QUERIES.create_bench_schema)
        self._connection.execute(_QUERIES.drop_limit)
        self._connection.execute(_QUERIES.create_limit)

    def end_limit(self) -> int:
        """Remove the limit's table and say how many rows it held."""
        rows = self._number(_QUERIES.count_limit)
        self._connection.execute(_QUERIES.drop_limit)
        return rows

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        return int(row[0]) if row else 0


COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
COPY_END = b"\xff\xff"


def copy_in(connection: Connection[Any], rows: bytes) -> None:
    """Copy one prepared buffer into the limit's table; the caller commits."""
    with connection.cursor().copy(_QUERIES.copy_in) as copy:
        copy.write(rows)


def create_peer_database(dsn: str) -> None:
    """Make the peer's database anew, on the same server."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_QUERIES.drop_peer_database)
        connection.execute(_QUERIES.create_peer_database)


def recount_peer(dsn: str, showings: dict[tuple[str, str], int]) -> Sums:
    """Count the peer's rows by a plain GROUP BY, under the register's numbers of showings."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(_QUERIES.recount_peer).fetchall()
    return _sums([(showings[venue, code], *figures) for venue, code, *figures in rows])


def _sums(rows: Sequence[Any]) -> Sums:
    return {
        (showing_id, channel): (int(admissions), int(gross), int(fees))
        for showing_id, channel, admissions, gross, fees in rows
    }
