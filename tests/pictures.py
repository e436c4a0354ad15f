"""
`make pictures`: the demonstration's pages as their readers see them, and what is wrong there.

Every page of `pages.PAGES` in three languages, light and dark, on a desk and on a phone; the
gallery is `pictures/index.html`. Ends with code 3 when a page scrolls sideways, writes to the
console, or has a violation of WCAG 2.2 AA that axe can see.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from pages import PAGES, PEOPLE, Shown

EKINO = [sys.executable, "-m", "ekino.cli.main"]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
LANGUAGES = ("kk", "ru", "en")
THEMES = ("light", "dark")
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
OPENS_WITHIN_S = 300
UPLOADED_WITHIN_S = 1_800
PROBLEMS_FOUND = 3


def main() -> int:
    """Take the pictures and give the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=Path("pictures"))
    options.add_argument("--weeks", type=int, default=4)
    options.add_argument("--only", default="", help="pages whose name holds this")
    options.add_argument("--language", choices=LANGUAGES, action="append")
    given = options.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    wanted = [each for each in PAGES if given.only in each.name]
    with demonstration(given.weeks) as (url, folder), sync_playwright() as playwright:
        links = sign_in_links(url, folder, {each.role for each in wanted if each.role})
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        problems = take_all(
            browser, url, links, wanted, given.to, given.language or LANGUAGES
        )
        browser.close()
    write_gallery(given.to, wanted, given.language or LANGUAGES)
    for problem in problems:
        say(problem)
    say(f"{given.to / 'index.html'}: {len(problems)} problems")
    return PROBLEMS_FOUND if problems else 0


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


@contextmanager
def demonstration(weeks: int) -> Iterator[tuple[str, Path]]:
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
            say("the country is open; its earlier weeks are being uploaded")
            _wait_until_uploaded(folder / "demo" / "earlier.json", weeks)
            yield f"http://127.0.0.1:{port}", folder
        finally:
            show.terminate()
            show.wait(60)


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


def take_all(
    browser: Browser,
    url: str,
    links: dict[str, str],
    wanted: list[Shown],
    folder: Path,
    languages: tuple[str, ...] | list[str],
) -> list[str]:
    """Take every picture and give what is wrong, in words."""
    problems: list[str] = []
    cookies = {role: _cookies(browser, link) for role, link in links.items()}
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            for role in (None, *cookies):
                mine = [each for each in wanted if each.role == role]
                if not mine:
                    continue
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if theme == "dark" else "light",
                    timezone_id="America/New_York",
                )
                if role:
                    context.add_cookies(cookies[role])
                problems += take(context, url, mine, folder, f"{theme}-{size}", languages)
                context.close()
    return problems


def _cookies(browser: Browser, link: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    kept = context.cookies()
    context.close()
    return kept


def take(
    context: BrowserContext,
    url: str,
    wanted: list[Shown],
    folder: Path,
    look: str,
    languages: tuple[str, ...] | list[str],
) -> list[str]:
    """Take one look's pictures of some pages."""
    problems = []
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for shown in wanted:
        for language in languages:
            said.clear()
            mark = "&" if "?" in shown.address else "?"
            answer = page.goto(f"{url}{shown.address}{mark}lang={language}")
            page.wait_for_timeout(300)
            name = f"{shown.name}-{language}-{look}"
            page.screenshot(path=folder / f"{name}.png", full_page=True)
            found = [*_wrong(page), *said]
            if answer is None or not answer.ok:
                found.append(f"answers {answer.status if answer else 'nothing'}")
            problems += [f"{name}: {each}" for each in found]
    return problems


def _wrong(page: Page) -> list[str]:
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wrong = [f"scrolls {over} px sideways"] if over > 0 else []
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    return wrong + [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


def write_gallery(
    folder: Path, wanted: list[Shown], languages: tuple[str, ...] | list[str]
) -> None:
    """Write one page with all pictures, page by page."""
    looks = [f"{theme}-{size}" for size in SIZES for theme in THEMES]
    parts = [
        "<!doctype html><meta charset=utf-8><title>e-Kino</title>",
        "<style>body{font:14px system-ui} img{width:24%;vertical-align:top}</style>",
    ]
    for shown in wanted:
        parts.append(f"<h2>{escape(shown.name)} <code>{escape(shown.address)}</code></h2>")
        for language in languages:
            parts += [
                f'<a href="{name}"><img loading="lazy" src="{name}" alt="{name}"></a>'
                for look in looks
                for name in (f"{shown.name}-{language}-{look}.png",)
            ]
    (folder / "index.html").write_text("\n".join(parts), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
