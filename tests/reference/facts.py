"""docs/reference/formats/facts.md: the fields of a document of facts, from the code that reads it."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ekino.ingest.formats import facts_json
from ekino.ingest.formats.facts import (
    Admission,
    Correction,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    Showing,
)
from ekino.intake.service.judging import FACTS_MAX
from reference.markdown import code, number, page, table
from source_tree import ROOT

EXAMPLE = ROOT / "tests/vectors/formats/facts.json"
_MONEY = "whole minor units"
_MOMENT = "a moment with its offset, RFC 3339"
_PLACE = "where it stands in your system, as findings will name it"
_OF = {
    "place": _PLACE,
    "showing": "the `code` of its showing",
    "ticket": "the ticket's own name, always the same; at most 64 characters",
    "fee_minor": f"fee on top of the price, {_MONEY}",
    "discount_minor": f"what was taken off, {_MONEY}",
    "section": "section of the hall",
    "row": "row",
    "seat": "seat; empty for standing room",
    "concession": "why the price was lower",
}
WORDS: Mapping[type, Mapping[str, str]] = {
    Showing: {
        "place": _PLACE,
        "code": "the showing's own name, always the same",
        "venue": "your name of the venue, to be mapped",
        "hall": "your name of the hall, to be mapped",
        "starts_at": _MOMENT,
        "film": "what is shown, see FilmName",
        "capacity": "places on sale, standing room included",
        "prices": f"ticket class → price, {_MONEY}",
    },
    FilmName: {
        "certificate": "number of the certificate",
        "title": "title",
        "language": "language as you name it",
        "format": "`2D`, `IMAX`",
        "distributor": "distributor or promoter",
    },
    Sale: {
        **_OF,
        "sold_at": _MOMENT,
        "price_minor": f"what was paid without the fee, {_MONEY}; 0 is a free ticket",
        "currency": "that of the document",
        "sales_channel": "`box_office`, `web`, `app`, `kiosk` or `agent`",
        "payment": "`cash`, `card`, `transfer`, `voucher`, `mobile` or `other`",
        "season_ticket": "number of the season ticket it was given for",
        "is_synthetic": "true where it was spread from a sum over tickets",
    },
    Correction: {
        **_OF,
        "at": _MOMENT,
        "price_minor": f"what the ticket costs now, {_MONEY}",
        "reason": "why",
    },
    Reversal: {
        **{name: _OF[name] for name in ("place", "showing", "ticket", "fee_minor")},
        "at": _MOMENT,
        "kind": " or ".join(code(each.value) for each in ReversalKind),
        "price_minor": f"what was given back, {_MONEY}; of a voided sale what it had cost",
        "reason": "why",
    },
    Admission: {
        **{name: _OF[name] for name in ("place", "showing", "ticket")},
        "at": _MOMENT,
        "gate": "where the viewer went in",
    },
}
_DOCUMENT = {
    "ekino_facts": f"version of the format, {facts_json.VERSION}",
    "name": "whose news and which; no two documents have the same",
    "format": "your system's name, as the list of files will show it",
    "version": "your system's version",
    "currency": "ISO 4217; that of the venues",
    "showings": "showings; every document brings those that it refers to",
    "sales": "tickets sold",
    "corrections": "sold tickets whose figures are others now",
    "reversals": "tickets given back or voided",
    "admissions": "viewers who went in",
}


def _rows(kind: type) -> Iterator[tuple[str, str, str]]:
    for each in dataclasses.fields(kind):
        is_optional = (
            each.default is not dataclasses.MISSING
            or each.default_factory is not dataclasses.MISSING
        )
        yield code(each.name), "" if is_optional else "yes", WORDS[kind][each.name]


def _document(kind: Any) -> Iterator[tuple[str, str, str]]:
    for each in msgspec.structs.fields(kind):
        yield code(each.name), "yes" if each.required else "", _DOCUMENT[each.name]


def facts() -> str:
    """Write the page of documents of facts."""
    head = ("Field", "Required", "Means")
    return page(
        "Documents of facts",
        "What a ticketing system tells, in JSON, in its own names: showings, tickets sold, changed,"
        " given back, let in.\n"
        "[Connectors](pretix.md) write it for themselves; whoever can write JSON and no"
        " [native lines](ndjson.md) may hand it in.\n"
        "Unlike native lines it needs none of our codes: venues, halls and films are mapped once, as"
        " for any foreign file.",
        "- One JSON object in UTF-8 whose first field is `ekino_facts`; an unknown field of the"
        " document, a missing one or a moment without offset is refused: `facts_malformed`.\n"
        "- Another version is refused: `facts_version_unknown`.\n"
        "- Documents are handed in in the order of what they tell: a ticket whose figures changed"
        " stands under `corrections`. A showing with another start or hall than before has moved"
        " when a connector says so, which has just read it; said by a file, which may be older, it"
        " is told (`showing_told_otherwise`), and stays.\n"
        "- The same ticket told again with the same figures is entered once.\n"
        f"- At most {number(FACTS_MAX)} facts.\n"
        "- No field names a person; do not write one into a text.",
        "## Example\n\n"
        "[This file](../../../tests/vectors/formats/facts.json) is read by the tests"
        " to [these facts](../../../tests/vectors/formats/known.json).\n\n"
        f"```json\n{EXAMPLE.read_text('utf-8').strip()}\n```",
        "## The document\n\n" + table(head, _document(facts_json.Document)),
        *(f"## {kind.__name__}\n\n" + table(head, _rows(kind)) for kind in WORDS),
    )
