"""Every format that a file may be in: its name, how it is known by its content, its reader."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ekino.ingest.formats import (
    comscore,
    eais,
    facts_json,
    film_days,
    icaa,
    listing,
    native_ndjson,
    sessions_csv,
    sheet,
    weeks,
)
from ekino.ingest.formats.facts import Facts, malformed
from ekino.ingest.formats.grid import is_workbook
from ekino.ingest.formats.icaa import incidents
from ekino.ingest.formats.roots import (
    has_root,
    is_icaa,
    is_icaa_incidents,
    is_lta_fixed,
)
from ekino.ingest.formats.siae import (
    log_mapping,
    lta_mapping,
    mapping,
    persons,
    totals_mapping,
)
from ekino.ingest.formats.unpacking import beginning, unpack
from ekino.ingest.formats.workbook_bounds import HEAD_ROWS_MAX
from ekino.kernel.errors import Malformed

# What is looked at to tell one format from another.
HEAD_BYTES_MAX = 16_384
_MARKS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: `recognise` is given a file's first bytes and, where it is text, its beginning."""

    name: str
    # `read(content, currency=…, timezone=…)`; None: lines of native events.
    read: Callable[..., Facts] | None
    recognise: Callable[[bytes, str], bool]
    # What a file of it ends in, for the page that asks which it is.
    suffixes: tuple[str, ...]
    # Gives a file without what names a person, b"" where it cannot; None: it names nobody.
    forget: Callable[[bytes], bytes] | None = None
    # The one currency that its amounts can be in; "" where files say it or anything will do.
    currency: str = ""


def _is_sheet(content: bytes, text: str) -> bool:
    if is_workbook(content):
        return True
    lines = text.splitlines()[:HEAD_ROWS_MAX]
    return any(
        sheet.count_heads(line.split(delimiter)) >= sheet.HEADS_MIN
        for line in lines
        for delimiter in (",", ";", "\t", "|")
    ) and not (_is_sessions(content, text) or _is_film_days(content, text))


def _heads(text: str) -> set[str]:
    first = text.partition("\n")[0].strip().removeprefix("\ufeff")
    return set(first.split(","))


def _is_sessions(_content: bytes, text: str) -> bool:
    return set(sessions_csv.COLUMNS) <= _heads(text)


def _is_weeks(_content: bytes, text: str) -> bool:
    return set(weeks.COLUMNS) <= _heads(text)


def _is_film_days(_content: bytes, text: str) -> bool:
    return film_days.is_film_days(_heads(text))


def _is_listing(_content: bytes, text: str) -> bool:
    start = text.lstrip()
    return start.startswith("{") and '"cinema_id"' in start and '"data"' in start


def _is_ndjson(content: bytes, text: str) -> bool:
    start = text.lstrip("\ufeff \r\n")
    is_line = start.startswith("{") and '"kind"' in start.partition("\n")[0]
    return is_line and not facts_json.is_facts(content, text)


