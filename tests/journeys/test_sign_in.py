"""Signing in, in Chromium: a passkey, the keyboard alone, no script, and every page well made."""

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import TOTP_STEP_S
from ekino.access.service import people
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.web.app import create_app
from factories import a_catalog, a_vendor
from machine import chromium
from people import TEST, a_person

pytestmark = pytest.mark.needs_chromium
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
}
EMAIL = "aigerim@example.kz"
PASSWORD = "a quiet evening in Oskemen"
PICTURES = os.environ.get("EKINO_TEST_PICTURES")
WIDTHS = (1280, 390, 320)


@pytest.fixture
def url(db: Database, tmp_path: Path) -> Iterator[str]:
    """Serve the application under a name, which passkeys want."""
    a_catalog(db)
    a_vendor(db)
    app = create_app(Settings(data_dir=tmp_path), db)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, daemon=True
    )
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


def invitation(db: Database, url: str, role: RoleName = RoleName.OPERATOR) -> str:
    """Give an address at which somebody chooses how to sign in."""
    person_id = a_person(db, role, email=EMAIL, name="Әйгерім Сәтбай")
    secret = people.make_link(db, person_id, "invitation", actor=TEST, at=now())
    return f"{url}/invitation/{secret}"


def look(page: Page, name: str) -> None:
    """Find nothing to mend: no violation of axe, nothing wider than the screen at any width."""
    found = [each["id"] for each in Axe().run(page, options=RULES).response["violations"]]
    assert found == [], name
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, (name, width)
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


def with_authenticator(context: BrowserContext, page: Page) -> None:
    """Put an authenticator of software into the browser: a finger is always there."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_somebody_makes_a_passkey_signs_out_and_in_with_it(
    db: Database, url: str, browser: Browser
) -> None:
    context = browser.new_context(locale="en")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    with_authenticator(context, page)

    page.goto(invitation(db, url))
    page.click("#passkey button")
    page.wait_for_url(f"{url}/account?done=new")
    page.click(".choices details:last-of-type summary")
    page.click(".menu-button")
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/sign-in")
    page.click("form[data-passkey] button")
    page.wait_for_url(f"{url}/admin")

    cookie = next(each for each in context.cookies() if each["name"] == "ekino")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert complaints == []
    context.close()


def test_somebody_signs_in_by_the_keyboard_alone_without_a_script(
    db: Database, url: str, browser: Browser
) -> None:
    context = browser.new_context(locale="en", java_script_enabled=False)
    page = context.new_page()

    def reach(field: str) -> None:
        """Press Tab until the field has the focus."""
        for _ in range(40):
            if page.locator(f"{field}:focus").count():
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {field}")

    page.goto(invitation(db, url))
    secret = page.inner_text(".secret")
    reach("#password")
    page.keyboard.type(PASSWORD)
    reach("#again")
    page.keyboard.type("something else")
    reach("#code")
    page.keyboard.type(pyotp.TOTP(secret).at(now() - timedelta(seconds=TOTP_STEP_S)))
    page.keyboard.press("Enter")
    # What is wrong stands first and leads to its field.
    assert page.locator(".mistakes a").get_attribute("href") == "#again"
    reach(".mistakes a")
    page.keyboard.press("Enter")
    for field, text in (
        ("#password", PASSWORD),
        ("#again", PASSWORD),
        ("#code", pyotp.TOTP(secret).at(now() - timedelta(seconds=TOTP_STEP_S))),
    ):
        page.locator(field).focus()
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/account\?done=new"))

    context.clear_cookies()
    page.goto(f"{url}/account")
    page.wait_for_url(f"{url}/sign-in?next=%2Faccount")
    reach("#email")
    page.keyboard.type(EMAIL)
    reach("#password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/code?next=%2Faccount")
    reach("#code")
    page.keyboard.type(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/account")

    assert "Әйгерім Сәтбай" in page.inner_text("main")
    context.close()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_well_made(
    db: Database, url: str, browser: Browser, language: Language, theme: str
) -> None:
    context = browser.new_context(
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=True,
        timezone_id="America/New_York",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    link = invitation(db, url)
    for name, address in (("sign-in", f"{url}/sign-in"), ("invitation", link)):
        page.goto(f"{address}?lang={language}")
        look(page, f"{name}-{language}-{theme}")
    page.goto(f"{url}/sign-in")
    page.fill("#email", EMAIL)
    page.fill("#password", "wrong")
    page.press("#password", "Enter")
    look(page, f"wrong-{language}-{theme}")
    secret = people.make_link(
        db, people.find_by_email(db, EMAIL).row.person_id, "sign_in", actor=TEST, at=now()
    )
    page.goto(f"{url}/invitation/{secret}")
    look(page, f"link-{language}-{theme}")
    page.click("main button")
    for name in (
        "account",
        "admin",
        "admin/people",
        "admin/people/new",
        "admin/people/1",
        "admin/registry",
        "admin/registry/venues",
        "admin/audit",
        "admin/jobs",
    ):
        page.goto(f"{url}/{name}")
        look(page, f"{name.replace('/', '-')}-{language}-{theme}")
        assert page.locator("html").get_attribute("lang") == language
    context.close()

    # A wrong password is answered 401, which the console tells.
    assert [each for each in complaints if "401" not in each] == []
