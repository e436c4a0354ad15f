"""Where SIAE's documents name persons, told by their shapes, and the files without them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from ekino.ingest.formats.forgetting import forget_columns, forget_elements
from ekino.ingest.formats.shapes import Kind, parts_of
from ekino.ingest.formats.siae import log, lta

# The tax code of a pass's holder; name, date and place of birth. Source: wire formats, §3.3.
COLUMNS = ((193, 208), (371, 488))


@cache
def personal(root: Any) -> tuple[frozenset[str], frozenset[str]]:
    """Give the names of elements and of attributes that name a person, within a document."""
    found = {kind: {name for at, name in _personal(root) if at is kind} for kind in Kind}
    return frozenset(found[Kind.TEXT]), frozenset(found[Kind.ATTRIBUTE])


def _personal(shape: Any) -> Iterator[tuple[Kind, str]]:
    for part in parts_of(shape):
        if part.shape is not None:
            yield from _personal(part.shape)
        # How somebody was known (SPID, a code by phone) names nobody.
        elif part.is_personal and not (part.form and part.form.choices):
            yield part.kind, part.name


def forget_in_log(raw: bytes) -> bytes:
    """Give a LOG without its persons; b"" for one that cannot be read."""
    return forget_elements(raw, *personal(log.Document))


def forget_in_lta(raw: bytes) -> bytes:
    """Give an LTA without its persons; b"" for one that cannot be read."""
    return forget_elements(raw, *personal(lta.Document))


def forget_in_lta_fixed(raw: bytes) -> bytes:
    """Give an LTA in 518 columns without its persons."""
    return forget_columns(raw, COLUMNS)
