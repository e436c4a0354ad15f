"""Ticketing systems of others over real HTTP: what they document, and every fault they have."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SECRET = "s3cret-of-the-peer"
# Whom nothing of ours may ever know: every peer puts these into whatever it answers.
PERSON = {
    "first_name": "Anna",
    "last_name": "Privat",
    "email": "anna.privat@example.org",
    "notes": "Anna Privat wants the aisle",
}


@dataclass
class Fault:
    """What a peer answers instead, once."""

    number: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"<h1>Anna Privat broke it</h1>"
    # Seconds before it answers at all.
    after_s: float = 0.0


class Peer:
    """
    A system on a port of this machine.

    A subclass gives the JSON of a path; `faults` are answered first, one a request, `faults_at` once
    where a text stands in the address, and `meanwhile` is called after each answer: things change
    while pages are read.
    """

    scheme = "Bearer"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.faults: deque[Fault] = deque()
        self.faults_at: dict[str, Fault] = {}
        self.meanwhile: Callable[[str], None] = lambda _path: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, asked: Mapping[str, str]) -> Any:
        """Give what a path answers, or None for 404."""
        raise NotImplementedError

    def headers(self) -> Mapping[str, str]:
        """Give headers of the answer."""
        return {}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            peer.asked.append(self.path)
            fault = peer.faults.popleft() if peer.faults else None
            for mark in [each for each in peer.faults_at if each in self.path]:
                fault = peer.faults_at.pop(mark)
            if fault is not None:
                time.sleep(fault.after_s)
                self._say(fault.number, fault.body, fault.headers)
                return
            if self.headers.get("Authorization") != f"{peer.scheme} {SECRET}":
                self._say(401, b'{"detail": "who are you?"}', {})
                return
            parts = urlsplit(self.path)
            asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            found = peer.answer(parts.path, asked)
            headers = {"Content-Type": "application/json", **peer.headers()}
            body = json.dumps(found).encode()
            self._say(404 if found is None else 200, body, headers)
            peer.meanwhile(self.path)

        def _say(self, number: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(number)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Keep quiet."""

    return Handler


