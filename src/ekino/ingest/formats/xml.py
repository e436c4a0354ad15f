"""
XML of strangers, read without trusting it: no entity, no network, bounded depth and size.

A document may name its DTD by a system identifier, as SIAE's do; the name is told and nothing is
fetched. A subset of its own, a declared or undeclared entity, another encoding than UTF-8, a tree
too deep or too large: each is refused by name, before anything is expanded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ekino.ingest.formats.facts import malformed, verify_size
from ekino.kernel.errors import Malformed

# Elements within elements. The deepest of the formats we read, a monthly summary, has six.
DEPTH_MAX = 16
# Elements of one document: a file of FILE_BYTES_MAX full of the shortest rows has fewer.
ELEMENTS_MAX = 2_000_000
# Attributes of one element; SIAE's list of titles has 29.
ATTRIBUTES_MAX = 64
# One attribute or one element's text. Titles and addresses have some hundred.
XML_TEXT_CHARACTERS_MAX = 4_096
_NO_ATTRIBUTES: Mapping[str, str] = {}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']""")
_ENCODINGS = frozenset({"UTF-8", "UTF8", "US-ASCII", "ASCII"})
# An entity that is none of XML's own five.
_ENTITY = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)")
# What expat says of a file that ends too early.
_CUT_OFF = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


