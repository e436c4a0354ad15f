"""Notes what programs asked and what they were answered, beside the answer and never before it."""

import hashlib
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.access.service import TEST_KEYS
from ekino.ingest.api import BODY
from ekino.web.identity import request_id_of
from ekino.web.test_register import TestRegister
from ekino.workbench.model.observed import (
    ANSWER_KEPT_BYTES_MAX,
    BODY_KEPT_BYTES_MAX,
    Observed,
)
from ekino.workbench.service.masking import clean, keep_headers, mask_text
from ekino.workbench.service.recorder import Recorder

# Where programs ask.
OBSERVED = "/v1/"
_KEY_ID = re.compile(rb';keyid="([!#-\[\]-~]{1,128})"')
_FAILED_FROM = 400


def key_id_of(scope: Scope) -> str:
    """Give the key that a request says it is signed with; "" when it is not."""
    for name, value in scope["headers"]:
        if name == b"signature-input":
            found = _KEY_ID.search(value)
            return found[1].decode("ascii", "replace") if found else ""
    return ""


def is_of_test(key_id: str) -> bool:
    """Say whether a key belongs to the test register."""
    return key_id.startswith(TEST_KEYS)


class _Problem(msgspec.Struct):
    code: str = ""


_PROBLEM = msgspec.json.Decoder(_Problem)


def observed(
    scope: Scope, *, began_s: float, body: bytes, answer: int, answer_body: bytes
) -> Observed:
    """Put together what was seen of a request; `began_s` is when, by `time.time`."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
    }
    query = scope.get("query_string", b"").decode("latin-1")
    code = ""
    if answer >= _FAILED_FROM:
        try:
            code = _PROBLEM.decode(answer_body).code
        except msgspec.MsgspecError:
            code = ""
    return Observed(
        request_id=request_id_of(scope),
        at=datetime.fromtimestamp(began_s, UTC),
        took_ms=round((time.time() - began_s) * 1_000, 2),
        key_id=key_id_of(scope),
        method=clean(scope["method"]),
        path=clean(scope["path"] + (f"?{query}" if query else "")),
        answer=answer,
        code=clean(code),
        agent=clean(headers.get("user-agent", "")),
        headers=keep_headers(headers),
        body=mask_text(body),
        body_bytes=len(body),
        body_sha256=hashlib.sha256(body).hexdigest(),
        answer_body=mask_text(answer_body, bytes_max=ANSWER_KEPT_BYTES_MAX),
        answer_bytes=len(answer_body),
    )


class Failing:
    """Keeps the batches that were refused as a whole, by the register that they were meant for."""

    def __init__(
        self, recorder: Recorder, knows: Callable[[str], bool], test: TestRegister
    ) -> None:
        """Take where the live register's are kept, and who is known there."""
        self._recorder = recorder
        self._knows = knows
        self._test = test

    def __call__(self, scope: Scope, answer: Response) -> None:
        """Keep one; how long it took is not asked on this path."""
        found = observed(
            scope,
            began_s=time.time(),
            body=scope.get(BODY, b""),
            answer=answer.status_code,
            answer_body=bytes(answer.body),
        )
        if is_of_test(found.key_id):
            # What the test register itself refuses it keeps itself; this never came so far.
            if self._test.recorder is not None:
                self._test.recorder.put(found)
            return
        self._recorder.put(found)
        if self._knows(found.key_id):
            self._recorder.count(
                found.key_id, found.agent, found.at, found.took_ms / 1_000, is_failed=True
            )


class Observing:
    """
    Keeps the requests of programs: all of them, or those that failed.

    `knows` says whether a key is known to have signed: only those are counted by the hour, so
    that no stranger fills the table with names.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recorder: Recorder,
        knows: Callable[[str], bool],
        keeps_all: bool = False,
    ) -> None:
        """Wrap an application."""
        self._app = app
        self._recorder = recorder
        self._knows = knows
        self._keeps_all = keeps_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, and note what was answered."""
        if scope["type"] != "http" or not scope["path"].startswith(OBSERVED):
            await self._app(scope, receive, send)
            return
        began_s = time.time()
        seen = _Seen(receive, send)
        try:
            await self._app(scope, seen.receive, seen.send)
        finally:
            self._note(scope, began_s, seen)

    def _note(self, scope: Scope, began_s: float, seen: "_Seen") -> None:
        found = observed(
            scope,
            began_s=began_s,
            body=bytes(seen.body),
            answer=seen.answer,
            answer_body=bytes(seen.answer_body),
        )
        if self._keeps_all or seen.answer >= _FAILED_FROM:
            self._recorder.put(found)
        if found.key_id and self._knows(found.key_id):
            self._recorder.count(
                found.key_id,
                found.agent,
                found.at,
                found.took_ms / 1_000,
                is_failed=found.is_failed,
            )


class _Seen:
    """What passes by on the way to an application and back, up to what is kept."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.body = bytearray()
        self.answer = 0
        self.answer_body = bytearray()

    async def receive(self) -> Message:
        message = await self._receive()
        if len(self.body) <= BODY_KEPT_BYTES_MAX * 16:
            self.body += message.get("body", b"")
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.answer = message["status"]
        elif len(self.answer_body) <= ANSWER_KEPT_BYTES_MAX * 4:
            self.answer_body += message.get("body", b"")
        await self._send(message)