def page_of(rows: list[Any], asked: Mapping[str, str], size: int) -> tuple[list[Any], int]:
    """Give a page of rows, and how many pages there are."""
    page = int(asked.get("page", 1))
    return rows[(page - 1) * size : page * size], max(1, -(-len(rows) // size))


class PretixPeer(Peer):
    """pretix as documented, with pages of three orders; the real one is in its own test."""

    scheme = "Token"
    size = 3

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []
        # Dates that were moved: when they begin now, and when that was changed.
        self.dates: dict[int, tuple[str, str]] = {}
        self.clock = "2026-11-26T18:00:00+00:00"
        # Dates whose event was deleted since.
        self.orphans: set[int] = set()
        # As a system would that pages by the time of change: what changes leaves its place.
        self.is_naive = False

    def headers(self) -> Mapping[str, str]:
        return {"X-Page-Generated": self.clock}

    def answer(self, path: str, asked: Mapping[str, str]) -> Any:
        root = "/api/v1/organizers/aurora"
        if path == f"{root}/events/cinema/":
            return {
                "slug": "cinema",
                "currency": "KZT",
                "timezone": "Asia/Almaty",
                "date_from": "2026-11-20T10:00:00Z",
                "name": {"en": "Aurora"},
                "has_subevents": True,
                "meta_data": {"venue": "ALA-1", "hall": "1"},
            }
        if path == f"{root}/events/cinema/items/":
            return {"next": None, "results": [{"id": 1, "name": {"en": "Adult"}, "admission": True}]}  # fmt: skip
        if path.startswith(f"{root}/events/cinema/subevents/"):
            return self._date(int(path.rstrip("/").rsplit("/", 1)[1]))
        if path == f"{root}/subevents/":
            since = asked["modified_since"]
            moved = [n for n, (_, at) in self.dates.items() if at >= since]
            return {"next": None, "results": [self._date(number) for number in moved]}
        if path.startswith(f"{root}/events/cinema/orders/"):
            code = path.rstrip("/").rsplit("/", 1)[1]
            return next((each for each in self.orders if each["code"] == code), None)
        if path != f"{root}/orders/":
            return None
        since = asked.get("modified_since", "")
        by = "last_modified" if self.is_naive else asked["ordering"]
        rows = sorted(self.orders, key=lambda each: (each[by], each["code"]))
        rows = [each for each in rows if each["last_modified"] >= since]
        page, pages = page_of(rows, asked, self.size)
        if int(asked["page"]) > pages:
            return None
        more = int(asked["page"]) < pages
        # The address that a hostile system would have us follow.
        return {"count": len(rows), "next": "http://169.254.169.254/latest" if more else None, "results": page}  # fmt: skip

    def _date(self, number: int) -> dict[str, Any]:
        plain = (f"2026-11-27T{10 + number % 10}:00:00Z", "")
        return {
            "id": number,
            "event": "deleted" if number in self.orphans else "cinema",
            "date_from": self.dates.get(number, plain)[0],
            "name": {"en": "Steppe"},
            "meta_data": {},
        }


class HiEventsPeer(Peer):
    """Hi.Events as documented, with pages of two rows."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []
        self.check_ins: dict[int, list[dict[str, Any]]] = {}

    def answer(self, path: str, asked: Mapping[str, str]) -> Any:
        if path == "/api/events/7":
            return {"data": {"id": 7, "title": "Storm", "start_date": "2026-11-27T14:00:00.000000Z", "currency": "KZT", "organizer": PERSON}}  # fmt: skip
        rows = {
            "/api/events/7/orders": self.orders,
            "/api/events/7/attendees": [
                {**each, "check_ins": self.check_ins.get(each["id"], [])}
                for order in self.orders
                for each in order["attendees"]
            ],
        }.get(path)
        if rows is None:
            return None
        page, pages = page_of(rows, asked, 2)
        meta = {"current_page": int(asked["page"]), "last_page": pages, "per_page": 2}
        return {"data": page, "meta": meta, "links": {"next": "http://10.0.0.1/"}}


class AlfioPeer(Peer):
    """alf.io as documented: an event's tickets at once, and the log of scans."""

    scheme = "ApiKey"

    def __init__(self) -> None:
        super().__init__()
        self.tickets: list[dict[str, Any]] = []
        self.scans: list[dict[str, Any]] = []

    def answer(self, path: str, _asked: Mapping[str, str]) -> Any:
        return {
            "/api/v1/admin/event/storm/stats": {
                "shortName": "storm",
                "displayName": "Storm",
                "begin": "2026-11-27T19:00:00+05:00",
                "currency": "KZT",
                "location": "ALA-1",
                "availableSeats": 100,
                "ticketCategories": [{"id": 3, "name": "Adult"}],
            },
            "/api/v1/admin/event/storm/download-attendees": self.tickets,
            "/api/v1/admin/event/storm/check-in-log": self.scans,
        }.get(path)


class AttendizePeer(Peer):
    """Attendize as documented: pages of two attendees."""

    def __init__(self) -> None:
        super().__init__()
        self.attendees: list[dict[str, Any]] = []

    def answer(self, path: str, asked: Mapping[str, str]) -> Any:
        rows: dict[str, list[Any]] = {
            "/api/events": [{"id": 9, "title": "Storm", "start_date": "2026-11-27 19:00:00", "venue_name": "ALA-1", "currency_id": 2}],
            "/api/attendees": self.attendees,
        }  # fmt: skip
        if path not in rows:
            return None
        page, pages = page_of(rows[path], asked, 2)
        return {"current_page": int(asked["page"]), "data": page, "last_page": pages}


PAID = {"local_id": 1, "state": "confirmed", "payment_date": "2026-11-26T16:41:00Z", "provider": "cash"}  # fmt: skip
WHOM = {
    "email": PERSON["email"],
    "phone": "+77010001122",
    "invoice_address": {"name": "Anna Privat"},
}


def an_order(
    number: int, *, at: str = "", tickets: int = 1, **changes: Any
) -> dict[str, Any]:
    """Give an order of so many tickets at 2,500.00, placed in the order of their numbers."""
    moment = at or f"2026-11-26T12:{number:02d}:00+00:00"
    positions = [
        {
            "id": number * 10 + each,
            "positionid": each,
            "item": 1,
            "price": "2500.00",
            "secret": f"secret-of-{number}-{each}",
            "subevent": 1,
            "attendee_name": "Anna Privat",
            "checkins": [],
            "canceled": False,
        }
        for each in range(1, tickets + 1)
    ]
    total = f"{2500 * tickets}.00"
    return {
        "code": f"ORD{number:02d}",
        "event": "cinema",
        "status": "p",
        "testmode": False,
        "datetime": moment,
        "last_modified": moment,
        "total": total,
        "positions": positions,
        "payments": [{**PAID, "amount": total}],
        **WHOM,
        **changes,
    }
