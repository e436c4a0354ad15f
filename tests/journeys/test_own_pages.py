"""Organisations in a browser: every page helps everyone, and a correction by keyboard alone."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from board_server import own_database
from ekino.settings import Settings
from ekino.web.app import create_app
from machine import chromium
from organisations import Trade
from people import COOKIE, a_person, cookie_of

pytestmark = pytest.mark.needs_chromium

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update"]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
# Role → organisation, and its pages.
PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "exhibitor": (
        "exh-aurora",
        (
            "/cinema?date=2026-11-24",
            "/cinema",
            "/cinema/reports?until=2026-11-25",
            "/cinema/reports/2026-11-24",
            "/cinema/corrections",
            "/cinema/files",
            "/vendor",
        ),
    ),
    "distributor": (
        "dist-east",
        ("/distributor?span=all", "/distributor", "/distributor/film/steppe?span=all"),
    ),
    "producer": (
        "studio-kyz",
        (
            "/producer?span=all",
            "/producer/film/storm?span=all&budget=900000&grant=100000&share=45",
        ),
    ),
    "vendor": ("vendor-two", ("/vendor",)),
}
# Each page once narrow, once wide and once in between, in every language and both themes.
LOOKS = (("kk", "light", 390), ("ru", "dark", 1280), ("en", "light", 320))


class Serving:
    """The application on a port of its own, over an invented trade."""

    def __init__(self, trade: Trade, folder: Path) -> None:
        self.trade = trade
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(
            create_app(Settings(data_dir=folder), trade.db), log_level="error"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(20)

    def enter(self, context: BrowserContext, role: str) -> Page:
        """Open a page as somebody of the role's organisation."""
        person = a_person(self.trade.db, role, self.trade.ids[PAGES[role][0]])
        cookie = cookie_of(self.trade.db, person)
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.url}])
        return context.new_page()


@pytest.fixture(scope="module")
def serving(
    server_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    with own_database(server_folder) as db:
        serving = Serving(Trade(db), tmp_path_factory.mktemp("own"))
        yield serving
        serving.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.mark.parametrize(("lang", "theme", "width"), LOOKS)
@pytest.mark.parametrize("role", sorted(PAGES))
def test_every_page_helps_everyone_and_fits(
    serving: Serving, browser: Browser, role: str, lang: str, theme: str, width: int
) -> None:
    # Far from Almaty, so that no time on a page can come from the browser's clock.
    context = browser.new_context(
        viewport={"width": width, "height": 900}, timezone_id="America/New_York"
    )
    page = serving.enter(context, role)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{serving.url}/?lang={lang}&theme={theme}")
    for address in PAGES[role][1]:
        answer = page.goto(serving.url + address)
        assert answer is not None
        assert answer.status == 200, address
        assert page.locator("html").get_attribute("lang") == lang
        for each in (768, 1000, width):
            page.set_viewport_size({"width": each, "height": 900})
            fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, (address, each)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, (address, found.generate_report())
    assert said == []
    context.close()


def test_a_correction_is_asked_for_by_keyboard_and_without_a_script(
    serving: Serving, browser: Browser
) -> None:
    sold = next(sale for sale in serving.trade.sold if sale[1] == "aurora-1")
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = serving.enter(context, "exhibitor")
    page.goto(f"{serving.url}/cinema/corrections?venue=aurora-1&lang=en")
    press = page.keyboard.press

    def walk_to(selector: str) -> None:
        for _ in range(60):
            if page.locator(f"{selector}:focus").count():
                return
            press("Tab")
        raise AssertionError(selector)

    # First with nothing filled in: what is missing stands at the top, each with its place.
    walk_to('button[value="check"]')
    press("Enter")
    expect(page.locator("#mistakes li")).to_have_count(3)
    walk_to('#mistakes a[href="#ticket"]')
    press("Enter")
    walk_to("#ticket")
    page.keyboard.type(sold[3])
    walk_to('input[name="wanted"]')
    press("ArrowDown")
    press("ArrowDown")
    walk_to('input[name="reason"]')
    press("ArrowDown")
    walk_to("#words")
    page.keyboard.type("The same ticket came out of the printer twice.")
    press("Tab")
    press("Enter")
    # The answers to check, with what the register has.
    expect(page.locator("h1")).to_have_text("Check your answers")
    expect(page.locator(".answers")).to_contain_text(sold[3])
    expect(page.locator(".answers")).to_contain_text("The sale is undone")
    walk_to('button[value="send"]')
    press("Enter")
    # A reference number, and what happens next.
    page.wait_for_url("**/cinema/corrections/*-*")
    expect(page.locator("h1")).to_have_text(page.url.rpartition("/")[2])
    expect(page.locator(".own-reference")).to_contain_text("closes by itself")
    context.close()


def test_a_manager_comes_from_the_menu_to_what_must_be_mended(
    serving: Serving, browser: Browser
) -> None:
    context = browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 800})
    page = serving.enter(context, "exhibitor")
    page.goto(serving.url + "/")
    page.get_by_role("link", name="Кинотеатр", exact=True).first.click()
    page.get_by_role("link", name="Отчётность").click()
    page.goto(page.url.split("?")[0] + "?until=2026-11-25&venue=aurora-1")
    page.locator('a[href*="/cinema/reports/2026-11-24"]').click()
    expect(page.locator(".causes li").first).to_be_visible()
    expect(page.locator("#refused")).to_be_visible()
    context.close()


def test_a_page_looks_again_until_it_is_told_to_pause(
    serving: Serving, browser: Browser
) -> None:
    context = browser.new_context(locale="en")
    page = serving.enter(context, "distributor")
    page.clock.install()
    page.goto(f"{serving.url}/distributor?span=all&lang=en")
    shown = page.locator('[data-live="figures"] .figure-hero a')
    before = shown.inner_text()

    def sell(ticket: str) -> None:
        trade = serving.trade
        sale = trade.event(
            "sold",
            ticket,
            "aurora-1",
            "steppe-0",
            price_minor=77_000_000,
            sales_channel="web",
        )
        trade.send("own-aurora", sale)
        trade.follow()

    sell("looked-at-1")
    page.clock.fast_forward(31_000)
    expect(shown).not_to_have_text(before)
    after = shown.inner_text()
    page.get_by_role("button", name="Pause").click()
    sell("looked-at-2")
    page.clock.fast_forward(90_000)
    page.wait_for_timeout(500)
    assert shown.inner_text() == after
    page.get_by_role("button", name="Resume").click()
    page.clock.fast_forward(31_000)
    expect(shown).not_to_have_text(after)
    context.close()
