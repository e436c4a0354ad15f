"""SIAE's documents laid beside one another: which of the six questions can be asked of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ekino.ingest.formats.siae import checks, log, lta, lta_fixed, rca, summaries

_PARSERS: Mapping[str, Callable[[bytes], Sequence[Any]]] = MappingProxyType(
    {
        "siae_log": lambda raw: (log.parse(raw),),
        "siae_lta": lambda raw: (lta.parse(raw),),
        "siae_lta_fixed": lambda raw: lta_fixed.documents(lta_fixed.parse(raw)),
        "siae_rca": lambda raw: (rca.parse(raw),),
        "siae_summary": lambda raw: (summaries.parse(raw),),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing documents gave."""

    # Numbers of the questions for which both parties were there.
    asked: tuple[int, ...]
    found: list[checks.Discrepancy] = field(default_factory=list)


def compare(files: Iterable[tuple[str, bytes]]) -> Compared:
    """
    Ask what can be asked of files, each under the name of its format; others are left aside.

    A question is asked when both documents that it compares are there: a LOG without its LTA
    does not make every title missing. Raises `Malformed` as the readers do.
    """
    by_kind: dict[str, list[Any]] = {}
    for name, raw in files:
        if name in _PARSERS:
            by_kind.setdefault(name, []).extend(_PARSERS[name](raw))
    logs = by_kind.get("siae_log", [])
    lists = [*by_kind.get("siae_lta", []), *by_kind.get("siae_lta_fixed", [])]
    access, sums = by_kind.get("siae_rca", []), by_kind.get("siae_summary", [])
    asked = (
        *((1, 2, 3) if logs and lists else ()),
        *((4,) if lists and access else ()),
        *((5,) if logs and sums else ()),
        *((6,) if logs or lists else ()),
    )
    every = checks.check_all(logs=logs, lists=lists, access=access, summaries_=sums)
    return Compared(asked=asked, found=[each for each in every if each.check in asked])
