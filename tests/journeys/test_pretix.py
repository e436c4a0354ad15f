"""A real pretix, installed as anybody installs it: what it says it sold is what the register has."""

import json
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from connecting import Connected
from ekino.db.database import Database
from ekino.intake.connectors import service
from ekino.intake.connectors.model import System
from machine import pretix_python

pytestmark = pytest.mark.needs_pretix

PEER = Path(__file__).parents[1] / "outside" / "pretix_peer.py"
PERSON = {"email": "anna.privat@example.org", "phone": "+77010001122"}
NAME = {"given_name": "Anna", "family_name": "Privat"}


def free_port() -> int:
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Pretix:
    """pretix on a port of this machine, spoken to as its own till and office speak to it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with (folder / "pretix.log").open("wb") as log:
            self.process = subprocess.Popen(
                self._words(str(self.port)), stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (folder / "pretix.log").read_text()
        self.token = str(json.loads(line)["token"])
        self.event = "/events/cinema"

    def _words(self, *words: str) -> list[str]:
        return [str(pretix_python()), str(PEER), str(self.folder), *words]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def ask(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Ask pretix for something below its organiser."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/organizers/aurora{path}",
            data=json.dumps(body or {}).encode(),
            method=method,
            headers={
                "Authorization": f"Token {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from error

    def figures(self) -> dict[str, int]:
        """Give what pretix's own statistics say, worked out by pretix."""
        said = subprocess.run(
            self._words("figures", "aurora", "cinema"),
            capture_output=True,
            check=True,
            text=True,
        )
        return {name: int(value) for name, value in json.loads(said.stdout).items()}

    def set_up(self) -> None:
        """Make a hall with seats, a series with two dates, a ticket, popcorn, a door."""
        for name in ("venue", "hall"):
            self.ask(
                "/event_meta_properties/",
                {"name": name, "default": "", "required": False, "choices": []},
            )
        seats = [
            {"row_number": str(row), "position": {"x": 0, "y": row * 20}, "seats": [
                {"seat_guid": f"{row}-{seat}", "seat_number": str(seat), "category": "Stalls", "position": {"x": seat * 20, "y": 0}}
                for seat in range(1, 11)]}
            for row in range(1, 4)
        ]  # fmt: skip
        layout = {
            "name": "Hall 1", "categories": [{"name": "Stalls", "color": "#7f4a91"}],
            "zones": [{"name": "Stalls", "position": {"x": 0, "y": 0}, "rows": seats, "areas": []}],
            "size": {"width": 400, "height": 400},
        }  # fmt: skip
        plan = self.ask("/seatingplans/", {"name": "Hall 1", "layout": layout})["id"]
        names = {
            "name": {"en": "Aurora"},
            "slug": "cinema",
            "currency": "KZT",
            "timezone": "Asia/Almaty",
        }
        self.ask("/events/", {**names, "date_from": "2026-11-20T10:00:00Z", "has_subevents": True, "plugins": [], "meta_data": {"venue": "ALA-1", "hall": "1"}})  # fmt: skip
        item = {"active": True, "tax_rule": None}
        self.adult = self.ask(f"{self.event}/items/", {**item, "name": {"en": "Adult"}, "default_price": "2500.00", "admission": True})["id"]  # fmt: skip
        self.popcorn = self.ask(f"{self.event}/items/", {**item, "name": {"en": "Popcorn"}, "default_price": "900.00", "admission": False})["id"]  # fmt: skip
        self.dates = [
            self.ask(f"{self.event}/subevents/", {"name": {"en": "Steppe"}, "date_from": f"2026-11-2{day}T19:00:00+05:00", "active": True, "meta_data": {}, "seating_plan": plan, "seat_category_mapping": {"Stalls": self.adult}, "item_price_overrides": [], "variation_price_overrides": []})["id"]
            for day in (7, 8)
        ]  # fmt: skip
        for date in self.dates:
            self.ask(f"{self.event}/quotas/", {"name": "all", "size": None, "items": [self.adult, self.popcorn], "variations": [], "subevent": date})  # fmt: skip
        self.door = self.ask(f"{self.event}/checkinlists/", {"name": "Door", "all_products": True, "limit_products": [], "subevent": None, "allow_multiple_entries": True})["id"]  # fmt: skip

    def sell(
        self, *seats: str, status: str = "p", popcorn: bool = False, **more: Any
    ) -> Any:
        """Place an order for seats of the first date."""
        positions = [
            {"positionid": number, "item": self.adult, "price": "2500.00", "subevent": self.dates[0], "seat": seat, "attendee_name_parts": NAME}
            for number, seat in enumerate(seats, start=1)
        ]  # fmt: skip
        if popcorn:
            positions.append({"positionid": len(seats) + 1, "item": self.popcorn, "price": "900.00", "subevent": self.dates[0]})  # fmt: skip
        return self.ask(f"{self.event}/orders/", {**PERSON, "locale": "en", "sales_channel": "web", "status": status, "payment_provider": "manual", "positions": positions, **more})  # fmt: skip

    def change(self, order: Any, **changes: Any) -> Any:
        """Change an order as its office does."""
        return self.ask(f"{self.event}/orders/{order['code']}/change/", {"send_email": False, "reissue_invoice": False, **changes})  # fmt: skip

    def give_back(self, order: Any, amount: str) -> None:
        """Note that money went back."""
        refund = {"state": "done", "source": "admin", "amount": amount, "payment": 1, "provider": "manual", "execution_date": None, "mark_canceled": False}  # fmt: skip
        self.ask(f"{self.event}/orders/{order['code']}/refunds/", refund)

    def admit(self, position: Any) -> None:
        """Scan a ticket at the door."""
        answer = self.ask("/checkinrpc/redeem/", {"secret": position["secret"], "source_type": "barcode", "lists": [self.door], "force": False, "ignore_unpaid": False, "questions_supported": False})  # fmt: skip
        assert answer["status"] == "ok"


