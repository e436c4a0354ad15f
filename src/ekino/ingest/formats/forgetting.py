"""
What names a person taken out of a file before it is kept, line for line and byte for byte.

Only what stands between the marks is blanked, so that places told of the file stay true. A file
that cannot be read to its end is not kept at all: nobody can say where in it persons are.
"""

import re
from collections.abc import Collection, Iterable
from xml.parsers import expat

_NOT_A_LINE_END = re.compile(rb"[^\r\n]")


def forget_elements(
    raw: bytes, names: Collection[str], attributes: Collection[str] = ()
) -> bytes:
    """
    Blank the text within elements of these names, and empty attributes of those.

    Gives b"" for what is no XML, for a document with declarations of its own, and for bytes
    that are no UTF-8.
    """
    spans = _Spans(frozenset(names))
    if not spans.found_in(raw):
        return b""
    kept = bytearray(raw)
    for first, end in spans.spans:
        kept[first:end] = _NOT_A_LINE_END.sub(b" ", raw[first:end])
    plain = bytes(kept)
    for name in attributes:
        pattern = rb"(\b" + name.encode() + rb"""\s*=\s*)("[^"]*"|'[^']*')"""
        plain = re.sub(pattern, rb'\1""', plain)
    return plain


class _Spans:
    """One parse: where the text within named elements begins and ends."""

    def __init__(self, names: frozenset[str]) -> None:
        self.spans: list[tuple[int, int]] = []
        self._raw = b""
        self._names = names
        self._begins: list[int] = []
        self._has_own = False
        # Bytes are counted as they are, so no other encoding than UTF-8 is followed.
        parser = self._parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def found_in(self, raw: bytes) -> bool:
        """Find every span; False where the document cannot be read to its end."""
        self._raw = raw
        try:
            self._parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
        except expat.ExpatError:
            return False
        return not self._has_own

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name in self._names:
            at = self._parser.CurrentByteIndex
            self._begins.append(_end_of_tag(self._raw, at))

    def _end(self, name: str) -> None:
        if name in self._names:
            begins, ends = self._begins.pop(), self._parser.CurrentByteIndex
            if ends > begins:
                self.spans.append((begins, ends))

    def _doctype(self, _name: str, _system: object, _public: object, own: int) -> None:
        # Declarations could hold what is then named; such a file is refused anyway.
        self._has_own = bool(own)
        if own:
            self._parser.StartElementHandler = None
            self._parser.EndElementHandler = None


def _end_of_tag(raw: bytes, at: int) -> int:
    """Give where a start tag ends; a `>` within quotes is no end."""
    quote = b""
    for index in range(at, len(raw)):
        byte = raw[index : index + 1]
        if quote:
            quote = b"" if byte == quote else quote
        elif byte in {b'"', b"'"}:
            quote = byte
        elif byte == b">":
            return index + 1
    return len(raw)


def forget_columns(raw: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Blank columns (first, last, counted from 1) of every line of one byte a character."""
    lines = raw.split(b"\n")
    for number, line in enumerate(lines):
        kept = bytearray(line)
        for first, last in spans:
            kept[first - 1 : last] = _NOT_A_LINE_END.sub(b" ", kept[first - 1 : last])
        lines[number] = bytes(kept)
    return b"\n".join(lines)
