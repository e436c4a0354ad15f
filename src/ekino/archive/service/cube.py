"""The cube: any question over all of history, answered as of one position."""

import os
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from ekino.archive.model.answer import Answer, Figures, Group
from ekino.archive.model.question import Dimension, Question
from ekino.archive.store import columns as columns_store
from ekino.archive.store import cube as cube_store
from ekino.archive.store import filing as filing_store
from ekino.archive.store.columns import Columns
from ekino.archive.store.filing import Names, Standing
from ekino.db.database import Database, Role

# What is held in memory may be so old: looking for news costs some milliseconds a question.
FRESH_S = 0.5
# Showings behind one figure that are followed back to their tickets.
SHOWINGS_TRACED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class _State:
    """What this process holds: the files, and everything that came after them."""

    standing: Standing
    # By kind.
    paths: Mapping[str, tuple[str, ...]]
    names: Names


class Cube:
    """
    Every question of one process, over the same files and one memory of what came after.

    Nothing is opened before the first question. Safe to share between threads.
    """

    def __init__(
        self,
        db: Database,
        folder: Path,
        *,
        country: str,
        currency: str,
        fresh_s: float = FRESH_S,
    ) -> None:
        """Look at the archive in `folder`, at the venues of one country paid in one currency."""
        self._db = db
        self._folder = folder
        self._country = country
        self._currency = currency
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._state: _State | None = None
        self._looked_at = -1e9

    @property
    def currency(self) -> str:
        """The currency of every sum."""
        return self._currency

    def ask(self, question: Question) -> Answer:
        """Answer a question exactly as of one position, at most a moment old."""
        return self.ask_all([question])[0]

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer several questions, all as of the same position."""
        cursor, state = self._begin()
        try:
            return [_ask(cursor, state, question) for question in questions]
        finally:
            cursor.close()

    def find_showings(self, question: Question) -> tuple[list[int], Standing]:
        """
        Give the showings that sold anything of a question's whole, and as of when.

        At most SHOWINGS_TRACED_MAX and one: one more than the most says that there are more.
        """
        cursor, state = self._begin()
        try:
            text, values = cube_store.compose_showings(
                question,
                chosen(question, state.names),
                _paths(question, state),
                limit=SHOWINGS_TRACED_MAX + 1,
            )
            rows = cursor.execute(text, values).fetchall()
        finally:
            cursor.close()
        return [showing_id for (showing_id,) in rows], state.standing

    def names(self) -> Names:
        """Give what the catalog calls things now."""
        cursor, state = self._begin()
        cursor.close()
        return state.names

    def read_showings(self, showing_ids: list[int]) -> dict[int, Mapping[str, Any]]:
        """Give what people know these showings by."""
        if not showing_ids:
            return {}
        with self._db.transaction(Role.READER) as tx:
            return filing_store.read_showings(tx, showing_ids)

    def close(self) -> None:
        """Let go of the memory."""
        with self._lock:
            if self._columns is not None:
                self._columns.close()
            self._columns = self._state = None

    def _begin(self) -> tuple[Any, _State]:
        """Look for news unless somebody just did, and begin to read one state."""
        with self._lock:
            if self._columns is None:
                self._columns = Columns()
            if self._state is None or time.monotonic() - self._looked_at >= self._fresh_s:
                self._look(self._columns)
            if self._state is None:
                message = "nothing was read"
                raise LookupError(message)
            return self._columns.begin_reading(), self._state

    def _paths(self, tx: Connection[Any]) -> dict[str, tuple[str, ...]]:
        files = filing_store.list_files(tx)
        return {
            kind: tuple(
                str(self._folder / file.name) for file in files if file.kind == kind
            )
            for kind in columns_store.KINDS
        }

    def _look(self, columns: Columns) -> None:
        """Take what came since the last look, all of it from one snapshot."""
        before = self._state
        with self._db.transaction(Role.READER) as tx:
            filing_store.take_snapshot(tx)
            standing = filing_store.read_standing(tx)
            if before is not None and before.standing[:5] == standing[:5]:
                self._state = _State(standing, before.paths, before.names)
                self._looked_at = time.monotonic()
                return
            is_same_files = before is not None and _filed(before.standing) == _filed(
                standing
            )
            since = before.standing if before is not None and is_same_files else None
            names = before.names if before else None
            paths = before.paths if before and is_same_files else self._paths(tx)
            if (
                names is None
                or before is None
                or before.standing.revision != standing.revision
            ):
                names = filing_store.read_names(tx, self._country, self._currency)
            handle, spool = tempfile.mkstemp(prefix="ekino-cube-", suffix=".csv")
            os.close(handle)
            try:
                filing_store.copy_changed(
                    tx,
                    position=since.as_of if since else standing.filed_position,
                    revision=since.revision if since else standing.filed_revision,
                    as_of=standing.as_of,
                    path=Path(spool),
                )
                with columns.changing() as cursor:
                    if since is None:
                        columns_store.forget_live(cursor)
                    columns_store.put_changed(cursor, Path(spool))
                    if before is None or names is not before.names:
                        columns_store.put_names(cursor, names)
            finally:
                Path(spool).unlink()
        self._state = _State(standing, paths, names)
        self._looked_at = time.monotonic()


def _ask(cursor: Any, state: _State, question: Question) -> Answer:
    text, values = cube_store.compose(
        question, chosen(question, state.names), _paths(question, state)
    )
    rows = cursor.execute(text, values).fetchall()
    names = [column[0] for column in cursor.description or []]
    return _answer(question, [dict(zip(names, row, strict=True)) for row in rows], state)


def _paths(question: Question, state: _State) -> tuple[str, ...]:
    return state.paths["cells" if question.is_of_sale else "showings"]


def _filed(standing: Standing) -> tuple[int, int]:
    return standing.filed_position, standing.filed_revision


def chosen(question: Question, names: Names) -> dict[Dimension, list[Any]]:
    """
    Give a question's filters by the cube's own keys.

    A code that the catalog does not know, and a text that is no key, choose nothing.
    """
    return {
        dimension: [each for key in keys for each in _keys(dimension, key, names)]
        for dimension, keys in question.filters.items()
    }


def _keys(dimension: Dimension, key: str, names: Names) -> list[Any]:
    match dimension:
        case (
            Dimension.DAY
            | Dimension.WEEK
            | Dimension.MONTH
            | Dimension.QUARTER
            | Dimension.YEAR
        ):
            return _dates(key)
        case Dimension.WEEKDAY | Dimension.HOUR | Dimension.SHOWING:
            return [int(key)] if key.isascii() and key.isdigit() and len(key) < 18 else []  # noqa: PLR2004 - a bigint
        case Dimension.FILM:
            return [number for number, row in names.films.items() if row["code"] == key]
        case Dimension.VENUE:
            return [number for number, row in names.venues.items() if row["code"] == key]
        case Dimension.HALL:
            return [
                number
                for number, row in names.halls.items()
                if hall_code(row, names) == key
            ]
        case Dimension.CHAIN | Dimension.DISTRIBUTOR:
            if not key:
                return [None]
            return [
                number for number, row in names.organisations.items() if row["code"] == key
            ]
        case _:
            return [key]


def _dates(key: str) -> list[Any]:
    try:
        return [date.fromisoformat(key)]
    except ValueError:
        return []


def hall_code(hall: Mapping[str, Any], names: Names) -> str:
    """Give a hall's code among all halls: its venue's and its own."""
    venue = names.venues.get(hall["venue_id"], {"code": ""})
    return f"{venue['code']}/{hall['code']}"


def text_of(dimension: Dimension, key: object, names: Names) -> str:
    """Give a key of the cube as addresses and files name it; "" is what is not stated."""
    if key is None:
        return ""
    if isinstance(key, int):
        match dimension:
            case Dimension.VENUE:
                return str(names.venues[key]["code"])
            case Dimension.FILM:
                return str(names.films[key]["code"])
            case Dimension.HALL:
                return hall_code(names.halls[key], names)
            case Dimension.CHAIN | Dimension.DISTRIBUTOR:
                return str(names.organisations[key]["code"])
            case _:
                return str(key)
    return str(key)


def _answer(question: Question, rows: list[dict[str, Any]], state: _State) -> Answer:
    whole, *rest = [_group(question, row) for row in rows]
    at: datetime = state.standing.at
    return Answer(
        question=question,
        whole=whole,
        groups=tuple(rest) if question.by else (),
        groups_total=int(rows[0]["groups"]) if question.by else 0,
        as_of=state.standing.as_of,
        register_size=state.standing.register_size,
        at=at,
    )


def _group(question: Question, row: Mapping[str, Any]) -> Group:
    keys = (row["first_key"], row["second_key"])[: len(question.by)]
    before = _figures(question, row, 1) if question.compared else None
    return Group(keys, _figures(question, row, 0), before)


def _figures(question: Question, row: Mapping[str, Any], side: int) -> Figures:
    values = {
        name: int(row[f"{name}_{side}"])
        for name in cube_store.COLUMNS
        if f"{name}_{side}" in row
    }
    if question.is_of_sale:
        return Figures(**{**values, "showings": None, "capacity": None})  # type: ignore[arg-type]
    return Figures(**values)