@pytest.fixture
def pretix(tmp_path: Path) -> Iterator[Pretix]:
    pretix = Pretix(tmp_path)
    try:
        pretix.set_up()
        yield pretix
    finally:
        pretix.stop()


class Ear:
    """Where pretix sends its webhooks: an address that keeps hints, and can be deaf."""

    def __init__(self, connected: Connected) -> None:
        ear = self
        self.heard, self.is_deaf = 0, False

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not ear.is_deaf:
                    ear.heard += 1
                    hook = self.path.removeprefix("/v1/hooks/")
                    service.hear(connected.db, hook, body, at=connected.at)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Keep quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/hooks/{connected.hook}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def equal(connected: Connected, pretix: Pretix) -> dict[str, int]:
    """Give pretix's own figures, after saying that the register's are the same."""
    _, tickets, gross = connected.register()
    figures = pretix.figures()
    assert {
        "tickets": tickets,
        "gross_minor": gross,
        "admissions": connected.kinds().get("admitted", 0),
    } == figures
    return figures


def test_a_real_pretix_and_the_register_say_the_same(
    db: Database, tmp_path: Path, pretix: Pretix
) -> None:
    connected = Connected(db, tmp_path, None, System.PRETIX, url=pretix.url, secret=pretix.token, account="aurora")  # fmt: skip
    ear = Ear(connected)
    actions = ["pretix.event.order.placed", "pretix.event.order.paid", "pretix.event.order.canceled", "pretix.event.order.changed.*", "pretix.event.checkin"]  # fmt: skip
    pretix.ask("/webhooks/", {"enabled": True, "target_url": ear.url, "all_events": True, "limit_events": [], "action_types": actions})  # fmt: skip
    try:
        story(connected, ear, pretix)
    finally:
        ear.stop()


def story(connected: Connected, ear: Ear, pretix: Pretix) -> None:
    """Sell, pay, cancel, refund in part, move, split, scan; after each chapter both are equal."""
    orders = [pretix.sell(f"1-{seat}", popcorn=seat == 1) for seat in range(1, 7)]
    pair = pretix.sell("2-1", "2-2", "2-3", fees=[{"fee_type": "service", "value": "300.00", "description": "", "internal_type": "x", "tax_rule": None}])  # fmt: skip
    waiting = pretix.sell("3-1", status="n")
    connected.follow()
    assert equal(connected, pretix) == {"tickets": 9, "gross_minor": 9 * 250_000, "admissions": 0}  # fmt: skip
    assert ear.heard > 0

    # Paid later, cancelled, given back in part, another price, another date, let in.
    pretix.ask(f"{pretix.event}/orders/{waiting['code']}/mark_paid/", {"send_email": False})
    pretix.ask(
        f"{pretix.event}/orders/{orders[0]['code']}/mark_canceled/", {"send_email": False}
    )
    pretix.change(pair, cancel_positions=[{"position": pair["positions"][0]["id"]}])
    pretix.give_back(pair, "2500.00")
    pretix.change(orders[1], patch_positions=[{"position": orders[1]["positions"][0]["id"], "body": {"price": "2000.00"}}])  # fmt: skip
    moved = {"subevent": pretix.dates[1], "seat": "1-3"}
    pretix.change(orders[2], patch_positions=[{"position": orders[2]["positions"][0]["id"], "body": moved}])  # fmt: skip
    pretix.admit(orders[3]["positions"][0])
    connected.later(1)
    connected.follow()
    assert equal(connected, pretix) == {"tickets": 8, "gross_minor": 8 * 250_000 - 50_000, "admissions": 1}  # fmt: skip

    # Every webhook is lost meanwhile: polling finds what they told.
    ear.is_deaf = True
    pretix.admit(pair["positions"][1])
    pretix.change(pair, split_positions=[{"position": pair["positions"][2]["id"]}])
    pretix.ask(f"{pretix.event}/orders/{orders[0]['code']}/reactivate/")
    pretix.ask(f"{pretix.event}/orders/{orders[4]['code']}/mark_canceled/", {"send_email": False, "cancellation_fee": "500.00"})  # fmt: skip
    more = [pretix.sell(f"3-{seat}") for seat in range(2, 8)]
    connected.look_again()
    # pretix gave the order that was split off its own copy of the fee, which nobody has paid.
    (split,) = (each for each in pretix.ask("/orders/?status=n", method="GET")["results"])
    assert equal(connected, pretix)["tickets"] == 8 + 1 - 1 - 1 + len(more)
    pretix.ask(f"{pretix.event}/orders/{split['code']}/mark_paid/", {"send_email": False})
    connected.look_again()
    assert equal(connected, pretix)["tickets"] == 8 + 1 - 1 + len(more)

    # Everything once more from the beginning, by somebody who remembers nothing: no news.
    entries = connected.register()
    connected.plain("UPDATE intake.connector SET cursor = '{}' RETURNING 1")
    connected.follower = connected.another()
    connected.look_again()
    assert connected.register() == entries
    kept = connected.everything_kept()
    for words in ("Anna", "Privat", "privat", "7010001122", pretix.token, pair["secret"], pair["positions"][0]["secret"]):  # fmt: skip
        assert words not in kept
    reasons = {each.reason for each in service.list_unmapped(connected.db)}
    assert {"product_is_no_ticket", "fee_of_no_ticket"} <= reasons
