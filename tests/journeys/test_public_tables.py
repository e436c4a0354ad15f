"""Permanent tables, the calendar and films in a browser: they fit, they speak, they print."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from board_server import BoardServer, board_server, own_database
from ekino.ui.languages import Language
from machine import chromium
from season import NOON, dates, load_season, play

pytestmark = pytest.mark.needs_chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
PAGES = (
    "/day/2026-11-22",
    "/day/2020-01-01",
    "/day/no-such-day",
    "/weekend/2026-11-19",
    "/month/2026-11?fees=1",
    "/year/2026",
    "/calendar/2026",
    "/calendar/2026?by=admissions",
    "/films",
    "/films?q=zzz",
    "/film/film-0",
    "/film/nobody",
    "/compare",
    "/compare?film=film-0&film=film-2&film=film-3&film=film-4&film=film-7",
)
WIDTHS = (320, 390, 768, 1280)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[BoardServer]:
    """Serve six weeks of an invented season."""
    with own_database(server_folder) as db:
        evening = load_season(db, first_release=date(2026, 10, 15))
        play(db, evening, dates(date(2026, 10, 15), 40), showings=24, tickets=150)
        with board_server(db, at=NOON) as server:
            yield server


def a_context(browser: Browser, *, width: int = 1280, **more: Any) -> BrowserContext:
    # Far from Almaty, so that no time on the page can come from the browser's clock.
    return browser.new_context(
        viewport={"width": width, "height": 900}, timezone_id="America/New_York", **more
    )


@pytest.mark.parametrize("language", list(Language))
def test_nothing_runs_over_the_edge_at_any_width(
    browser: Browser, server: BoardServer, language: Language
) -> None:
    context = a_context(browser)
    page = context.new_page()
    wide = []
    for path in PAGES:
        page.goto(f"{server.url}{path}{'&' if '?' in path else '?'}lang={language}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wide.append((path, width, over))
    context.close()

    assert wide == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, server: BoardServer, theme: str) -> None:
    found = []
    # Each page in one language and at one width: words and widths change no rule of axe's but
    # those that the other pages meet with them.
    for place, path in enumerate(PAGES):
        language = list(Language)[place % 3]
        context = a_context(browser, width=(390, 1280)[place % 2], color_scheme=theme)
        page = context.new_page()
        page.goto(f"{server.url}{path}{'&' if '?' in path else '?'}lang={language}")
        for table in page.locator(".as-table summary").all():
            table.click()
        for violation in Axe().run(page, options=RULES).response["violations"]:
            targets = [node["target"] for node in violation["nodes"]]
            found.append((path, language, violation["id"], targets[:3]))
        context.close()

    assert found == []


def test_a_figure_leads_to_what_it_is_made_of_without_a_script(
    browser: Browser, server: BoardServer
) -> None:
    context = a_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/calendar?lang=en")
    page.click(".doors a >> nth=2")
    assert page.url.endswith("/month/2026-11")
    title = page.locator("table.figures tbody th a").first
    name = title.inner_text()
    title.click()
    assert page.locator("h1").inner_text().startswith(name)
    page.click("table.figures tbody th a >> nth=0")
    assert "/weekend/" in page.url
    page.click(".segments a:text-is('Day')")
    assert "/day/" in page.url
    page.click("a[rel=prev]")
    assert page.locator("h1").inner_text().startswith("Box office: ")
    context.close()


def test_a_day_of_the_calendar_says_its_figure_to_the_keyboard(
    browser: Browser, server: BoardServer
) -> None:
    context = a_context(browser)
    page = context.new_page()
    page.goto(f"{server.url}/calendar/2026?lang=ru")
    day = page.locator(".month a[href='/day/2026-10-25']")
    # Only who comes by the keyboard sees a ring, and with it the figure.
    page.locator(".month a[href='/day/2026-10-24']").focus()
    page.keyboard.press("Tab")
    shown = day.evaluate("(day) => getComputedStyle(day, '::after').content")
    context.close()

    assert "₸" in shown
    assert "День Республики" in shown


def test_a_printed_sheet_carries_its_address_and_how_far_it_reaches(
    browser: Browser, server: BoardServer
) -> None:
    context = a_context(browser)
    page = context.new_page()
    page.goto(f"{server.url}/weekend/2026-11-19?lang=kk")
    foot = page.locator(".print-foot")
    assert not foot.is_visible()
    page.emulate_media(media="print")

    assert foot.is_visible()
    assert "/weekend/2026-11-19" in foot.inner_text()
    assert "Тізілімнің" in foot.inner_text()
    assert not page.locator(".tools").first.is_visible()
    context.close()
