"""
Native NDJSON: one event of the native format a line, in UTF-8, a result for each line.

The fields are those of the native batch (docs/reference/events.md); `sequence` may be left out
and is not used, because whoever enters the file numbers its events. One bad line is named and
sinks no other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ekino.ingest.formats.facts import Unmapped, malformed, verify_size
from ekino.ingest.wire import MalformedEvent, decode_event

NAME = "ndjson"
# Lines of one file; a file of FILE_BYTES_MAX has about as many.
LINES_MAX = 500_000
# One event, with its token and receipt, has about 700 bytes.
LINE_BYTES_MAX = 8_192
_RAW_SHOWN_MAX = 500


@dataclass(slots=True, kw_only=True)
class Lines:
    """A file, read: its events in order, and every line that is none."""

    # (place, the event's fields without `sequence`), checked against the native format.
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def read(content: bytes) -> Lines:
    """
    Read a file of events.

    Raises `Malformed`: `encoding_not_read` when it is not UTF-8, `file_truncated` when the last
    line has no end and is no event, `file_has_too_many_rows`.
    """
    verify_size(content)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        is_cut = error.reason == "unexpected end of data"
        code = "file_truncated" if is_cut else "encoding_not_read"
        detail = f"{place} is not UTF-8"
        raise malformed(place, code, detail, "Write the lines in UTF-8.") from error
    found = Lines()
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if len(lines) > LINES_MAX:
        detail = f"the file has more than {LINES_MAX} lines"
        raise malformed("", "file_has_too_many_rows", detail, "Split the file by days.")
    is_ended = lines[-1] == b""
    for number, line in enumerate(lines, start=1):
        raw = line.strip()
        if not raw:
            continue
        found.counts["lines"] += 1
        wrong = _read_line(found, f"line {number}", raw)
        if wrong and not is_ended and number == len(lines):
            detail = f"the last line has no end and is no event: {wrong}"
            raise malformed(
                f"line {number}", "file_truncated", detail, "Send the file again, whole."
            )
    return found


def _read_line(found: Lines, place: str, raw: bytes) -> str:
    """Take a line, or keep it as what it is; give what is wrong with it, "" for nothing."""
    code, words = "", ""
    fields: Any = None
    if len(raw) > LINE_BYTES_MAX:
        code, words = "line_too_long", f"the line has more than {LINE_BYTES_MAX} bytes"
    else:
        try:
            fields = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, RecursionError) as error:
            code, words = "line_is_no_json", f"the line is no JSON: {error}"
    if not code:
        if isinstance(fields, dict):
            fields.pop("sequence", None)
            event = decode_event(msgspec.json.encode({**fields, "sequence": 1}))
            if not isinstance(event, MalformedEvent):
                found.events.append((place, fields))
                found.counts[str(fields["kind"])] += 1
                return ""
            code, words = "event_is_malformed", f"{event.field or 'event'}: {event.detail}"
        else:
            code, words = "event_is_malformed", "the line is no JSON object"
    found.counts["lines_wrong"] += 1
    text = (
        raw[:_RAW_SHOWN_MAX]
        .decode("utf-8", "replace")
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    found.unmapped.append(Unmapped(place=place, raw=text, reason=code, words=words))
    return words


def write(events: Iterable[Mapping[str, Any]]) -> Iterable[bytes]:
    """Give events as lines, each with its line end; `read` gives the same events back."""
    for event in events:
        yield msgspec.json.encode(event) + b"\n"
