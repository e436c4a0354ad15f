"""The demonstration run for a browser: its address, people who are signed in, and what is wrong."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pages import PEOPLE

EKINO = [sys.executable, "-m", "ekino.cli.main"]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
UPLOADED_WITHIN_S = 1_800


@contextmanager
def demonstration(weeks: int, *, pace: float = 2) -> Iterator[tuple[str, Path]]:
    """Run `ekino demo` until its earlier weeks are uploaded; lend its address and folder."""
    with (
        tempfile.TemporaryDirectory(prefix="ekino-pictures-") as name,
        socket.socket() as probe,
    ):
        folder = Path(name)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        show = subprocess.Popen(
            [
                *EKINO,
                "demo",
                "--port",
                str(port),
                "--data-dir",
                name,
                "--weeks",
                str(weeks),
                "--pace",
                str(pace),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert show.stderr is not None
            words = []
            for line in show.stderr:
                words.append(line)
                if "stop with Ctrl-C" in line:
                    break
            else:
                raise SystemExit("the demonstration ended:\n" + "".join(words))
            _wait_until_uploaded(folder / "demo" / "earlier.json", weeks)
            yield f"http://127.0.0.1:{port}", folder
        finally:
            show.terminate()
            show.communicate(timeout=60)


def _wait_until_uploaded(told: Path, weeks: int) -> None:
    deadline = time.monotonic() + UPLOADED_WITHIN_S
    while weeks and time.monotonic() < deadline:
        if told.exists() and json.loads(told.read_bytes())["days"] >= 14 * weeks:
            break
        time.sleep(1)
    # The followers' turn.
    time.sleep(5)


def sign_in_links(url: str, folder: Path, roles: set[str]) -> dict[str, str]:
    """Give a link that signs somebody of each role in, adding the people that are missing."""
    environment = os.environ | {"EKINO_DATA_DIR": str(folder)}

    def run(*words: str) -> Any:
        done = subprocess.run(
            [*EKINO, "people", *words, "--json"],
            env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return json.loads(done.stdout)

    links = {}
    for role in sorted(roles):
        person = PEOPLE[role]
        known = ["--organisation", person.organisation] if person.organisation else []
        email = f"{role}@pictures.example"
        run("add", "--name", person.name, "--email", email, "--role", role, *known)
        links[role] = run("link", "--email", email, "--url", url)["url"]
    return links


def cookies_of(browser: Browser, link: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    kept = context.cookies()
    context.close()
    return kept


def wrong_with(page: Page) -> list[str]:
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wrong = [f"scrolls {over} px sideways"] if over > 0 else []
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return wrong + [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]
