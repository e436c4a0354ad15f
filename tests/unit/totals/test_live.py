"""The stream: a full first message, only changes afterwards, and nobody slows anybody."""

import asyncio
import gc
import itertools
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from ekino.kernel.errors import Pushback
from ekino.totals.live import PARTS, RETRY_AFTER_S, Fanout, Message, _gzipped
from ekino.totals.model.board import Board
from ekino.totals.model.day import Country, Coverage
from ekino.ui.languages import Language
from ekino.ui.templates import Templates

START = datetime(2026, 11, 24, 14, 42, tzinfo=UTC)
TICK_S = 0.01


class FakeTemplates:
    """Stands in for the templates: only `asof` and `summary` change from tick to tick."""

    def render(self, name: str, language: Language, *, board: Board) -> str:
        part = name.removeprefix("totals/live/").removesuffix(".html")
        changes = part in {"asof", "summary"}
        return f"<b>{part} {language}</b>\n\n  {board.as_of if changes else ''}"


class FakeBoards:
    """Stands in for the register: each reading is one entry and ten seconds further."""

    def __init__(self) -> None:
        self.readings = itertools.count(1)
        self.fails = 0

    def __call__(self) -> Board:
        if self.fails:
            self.fails -= 1
            raise Pushback("away", retry_after_s=1)
        number = next(self.readings)
        at = START + timedelta(seconds=10 * number)
        country = Country("KZ", "KZT", "Asia/Almaty")
        coverage = Coverage(0, 0, 0, None)
        return Board(country, at.date(), at, number, at, (), (), (), (), coverage)


def a_fanout(boards: FakeBoards | None = None, *, readers_max: int = 10) -> Fanout:
    templates = cast("Templates", FakeTemplates())
    return Fanout(boards or FakeBoards(), templates, tick_s=TICK_S, readers_max=readers_max)


async def take(stream: AsyncIterator[Message], count: int) -> list[str]:
    return [(await anext(stream)).text for _ in range(count)]


async def leave(stream: AsyncIterator[Message]) -> None:
    with suppress(AttributeError):
        await stream.aclose()  # type: ignore[attr-defined]


def test_the_first_message_is_the_whole_state_in_the_readers_language() -> None:
    async def read() -> str:
        fanout = a_fanout()
        stream = fanout.admit(Language.RU)
        first = (await take(stream, 1))[0]
        await leave(stream)
        await fanout.close()
        return first

    message = asyncio.run(read())

    assert message.startswith("data: <hx-partial ")
    assert message.endswith("\n\n")
    assert message.count("\n") == 2
    assert message.count("<hx-partial ") == len(PARTS)
    assert 'hx-target="#films-table"' in message
    assert "kk" not in message


def test_later_messages_hold_only_what_changed_and_the_summary_once_a_minute() -> None:
    async def read() -> list[str]:
        fanout = a_fanout()
        stream = fanout.admit(Language.KK)
        messages = await take(stream, 8)
        await leave(stream)
        await fanout.close()
        return messages[1:]

    messages = asyncio.run(read())

    assert all(message.count("<hx-partial ") <= 2 for message in messages)
    assert all("#asof" in message for message in messages)
    # Seven ticks of ten seconds meet one full minute, or two.
    assert 1 <= sum("#summary" in message for message in messages) <= 2


def test_a_reader_who_does_not_read_stops_nobody_and_gets_the_newest_state_at_last() -> (
    None
):
    async def read() -> tuple[int, str]:
        boards = FakeBoards()
        fanout = a_fanout(boards)
        slow, quick = fanout.admit(Language.KK), fanout.admit(Language.KK)
        await take(slow, 1)
        messages = await take(quick, 30)
        held = [each.waiting for each in fanout._mailboxes if each.waiting]
        late = (await take(slow, 1))[0]
        await leave(slow)
        await leave(quick)
        await fanout.close()
        assert [len(each.parts) <= len(PARTS) for each in held] == [True] * len(held)
        assert held
        return len(messages), late

    count, late = asyncio.run(read())

    assert count == 30
    assert int(late.split("#asof")[1].split("</b>")[1].split("<")[0]) >= 29


