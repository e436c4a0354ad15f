"""SQL stands in files, each statement is used, and a room writes only to its own schema."""

import ast
import re

from ekino.db.queries import parse
from source_tree import modules, query_files, strings

# What a statement writes to. A COPY … TO and a FOR UPDATE write nothing.
_WRITE = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?"
    r"|(?<!DO )(?<!FOR )(?<!KEY )UPDATE|(?:CREATE|ALTER|DROP)\s+(?:TABLE|SCHEMA|TYPE|INDEX)"
    r"(?:\s+IF\s+(?:NOT\s+)?EXISTS)?)\s+(?:ONLY\s+)?([a-z_.\"]+)",
    re.IGNORECASE,
)
_COPY = re.compile(r"\bCOPY\s+([a-z_.]+)\s*(?:\([^)]*\))?\s*FROM\b", re.IGNORECASE)
_TEMPORARY = re.compile(
    r"\bCREATE\s+TEMP(?:ORARY)?\s+TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)", re.IGNORECASE
)
# Personal data stand in a schema of their own, with rights of their own; one room keeps them.
_ALSO_WRITTEN = {"verify": "claims"}
_LITERAL = re.compile(r"'(?:[^']|'')*'")
# Only the register's own queries may call what moves its head.
_HEAD = re.compile(r"\bregister\.(?:lock_head|advance_head)\b")
# (room, beginning of a query's name) → why it may write across.
_MAY_WRITE_ACROSS = {
    ("bench", "fill_"): "a benchmark's own register, full before the clock starts",
    ("bench", "watch_"): "the same, as the fold over uploads would have left it",
}
# Two parameters in a sum: each is sent as small as it is, and so is their sum, which then breaks
# at 32,767 and at 2,147,483,647. One of them has to say that it is a bigint.
_SUM_OF_PARAMETERS = re.compile(r"%\(\w+\)s\s*[-+*]\s*%\(\w+\)s")
# How SQL begins when somebody writes it into a string.
_SQL = re.compile(
    r"^\s*(?:SELECT\s+\S|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|WITH\s+\w+\s+AS|COPY\s+\S"
    r"|(?:CREATE|ALTER|DROP)\s+(?:TABLE|SCHEMA|ROLE|DATABASE|TYPE|INDEX|VIEW|FUNCTION)"
    r"|TRUNCATE\s|GRANT\s|REVOKE\s)"
)


def written(statement: str) -> set[str]:
    """Give the tables and schemas that a statement writes to."""
    plain = _LITERAL.sub("''", statement)
    return {match[1] for match in (*_WRITE.finditer(plain), *_COPY.finditer(plain))}


def test_written_finds_every_kind_of_write() -> None:
    statement = """
    WITH gone AS (DELETE FROM a.one RETURNING *), more AS (
        INSERT INTO b.two SELECT * FROM gone ON CONFLICT (x) DO UPDATE SET y = 1)
    UPDATE c.three SET z = 'INSERT INTO d.four' FROM e.five FOR UPDATE;
    COPY f.six (a, b) FROM STDIN; COPY g.seven TO STDOUT; TRUNCATE h.eight
    """

    assert written(statement) == {"a.one", "b.two", "c.three", "f.six", "h.eight"}


def test_no_two_parameters_are_added_without_a_type() -> None:
    assert _SUM_OF_PARAMETERS.search("position < %(first)s + %(limit)s")
    found = [
        f"{name} {query}: {match[0]}"
        for _room, name, text in query_files()
        for query, statement in parse(text, origin=name).items()
        for match in _SUM_OF_PARAMETERS.finditer(statement)
    ]

    assert found == []


def test_a_room_writes_only_to_its_own_schema() -> None:
    across = []
    for room, name, text in query_files():
        temporary = set(_TEMPORARY.findall(text))
        for query, statement in parse(text, origin=name).items():
            across += [
                f"{name} {query}: {target}"
                for target in written(statement)
                if target.split(".")[0] not in (room, _ALSO_WRITTEN.get(room))
                and target not in temporary
                if (room, query[: query.find("_") + 1]) not in _MAY_WRITE_ACROSS
            ]
            if _HEAD.search(statement) and room != "register":
                across.append(f"{name} {query}: the register's head")

    assert across == []


def named_queries(room: str) -> re.Pattern[str]:
    """Give what a room's code names: `.list_films`, "list_films", f"list_{kind}"."""
    patterns = {"-"}
    folder = "cli/bench" if room == "bench" else room
    for module in modules(f"ekino/{folder}"):
        for node in ast.walk(module.tree):
            match node:
                case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                    patterns.add(re.escape(name))
                case ast.JoinedStr(values=parts):
                    patterns.add(
                        "".join(
                            re.escape(str(part.value))
                            if isinstance(part, ast.Constant)
                            else "[a-z_]+"
                            for part in parts
                        )
                    )
    return re.compile("|".join(patterns))


def test_every_query_is_used_in_its_own_room() -> None:
    unused = [
        f"{name} {query}"
        for room, name, text in query_files()
        for query in parse(text, origin=name)
        if not named_queries(room).fullmatch(query)
    ]

    assert unused == []


def test_only_stores_load_queries() -> None:
    elsewhere = [
        module.name
        for module in modules()
        if "load_queries(" in module.text
        and module.room != "db"
        and "store" not in module.path.with_suffix("").parts[-2:]
    ]

    assert elsewhere == []


def test_no_sql_stands_in_a_string() -> None:
    found = [
        f"{module.name}:{line} {text.strip()[:40]}"
        for module in modules("ekino")
        for line, text in strings(module.tree)
        if _SQL.match(text)
    ]

    assert found == []
