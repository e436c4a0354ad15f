"""Codes of SIAE's documents: forms of values, states of a title, names of errors, file names."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ekino.ingest.formats.facts import malformed
from ekino.ingest.formats.forms import choice_form, code_form

YES_NO = choice_form("S", "N")
CODE = code_form(r"[0-9A-Za-z ./_-]{0,32}", "code of at most 32 letters and digits")
SYSTEM = code_form(r"[0-9A-Za-z]{8}", "code of 8 letters and digits")
CARD = code_form(r"[0-9A-Za-z]{8}", "code of 8 letters and digits")
SEAL = code_form(r"[0-9A-Fa-f]{16}", "16 hexadecimal digits")
VENUE = code_form(r"[0-9]{13}", "13 digits")
PASS_CODE = code_form(r"[0-9A-Za-z]{1,8}", "code of at most 8 letters and digits")


class Entry(StrEnum):
    """What became of a title at the door."""

    NOT_ENTERED = "not_entered"
    AUTOMATIC = "automatic"
    MANUAL = "manual"
    ANNULLED = "annulled"
    BANNED = "banned"
    STOLEN = "stolen"
    BLACKLISTED = "blacklisted"


# The first letter of a state; the second is T (traditional, paper) or D (digital).
# Source: wire formats, §3.2.
_ENTRIES = {
    "V": Entry.NOT_ENTERED,
    "Z": Entry.AUTOMATIC,
    "M": Entry.MANUAL,
    "A": Entry.ANNULLED,
    "D": Entry.BANNED,
    "F": Entry.STOLEN,
    "B": Entry.BLACKLISTED,
}
ENTRY_CODES = tuple(f"{entry}{support}" for entry in _ENTRIES for support in "TD")
ENTERED = frozenset({Entry.AUTOMATIC, Entry.MANUAL})


def entry_of(code: str) -> Entry:
    """Give what a state of two letters says of the entry."""
    return _ENTRIES[code[0]]


# Why a title was annulled. Source: wire formats, §3.1.
ANNULMENT_REASONS = {
    "001": "compilation error",
    "002": "print not valid",
    "003": "incomplete",
    "004": "asked by the client",
    "005": "service reasons",
}
# The sale never stood; with any other reason the money was given back.
NEVER_STOOD = frozenset({"001", "002", "003"})

# The supports that a title may be on. Source: wire formats, §3.2. `BT` is a state as well.
SUPPORTS = {
    "BT": "paper",
    "CE": "phone",
    "CC": "credit card",
    "CI": "identity card",
    "DD": "digital document",
    "FI": "loyalty card",
    "TC": "card TC",
    "TF": "card TF",
    "TS": "card TS",
}

# SIAE's own answers, with which it takes or refuses a file. Source: wire formats, §3.6.
ANSWERS = {
    "0000": "processed",
    "0100": "already processed (warning)",
    "0600": "wrong file name",
    "0601": "wrong subject",
    "0603": "dates in subject, name and content differ",
    "2101": "unknown event type",
    "2108": "author not allowed",
    "2110": "performer missing",
    "2111": "performer not allowed",
    "2112": "film nationality not ISO 3166",
    "2114": "nationality not allowed",
    "2606": "name of the licensee differs from the card (warning)",
    "3111": "licensee unknown",
    "3203": "venue code unknown",
    "3706": "prefix or length of the subject",
    "40601": "format not readable",
    "40603": "encoding",
    "40604": "signature invalid",
    "40605": "not readable",
    "42605": "XML validation failed",
    "9999": "rejected",
}
# Our refusals → the answer that SIAE would give, for those who know its numbers.
_OF_OURS = {
    "file_name_wrong": "0600",
    "file_name_differs": "0603",
    "encoding_wrong": "40603",
    "file_empty": "40605",
    "file_too_large": "40605",
    "file_truncated": "40601",
    "xml_not_well_formed": "40601",
    "xml_has_entities": "40601",
    "xml_has_own_dtd": "40601",
    "xml_too_deep": "40601",
    "xml_too_large": "40601",
    "root_wrong": "42605",
    "element_missing": "42605",
    "element_unexpected": "42605",
    "element_out_of_order": "42605",
    "element_given_twice": "42605",
    "attribute_missing": "42605",
    "attribute_unknown": "42605",
    "text_unexpected": "42605",
    "value_wrong": "42605",
}


def answer_of(code: str) -> str:
    """Give SIAE's number for one of our refusals; `9999` where it has none of its own."""
    return _OF_OURS.get(code, "9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileName:
    """What the name of a file says: RMG_YYYYMMDD_SSSSSSSS_NNN.xsi, perhaps signed."""

    # RMG, RPM or RCA; LOG and LTA too, which follow the same pattern where they are sent.
    document: str
    # YYYYMMDD, and YYYYMM for a month.
    day: str
    system: str
    number: int
    is_signed: bool = False

    @property
    def text(self) -> str:
        """The name."""
        end = ".p7m" if self.is_signed else ""
        return f"{self.document}_{self.day}_{self.system}_{self.number:03d}.xsi{end}"


_FILE_NAME = re.compile(
    r"(?:(LOG|LTA|RMG|RCA)_([0-9]{8})|(RPM)_([0-9]{6}))_([0-9A-Z]{8})_([0-9]{3})\.xsi(\.p7m)?",
    re.ASCII,
)


def read_file_name(name: str) -> FileName:
    """Read a file's name; `Malformed` (file_name_wrong) for one of another form."""
    found = _FILE_NAME.fullmatch(name)
    if found is None:
        raise malformed(
            "file name",
            "file_name_wrong",
            f"{name[:64]!r} is not such a name as RMG_20260301_P0001091_001.xsi",
            "Name the file by document, date (month for RPM), system and number.",
        )
    daily, day, monthly, month, system, number, signed = found.groups()
    return FileName(
        document=daily or monthly,
        day=day or month,
        system=system,
        number=int(number),
        is_signed=signed is not None,
    )


def verify_file_name(name: str, expected: FileName) -> FileName:
    """
    Compare a name with what stands in the document; SIAE's rule is that they agree.

    Raises `Malformed`: file_name_wrong, file_name_differs. Whether it is signed is not compared.
    """
    said = read_file_name(name)
    for words, ours, theirs in (
        ("document", said.document, expected.document),
        ("date", said.day, expected.day),
        ("system", said.system, expected.system),
        ("number", said.number, expected.number),
    ):
        if ours != theirs:
            raise malformed(
                "file name",
                "file_name_differs",
                f"the name says {words} {ours}, and the document {theirs}",
                f"Name it {expected.text}.",
            )
    return said
