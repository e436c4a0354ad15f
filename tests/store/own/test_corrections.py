"""A correction from the form to the event that makes it, over HTTP and in the register."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app
from factories import EVENING
from organisations import Trade
from people import form_token, signed_in


@pytest.fixture
def trade(db: Database) -> Trade:
    return Trade(db, sales=60)


@pytest.fixture
def app(trade: Trade, tmp_path: Path) -> Starlette:
    return create_app(Settings(data_dir=tmp_path), trade.db)


class Somebody:
    """A person of an organisation with a browser."""

    def __init__(self, trade: Trade, app: Starlette, role: str, code: str | None) -> None:
        self.client = TestClient(app, raise_server_exceptions=False)
        cookie = signed_in(self.client, trade.db, role, trade.ids[code] if code else None)
        self.token = form_token(cookie)

    def get(self, address: str) -> Any:
        return self.client.get(address, headers={"accept": "text/html"})

    def post(self, address: str, **fields: str) -> Any:
        return self.client.post(
            address, data={"form": self.token, **fields}, follow_redirects=False
        )


@pytest.fixture
def aurora(trade: Trade, app: Starlette) -> Somebody:
    return Somebody(trade, app, "exhibitor", "exh-aurora")


def a_sold(trade: Trade, venue: str) -> tuple[str, str, str, str, int]:
    """Give a sale of this cinema that was not refunded since."""
    with psycopg.connect(trade.db.dsn) as superuser:
        ended = {
            ticket
            for (ticket,) in superuser.execute(
                "SELECT subject FROM register.entry WHERE kind = 'refunded'"
            )
        }
    return next(sale for sale in trade.sold if sale[1] == venue and sale[3] not in ended)


def ask(who: Somebody, ticket: str, **fields: str) -> str:
    answer = who.post(
        "/cinema/corrections",
        **{
            "venue": "aurora-1",
            "ticket": ticket,
            "wanted": "voided",
            "reason": "sold_twice",
            "step": "send",
            **fields,
        },
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[2]


def test_answers_are_checked_before_they_are_sent(trade: Trade, aurora: Somebody) -> None:
    _, _, _, ticket, price = a_sold(trade, "aurora-1")
    fields = {
        "venue": "aurora-1",
        "ticket": ticket,
        "wanted": "corrected",
        "price": "1 500",
        "reason": "wrong_price",
    }

    checked = aurora.post("/cinema/corrections", **fields, step="check")

    assert checked.status_code == 200
    assert ticket in checked.text
    assert 'name="price" value="1500"' in checked.text
    sent = aurora.post("/cinema/corrections", **fields, step="send")
    page = aurora.get(sent.headers["location"]).text
    assert re.search(r"<h1>[2-9A-Z]{5}-[2-9A-Z]{5}</h1>", page)
    with psycopg.connect(trade.db.dsn) as superuser:
        row = superuser.execute(
            "SELECT ticket, wanted, price_minor, state, asked_position FROM own.correction"
        ).fetchone()
        size = superuser.execute("SELECT size FROM register.head").fetchone()
        noted = superuser.execute(
            "SELECT count(*) FROM access.audit WHERE action = 'correction_asked'"
        ).fetchone()
    assert price != 150_000
    assert size is not None
    assert row == (ticket, "corrected", 150_000, "asked", size[0])
    assert noted == (1,)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ticket": ""}, "ticket"),
        ({"ticket": "no-such"}, "ticket"),
        ({"wanted": ""}, "wanted"),
        ({"wanted": "corrected", "price": "a lot"}, "price"),
        ({"reason": "because"}, "reason"),
        ({"reason": "other"}, "words"),
        ({"wanted": "sold"}, "ticket"),
    ],
)
def test_each_mistake_is_named_and_leads_to_its_field(
    trade: Trade, aurora: Somebody, fields: dict[str, str], field: str
) -> None:
    _, _, _, ticket, _ = a_sold(trade, "aurora-1")
    whole = {
        "venue": "aurora-1",
        "ticket": ticket,
        "wanted": "voided",
        "reason": "sold_twice",
        "step": "check",
    }

    answer = aurora.post("/cinema/corrections", **(whole | fields))

    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}"' in answer.text
    assert f'id="{field}-wrong"' in answer.text


def test_the_event_closes_the_request_wherever_it_is_seen(
    trade: Trade, app: Starlette, aurora: Somebody
) -> None:
    source, venue, showing, ticket, _ = a_sold(trade, "aurora-1")
    reference = ask(aurora, ticket)
    vendor = Somebody(trade, app, "vendor", "vendor-one")
    operator = Somebody(trade, app, "operator", None)
    seen = (
        (aurora, f"/cinema/corrections/{reference}"),
        (vendor, f"/vendor/corrections/{reference}"),
    )
    for who, address in seen:
        assert "badge-open" in who.get(address).text
    assert reference in vendor.get("/vendor").text
    assert reference in operator.get("/admin/corrections").text

    trade.send(source, trade.event("voided", ticket, venue, showing), at=EVENING)

    with psycopg.connect(trade.db.dsn) as superuser:
        made = superuser.execute(
            "SELECT position FROM register.entry WHERE kind = 'voided' AND subject = %s",
            (ticket,),
        ).fetchone()
        written = superuser.execute("SELECT state FROM own.correction").fetchone()
    assert made is not None
    # The register shows it; nothing was written to the request.
    assert written == ("asked",)
    for who, address in seen:
        page = who.get(f"{address}?lang=en").text
        assert "badge-open" not in page
        assert f"Entry {made[0]} of the register" in page
        assert "Take the request back" not in page
        assert "Say that nothing will be sent" not in page
    rows = operator.client.get("/admin/corrections.json").json()["rows"]
    assert [row["position"] for row in rows] == [made[0]]


def test_an_earlier_event_closes_nothing(trade: Trade, aurora: Somebody) -> None:
    source, venue, showing, ticket, _ = a_sold(trade, "aurora-1")
    trade.send(
        source,
        trade.event(
            "corrected", ticket, venue, showing, price_minor=90_000, reason="mistake"
        ),
    )

    reference = ask(aurora, ticket, wanted="corrected", price="700", reason="wrong_price")

    assert "badge-open" in aurora.get(f"/cinema/corrections/{reference}").text


def test_a_missing_sale_is_asked_for_and_closes_when_it_comes(
    trade: Trade, aurora: Somebody
) -> None:
    reference = ask(aurora, "ticket-not-sent", wanted="sold", reason="sale_not_sent")

    trade.send(
        "own-aurora",
        trade.event(
            "sold",
            "ticket-not-sent",
            "aurora-1",
            "steppe-0",
            price_minor=100_000,
            sales_channel="box_office",
        ),
    )

    assert "badge-open" not in aurora.get(f"/cinema/corrections/{reference}").text


def test_a_vendor_declines_with_words_and_the_event_may_come_all_the_same(
    trade: Trade, app: Starlette, aurora: Somebody
) -> None:
    source, venue, showing, ticket, _ = a_sold(trade, "aurora-1")
    reference = ask(aurora, ticket)
    vendor = Somebody(trade, app, "vendor", "vendor-one")

    assert vendor.post(f"/vendor/corrections/{reference}", words=" ").status_code == 400
    declined = vendor.post(f"/vendor/corrections/{reference}", words="The sale is right.")

    assert declined.status_code == 303
    assert "The sale is right." in aurora.get(f"/cinema/corrections/{reference}").text
    again = vendor.post(f"/vendor/corrections/{reference}", words="Twice")
    assert again.json()["code"] == "correction_state_does_not_allow_it"
    trade.send(source, trade.event("voided", ticket, venue, showing))
    page = aurora.get(f"/cinema/corrections/{reference}?lang=en").text
    assert "Entry" in page


def test_a_request_is_taken_back_once(trade: Trade, aurora: Somebody) -> None:
    _, _, _, ticket, _ = a_sold(trade, "aurora-1")
    reference = ask(aurora, ticket)

    assert aurora.post(f"/cinema/corrections/{reference}").status_code == 303
    again = aurora.post(f"/cinema/corrections/{reference}")
    assert again.json()["code"] == "correction_state_does_not_allow_it"


def test_a_request_is_nobody_elses(trade: Trade, app: Starlette, aurora: Somebody) -> None:
    _, _, _, ticket, _ = a_sold(trade, "aurora-1")
    reference = ask(aurora, ticket)
    borealis = Somebody(trade, app, "exhibitor", "exh-borealis")
    other = Somebody(trade, app, "vendor", "vendor-two")

    for who, room in ((borealis, "cinema"), (other, "vendor")):
        for address in (reference, "AAAAA-AAAAA"):
            shown = who.get(f"/{room}/corrections/{address}")
            taken = who.post(f"/{room}/corrections/{address}", words="…")
            assert shown.status_code == taken.status_code == 404
            assert ticket not in shown.text
    # Nor can a ticket of another's cinema be asked about.
    foreign = borealis.post(
        "/cinema/corrections",
        venue="borealis-1",
        ticket=ticket,
        wanted="voided",
        reason="sold_twice",
        step="check",
    )
    assert foreign.status_code == 422


def test_a_form_of_another_site_is_refused(trade: Trade, aurora: Somebody) -> None:
    _, _, _, ticket, _ = a_sold(trade, "aurora-1")

    answer = aurora.client.post(
        "/cinema/corrections",
        data={"venue": "aurora-1", "ticket": ticket, "step": "send", "form": "stolen"},
    )

    assert answer.status_code == 403
