"""Notes what programs asked and what they were answered, beside the answer and never before it."""

import asyncio
import hashlib
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ekino.access.service import TEST_KEYS, Keyring, fits, learn
from ekino.ingest.api import BODY, CLAIM
from ekino.web.identity import request_id_of
from ekino.web.test_register import TestRegister
from ekino.workbench.model.observed import (
    AGENT_CHARACTERS_MAX,
    ANSWER_KEPT_BYTES_MAX,
    BODY_KEPT_BYTES_MAX,
    PATH_KEPT_CHARACTERS_MAX,
    Observed,
)
from ekino.workbench.service.masking import clean, keep_headers, mask_text
from ekino.workbench.service.recorder import Recorder

if TYPE_CHECKING:
    from ekino.access.signature import SignedRequest

# Where programs ask.
OBSERVED = "/v1/"
# Addresses whose next word is a secret.
_SECRET_AFTER = "/v1/hooks/"
_KEY_ID = re.compile(rb';keyid="([!#-\[\]-~]{1,128})"')
_WELL_FROM, _FAILED_FROM = 200, 400


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


def _path_of(scope: Scope) -> str:
    """Give the address with its query, without what opens something."""
    path = str(scope["path"])
    if path.startswith(_SECRET_AFTER):
        return f"{_SECRET_AFTER}…"
    query = scope.get("query_string", b"").decode("latin-1")
    return clean((path + (f"?{query}" if query else ""))[:PATH_KEPT_CHARACTERS_MAX])


def observed(
    scope: Scope,
    *,
    key_id: str,
    is_verified: bool,
    began_s: float,
    body: bytes,
    answer: int,
    answer_body: bytes,
) -> Observed:
    """Put together what was seen of a request; `began_s` is when, by `time.time`."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
    }
    claim: SignedRequest | None = scope.get(CLAIM)
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
        key_id=key_id,
        is_verified=is_verified,
        method=clean(scope["method"]),
        path=_path_of(scope),
        answer=answer,
        code=clean(code),
        agent=clean(headers.get("user-agent", "")[:AGENT_CHARACTERS_MAX]),
        headers=keep_headers(headers),
        # What anybody may have sent is not kept, and not worth the time to mask it.
        body=mask_text(body) if is_verified else "",
        body_bytes=len(body),
        body_sha256=claim.body_sha256.hex() if claim else hashlib.sha256(body).hexdigest(),
        answer_body=mask_text(answer_body, bytes_max=ANSWER_KEPT_BYTES_MAX)
        if is_verified
        else "",
        answer_bytes=len(answer_body),
    )


def _keep(
    recorder: Recorder,
    keyring: Keyring,
    scope: Scope,
    *,
    began_s: float,
    body: bytes | bytearray,
    answer: int,
    answer_body: bytes | bytearray,
    is_kept: bool,
) -> None:
    """
    Keep a request that names a key if the minute has room for it; count it if it is the key's.

    The minute is asked before anything is read, masked or hashed. Only a key's holder is
    counted by the hour: names are free, and a stranger would fill the table with them.
    """
    claim: SignedRequest | None = scope.get(CLAIM)
    is_verified = claim is not None and fits(keyring, claim)
    # By the signature that was read, where one was: headers may come twice.
    key_id = claim.key_id if claim is not None else key_id_of(scope)
    size_bytes = min(len(body), BODY_KEPT_BYTES_MAX) + min(
        len(answer_body), ANSWER_KEPT_BYTES_MAX
    )
    if (
        is_kept
        and key_id
        and recorder.admits(
            began_s, key_id=key_id if is_verified else "", size_bytes=size_bytes
        )
    ):
        found = observed(
            scope,
            key_id=key_id,
            is_verified=is_verified,
            began_s=began_s,
            body=bytes(body),
            answer=answer,
            answer_body=bytes(answer_body),
        )
        recorder.put(found)
    if is_verified:
        recorder.count(
            key_id,
            _agent_of(scope),
            datetime.fromtimestamp(began_s, UTC),
            time.time() - began_s,
            is_failed=not _WELL_FROM <= answer < _FAILED_FROM,
        )


def _agent_of(scope: Scope) -> str:
    """Give the program as it calls itself."""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return str(value[:AGENT_CHARACTERS_MAX].decode("latin-1"))
    return ""


class Failing:
    """Keeps the batches that were refused as a whole, by the register that they were meant for."""

    def __init__(self, recorder: Recorder, keyring: Keyring, test: TestRegister) -> None:
        """Take where the live register's are kept, and who knows its keys."""
        self._recorder = recorder
        self._keyring = keyring
        self._test = test

    def __call__(self, scope: Scope, answer: Response) -> None:
        """Keep one; how long it took is not asked on this path."""
        # What the test register itself refuses it keeps itself; this never came so far.
        recorder = self._test.recorder if is_of_test(key_id_of(scope)) else self._recorder
        if recorder is not None:
            _keep(
                recorder,
                self._keyring,
                scope,
                began_s=time.time(),
                body=scope.get(BODY, b""),
                answer=answer.status_code,
                answer_body=bytes(answer.body),
                is_kept=True,
            )


class Observing:
    """
    Keeps the requests of programs that name a key: all of them, or those that failed.

    Whoever names none is answered and forgotten: nobody could be shown what they asked.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recorder: Recorder,
        keyring: Keyring,
        keeps_all: bool = False,
    ) -> None:
        """Wrap an application."""
        self._app = app
        self._recorder = recorder
        self._keyring = keyring
        self._keeps_all = keeps_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, and note what was answered."""
        if (
            scope["type"] != "http"
            or not scope["path"].startswith(OBSERVED)
            or not key_id_of(scope)
        ):
            await self._app(scope, receive, send)
            return
        began_s = time.time()
        seen = _Seen(receive, send)
        try:
            await self._app(scope, seen.receive, seen.send)
        finally:
            await self._note(scope, began_s, seen)

    async def _note(self, scope: Scope, began_s: float, seen: "_Seen") -> None:
        claim: SignedRequest | None = scope.get(CLAIM)
        if self._keeps_all and claim is not None:
            # A fault that is wanted answers before anybody has asked for the key, and a key
            # that was enrolled just now was asked of nobody.
            await asyncio.to_thread(learn, self._keyring, claim.key_id)
        _keep(
            self._recorder,
            self._keyring,
            scope,
            began_s=began_s,
            body=seen.body,
            answer=seen.answer,
            answer_body=seen.answer_body,
            is_kept=self._keeps_all or seen.answer >= _FAILED_FROM,
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
