"""Facts as JSON: how a connector's news are kept until every name in them is mapped."""

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


class _Document(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
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


_DECODER = msgspec.json.Decoder(_Document)


def is_facts(content: bytes, _text: str = "") -> bool:
    """Say whether a file begins as such a document does."""
    return content.startswith(b'{"ekino_facts":')


def serialise(facts: Facts, *, name: str) -> bytes:
    """Write facts down; what is no event of a ticket (`unmapped`, `counts`) is not among them."""
    return msgspec.json.encode(
        _Document(
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


def read(content: bytes, *, currency: str = "", timezone: str = "") -> Facts:
    """Read what `serialise` wrote, which names its currency; `Malformed` for anything else."""
    del currency, timezone
    verify_size(content)
    try:
        found = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(
            "", "facts_malformed", f"this is no document of facts: {error}",
            "Such documents are written by connectors; hand in another format.",
        ) from error  # fmt: skip
    if found.ekino_facts != VERSION:
        raise malformed(
            "", "facts_version_unknown", f"facts of version {found.ekino_facts} are not read",
            f"This e-Kino reads version {VERSION}.",
        )  # fmt: skip
    facts = Facts(
        format=found.format,
        version=found.version,
        currency=found.currency,
        is_current=True,
    )
    facts.showings.extend(found.showings)
    facts.sales.extend(found.sales)
    facts.corrections.extend(found.corrections)
    facts.reversals.extend(found.reversals)
    facts.admissions.extend(found.admissions)
    return facts