@dataclass(slots=True)
class Element:
    """One element: its name, its attributes, what is in it, and the line it begins on."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: "list[Element]" = field(default_factory=list)
    # The characters directly within it; indentation too, where there are children.
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """A document: its root, and the DTD that it names itself, or ""."""

    root: Element
    dtd: str = ""


def read_tree(raw: bytes) -> Tree:
    """
    Read a document into its tree; `Malformed` with a line, a reason and a fix otherwise.

    Codes: file_too_large, file_empty, encoding_wrong, xml_has_entities, xml_has_own_dtd,
    xml_too_deep, xml_too_large, file_truncated, xml_not_well_formed.
    """
    verify_size(raw)
    _verify_encoding(raw)
    return _Reader().read(raw)


def _verify_encoding(raw: bytes) -> None:
    """Refuse what is not UTF-8, whatever it says; what ends within a character is cut off."""
    declared = _DECLARED.match(raw[:200].removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode("ascii", "replace").upper() if declared else "UTF-8"
    line, found = 1, f"says that it is {name}"
    if b"\0" in raw[:200]:
        found = "looks like UTF-16"
    elif name in _ENCODINGS:
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                # The parser says where, and by the name of a file that ends too early.
                return
            line += raw.count(b"\n", 0, error.start)
            found = f"holds the byte {raw[error.start]:02X}, which is none of UTF-8's there"
        else:
            return
    raise malformed(
        f"line {line}",
        "encoding_wrong",
        f"the file has to be UTF-8, and {found}",
        "Save the file as UTF-8 and say so in its first line, or leave the encoding out.",
    )


class _Reader:
    """One parse: the open elements, and how many there were."""

    def __init__(self) -> None:
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EndDoctypeDeclHandler = self._doctype_end
        parser.EntityDeclHandler = self._entity
        parser.UnparsedEntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        self._open: list[Element] = []
        self._root: Element | None = None
        self._elements = 0
        self._raw = b""
        self._dtd = ""
        self._has_own_dtd = False

    def read(self, raw: bytes) -> Tree:
        """Parse all of it, or refuse it."""
        self._raw = raw
        try:
            self._parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
        except expat.ExpatError as error:
            self._cannot_be_read(error)
        if self._root is None:
            self._refuse(
                "file_truncated", "there is no element", "Send the file again, whole."
            )
        return Tree(self._root, self._dtd)

    def _cannot_be_read(self, error: expat.ExpatError) -> NoReturn:
        what = expat.ErrorString(error.code)
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
            self._entity()
        if error.code in _CUT_OFF:
            inside = f" inside {self._open[-1].name}" if self._open else ""
            self._refuse(
                "file_truncated",
                f"the file ends{inside}: {what}",
                "Send the file again, whole.",
            )
        self._refuse(
            "xml_not_well_formed",
            f"this is no XML: {what}",
            "Let an XML library write the file; it escapes <, & and quotes by itself.",
        )

    def _refuse(self, code: str, detail: str, fix: str) -> NoReturn:
        raise malformed(f"line {self._parser.CurrentLineNumber}", code, detail, fix)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= DEPTH_MAX:
            self._refuse(
                "xml_too_deep",
                f"{name[:64]} stands within {len(self._open)} elements; at most {DEPTH_MAX} may"
                " be nested",
                "Send a document of the format; none of them is so deep.",
            )
        if (
            self._elements > ELEMENTS_MAX
            or len(attributes) > ATTRIBUTES_MAX
            or any(len(text) > XML_TEXT_CHARACTERS_MAX for text in attributes.values())
        ):
            self._too_large(name)
        element = Element(
            name, attributes or _NO_ATTRIBUTES, [], "", self._parser.CurrentLineNumber
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        element = self._open[-1]
        if element.children and not text.strip():
            return
        element.text += text
        if len(element.text) > XML_TEXT_CHARACTERS_MAX:
            self._too_large(element.name)

    def _too_large(self, name: str) -> NoReturn:
        self._refuse(
            "xml_too_large",
            f"at {name[:64]}: at most {ELEMENTS_MAX} elements with {ATTRIBUTES_MAX} attributes"
            f" and {XML_TEXT_CHARACTERS_MAX} characters each are read",
            "Split the file by days.",
        )

    def _doctype(
        self, _name: str, system: str | None, _public: str | None, own: int
    ) -> None:
        self._dtd = (system or "")[:200]
        self._has_own_dtd = bool(own)
        # Where a DTD is named and not fetched, expat forgives an entity that it cannot know,
        # and an attribute would lose it without a word.
        if not own and _ENTITY.search(self._raw):
            self._entity()

    def _doctype_end(self) -> None:
        if self._has_own_dtd:
            self._refuse(
                "xml_has_own_dtd",
                "the document brings declarations of its own",
                "Leave out everything between [ and ] of the DOCTYPE.",
            )

    def _entity(self, *_: object) -> NoReturn:
        self._refuse(
            "xml_has_entities",
            "the document declares or uses an entity; none is ever expanded or fetched",
            "Write the characters themselves, or numbers such as &#233;",
        )


def write_tree(root: Element, *, dtd: str = "") -> bytes:
    """
    Write a document in UTF-8, two blanks a level, attributes in the order they have.

    An element has children or text, not both. Raises `Malformed` for a character that XML 1.0
    cannot hold.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    if dtd:
        lines.append(f"<!DOCTYPE {root.name} SYSTEM {quoteattr(dtd)}>")
    _write(root, "", lines)
    text = "\n".join(lines) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _unwritable(text[error.start]) from error


# What XML 1.0 has no way to say, not even by number; blanks of a line have to be numbers.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _unwritable(character: str) -> Malformed:
    return malformed(
        "",
        "text_not_printable",
        f"U+{ord(character):04X} cannot stand in XML",
        "Leave control characters out of names and titles.",
    )


def _write(element: Element, indent: str, lines: list[str]) -> None:
    head = f"{indent}<{element.name}" + "".join(
        f" {name}={_attribute(text)}" for name, text in element.attributes.items()
    )
    if element.children:
        lines.append(f"{head}>")
        for child in element.children:
            _write(child, indent + "  ", lines)
        lines.append(f"{indent}</{element.name}>")
    elif element.text:
        text = escape(_sayable(element.text), {"\r": "&#13;"})
        lines.append(f"{head}>{text}</{element.name}>")
    else:
        lines.append(f"{head}/>")


def _attribute(text: str) -> str:
    return quoteattr(_sayable(text))


def _sayable(text: str) -> str:
    found = _UNSAYABLE.search(text)
    if found:
        raise _unwritable(found[0])
    return text
