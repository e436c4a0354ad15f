"""
`make pictures`: the demonstration's pages as their readers see them, and what is wrong there.

Every page of `pages.PAGES` in three languages, light and dark, on a desk and on a phone; the
gallery is `pictures/index.html`. Ends with code 3 when a page scrolls sideways, writes to the
console, or has a violation of WCAG 2.2 AA that axe can see.
"""

import argparse
import sys
from html import escape
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from demonstration import (
    CHROMIUM,
    FLAGS,
    cookies_of,
    demonstration,
    sign_in_links,
    wrong_with,
)
from pages import PAGES, Shown

LANGUAGES = ("kk", "ru", "en")
THEMES = ("light", "dark")
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
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
    cookies = {role: cookies_of(browser, link) for role, link in links.items()}
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
            found = [*wrong_with(page), *said]
            if answer is None or not answer.ok:
                found.append(f"answers {answer.status if answer else 'nothing'}")
            problems += [f"{name}: {each}" for each in found]
    return problems


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
