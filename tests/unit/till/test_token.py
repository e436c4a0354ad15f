"""What a till prints: numbers without a gap, a code that a camera reads, a ticket on paper."""

import base64
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from ekino_till import Client, Key, Spool, SpoolFull, Ticket, TicketMalformed, Till
from ekino_till.paper import PAPERS, WORDS, Language, Print, draw_ticket
from ekino_till.qr import DOTS_PER_MODULE_MIN, Code
from ekino_till.token import URL_PREFIX, make_token, short_id, token_text, token_url

TICKET = Ticket(hall=4242, start=1_760_003_600, issued=1_760_000_000, price_minor=250_000)


def a_till(folder: Path) -> tuple[Till, Key]:
    key = Key.open(folder / "till.pem", "vendor.example/till-1")
    return Till(Spool(folder / "spool"), Client("http://127.0.0.1:1", key)), key


def sell(till: Till, key: Key, ticket: Ticket = TICKET) -> bytes:
    return till.sell(key, ticket, venue="ALA-1", showing="s", sales_channel="box_office")


def numbers(till: Till) -> list[int]:
    """Give the numbers of the tokens that wait in the spool."""
    events = [json.loads(waiting.body) for waiting in till.spool.next_batch(10_000)]
    raws = [base64.b32decode(event["token"] + "=") for event in events]
    return [int.from_bytes(raw[17:21], "big") for raw in raws]


def test_a_sale_carries_its_token_and_is_named_by_its_id(tmp_path: Path) -> None:
    till, key = a_till(tmp_path)

    token = sell(till, key)

    event = json.loads(till.spool.next_batch(1)[0].body)
    assert event["token"] == token_text(token)
    assert event["ticket"] == short_id(token[5:17]).replace("-", "")
    assert event["price_minor"] == 250_000
    till.close()


def test_numbers_go_on_where_they_stopped_and_each_key_has_its_own(tmp_path: Path) -> None:
    till, key = a_till(tmp_path)
    other = Key.open(tmp_path / "other.pem", "vendor.example/till-2")
    for each in (key, other, key):
        sell(till, each)
    till.close()
    till, key = a_till(tmp_path)
    sell(till, key)

    assert numbers(till) == [1, 1, 2, 3]
    assert (till.spool.last_token(key.key_id), till.spool.last_token("nobody")) == (3, 0)
    till.close()


def test_what_is_not_sold_uses_no_number(tmp_path: Path) -> None:
    till, key = a_till(tmp_path)
    with pytest.raises(TicketMalformed):
        sell(till, key, Ticket(hall=-1, start=0, issued=0, price_minor=0))
    till.close()
    full = Till(Spool(tmp_path / "spool", events_max=1), Client("http://127.0.0.1:1", key))
    sell(full, key)
    with pytest.raises(SpoolFull):
        sell(full, key)

    assert numbers(full) == [1]
    full.close()


SELLER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from ekino_till import Client, Key, Spool, Ticket, Till

    folder = Path(sys.argv[1])
    key = Key.open(folder / "till.pem", "vendor.example/till-1")
    till = Till(Spool(folder / "spool"), Client("http://127.0.0.1:1", key))
    ticket = Ticket(hall=1, start=1760003600, issued=1760000000, price_minor=100)
    while True:
        token = till.sell(key, ticket, venue="ALA-1", showing="s", sales_channel="kiosk")
        print(int.from_bytes(token[17:21], "big"), flush=True)
    """
)


def test_kill_9_leaves_no_gap_and_repeats_no_number(tmp_path: Path) -> None:
    roll = random.Random(7)
    printed: list[int] = []
    for _ in range(6):
        seller = subprocess.Popen(
            [sys.executable, "-c", SELLER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert seller.stdout is not None
        for _ in range(roll.randint(1, 20)):
            printed.append(int(seller.stdout.readline()))
        os.kill(seller.pid, signal.SIGKILL)
        # What was printed before the kill and not read yet.
        rest = seller.stdout.read()
        printed += [
            int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")
        ]
        seller.stdout.close()
        seller.wait()
    till, _ = a_till(tmp_path)
    kept = numbers(till)
    till.close()

    assert kept == list(range(1, len(kept) + 1))
    assert len(set(printed)) == len(printed)
    assert set(printed) <= set(kept)


def a_url() -> str:
    return token_url(make_token(Key("t/1", Ed25519PrivateKey.generate()), TICKET, 1))


def test_the_code_is_what_the_specification_says_and_zxing_reads_it() -> None:
    url = a_url()
    code = Code.of(url)
    picture = np.asarray(Image.open(io.BytesIO(code.png())).convert("L"))

    assert (code.symbol.designator, code.modules) == ("8-M", 57)
    assert code.size_mm(5) == pytest.approx(35.6, abs=0.1)
    assert picture.shape == (57 * 5, 57 * 5)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [url]
    assert code.pdf().startswith(b"%PDF")


def test_the_longest_prefix_still_fits_and_one_more_does_not() -> None:
    token = bytes(104)
    longest = "HTTPS://" + "A" * 43 + "/T/"

    assert len(longest) == 54
    assert Code.of(token_url(token, longest)).symbol.designator == "8-M"
    with pytest.raises(TicketMalformed):
        token_url(token, longest + "A")
    with pytest.raises(TicketMalformed):
        Code.of(token_url(token).lower())


@pytest.mark.parametrize("dots", [0, DOTS_PER_MODULE_MIN - 1, 33])
def test_a_code_too_small_to_be_read_is_not_drawn(dots: int) -> None:
    with pytest.raises(ValueError, match="dots"):
        Code.of(a_url()).png(dots)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("paper", list(PAPERS))
def test_a_ticket_on_paper_says_everything_in_its_language(
    paper: str, language: Language
) -> None:
    token = bytes(104)
    ticket = Print(
        token=token,
        film="Дос-Мұқасан & Ұлы дала",
        venue="Chaplin MEGA Alma-Ata",
        hall="3",
        row="5",
        seat="7",
        starts="26.11.2026 19:30",
        price="2 500 ₸",
    )

    drawing = draw_ticket(ticket, paper, language=language, url_prefix=URL_PREFIX)

    words = unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawing)))
    for wanted in (
        "Дос-Мұқасан & Ұлы",
        "2 500 ₸",
        short_id(token[5:17]),
        WORDS[language]["row"],
    ):
        assert wanted in words


def test_a_code_wider_than_the_paper_is_not_drawn() -> None:
    ticket = Print(token=bytes(104), film="", venue="", hall="", starts="", price="")

    with pytest.raises(ValueError, match="wider"):
        draw_ticket(ticket, "58mm", url_prefix=URL_PREFIX, code_dots=7)
