"""Which format a file is of, by its first element or by its first line; nothing is parsed yet."""

import re
from collections.abc import Callable

# Declarations, comments and a DTD before the root; what is in a DTD is the reader's to refuse.
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*)")
_SKIPPED = (("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE", ">"))
_ICAA_HEADER = re.compile(
    r"0.{3}(?:FL|AT|[0-9]{2})[0-9]{39}[0-9]{8}\.[0-9]{2}\s*$", re.ASCII
)
_ICAA_INCIDENTS_HEADER = re.compile(r"0.{3}[0-9]{12}\s*$", re.ASCII)
_LTA_COLUMNS = 518
_LTA_STATE = re.compile(r"[VZMADFB][TD]", re.ASCII)


def root_of(text: str) -> str:
    """Give the name of a document's first element; "" for what is no XML."""
    rest = text.lstrip("\ufeff \t\r\n")
    while rest.startswith("<"):
        skipped = next((pair for pair in _SKIPPED if rest.startswith(pair[0])), None)
        if skipped is None:
            found = _ROOT.match(rest)
            return found[1] if found else ""
        end = skipped[1]
        if skipped[0] == "<!DOCTYPE" and "[" in rest.partition(">")[0]:
            end = "]>"
        rest = rest.partition(end)[2].lstrip()
    return ""


def has_root(*names: str) -> Callable[[bytes, str], bool]:
    """Make the question whether a file's first element has one of these names."""
    return lambda _content, text: root_of(text) in names


def is_icaa(_content: bytes, text: str) -> bool:
    """Say whether a file begins with the header of an ICAA file."""
    return _ICAA_HEADER.match(text.partition("\n")[0].rstrip("\r")) is not None


def is_icaa_incidents(_content: bytes, text: str) -> bool:
    """Say whether a file begins with the header of an ICAA file of incidents, and halls follow."""
    head, _, rest = text.partition("\n")
    is_header = _ICAA_INCIDENTS_HEADER.match(head.rstrip("\r")) is not None
    return is_header and (not rest.strip() or rest.startswith("1"))


def is_lta_fixed(_content: bytes, text: str) -> bool:
    """Say whether a file's first line is a title in 518 columns."""
    line = text.partition("\n")[0].rstrip("\r")
    return (
        _LTA_COLUMNS - len("YYYYMMDDHHMMSS") <= len(line) <= _LTA_COLUMNS
        and _LTA_STATE.fullmatch(line[502:504]) is not None
    )
