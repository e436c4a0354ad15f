"""An outbox of notices with a clock that a test moves, and what carries notices away."""

import re
from pathlib import Path
from typing import Any

from ekino.access.seal import Seal
from ekino.db.database import Database, Role
from ekino.notices.service import confirming, endpoints, tell
from ekino.notices.service.courier import Courier
from ekino.notices.service.deliver import Deliverer
from ekino.notices.service.endpoints import Added, By, Endpoint, Wanted
from ekino.notices.service.mail import Mailer, read_server
from factories import EVENING
from receivers import HOST, Post, Receiver

BY = By("t")
OWN, OTHER = "vendor-one", "vendor-two"


class Office:
    """An outbox with a clock that a test moves, and what carries notices away."""

    def __init__(self, db: Database, folder: Path, receiver: Receiver, post: Post) -> None:
        self.db, self.receiver, self.post = db, receiver, post
        self.at = EVENING
        self.seal = Seal(folder / "webhooks.key")
        self.courier = Courier(
            frozenset({HOST}),
            resolving=lambda _host, _port: ["127.0.0.1"],
            tls=receiver.tls,
            timeout_s=1.0,
        )
        server = read_server(post.url, password="", sender="register@ekino.example")
        assert server is not None
        self.mailer = Mailer(server)
        self.deliverer = self.make_deliverer()

    def make_deliverer(self) -> Deliverer:
        def words(language: str, kind: str, subject: str, facts: Any) -> tuple[str, str]:
            return f"{language} {kind}", f"{subject} {facts}"

        return Deliverer(
            self.seal,
            self.courier,
            self.mailer,
            words,
            clock=lambda: self.at,
            chance=lambda: 0.0,
        )

    def add(self, **more: Any) -> Added:
        wanted = {
            "organisation_code": OWN,
            "address": self.receiver.url,
            # The receiver is on this machine.
            "is_operators": True,
            "by": BY,
            **more,
        }
        return endpoints.add_webhook(
            self.db, self.seal, self.courier, Wanted(**wanted), at=self.at
        )

    def add_email(self, address: str = "ops@vendor.example", **more: Any) -> int:
        """Add an e-mail address that its reader has confirmed; what came meanwhile is put away."""
        wanted = {"organisation_code": OWN, "address": address, "by": BY, **more}
        number = endpoints.add_email(self.db, Wanted(**wanted), at=self.at)
        self.follow()
        assert confirming.confirm(self.db, self.secret(), at=self.at)
        self.post.messages.clear()
        return number

    def secret(self) -> str:
        """Give what the link in the last e-mail holds."""
        found = re.search(r"/confirm/([\w-]+)", self.post.messages[-1].get_content())
        assert found
        return found[1]

    def tell(self, organisation: str | None = OWN, **more: Any) -> str:
        with self.db.transaction(Role.FOLLOWER) as tx:
            return tell(
                tx,
                **{
                    "organisation_code": organisation,
                    "kind": "feed.state_changed",
                    "subject": "own-aurora/aurora-1",
                    "data": {"state": "silent"},
                    **more,
                },
            )

    def follow(self) -> None:
        while self.deliverer.follow(self.db):
            pass

    def endpoint(self, endpoint_id: int, organisation: str = OWN) -> Endpoint:
        return endpoints.find_endpoint(self.db, endpoint_id, [organisation])

    def log(self, added: Added) -> list[endpoints.Delivery]:
        return endpoints.list_deliveries(self.db, self.endpoint(added.endpoint_id))

    def headers(self, index: int = -1) -> dict[str, str]:
        return self.receiver.received[index].headers
