"""Bytes into text: gzip undone within a bound, and the encoding told from the bytes alone."""

import codecs
import zlib
from collections.abc import Callable

from ekino.ingest.formats.facts import FILE_BYTES_MAX, malformed
from ekino.kernel.errors import Malformed

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings that are told apart only to name them in a refusal.
_NOT_READ = ("koi8-r", "cp866", "mac_cyrillic")
_SAVE_AS_UTF_8 = "Save the file as UTF-8 and hand it in again."
_SEND_WHOLE = "Send the file again, whole."
# The longest character of UTF-8 without its last byte.
_CUT_BYTES_MAX = 3


def _differing_bytes() -> bytes:
    """Give the bytes that Windows-1251 and the Kazakh KZ-1048 read as different letters."""
    found = []
    for number in range(128, 256):
        byte = bytes([number])
        if byte.decode("cp1251", "replace") != byte.decode("kz1048", "replace"):
            found.append(number)
    return bytes(found)


_KAZAKH = frozenset(_differing_bytes())


def beginning(content: bytes, bytes_max: int) -> bytes:
    """Give a file's first bytes, unpacked, however large it is; `Malformed` for broken gzip."""
    if not content.startswith(_GZIP):
        return content[:bytes_max]
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(content, bytes_max)
    except zlib.error as error:
        detail = f"the gzip file is broken: {error}"
        raise malformed("", "file_unreadable", detail, "Pack the file again.") from error


def unpack(content: bytes) -> bytes:
    """
    Undo gzip where there is any, to at most FILE_BYTES_MAX bytes.

    Raises `Malformed` with `file_too_large` before more is unpacked, and `file_truncated` when
    the end is missing.
    """
    if not content.startswith(_GZIP):
        return content
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = unpacker.decompress(content, FILE_BYTES_MAX + 1)
    except zlib.error as error:
        detail = f"the gzip file is broken: {error}"
        raise malformed("", "file_unreadable", detail, "Pack the file again.") from error
    if len(plain) > FILE_BYTES_MAX:
        detail = f"the file unpacks to more than {FILE_BYTES_MAX} bytes"
        raise malformed("", "file_too_large", detail, "Split the file by days.")
    if not unpacker.eof:
        detail = "the gzip file ends too early"
        raise malformed("", "file_truncated", detail, _SEND_WHOLE)
    return plain


def decode(content: bytes, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """
    Give a file's text and the name of its encoding: UTF-8, UTF-16 or Windows-1251.

    `is_known` says whether the beginning of a text is what the format expects, such as a row of
    heads. Raises `Malformed` with `encoding_ambiguous`, `encoding_not_read`, `encoding_broken`
    or `file_truncated`.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            return _strictly(content[len(bom) :], name), name
    if b"\0" in content:
        return _without_mark(content, is_known)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _older(content, error, is_known)


def _strictly(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        is_cut = error.start >= len(content) - _CUT_BYTES_MAX
        code = "file_truncated" if is_cut else "encoding_broken"
        detail = f"byte {error.start} is not {name}: {error.reason}"
        fix = _SEND_WHOLE if is_cut else _SAVE_AS_UTF_8
        raise malformed(f"byte {error.start}", code, detail, fix) from error


def _without_mark(content: bytes, is_known: Callable[[str], bool]) -> tuple[str, str]:
    """Tell UTF-16 without its mark by which order of bytes gives what is expected."""
    found = [
        name
        for name in ("utf-16-le", "utf-16-be")
        if is_known(content[:4096].decode(name, "replace"))
    ]
    if len(found) == 1:
        return _strictly(content, found[0]), found[0]
    detail = "the file holds NUL bytes and is not UTF-16 that can be told apart"
    raise malformed("", "encoding_ambiguous", detail, _SAVE_AS_UTF_8)


def _older(
    content: bytes, error: UnicodeDecodeError, is_known: Callable[[str], bool]
) -> tuple[str, str]:
    place = f"byte {error.start}"
    if is_known(content[:4096].decode("utf-8", "replace")) and not content[:4096].isascii():
        # The head is UTF-8 beyond doubt: something later is broken, or cut off.
        is_cut = error.start >= len(content) - _CUT_BYTES_MAX
        code = "file_truncated" if is_cut else "encoding_broken"
        detail = f"{place} is not UTF-8: {error.reason}"
        fix = _SEND_WHOLE if is_cut else _SAVE_AS_UTF_8
        raise malformed(place, code, detail, fix) from error
    # Heads in Kazakh are known only as KZ-1048 reads them.
    older = [content[:4096].decode(name, "replace") for name in ("cp1251", "kz1048")]
    if not any(map(is_known, older)):
        raise _unreadable(content, is_known) from error
    if _KAZAKH.intersection(content):
        detail = (
            "the file may be Windows-1251 or KZ-1048: it holds letters that the two read "
            "differently"
        )
        raise malformed("", "encoding_ambiguous", detail, _SAVE_AS_UTF_8) from error
    try:
        return content.decode("cp1251"), "windows-1251"
    except UnicodeDecodeError as other:
        raise _unreadable(content, is_known) from other


def _unreadable(content: bytes, is_known: Callable[[str], bool]) -> Malformed:
    """Name the encoding where it is one that we know and do not read."""
    for name in _NOT_READ:
        if is_known(content[:4096].decode(name, "replace")):
            detail = f"the file is in {name}, which is not read"
            return malformed("", "encoding_not_read", detail, _SAVE_AS_UTF_8)
    detail = "the file is neither UTF-8, UTF-16 nor Windows-1251"
    return malformed("", "encoding_not_read", detail, _SAVE_AS_UTF_8)
