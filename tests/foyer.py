"""A foyer: a web process over a real database, a till, and tickets in every state."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.proofs.keys import NoteSigner
from ekino.proofs.service import Receipts
from ekino.settings import Settings
from ekino.verify import service
from ekino.verify.model.verdict import Verdict
from ekino.web.app import create_app
from ekino_till import token_text
from factories import Vendor, a_batch, a_catalog, a_later_event, a_vendor
from tickets import APrinter, a_printer, a_sale_of

URI = "http://testserver/v1/batches"


def an_app(db: Database, folder: Path) -> Any:
    """Give the application with a receipt key that every test knows."""
    sign = Receipts(NoteSigner("ekino.example/receipts", bytes(32))).sign
    return create_app(Settings(data_dir=folder), db, sign=sign)


class Foyer:
    """A web process, a till, and tickets in every state."""

    def __init__(self, db: Database, client: TestClient) -> None:
        a_catalog(db)
        self.db, self.client = db, client
        self.vendor: Vendor = a_vendor(db)
        began = now() - timedelta(days=30)
        self.printer: APrinter = a_printer(db, valid_from=began)
        self.issued = int(now().timestamp()) - 120
        self._number = 0

    def token(self, **fields: Any) -> bytes:
        return self.printer.token(**{"issued": self.issued, **fields})

    def sell(self, token: bytes, *later: dict[str, Any], **fields: Any) -> None:
        self._number += 1
        happened = now().isoformat()
        sale = a_sale_of(token, self._number, happened_at=happened, **fields)
        events = [sale]
        for event in later:
            self._number += 1
            events.append(
                event
                | {
                    "ticket": sale["ticket"],
                    "sequence": self._number,
                    "happened_at": happened,
                }
            )
        body = a_batch(*events)
        answer = self.client.post(
            "/v1/batches", content=body, headers=self.vendor.sign(body, at=now(), uri=URI)
        )
        assert set(answer.json()["outcomes"]) == {"entered"}, answer.text

    def read(self) -> None:
        while service.follow(self.db):
            pass

    def tickets(self) -> dict[Verdict, str]:
        """Give a token's characters for every verdict."""
        registered, returned, altered = self.token(), self.token(), self.token()
        printed = self.token(
            ticket_id=altered[5:17], price_minor=250_000, seq=self.printer.seq
        )
        self.sell(registered, row="5", seat="7")
        self.sell(returned, a_later_event("voided", 0, 0))
        self.sell(altered)
        self.read()
        stranger = APrinter(self.printer.key, hall=self.printer.hall)
        stranger.key = type(stranger.key)("nobody/1", self.printer.key.private)
        old = self.token(issued=self.issued - 90_000)
        return {
            Verdict.REGISTERED: token_text(registered),
            Verdict.RETURNED: token_text(returned),
            Verdict.ALTERED: token_text(printed),
            Verdict.NOT_YET: token_text(self.token()),
            Verdict.NOT_REGISTERED: token_text(old),
            Verdict.NOT_GENUINE: token_text(stranger.token(issued=self.issued)),
            Verdict.NOT_OURS: "HELLO",
        }