def test_nobody_is_left_registered_and_the_ticker_rests_when_nobody_reads() -> None:
    async def read() -> tuple[int, int]:
        boards = FakeBoards()
        fanout = a_fanout(boards)
        stream = fanout.admit(Language.EN)
        await take(stream, 2)
        await leave(stream)
        assert fanout.readers == 0
        await asyncio.sleep(5 * TICK_S)
        resting = next(boards.readings)
        await asyncio.sleep(5 * TICK_S)
        return resting, next(boards.readings)

    resting, later = asyncio.run(read())

    assert later == resting + 1


def test_one_reader_past_the_limit_is_told_when_to_come_back() -> None:
    async def read() -> Pushback:
        fanout = a_fanout(readers_max=2)
        streams = [fanout.admit(Language.KK), fanout.admit(Language.RU)]
        with pytest.raises(Pushback) as refusal:
            fanout.admit(Language.EN)
        for stream in streams:
            await take(stream, 1)
            await leave(stream)
        # One left: there is room again.
        await leave(fanout.admit(Language.EN))
        await fanout.close()
        return refusal.value

    refusal = asyncio.run(read())

    assert refusal.code == "live_is_full"
    assert refusal.retry_after_s == RETRY_AFTER_S


def test_a_stream_that_nobody_ever_reads_takes_no_place() -> None:
    async def read() -> int:
        fanout = a_fanout(readers_max=1)
        stream = fanout.admit(Language.KK)
        assert fanout.readers == 1
        del stream
        gc.collect()
        return fanout.readers

    assert asyncio.run(read()) == 0


def test_a_database_that_is_away_for_a_moment_ends_no_stream() -> None:
    async def read() -> list[str]:
        boards = FakeBoards()
        fanout = a_fanout(boards)
        stream = fanout.admit(Language.KK)
        await take(stream, 1)
        boards.fails = 3
        messages = await take(stream, 1)
        await leave(stream)
        await fanout.close()
        return messages

    assert "#asof" in asyncio.run(read())[0]


def test_a_database_that_is_away_at_the_beginning_ends_the_stream_quietly() -> None:
    async def read() -> list[str]:
        boards = FakeBoards()
        boards.fails = 1
        fanout = a_fanout(boards)
        messages = [message.text async for message in fanout.admit(Language.KK)]
        assert fanout.readers == 0
        return messages

    assert asyncio.run(read()) == []


def test_closing_ends_every_stream() -> None:
    async def read() -> int:
        fanout = a_fanout()
        stream = fanout.admit(Language.KK)
        await take(stream, 1)
        await fanout.close()
        return len([message async for message in stream])

    assert asyncio.run(read()) <= 1


def test_a_message_compressed_once_fits_into_every_readers_stream() -> None:
    async def read() -> tuple[list[str], list[str]]:
        fanout = a_fanout()
        early, late = fanout.admit(Language.KK), fanout.admit(Language.KK)
        told = [_gzipped(early)]
        heard = [[await anext(told[0]) for _ in range(3)]]
        told.append(_gzipped(late))
        heard.append([await anext(told[1]) for _ in range(3)])
        readable = []
        for chunks in heard:
            unpacker = zlib.decompressobj(wbits=31)
            # Each chunk is whole when it arrives: nothing of a message waits for the next.
            readable.append([unpacker.decompress(chunk).decode() for chunk in chunks])
        for stream in told:
            await stream.aclose()  # type: ignore[attr-defined]
        await fanout.close()
        return readable[0], readable[1]

    for messages in asyncio.run(read()):
        assert len(messages) == 3
        assert all(each.startswith("data: ") for each in messages)
        assert all(each.endswith("\n\n") for each in messages)


def test_whoever_has_heard_nothing_for_long_is_told_that_we_live() -> None:
    heartbeat = Message({})

    assert heartbeat.text == ": still here\n\n"
    assert Message({"asof": "1"}).followed_by(heartbeat).parts == {"asof": "1"}


def test_a_full_house_is_told_less_often_and_a_small_one_at_every_tick() -> None:
    async def read() -> tuple[float, float]:
        fanout = a_fanout(readers_max=10_000)
        few = fanout.pause_s
        streams = [fanout.admit(Language.KK) for _ in range(8_000)]
        many = fanout.pause_s
        del streams
        return few, many

    assert asyncio.run(read()) == (TICK_S, 1.0)
