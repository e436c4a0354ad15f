"""The live page's stream: one ticker a process, one rendering a language, many readers."""

import asyncio
import weakref
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

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

# Whoever comes next reads a page that reloads itself.
READERS_MAX = 1_000
RETRY_AFTER_S = 30
# Proxies cut a stream that is silent for a minute.
HEARTBEAT_S = 15.0
# Unheard of changes this old, a reader is told at least that time goes on.
_HEARTBEAT = ": still here\n\n"

# A stream compresses itself: the web room's middleware would choose zstd, which keeps 2 MB
# for each reader (measured), where this window keeps about a thirtieth of it. Messages are
# small beside the first, so a longer memory of what was sent would save little.
_GZIP_WINDOW_BITS = 13
_GZIP_MEMORY_LEVEL = 6

Parts = dict[str, str]


@dataclass(eq=False)
class _Mailbox:
    """
    What one reader has not been sent yet: the newest rendering of each part.

    A slow reader skips renderings and never holds more than one of each part, so it can
    neither fill the memory nor slow the others, and what it gets last is always current.
    """

    language: Language
    waiting: Parts = field(default_factory=dict)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    is_closed: bool = False

    def put(self, parts: Parts) -> None:
        self.waiting.update(parts)
        self.arrived.set()

    def close(self) -> None:
        self.is_closed = True
        self.arrived.set()

    def take(self) -> Parts:
        parts, self.waiting = self.waiting, {}
        self.arrived.clear()
        return parts


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
        self._last: dict[Language, Parts] = {}
        self._minute = -1
        self._ticker: asyncio.Task[None] | None = None
        # One tick at a time: two that overlap could hand on the older state last.
        self._ticking = asyncio.Lock()

    @property
    def readers(self) -> int:
        """How many read just now."""
        return len(self._mailboxes)

    def admit(self, language: Language) -> AsyncGenerator[str, None]:
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
        for mailbox in self._mailboxes:
            mailbox.close()
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)

    async def _read(self, mailbox: _Mailbox) -> AsyncGenerator[str, None]:
        try:
            async with self._ticking:
                if mailbox.language not in self._last:
                    await self._tick()
            mailbox.put(self._last[mailbox.language])
            self._start_ticker()
            while not mailbox.is_closed:
                yield _message(mailbox.take())
                while not (mailbox.waiting or mailbox.is_closed):
                    try:
                        await asyncio.wait_for(mailbox.arrived.wait(), HEARTBEAT_S)
                    except TimeoutError:
                        yield _HEARTBEAT
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
        for mailbox in self._mailboxes:
            mailbox.close()
        self._last.clear()
        if not ticker.cancelled():
            ticker.exception()

    async def _tick_while_read(self) -> None:
        while self._mailboxes:
            await asyncio.sleep(self._tick_s)
            try:
                async with self._ticking:
                    await self._tick()
            except EkinoError:
                # The database is away for a moment: readers keep what they see and how old
                # it is, and the next tick asks again.
                continue

    async def _tick(self) -> None:
        board = await run_in_threadpool(self._read_board)
        languages = {mailbox.language for mailbox in self._mailboxes}
        rendered = {
            language: await run_in_threadpool(self._render, language, board)
            for language in languages
        }
        minute = int(board.at.timestamp() // 60)
        for language, parts in rendered.items():
            before = self._last.get(language, {})
            if minute == self._minute and SUMMARY in before:
                parts[SUMMARY] = before[SUMMARY]
            self._last[language] = parts
            changed = {
                name: each for name, each in parts.items() if before.get(name) != each
            }
            for mailbox in self._mailboxes:
                if mailbox.language is language and changed:
                    mailbox.put(changed)
        self._minute = minute
        for language in set(self._last) - languages:
            del self._last[language]

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
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return StreamingResponse(stream, media_type=MEDIA_TYPE, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return StreamingResponse(_gzipped(stream), media_type=MEDIA_TYPE, headers=headers)

    return [Route("/live", live, name="live")]


async def _gzipped(stream: AsyncGenerator[str, None]) -> AsyncIterator[bytes]:
    """Compress messages one by one, each complete when it is sent."""
    compressor = zlib.compressobj(wbits=16 + _GZIP_WINDOW_BITS, memLevel=_GZIP_MEMORY_LEVEL)
    # Closed with its reader, so that the reader's place is free at once.
    async with aclosing(stream):
        async for message in stream:
            yield compressor.compress(message.encode()) + compressor.flush(
                zlib.Z_SYNC_FLUSH
            )


def _one_line(html: str) -> str:
    return " ".join(line.strip() for line in html.splitlines() if line.strip())


def _message(parts: Parts) -> str:
    """Write one unnamed message that replaces each part where it stands."""
    swaps = "".join(
        f'<hx-partial hx-target="#{name.replace("_", "-")}" hx-swap="innerMorph">'
        f"{html}</hx-partial>"
        for name, html in parts.items()
    )
    return f"data: {swaps}\n\n"
