"""Facts as JSON: how a connector's news are kept until every name in them is mapped."""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec
from msgspec import Struct

from ekino.ingest.formats.facts import (
    Admission,
    Correction,
    Facts,
    Reversal,
    Sale,
    Showing,
    malformed,
    verify_size,
)

FORMAT = "facts"
VERSION = 1
# What a connector names as currency and zone: the document says itself.
OF_DOCUMENT = "document"


class Document(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What is written down: docs/reference/formats/facts.md."""

    # Says what this is to whoever finds it in a folder.
    ekino_facts: int
    # Whose news, and which: no two have the same, so that no two documents are the same bytes.
    name: str
    format: str
    version: str = ""
    currency: str
    showings: list[Showing] = []
    sales: list[Sale] = []
    corrections: list[Correction] = []
    reversals: list[Reversal] = []
    admissions: list[Admission] = []


_START = re.compile(r'\ufeff?\s*\{\s*"ekino_facts"\s*:')
_DECODER = msgspec.json.Decoder(Document)


def is_facts(_content: bytes, text: str) -> bool:
    """Say whether a file begins as such a document does."""
    return _START.match(text) is not None


def serialise(facts: Facts, *, name: str) -> bytes:
    """Write facts down; what is no event of a ticket (`unmapped`, `counts`) is not among them."""
    return msgspec.json.encode(
        Document(
            ekino_facts=VERSION,
            name=name,
            format=facts.format,
            version=facts.version,
            currency=facts.currency,
            showings=facts.showings,
            sales=facts.sales,
            corrections=facts.corrections,
            reversals=facts.reversals,
            admissions=facts.admissions,
        )
    )


def _moments(found: Document) -> Iterator[tuple[str, datetime]]:
    yield from ((each.place, each.starts_at) for each in found.showings)
    yield from ((each.place, each.sold_at) for each in found.sales)
    for group in (found.corrections, found.reversals, found.admissions):
        yield from ((each.place, each.at) for each in group)


def read(content: bytes, *, currency: str = "", timezone: str = "") -> Facts:
    """
    Read such a document, which names its currency; `Malformed` for anything else.

    Only a connector asks with `timezone` OF_DOCUMENT: it has just read the other system, and what
    it says of a showing is how that is now. A file of the same form may be older.
    """
    del currency
    verify_size(content)
    try:
        found = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(
            "", "facts_malformed", f"this is no document of facts: {error}",
            "Write it as docs/reference/formats/facts.md has it, or hand in another format.",
        ) from error  # fmt: skip
    if found.ekino_facts != VERSION:
        raise malformed(
            "", "facts_version_unknown", f"facts of version {found.ekino_facts} are not read",
            f"This e-Kino reads version {VERSION}.",
        )  # fmt: skip
    for place, moment in _moments(found):
        if moment.tzinfo is None:
            raise malformed(
                place, "facts_malformed", f"{moment.isoformat()} has no zone",
                "Write every moment with its offset, as docs/reference/formats/facts.md has it.",
            )  # fmt: skip
    facts = Facts(
        format=found.format,
        version=found.version,
        currency=found.currency,
        is_current=timezone == OF_DOCUMENT,
    )
    facts.showings.extend(found.showings)
    facts.sales.extend(found.sales)
    facts.corrections.extend(found.corrections)
    facts.reversals.extend(found.reversals)
    facts.admissions.extend(found.admissions)
    return facts
