"""Forms with a document: bounded field by field, and large bodies known before they are read."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response

from ekino.access.model.people import Person
from ekino.access.service import FORM_TOKEN
from ekino.access.service import PERSON as PERSON_KEY
from ekino.kernel.errors import (
    Malformed,
    NotAllowed,
    NotAuthenticated,
    Pushback,
    TooLarge,
)
from ekino.web.bodies import Bodies
from ekino.web.forms import FORM_BYTES_MAX, FORM_FIELDS_MAX
from ekino.web.room import Room
from ekino.web.uploads import Uploads, parse

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


def test_a_large_body_that_nobody_signed_is_not_read() -> None:
    read: list[int] = []
    nobody = cast("Any", None)

    with pytest.raises(NotAuthenticated):
        asyncio.run(Bodies("https://e.kino", nobody, nobody).of_file(large(read), 64 << 20))
    full = Bodies("https://e.kino", nobody, nobody, Room(places=0))
    with pytest.raises(Pushback):
        asyncio.run(full.of_file(large(read), 64 << 20))
    assert read == []


PERSON = Person(person_id=7, name="Аружан", grants=(), form_token="the token")
CHUNK_BYTES = 16 * 1024


class Sender:
    """A browser that sends a form of many chunks and counts those that were taken."""

    def __init__(self, *parts: bytes, told: int | None = None, person: int = 7) -> None:
        self.body = b"".join(parts)
        self.chunks = 0
        headers = [(b"content-type", FORM.encode())]
        length = len(self.body) if told is None else told
        headers.append((b"content-length", str(length).encode()))
        self.request = Request(
            {
                "type": "http",
                "method": "POST",
                "path": "/cinema/files",
                "query_string": b"",
                "headers": headers,
                FORM_TOKEN: PERSON.form_token,
                PERSON_KEY: replace(PERSON, person_id=person),
            },
            self.receive,
        )

    async def receive(self) -> Any:
        start = self.chunks * CHUNK_BYTES
        self.chunks += 1
        return {
            "type": "http.request",
            "body": self.body[start : start + CHUNK_BYTES],
            "more_body": start + CHUNK_BYTES < len(self.body),
        }


def a_part(name: str, content: bytes, file_name: str = "") -> bytes:
    file = f'; filename="{file_name}"' if file_name else ""
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + content + b"\r\n"


TOKEN = a_part("form", PERSON.form_token.encode())
DOCUMENT = a_part("file", b"a" * (4 << 20), "a.csv") + b"--x--\r\n"


def endpoint(room: Room, taken: list[Any], bytes_max: int = 64 << 20) -> Any:
    def answer(_request: Request, fields: Mapping[str, str], document: Any) -> Response:
        taken.append((dict(fields), len(document[1])))
        return Response("ok")

    return Uploads(room)(bytes_max)(answer)


def test_a_large_form_is_taken_from_whoever_was_shown_its_page() -> None:
    taken: list[Any] = []
    sender = Sender(TOKEN, a_part("source", b"village"), DOCUMENT)

    asyncio.run(endpoint(Room(), taken)(sender.request))

    assert taken == [({"form": "the token", "source": "village"}, 4 << 20)]


@pytest.mark.parametrize(
    "first", [b"", a_part("form", b"another's"), a_part("form", b"the token", "a.csv")]
)
def test_another_sites_large_form_is_not_read_to_its_end(first: bytes) -> None:
    taken: list[Any] = []
    sender = Sender(first, DOCUMENT)

    with pytest.raises(NotAllowed) as refused:
        asyncio.run(endpoint(Room(), taken)(sender.request))

    assert refused.value.code == "form_not_ours"
    assert sender.chunks == FORM_BYTES_MAX // CHUNK_BYTES
    assert taken == []


def test_a_form_that_says_it_is_too_large_is_not_begun() -> None:
    sender = Sender(TOKEN, DOCUMENT, told=(64 << 20) + FORM_BYTES_MAX + 1)

    with pytest.raises(TooLarge):
        asyncio.run(endpoint(Room(), [])(sender.request))

    assert sender.chunks == 0


def test_a_person_has_few_of_the_places_for_large_forms() -> None:
    room = Room(places=3, of_one=2)
    taken: list[Any] = []

    async def one_more(person: int) -> int:
        sender = Sender(TOKEN, DOCUMENT, person=person)
        try:
            await endpoint(room, taken)(sender.request)
        except Pushback:
            assert sender.chunks == 0
            return 503
        return 200

    async def crowd() -> list[int]:
        with room.place(), room.place_of("7"), room.place(), room.place_of("7"):
            refused = [await one_more(7), await one_more(8)]
            with room.place():
                refused.append(await one_more(8))
        return [*refused, await one_more(7)]

    assert asyncio.run(crowd()) == [503, 200, 503, 200]
