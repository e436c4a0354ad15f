"""What every page keeps, whoever reads it: open to all, by keyboard, on a phone, without a script."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from demonstration import (
    CHROMIUM,
    FLAGS,
    cookies_of,
    demonstration,
    sign_in_links,
    wrong_with,
)
from ekino.access.model.entrances import Entrance
from ekino.web.who import WHO
from pages import NOT_PAGES, PAGES, Shown

pytestmark = pytest.mark.needs_chromium
# Each look with another language, so that three visits see all of both.
LOOKS = (("kk", "light"), ("ru", "dark"), ("en", "light"))
WIDTHS = (320, 390, 768, 1280)
TABS_MAX = 250
CERTIFIED_WITHIN_S = 240


class House:
    """A running demonstration, a browser, and the cookies of a person of each role."""

    def __init__(self, browser: Browser, url: str, cookies: dict[str, Any]) -> None:
        self.browser, self.url, self._cookies = browser, url, cookies

    def enter(self, shown: Shown, **look: Any) -> tuple[BrowserContext, Page]:
        context = self.browser.new_context(timezone_id="America/New_York", **look)
        if shown.role is not None:
            context.add_cookies(self._cookies[shown.role])
        return context, context.new_page()

    def address(self, shown: Shown, language: str) -> str:
        mark = "&" if "?" in shown.address else "?"
        return f"{self.url}{shown.address}{mark}lang={language}"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with demonstration(weeks=0) as (url, folder), sync_playwright() as playwright:
        links = sign_in_links(url, folder, {each.role for each in PAGES if each.role})
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        cookies = {role: cookies_of(browser, link) for role, link in links.items()}
        yield House(browser, url, cookies)
        browser.close()


def listen(page: Page, home: str, said: list[str], elsewhere: list[str]) -> None:
    """Note what a page says to the console, and what it asks of other hosts."""
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    def note(request: Request) -> None:
        if not request.url.startswith(home):
            elsewhere.append(request.url)

    page.on("request", note)


def test_every_address_that_people_read_is_among_the_pages() -> None:
    """A page that is in no list is looked at by nobody."""
    named = {each.pattern for each in PAGES}
    open_or_guarded = {path for path, who in WHO.items() if who is not Entrance.SIGNED}

    assert open_or_guarded - named - NOT_PAGES == set()
    assert (named | NOT_PAGES) - set(WHO) == set()


@pytest.mark.parametrize("shown", PAGES, ids=lambda each: each.name)
def test_a_page_is_for_everybody(house: House, shown: Shown) -> None:
    for language, theme in LOOKS:
        context, page = house.enter(
            shown, color_scheme=theme, viewport={"width": 1280, "height": 900}
        )
        said: list[str] = []
        elsewhere: list[str] = []
        listen(page, house.url, said, elsewhere)
        answer = page.goto(house.address(shown, language))
        assert answer is not None
        assert answer.ok
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("h1").count() == 1
        assert wrong_with(page) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert (width, over) == (width, 0)
        assert (said, elsewhere) == ([], [])
        context.close()


@pytest.mark.parametrize("shown", PAGES, ids=lambda each: each.name)
def test_a_page_needs_no_script(house: House, shown: Shown) -> None:
    context, page = house.enter(shown, java_script_enabled=False)
    page.goto(house.address(shown, "kk"))
    texts = page.locator("main").inner_text().split()

    assert page.locator("h1").count() == 1
    assert len(texts) > 5
    context.close()


_FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  at.dataset.visits = 1 + Number(at.dataset.visits || 0);
  return {name: at.outerHTML.slice(0, 120), visits: Number(at.dataset.visits),
          seen: seen && box.width > 0 && box.height > 0};
}"""


@pytest.mark.parametrize("shown", PAGES, ids=lambda each: each.name)
def test_the_keyboard_goes_through_a_page_and_sees_where_it_is(
    house: House, shown: Shown
) -> None:
    context, page = house.enter(shown, viewport={"width": 1280, "height": 900})
    page.goto(house.address(shown, "ru"))
    page.evaluate("document.activeElement.blur()")
    unseen = []
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        at = page.evaluate(_FOCUSED)
        if at is None or at["visits"] > 1:
            break
        if not at["seen"]:
            unseen.append(at["name"])
    assert unseen == []
    context.close()


def test_its_systems_say_what_they_run_and_a_vendor_is_certified_meanwhile(
    house: House,
) -> None:
    shown = next(each for each in PAGES if each.name == "feeds")
    context, page = house.enter(shown)
    found: list[Any] = []
    # It begins 15 seconds after the opening, at the lowest priority.
    until = time.monotonic() + CERTIFIED_WITHIN_S
    while not found and time.monotonic() < until:
        found = page.request.get(f"{house.url}/certified.json?lang=en").json()["rows"]
        page.wait_for_timeout(500)
    feeds = page.request.get(f"{house.url}/gov/feeds.json?table=feeds&lang=en").json()
    context.close()

    assert [(each["product"], each["version"], each["state"]) for each in found] == [
        ("Tasqyn Kassa", "7.4.1", "holds")
    ]
    versions = {each["version"] for each in feeds["rows"] if each["heard_at"]}
    assert {"Tasqyn Kassa 7.4.1", "Tasqyn Kassa 7.3.0", "Esik 1.9.2"} <= versions
    assert None not in versions
