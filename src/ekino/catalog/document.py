"""The catalog document: what a file or a request says, read and checked row by row."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ekino.kernel.bounds import (
    AMOUNT_MINOR_MAX,
    CODE_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
)
from ekino.kernel.errors import Malformed, Problem, Refused
from ekino.kernel.identifiers import is_bin, is_eidr, is_isan
from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits

ROWS_MAX = 5_000
DOCUMENT_BYTES_MAX = 8 * 1024 * 1024
PROBLEMS_MAX = 100
# Years in which a showing may start; at the ends of the calendar UTC has years of its own.
YEAR_MIN = 1895
YEAR_MAX = 2199

Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARACTERS_MAX)]
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Names = Annotated[dict[Code, Text], Meta(min_length=1, max_length=20)]
Words = Annotated[list[Code], Meta(max_length=40)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MINOR_MAX)]
Instant = Annotated[datetime, Meta(tz=True)]


class _Row(Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Region(_Row):
    """A first-level unit of a country, by ISO 3166-2."""

    code: Annotated[str, Meta(pattern="^[A-Z]{2}-[A-Z0-9-]{1,58}$")]
    country: Country
    names: Names
    kato: Annotated[str, Meta(pattern="^[0-9]{9}$")] | None = None
    kind: Literal["region", "city"] = "region"


class Organisation(_Row):
    """An exhibitor, distributor, producer, right holder, vendor or promoter."""

    code: Code
    name: Text
    country: Country
    bin: str | None = None
    kinds: Words = []


class Venue(_Row):
    """A place at an address where tickets are sold for."""

    code: Code
    name: Text
    region: Code
    city: Text
    timezone: Code
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    kind: Literal["cinema", "concert_hall", "theatre", "open_air"] = "cinema"
    address: Text | None = None
    organisation: Code | None = None
    business_day_starts_hour: Annotated[int, Meta(ge=0, le=11)] = 6


class Hall(_Row):
    """A hall as it is from a date on."""

    venue: Code
    code: Code
    capacity: Count
    valid_from: date = date(2000, 1, 1)
    name: Text | None = None
    numbered: bool = True


class Film(_Row):
    """What is shown."""

    code: Code
    titles: Names
    original_language: Code | None = None
    countries: Annotated[list[Country], Meta(max_length=40)] = []
    genres: Words = []
    running_time_min: Annotated[int, Meta(ge=1, le=2_000)] | None = None
    age_mark: Code | None = None
    certificate: Code | None = None
    isan: str | None = None
    eidr: str | None = None
    # Codes of organisations.
    producers: Words = []


class Version(_Row):
    """A film as an audience hears it."""

    code: Code
    film: Code
    language: Code
    kind: Literal["original", "dubbed", "subtitled", "voice_over"] = "original"
    subtitle_language: Code | None = None


class Release(_Row):
    """A film let into the cinemas of a country."""

    film: Code
    country: Country
    release_date: date
    distributor: Code | None = None


class Showing(_Row):
    """One film version, one hall, one start."""

    venue: Code
    code: Code
    hall: Code
    version: Code
    starts_at: Instant
    format: Code = "2D"
    capacity: Count | None = None
    prices: Annotated[dict[Code, Amount], Meta(max_length=40)] = {}
    state: Literal["announced", "cancelled"] = "announced"


class Document(Struct, forbid_unknown_fields=True, frozen=True):
    """Everything a document may hold, in the order in which it is entered."""

    regions: Annotated[list[Region], Meta(max_length=ROWS_MAX)] = []
    organisations: Annotated[list[Organisation], Meta(max_length=ROWS_MAX)] = []
    venues: Annotated[list[Venue], Meta(max_length=ROWS_MAX)] = []
    halls: Annotated[list[Hall], Meta(max_length=ROWS_MAX)] = []
    films: Annotated[list[Film], Meta(max_length=ROWS_MAX)] = []
    versions: Annotated[list[Version], Meta(max_length=ROWS_MAX)] = []
    releases: Annotated[list[Release], Meta(max_length=ROWS_MAX)] = []
    showings: Annotated[list[Showing], Meta(max_length=ROWS_MAX)] = []


KINDS = Document.__struct_fields__
ROW_KINDS: dict[str, type[_Row]] = {
    "regions": Region,
    "organisations": Organisation,
    "venues": Venue,
    "halls": Hall,
    "films": Film,
    "versions": Version,
    "releases": Release,
    "showings": Showing,
}
_DECODER = msgspec.json.Decoder(Document)


def read_document(body: bytes) -> Document:
    """
    Read a JSON document and check each row's own rules.

    Raises `Malformed` for what cannot be read, naming the place, and `Refused` with one
    problem a row for a wrong check digit, zone or currency.
    """
    if len(body) > DOCUMENT_BYTES_MAX:
        detail = f"a document has at most {DOCUMENT_BYTES_MAX} bytes, this has {len(body)}"
        raise Malformed(detail, code="document_too_large")
    try:
        document = _DECODER.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        detail, _, path = str(error).partition(" - at `")
        pointer = path.rstrip("`").removeprefix("$").replace("[", "/").replace("]", "")
        problem = Problem(
            pointer=pointer.replace(".", "/"),
            code="document_is_malformed",
            detail=detail,
            fix="Correct the named place as docs/reference/catalog.md describes it.",
        )
        raise Malformed(
            f"the document cannot be read: {error}",
            problems=[problem],
            code="document_is_malformed",
        ) from error
    verify_rows(document)
    return document


def verify_rows(document: Document) -> None:
    """Raise `Refused` with every row that breaks a rule of its own."""
    problems: list[Problem] = []
    for kind in KINDS:
        for index, row in enumerate(getattr(document, kind)):
            for name, text in _texts(row):
                if not text.isprintable():
                    detail = f"{text!r} holds a character that cannot be printed."
                    problems.append(
                        _problem(
                            kind, index, name, ("text_not_printable", detail, "Remove it.")
                        )
                    )
            problems.extend(_row_problems(kind, index, row))
    if problems:
        detail = f"{len(problems)} rows break a rule; the first: {problems[0].detail}"
        raise Refused(detail, problems=problems[:PROBLEMS_MAX], code="document_refused")


def _texts(row: Struct) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, str):
            found.append((name, value))
        elif isinstance(value, list):
            found.extend((name, each) for each in value)
        elif isinstance(value, dict):
            found.extend((name, each) for each in value)
            found.extend((name, each) for each in value.values() if isinstance(each, str))
    return found


def _problem(kind: str, index: int, field: str, words: tuple[str, str, str]) -> Problem:
    """Put a problem in its place; `words` are its code, its detail and its fix."""
    code, detail, fix = words
    return Problem(pointer=f"/{kind}/{index}/{field}", code=code, detail=detail, fix=fix)


_CHECKED: dict[str, tuple[str, Callable[[str], bool], str]] = {
    "bin": ("bin_malformed", is_bin, "a BIN or IIN with a right check digit"),
    "isan": ("isan_malformed", is_isan, "an ISAN with its check characters"),
    "eidr": ("eidr_malformed", is_eidr, "an EIDR with its check character"),
}


def _row_problems(kind: str, index: int, row: Struct) -> list[Problem]:
    problems: list[Problem] = []
    for name, (code, test, what) in _CHECKED.items():
        value = getattr(row, name, None)
        if value is not None and not test(value):
            words = (code, f"{value!r} is not {what}.", "Correct it, or leave it out.")
            problems.append(_problem(kind, index, name, words))
    if isinstance(row, Region) and not row.code.startswith(row.country + "-"):
        detail = f"{row.code!r} does not begin with {row.country}-."
        words = ("region_of_another_country", detail, "Use the ISO 3166-2 code.")
        problems.append(_problem(kind, index, "code", words))
    if isinstance(row, Venue):
        for name, test_of in (("timezone", zone), ("currency", minor_digits)):
            try:
                test_of(getattr(row, name))
            except Refused as error:
                words = (error.code, f"{error.detail}.", "Correct it.")
                problems.append(_problem(kind, index, name, words))
    if isinstance(row, Version) and row.kind == "subtitled" and not row.subtitle_language:
        detail = "A subtitled version names the language of its subtitles."
        words = ("subtitles_not_named", detail, "Add subtitle_language.")
        problems.append(_problem(kind, index, "subtitle_language", words))
    if isinstance(row, Showing) and not YEAR_MIN <= row.starts_at.year <= YEAR_MAX:
        detail = (
            f"{row.starts_at.isoformat()} is not in the years {YEAR_MIN} to {YEAR_MAX}."
        )
        words = ("starts_at_out_of_bounds", detail, "Correct the year.")
        problems.append(_problem(kind, index, "starts_at", words))
    return problems


def read_csv(text: str, kind: str) -> Document:
    """
    Read a table of one kind of row: the header names fields, lists are separated by `;`.

    A field of a table of names is written with a point: `titles.kk`, `names.ru`. Raises
    `Refused` with every row that cannot be read, by its line.
    """
    row_type = ROW_KINDS.get(kind)
    if row_type is None:
        detail = f"there is no kind {kind!r}; kinds are {', '.join(KINDS)}"
        raise Refused(detail, code="kind_unknown")
    rows: list[Any] = []
    problems: list[Problem] = []
    reader = csv.DictReader(io.StringIO(text), strict=True)
    for row in reader:
        try:
            rows.append(msgspec.convert(_from_csv(row), row_type, strict=False))
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(
                Problem(
                    pointer=f"line {reader.line_num}",
                    code="row_is_malformed",
                    detail=str(error),
                    fix="Correct the row as docs/reference/catalog.md describes it.",
                )
            )
    if problems:
        detail = f"{len(problems)} rows cannot be read; the first: {problems[0].detail}"
        raise Refused(detail, problems=problems[:PROBLEMS_MAX], code="document_refused")
    document = Document(**{kind: rows})
    verify_rows(document)
    return document


_LISTS = ("kinds", "countries", "genres", "producers")


def _from_csv(row: dict[str | Any, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in row.items():
        if name is None or text is None:
            message = "the row has more or fewer fields than the header"
            raise ValueError(message)
        if text == "":
            continue
        head, _, tail = name.partition(".")
        if tail:
            values.setdefault(head, {})[tail] = text
        elif name in _LISTS:
            values[name] = [part.strip() for part in text.split(";")]
        else:
            values[name] = text
    return values


def to_rows(structs: Sequence[Struct]) -> list[dict[str, Any]]:
    """Give rows as plain values for SQL: dates and instants as text."""
    return [msgspec.to_builtins(row) for row in structs]
