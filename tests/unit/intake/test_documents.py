"""Forms with a document: bounded field by field, and large bodies known before they are read."""

import asyncio
import time
from typing import Any, cast

import pytest
from starlette.requests import Request

from ekino.kernel.errors import Malformed, NotAuthenticated, Pushback
from ekino.web import bodies
from ekino.web.bodies import Bodies
from ekino.web.forms import FORM_BYTES_MAX, FORM_FIELDS_MAX
from ekino.web.uploads import parse

FORM = "multipart/form-data; boundary=x"


def a_form(*contents: bytes) -> bytes:
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n%s\r\n' % each
        for each in enumerate(contents)
    ]
    return b"".join(parts) + b"--x--\r\n"


def test_a_form_has_as_many_fields_as_another_form() -> None:
    fields, _ = parse(a_form(*[b"a"] * FORM_FIELDS_MAX), FORM)

    assert len(fields) == FORM_FIELDS_MAX
    with pytest.raises(Malformed, match="too many fields"):
        parse(a_form(*[b"a"] * (FORM_FIELDS_MAX + 1)), FORM)


def test_fields_beside_the_document_are_bounded_before_they_are_read() -> None:
    began_at = time.monotonic()

    with pytest.raises(Malformed, match="are long"):
        parse(a_form(b"a" * (FORM_BYTES_MAX // 2), b"a" * (32 << 20)), FORM)
    assert time.monotonic() - began_at < 1


def large(read: list[int]) -> Request:
    """Give a request of 64 MiB that notes whether its body is asked for."""

    async def receive() -> Any:
        read.append(1)
        return {"type": "http.disconnect"}

    headers = [(b"content-length", b"67108864")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/files",
        "query_string": b"",
        "headers": headers,
    }
    return Request(scope, receive)


def test_a_large_body_that_nobody_signed_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    reader = Bodies("https://e.kino", cast("Any", None), cast("Any", None))

    with pytest.raises(NotAuthenticated):
        asyncio.run(reader.of_file(large(read), 64 << 20))
    monkeypatch.setattr(bodies, "LARGE_BODIES_MAX", 0)
    with pytest.raises(Pushback):
        asyncio.run(reader.of_file(large(read), 64 << 20))
    assert read == []
