"""Every public page: within three clicks of the start, and built as the law of state sites asks."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from starlette.routing import Match, Route
from starlette.testclient import TestClient

from board_server import BoardServer, board_server, own_database
from crawler import Page, Visit, crawl, read_page
from ekino.access.model.entrances import Entrance
from ekino.db.database import Database
from ekino.kernel.moments import now
from ekino.settings import Settings
from ekino.ui.languages import Language
from ekino.web.app import create_app
from ekino.web.who import WHO
from evening import EVENING, KAZAKHSTAN, Evening, fill

CLICKS_MAX = 3
# Public addresses that are no pages to be found by links: files, programs' addresses, and what
# somebody comes to with a code, an invitation or a link in their hands.
NO_PAGES = (
    "/live",
    "/static/",
    "/v1/",
    "/log/",
    "/keys",
    "/openapi.json",
    "/health",
    "/metrics",
    "/t/",
    "/T/",
    "/claim/",
    "/office/",
    "/invitation/",
    "/collection/",
    "/confirm/",
    "/register/",
    "/schemas/",
    "/vectors/",
    "/sign-in/",
    "/sign-out",
)
# They stand alone: a frame in somebody's page, and a wall without controls.
WITHOUT_CHROME = frozenset({"/embed", "/tv"})
WIDTHS = (320, 390, 768, 1280)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def country(server_folder: Path) -> Iterator[Database]:
    """Give a country whose evening is now, with a day before it that is published."""
    with own_database(server_folder) as db:
        fill(db, at=now())
        yield db


@pytest.fixture(scope="module")
def client(
    country: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with TestClient(create_app(settings, country), base_url="http://here") as client:
        yield client


@pytest.fixture(scope="module")
def visits(client: TestClient) -> list[Visit]:
    routes = [route for route in client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]

    def kind_of(address: str) -> str | None:
        path = urlsplit(address).path
        scope = {"type": "http", "path": path, "method": "GET", "root_path": ""}
        for route in routes:
            if route.matches(scope)[0] is Match.FULL:
                is_page = not route.path.startswith(NO_PAGES) or route.path == "/"
                return (
                    route.path if is_page and WHO[route.path] is Entrance.PUBLIC else None
                )
        return None

    def get(address: str) -> str | None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        is_page = answer.headers["content-type"].startswith("text/html")
        return answer.text if is_page else None

    return crawl(get, kind_of)


def public_pages() -> set[str]:
    return {
        path
        for path, who in WHO.items()
        if who is Entrance.PUBLIC
        and (path == "/" or not path.startswith(NO_PAGES))
        and not path.endswith((".{suffix}", ".json"))
    }


def kinds(client: TestClient, visits: list[Visit]) -> dict[str, int]:
    """Give the fewest clicks to each kind of page."""
    found: dict[str, int] = {}
    for route in client.app.routes:  # type: ignore[attr-defined]
        for visit in visits:
            scope = {
                "type": "http",
                "path": urlsplit(visit.address).path,
                "method": "GET",
                "root_path": "",
            }
            if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
                found[route.path] = min(found.get(route.path, 99), visit.clicks)
    return found


def test_every_public_page_is_within_three_clicks(
    client: TestClient, visits: list[Visit]
) -> None:
    found = kinds(client, visits)

    far = {
        path: found.get(path) for path in public_pages() if found.get(path, 99) > CLICKS_MAX
    }
    assert far == {}


def test_every_page_has_each_landmark_once(visits: list[Visit]) -> None:
    wrong = {
        visit.address: marks
        for visit in visits
        if (marks := landmarks(visit.page)) != (1, 1, 1, 1)
    }

    assert wrong == {}


def landmarks(page: Page) -> tuple[int, int, int, int]:
    return page.banners, page.navigations, page.mains, page.contentinfos


def test_the_reader_always_knows_the_place(visits: list[Visit]) -> None:
    lost = [
        visit.address
        for visit in visits
        if urlsplit(visit.address).path != "/"
        and urlsplit(visit.address).path not in WITHOUT_CHROME
        and (
            not visit.page.steps
            or visit.page.steps[-1] is not True
            or sum(visit.page.steps) != 1
        )
    ]

    assert lost == []


def test_every_table_has_a_caption_and_every_page_one_first_heading(
    visits: list[Visit],
) -> None:
    wrong = [
        visit.address
        for visit in visits
        if visit.page.tables != visit.page.captions or visit.page.headings.count(1) != 1
    ]

    assert wrong == []


def test_a_change_of_language_keeps_the_page_and_its_filters(
    client: TestClient, visits: list[Visit]
) -> None:
    wrong = []
    for visit in visits:
        here = urlsplit(visit.address)
        if here.path in WITHOUT_CHROME:
            continue
        if set(visit.page.choices) != {each.value for each in Language}:
            wrong.append((visit.address, sorted(visit.page.choices)))
        for language, link in visit.page.choices.items():
            there = urlsplit(link)
            kept = [pair for pair in parse_qsl(there.query) if pair[0] != "lang"]
            if (there.path, kept) != (here.path, parse_qsl(here.query)):
                wrong.append((visit.address, [link]))
            if f"lang={language}" not in there.query:
                wrong.append((visit.address, [link]))

    assert wrong == []


@pytest.mark.parametrize("language", list(Language))
def test_every_page_answers_in_every_language(
    client: TestClient, visits: list[Visit], language: Language
) -> None:
    wrong = []
    for visit in visits:
        joint = "&" if "?" in visit.address else "?"
        answer = client.get(f"{visit.address}{joint}lang={language}")
        page = read_page(answer.text)
        if answer.status_code != 200 or page.language != language.value:
            wrong.append((visit.address, answer.status_code, page.language))

    assert wrong == []


def test_only_the_frame_may_stand_in_a_frame(
    client: TestClient, visits: list[Visit]
) -> None:
    open_to = {
        visit.address
        for visit in visits
        if "frame-ancestors 'none'"
        not in client.get(visit.address).headers["content-security-policy"]
    }

    assert {urlsplit(each).path for each in open_to} <= {"/embed"}
    assert "frame-ancestors *" in client.get("/embed").headers["content-security-policy"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[BoardServer]:
    with own_database(server_folder) as db:
        publish_some_days(db)
        with board_server(db) as server:
            yield server


def publish_some_days(db: Database) -> None:
    from datetime import timedelta

    from ekino.opendata import service

    evening = Evening()
    evening.load_country(db)
    today = KAZAKHSTAN.today(EVENING)
    for ago in (4, 3, 2, 0):
        showings = evening.announce(db, today - timedelta(days=ago), showings=272)
        evening.enter(db, evening.sales(showings, tickets=5_000))
    while service.publish_next(db, KAZAKHSTAN, at=EVENING):
        pass
    service.move_live(db, KAZAKHSTAN, at=EVENING)


PLACES = (
    "/regions",
    "/regions?period=day&show=tiles&measure=domestic",
    "/region/KZ-75",
    "/region/KZ-62",
    "/venues",
    "/venue/kz-75-01",
    "/about/data",
    "/about/coverage",
    "/status",
    "/tv",
    "/embed",
)


@pytest.mark.needs_chromium
def test_no_page_of_places_scrolls_sideways(browser: Browser, server: BoardServer) -> None:
    wide = []
    page = browser.new_page()
    for path in PLACES:
        joint = "&" if "?" in path else "?"
        page.goto(f"{server.url}{path}{joint}lang=ru")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wide.append((path, width, over))
    page.close()

    assert wide == []


@pytest.mark.needs_chromium
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_on_pages_of_places(
    browser: Browser, server: BoardServer, theme: str, width: int
) -> None:
    found = []
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=True,
    )
    page = context.new_page()
    for path in PLACES:
        joint = "&" if "?" in path else "?"
        page.goto(f"{server.url}{path}{joint}lang=kk")
        for violation in Axe().run(page, options=RULES).response["violations"]:
            targets = [node["target"] for node in violation["nodes"]]
            found.append((path, violation["id"], targets[:3]))
    context.close()

    assert found == []
