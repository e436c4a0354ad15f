"""The live page's stream: one ticker a process, one rendering a language, many readers."""

import asyncio
import weakref
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cached_property

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette_compress import remove_compress_type

from ekino.kernel.errors import EkinoError, Pushback
from ekino.totals.model.board import Board
from ekino.ui.languages import Language
from ekino.ui.reader import read_reader
from ekino.ui.templates import Templates

# Each part of the page that changes; `curve_table` is rendered from live/curve_table.html
# and goes into the element with the id curve-table.
PARTS = (
    "day",
    "asof",
    "notice",
    "takings",
    "curve",
    "curve_table",
    "measures",
    "films_table",
    "map",
    "tiles",
    "legend",
    "leaders",
    "regions_table",
    "summary",
)
# One a minute and no oftener: it is read aloud to those who cannot see the digits.
SUMMARY = "summary"

MEDIA_TYPE = "text/event-stream"

# A reader costs the process some 50 kB of memory (`ekino bench watch`).
# Whoever comes next reads a page that reloads itself.
READERS_MAX = 10_000
RETRY_AFTER_S = 30
# Telling one reader something takes some 60 µs (`ekino bench watch`). With 4,000 of them ticks
# begin to be further apart, so that the fullest house leaves half of a core for the rest.
READER_PAUSE_S = 0.000_125
# Proxies cut a stream that is silent for a minute.
HEARTBEAT_S = 15.0

# The beginning of a gzip stream without a name or a time (RFC 1952).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Parts = dict[str, str]


class Message:
    """
    What readers of one language are told: written once and compressed once for all of them.

    Its compressed form begins and ends on a byte and looks back at nothing before it, so it
    fits into anybody's stream (RFC 1951: blocks that are not the last, ended by a full flush).
    """

    def __init__(self, parts: Parts) -> None:
        """Tell the newest rendering of each of these parts."""
        self.parts = parts

    @cached_property
    def text(self) -> str:
        """One unnamed event that replaces each part where it stands; without any, a comment."""
        # With nothing new to tell, a reader is told at least that time goes on.
        return _write(self.parts) if self.parts else ": still here\n\n"

    @cached_property
    def deflated(self) -> bytes:
        """The text as blocks of raw deflate."""
        compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return compressor.compress(self.text.encode()) + compressor.flush(zlib.Z_FULL_FLUSH)

    def followed_by(self, later: "Message") -> "Message":
        """Tell both at once: of each part the later rendering."""
        return Message({**self.parts, **later.parts})


_HEARTBEAT = Message({})


@dataclass(eq=False)
class _Mailbox:
    """
    What one reader has not been sent yet: the newest rendering of each part.

    A slow reader skips renderings and never holds more than one of each part, so it can
    neither fill the memory nor slow the others, and what it gets last is always current.
    """

    language: Language
    waiting: Message | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    is_closed: bool = False
    # When something was put here last, by the loop's clock.
    told_at: float = 0.0

    def put(self, message: Message, *, at: float) -> None:
        self.waiting = self.waiting.followed_by(message) if self.waiting else message
        self.told_at = at
        self.arrived.set()

    def close(self) -> None:
        self.is_closed = True
        self.arrived.set()

    def take(self) -> Message | None:
        message, self.waiting = self.waiting, None
        self.arrived.clear()
        return message