# A new format is one line here.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format(
                name=native_ndjson.NAME,
                read=None,
                recognise=_is_ndjson,
                suffixes=("ndjson", "jsonl"),
            ),
            Format(
                name=sheet.NAME,
                read=sheet.read,
                recognise=_is_sheet,
                suffixes=("csv", "xlsx"),
            ),
            Format(
                name=sessions_csv.NAME,
                read=sessions_csv.read,
                recognise=_is_sessions,
                suffixes=("csv", "csv.gz"),
            ),
            Format(
                name=weeks.NAME, read=weeks.read, recognise=_is_weeks, suffixes=("csv",)
            ),
            Format(
                name=film_days.NAME,
                read=film_days.read,
                recognise=_is_film_days,
                suffixes=("csv", "csv.gz"),
            ),
            Format(
                name=listing.NAME,
                read=listing.read,
                recognise=_is_listing,
                suffixes=("json",),
            ),
            Format(
                name="eais", read=eais.read, recognise=has_root("seans"), suffixes=("xml",)
            ),
            Format(
                name="icaa",
                read=icaa.read,
                recognise=is_icaa,
                suffixes=("txt",),
                currency=icaa.CURRENCY,
            ),
            Format(
                name=incidents.NAME,
                read=incidents.read,
                recognise=is_icaa_incidents,
                suffixes=("txt",),
            ),
            Format(
                name="siae_log",
                currency=mapping.CURRENCY,
                read=log_mapping.read,
                recognise=has_root("LogTransazione"),
                suffixes=("xml", "xsi"),
                forget=persons.forget_in_log,
            ),
            Format(
                name="siae_lta",
                currency=mapping.CURRENCY,
                read=lta_mapping.read,
                recognise=has_root("LTA_Giornaliera"),
                suffixes=("xml", "xsi"),
                forget=persons.forget_in_lta,
            ),
            Format(
                name="siae_lta_fixed",
                currency=mapping.CURRENCY,
                read=lta_mapping.read_fixed,
                recognise=is_lta_fixed,
                suffixes=("txt",),
                forget=persons.forget_in_lta_fixed,
            ),
            Format(
                name="siae_summary",
                currency=mapping.CURRENCY,
                read=totals_mapping.read_summary,
                recognise=has_root("RiepilogoGiornaliero", "RiepilogoMensile"),
                suffixes=("xsi",),
            ),
            Format(
                name="siae_rca",
                currency=mapping.CURRENCY,
                read=totals_mapping.read_rca,
                recognise=has_root("RiepilogoControlloAccessi"),
                suffixes=("xsi",),
            ),
            Format(
                name="nightly",
                read=comscore.read,
                recognise=has_root("nightly"),
                suffixes=("xml",),
            ),
            Format(
                name=facts_json.FORMAT,
                read=facts_json.read,
                recognise=facts_json.is_facts,
                suffixes=("json",),
            ),
        )
    }
)


def choose(content: bytes, name: str = "") -> Format:
    """
    Give the format that a file is in: the one named, or the one it is known as.

    Raises `Malformed` with `format_unknown` when there is none of the name or none fits, and
    `format_ambiguous` when several do.
    """
    if name:
        if (found := FORMATS.get(name)) is None:
            detail = f"there is no format {name!r}"
            fix = f"Formats are {', '.join(FORMATS)}."
            raise malformed("", "format_unknown", detail, fix)
        return found
    start = content[:HEAD_BYTES_MAX]
    if start.startswith(b"\x1f\x8b"):
        start = unpack(content)[:HEAD_BYTES_MAX]
    text = _beginning(start)
    fitting = [each for each in FORMATS.values() if each.recognise(start, text)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(each.name for each in fitting)
    code = "format_ambiguous" if fitting else "format_unknown"
    detail = f"the file may be {names}" if fitting else "the file is in no format we know"
    raise malformed("", code, detail, f"Name the format: {', '.join(FORMATS)}.")


def to_keep(content: bytes, name: str = "") -> bytes:
    """
    Give a file as it may be kept: without what names a person.

    Gives b"" for a file in no format that we know, because nobody can say whom it names, and
    for one that may be in a format that names persons and cannot be read to its end.
    """
    try:
        chosen = choose(content, name)
        if name and chosen.forget is None:
            # A wrong name takes nobody's names in: what the file looks like has a word too.
            _verify_names_nobody(content)
        return content if chosen.forget is None else chosen.forget(unpack(content))
    except Malformed:
        return b""


def _verify_names_nobody(content: bytes) -> None:
    start = beginning(content, HEAD_BYTES_MAX)
    text = _beginning(start)
    if any(each.forget and each.recognise(start, text) for each in FORMATS.values()):
        detail = "the file looks like a format whose rows name persons"
        raise malformed("", "format_ambiguous", detail, "Name the format that it is in.")


def _beginning(start: bytes) -> str:
    """Give the beginning as text by any encoding that is read; "" where it is none."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", "replace")
    if b"\0" in start:
        is_little = start[1::2].count(b"\0") >= start[::2].count(b"\0")
        return start.decode("utf-16-le" if is_little else "utf-16-be", "replace")
    plain = start.decode("utf-8", "replace")
    # The cut may part a character: two or three marks at the end are no other encoding.
    if plain.count("\N{REPLACEMENT CHARACTER}") <= _MARKS_MAX:
        return plain.removeprefix("\ufeff")
    return start.decode("cp1251", "replace")
