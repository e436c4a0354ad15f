"""The foyer: buy a ticket of the country, from an honest till or another; enter as anybody."""

import html
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ekino_demo.country import calendar
from ekino_demo.country.films import film_of_version
from ekino_demo.country.people import PEOPLE
from ekino_demo.country.programme import Showing, programme_of
from ekino_demo.events import Event
from ekino_demo.seats import seat_at
from ekino_till import Key, Ticket, make_token, short_id, token_url
from ekino_till.paper import Print, draw_ticket

# Tickets kept to be shown again; older ones are gone from the window, not from the register.
SHOWN_MAX = 200
# The seller's time at the till that keeps its sales: short, so that the story fits a minute.
CHEATING_DELAY_S = 60
CHEATING_SOURCE = "foyer-window"
_LISTED = 8
_FORM_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Shown:
    """A ticket as it came out of a printer."""

    token: bytes
    words: Print
    is_honest: bool


class Foyer:
    """
    Prints tokens for live sales, and lets a person take one at a page of its own.

    The honest tickets are those that the country sells this very moment; the other till signs
    with a registered key and never sends the sale.
    """

    def __init__(self, folder: Path, register_url: str, seed: int) -> None:
        """Take the country's folder, the register's address and the country's seed."""
        self.cheating_key = Key.open(
            folder / "keys" / "foyer.pem", f"{CHEATING_SOURCE}/till-1"
        )
        self._prefix = register_url.rstrip("/") + "/T/"
        self._seed = seed
        self._halls: dict[tuple[str, str], int] = {}
        self._showings: dict[tuple[str, str], Showing] = {}
        self._days: set[date] = set()
        self._cheated = 0
        self._last: Event | None = None
        self._shown: deque[Shown] = deque(maxlen=SHOWN_MAX)
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        # Gives the address of a link that signs in whoever has this e-mail address, once.
        self._make_link: Callable[[str], str] | None = None
        # The operator's line speaks for one at a time.
        self._door = threading.Lock()

    def open_door(self, make_link: Callable[[str], str]) -> None:
        """Let visitors of the window enter the register as its people."""
        self._make_link = make_link

    def enter(self, email: str) -> str:
        """Give the address that signs in as one of the country's people; "" for nobody."""
        if self._make_link is None or email not in {each.email for each in PEOPLE}:
            return ""
        with self._door:
            return self._make_link(email)

    def source(self) -> dict[str, Any]:
        """Give the cheating till's source as POST /v1/sources takes it."""
        return {
            "code": CHEATING_SOURCE,
            "name": "Foyer window",
            "allowed_delay_s": CHEATING_DELAY_S,
            "keys": [
                {
                    "key_id": self.cheating_key.key_id,
                    "public_key": self.cheating_key.public_text,
                    "kind": "till",
                }
            ],
        }

    def learn_halls(self, ask: Callable[[str], dict[str, Any]]) -> None:
        """Read the numbers by which tokens name halls."""
        rows = ask("/v1/catalog/halls?limit=5000")["rows"]
        self._halls = {(row["venue"], row["hall"]): row["number"] for row in rows}

    def ticket_of(self, event: Event) -> Ticket | None:
        """Give what the till signs for a sale; None for a showing that this play knows not."""
        showing = self._showing(event)
        if showing is None or event.price_minor is None:
            return None
        place = seat_at(showing.capacity, event.row, event.seat) + 1 if event.row else 0
        return Ticket(
            hall=self._halls.get((showing.venue, showing.hall), 0),
            start=int(showing.starts_at.timestamp()),
            issued=int(event.happened_at.timestamp()),
            price_minor=event.price_minor,
            place=place,
            is_concession=bool(event.concession),
            is_sold_online=event.sales_channel in ("web", "app"),
        )

    def show(self, event: Event, token: bytes, *, is_honest: bool = True) -> None:
        """Print a ticket and put it into the window."""
        showing = self._showing(event)
        words = Print(
            token=token,
            film=_title(showing) if showing else "",
            venue=event.venue,
            hall=showing.hall if showing else "",
            row=event.row,
            seat=event.seat,
            starts=_local(showing.starts_at) if showing else "",
            price=f"{(event.price_minor or 0) // 100} ₸",
        )
        with self._lock:
            self._shown.append(Shown(token, words, is_honest))
            self._last = event if is_honest else self._last

    def cheat(self) -> None:
        """Sell the seat of the last honest ticket once more, and keep the sale to oneself."""
        event = self._last
        ticket = None if event is None else self.ticket_of(event)
        if event is None or ticket is None:
            return
        self._cheated += 1
        now_s = int(calendar.now().timestamp())
        token = make_token(self.cheating_key, replace(ticket, issued=now_s), self._cheated)
        self.show(event, token, is_honest=False)

    def _showing(self, event: Event) -> Showing | None:
        day = calendar.business_date(event.happened_at)
        for each in (day, day + timedelta(days=1)):
            if each not in self._days:
                self._days.add(each)
                for showing in programme_of(each, self._seed):
                    self._showings[showing.venue, showing.code] = showing
        return self._showings.get((event.venue, event.showing))

    # ---- the page -------------------------------------------------------------------------

    def open(self) -> str:
        """Open the window at a free port of this machine and give its address."""
        foyer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(foyer.page())

            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), _FORM_BYTES_MAX)
                fields = dict(parse_qsl(self.rfile.read(length).decode("ascii", "replace")))
                if "enter" in fields:
                    self._go(foyer.enter(fields["enter"]))
                    return
                foyer.cheat()
                self._answer(foyer.page())

            def _go(self, address: str) -> None:
                self.send_response(303)
                self.send_header("Location", address or "/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _answer(self, page: str) -> None:
                body = page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Shut the window."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def page(self) -> str:
        """Draw the window: the latest tickets, each with its code to scan or to follow."""
        with self._lock:
            latest = list(self._shown)[-_LISTED:][::-1]
        cards = "".join(self._card(each) for each in latest)
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>e-Kino foyer</title>'
            "<h1>Foyer of the demonstration country</h1>"
            "<p>Tickets that its tills print right now. Scan a code with a phone that can reach "
            "this machine, or follow the link below it: it is what the code holds.</p>"
            '<form method="post"><button>Buy at a till that keeps its sales</button></form>'
            f"<p>Its seller has {CHEATING_DELAY_S} seconds; then the check says that the ticket "
            "is not in the register, and a claim can be filed.</p>"
            f"{self._doors()}{cards or '<p>No ticket has been sold yet; reload.</p>'}</html>"
        )

    def _doors(self) -> str:
        """Offer to enter the register as each of the country's people."""
        if self._make_link is None:
            return ""
        buttons = "".join(
            f'<li><button name="enter" value="{html.escape(each.email)}">'
            f"Enter as {html.escape(each.words)}</button> {html.escape(each.name)}</li>"
            for each in PEOPLE
        )
        return (
            "<h2>Behind the counter</h2><p>Each press makes a link that is good once.</p>"
            f'<form method="post"><ul>{buttons}</ul></form>'
        )

    def _card(self, each: Shown) -> str:
        drawing = draw_ticket(each.words, "58mm", language="kk", url_prefix=self._prefix)
        address = token_url(each.token, self._prefix)
        kind = "honest till" if each.is_honest else "till that keeps its sales"
        return (
            f"<section><h2>{kind}: {short_id(each.token[5:17])}</h2>{drawing}"
            f'<p><a href="{html.escape(address)}">Check this ticket</a></p></section>'
        )


def _title(showing: Showing) -> str:
    titles = film_of_version()[showing.version].titles
    return titles.get("kk") or next(iter(titles.values()))


def _local(instant: datetime) -> str:
    return instant.astimezone(calendar.ZONE).strftime("%d.%m.%Y %H:%M")