class Fanout:
    """
    One ticker and its readers, on one event loop.

    The ticker runs while somebody reads. Every `tick_s` it reads the board once, renders it
    once for each language somebody reads in, and hands on the parts that changed.
    """

    def __init__(
        self,
        read_board: Callable[[], Board],
        templates: Templates,
        *,
        tick_s: float,
        readers_max: int = READERS_MAX,
    ) -> None:
        """Tick every `tick_s` seconds for at most `readers_max` readers."""
        self._read_board = read_board
        self._templates = templates
        self._tick_s = tick_s
        self._readers_max = readers_max
        self._mailboxes: set[_Mailbox] = set()
        self._last: dict[Language, Message] = {}
        self._minute = -1
        self._ticker: asyncio.Task[None] | None = None
        # One tick at a time: two that overlap could hand on the older state last.
        self._ticking = asyncio.Lock()

    @property
    def readers(self) -> int:
        """How many read just now."""
        return len(self._mailboxes)

    @property
    def pause_s(self) -> float:
        """How long to wait between two ticks: longer when very many read."""
        return max(self._tick_s, self.readers * READER_PAUSE_S)

    def admit(self, language: Language) -> AsyncGenerator[Message, None]:
        """
        Give a reader their stream: the whole state first, then what changes.

        Raises `Pushback` when `readers_max` read already.
        """
        if self.readers >= self._readers_max:
            detail = f"{self._readers_max} readers follow this process already"
            raise Pushback(detail, retry_after_s=RETRY_AFTER_S, code="live_is_full")
        mailbox = _Mailbox(language)
        self._mailboxes.add(mailbox)
        stream = self._read(mailbox)
        # A reader who is gone before the first message is asked for leaves a stream that
        # never begins, and so never ends by itself.
        weakref.finalize(stream, self._mailboxes.discard, mailbox)
        return stream

    async def close(self) -> None:
        """End every stream; readers come back by themselves, to whoever answers then."""
        for mailbox in tuple(self._mailboxes):
            mailbox.close()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    async def _read(self, mailbox: _Mailbox) -> AsyncGenerator[Message, None]:
        try:
            async with self._ticking:
                if mailbox.language not in self._last:
                    await self._tick()
            now = asyncio.get_running_loop().time()
            mailbox.put(self._last[mailbox.language], at=now)
            self._start_ticker()
            while not mailbox.is_closed:
                if message := mailbox.take():
                    yield message
                await mailbox.arrived.wait()
        except EkinoError:
            # The database is away before the first state could be read. The stream ends here
            # and the reader asks again by itself, later and later.
            return
        finally:
            self._mailboxes.discard(mailbox)

    def _start_ticker(self) -> None:
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick_while_read())
            self._ticker.add_done_callback(self._end_streams)

    def _end_streams(self, ticker: asyncio.Task[None]) -> None:
        # A ticker that fell over ends the streams, so that nobody looks at a page that has
        # silently stopped; the first to come back starts another.
        for mailbox in tuple(self._mailboxes):
            mailbox.close()
        self._last.clear()
        if not ticker.cancelled():
            ticker.exception()

    async def _tick_while_read(self) -> None:
        while self._mailboxes:
            await asyncio.sleep(self.pause_s)
            try:
                async with self._ticking:
                    await self._tick()
            except EkinoError:
                # The database is away for a moment: readers keep what they see and how old
                # it is, and the next tick asks again.
                self._tell({})

    async def _tick(self) -> None:
        board = await run_in_threadpool(self._read_board)
        languages = {mailbox.language for mailbox in tuple(self._mailboxes)}
        rendered = {
            language: await run_in_threadpool(self._render, language, board)
            for language in languages
        }
        minute = int(board.at.timestamp() // 60)
        changes: dict[Language, Message] = {}
        for language, parts in rendered.items():
            last = self._last.get(language)
            before = last.parts if last else {}
            if minute == self._minute and SUMMARY in before:
                parts[SUMMARY] = before[SUMMARY]
            self._last[language] = Message(parts)
            changed = {
                name: each for name, each in parts.items() if before.get(name) != each
            }
            if changed:
                changes[language] = Message(changed)
        self._minute = minute
        self._tell(changes)
        for language in set(self._last) - languages:
            del self._last[language]

    def _tell(self, changes: dict[Language, Message]) -> None:
        """Hand on what changed; whoever has heard nothing for long is told that we live."""
        now = asyncio.get_running_loop().time()
        # A copy: a reader who is collected as garbage leaves the set at any moment.
        for mailbox in tuple(self._mailboxes):
            if message := changes.get(mailbox.language):
                mailbox.put(message, at=now)
            elif now - mailbox.told_at >= HEARTBEAT_S:
                mailbox.put(_HEARTBEAT, at=now)

    def _render(self, language: Language, board: Board) -> Parts:
        return {
            part: _one_line(
                self._templates.render(f"totals/live/{part}.html", language, board=board)
            )
            for part in PARTS
        }


def routes(fanout: Fanout) -> list[BaseRoute]:
    """Give the route of the stream: `/live?lang=kk`, public."""
    # Whatever a reader accepts, no middleware may compress a stream in our place.
    remove_compress_type(MEDIA_TYPE)

    async def live(request: Request) -> Response:
        """Stream the live page's parts to one reader."""
        stream = fanout.admit(read_reader(request).language)
        headers = {
            "Cache-Control": "no-store",
            "Vary": "Accept-Encoding",
            "X-Accel-Buffering": "no",
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body: AsyncIterator[str | bytes] = _gzipped(stream)
        else:
            body = _plain(stream)
        return StreamingResponse(body, media_type=MEDIA_TYPE, headers=headers)

    return [Route("/live", live, name="live")]


async def _plain(stream: AsyncGenerator[Message, None]) -> AsyncIterator[str]:
    # Closed with its reader, so that the reader's place is free at once.
    async with aclosing(stream):
        async for message in stream:
            yield message.text


async def _gzipped(stream: AsyncGenerator[Message, None]) -> AsyncIterator[bytes]:
    """Give a gzip stream that never ends, and so never owes its checksum."""
    beginning = _GZIP_HEADER
    async with aclosing(stream):
        async for message in stream:
            yield beginning + message.deflated
            beginning = b""


def _one_line(html: str) -> str:
    return " ".join(line.strip() for line in html.splitlines() if line.strip())


def _write(parts: Parts) -> str:
    """Write one unnamed message that replaces each part where it stands."""
    swaps = "".join(
        f'<hx-partial hx-target="#{name.replace("_", "-")}" hx-swap="innerMorph">'
        f"{html}</hx-partial>"
        for name, html in parts.items()
    )
    return f"data: {swaps}\n\n"
