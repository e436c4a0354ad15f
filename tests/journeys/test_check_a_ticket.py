"""From the scan to the decision in a browser: three languages, no script, a phone, both themes."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient

from ekino.access.model.permissions import RoleName
from ekino.access.service import people
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.ui.languages import Language
from ekino.verify.model.verdict import Verdict
from ekino.verify.service import claims
from foyer import Foyer, an_app
from machine import chromium
from people import TEST, a_person

pytestmark = [
    pytest.mark.needs_chromium,
    # The client of the framework leaves its streams to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
PHONE = {"width": 360, "height": 740}
PICTURES = os.environ.get("EKINO_TEST_PICTURES")


class Served:
    """A foyer with its web process on a port."""

    def __init__(self, db: Database, folder: Path) -> None:
        app = an_app(db, folder)
        self._client = TestClient(app, raise_server_exceptions=False)
        self._client.__enter__()
        self.foyer = Foyer(db, self._client)
        self.tickets = self.foyer.tickets()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def link(self, language: Language) -> str:
        """Give the address of a link that signs an operator in once."""
        person_id = a_person(self.foyer.db, RoleName.OPERATOR)
        secret = people.make_link(self.foyer.db, person_id, "sign_in", actor=TEST, at=now())
        return f"{self.url}/invitation/{secret}?lang={language}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._client.__exit__(None, None, None)


@pytest.fixture
def served(db: Database, tmp_path: Path) -> Iterator[Served]:
    served = Served(db, tmp_path)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


def look(page: Page, name: str) -> None:
    """Find nothing to mend: no violation of axe, nothing wider than the screen."""
    found = [each["id"] for each in Axe().run(page, options=RULES).response["violations"]]
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)
    assert found == [], name
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_verdict_is_well_made_on_a_phone(
    served: Served, browser: Browser, language: Language, theme: str
) -> None:
    context = browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=True,
        timezone_id="America/New_York",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for verdict, text in served.tickets.items():
        page.goto(f"{served.url}/t/{text}?lang={language}")
        look(page, f"{verdict}-{language}-{theme}")
    for name in ("check", "check/scan", "about/tickets"):
        page.goto(f"{served.url}/{name}?lang={language}")
        look(page, f"{name.replace('/', '-')}-{language}-{theme}")
    context.close()

    assert complaints == []


@pytest.mark.parametrize("language", list(Language))
def test_a_claim_from_scan_to_decision_needs_no_script(
    served: Served, browser: Browser, language: Language
) -> None:
    context = browser.new_context(
        viewport=PHONE,  # type: ignore[arg-type]
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(f"{served.url}/t/{served.tickets[Verdict.NOT_REGISTERED]}?lang={language}")
    page.fill("#fiscal", "1000000001")
    page.click("form.ask button")
    reference = page.url.rsplit("/", 1)[1]
    office = browser.new_context(java_script_enabled=False).new_page()
    office.goto(served.link(language))
    office.click("main button")
    office.goto(f"{served.url}/office/claims?lang={language}")
    office.click(f"text={reference}")
    for to in ("answered", "upheld"):
        office.fill("#words", "✓")
        office.click(f'button[value="{to}"]')
    page.reload()

    assert claims.read_claim(served.foyer.db, reference).state == "upheld"
    assert "15\u00a0000\u00a0₸" in page.inner_text("main")
    assert page.locator("html").get_attribute("lang") == language
    context.close()
    office.context.close()


def test_the_pages_of_a_claim_are_well_made(served: Served, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    page = context.new_page()
    page.goto(f"{served.url}/t/{served.tickets[Verdict.NOT_REGISTERED]}?lang=ru")
    page.click("form.ask button")
    look(page, "claim-ru")
    reference = page.url.rsplit("/", 1)[1]
    page.goto(served.link(Language.RU))
    look(page, "enter-ru")
    page.click("main button")
    page.goto(f"{served.url}/office/claims")
    look(page, "claims-ru")
    page.click(f"text={reference}")
    look(page, "office-ru")
    context.close()
