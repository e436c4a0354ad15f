"""The faults that a test register shows when it is asked to (EKino-Simulate)."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.kernel.errors import Broken, EkinoError, Malformed, Pushback, Quota, TooOften
from ekino.web import problems
from ekino.web.identity import request_id_of
from ekino.workbench.model.magic import (
    SILENT_ANSWER_S,
    SIMULATE_HEADER,
    SIMULATED_RETRY_AFTER_S,
    SLOW_ANSWER_S,
    Simulation,
)

_HEADER = SIMULATE_HEADER.encode()


def read_simulation(scope: Scope) -> Simulation | None:
    """Give the fault that a request asks for; `Malformed` for one that there is not."""
    for name, value in scope["headers"]:
        if name == _HEADER:
            text = value.decode("latin-1").strip().lower()
            if text in {each.value for each in Simulation}:
                return Simulation(text)
            detail = f"EKino-Simulate: {text[:40]!r}; there are " + ", ".join(Simulation)
            raise Malformed(detail, code="simulation_unknown")
    return None


class Simulating:
    """Answers a test register's requests, with the fault that they ask for."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the register."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the register does, or as it would on a bad day."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            wanted = read_simulation(scope)
        except EkinoError as error:
            await _refuse(error, scope, receive, send)
            return
        match wanted:
            case None:
                await self._app(scope, receive, send)
            case Simulation.TOO_OFTEN:
                limit = TooOften(
                    "you asked for this limit (EKino-Simulate: 429)",
                    retry_after_s=SIMULATED_RETRY_AFTER_S,
                    quota=Quota("simulated", 1, SIMULATED_RETRY_AFTER_S),
                    code="simulated_limit",
                )
                await _refuse(limit, scope, receive, send)
            case Simulation.BROKEN:
                words = "you asked for this failure (EKino-Simulate: 500)"
                failure = Broken(words, code="simulated_failure")
                await _refuse(failure, scope, receive, send)
            case Simulation.SLOW:
                await self._app(scope, receive, _Late(send))
            case Simulation.TIMEOUT:
                await self._app(scope, receive, _swallow)
                await _stay_silent(scope, receive, send)


class _Late:
    """Sends an answer late, once."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(SLOW_ANSWER_S)
        await self._send(message)


async def _swallow(_message: Message) -> None:
    """Let an answer go nowhere."""


async def _stay_silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Say nothing until the client hangs up; in the end it is told that nothing will come."""

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(until_gone(), SILENT_ANSWER_S)
    except TimeoutError:
        late = Pushback(
            "the answer that you asked not to get (EKino-Simulate: timeout)",
            retry_after_s=SIMULATED_RETRY_AFTER_S,
            code="simulated_timeout",
        )
        await _refuse(late, scope, receive, send)


async def _refuse(error: EkinoError, scope: Scope, receive: Receive, send: Send) -> None:
    await problems.problem_of(error, request_id_of(scope))(scope, receive, send)
