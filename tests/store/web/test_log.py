"""The log over HTTP: the headers that outside verifiers insist on, and every trick on a path."""

import random
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app
from log_making import a_log

# The client of the framework leaves its streams to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def client(db: Database, tmp_path: Path) -> TestClient:
    a_log(tmp_path / "log", 700)
    return TestClient(
        create_app(Settings(data_dir=tmp_path), db), raise_server_exceptions=False
    )


@pytest.mark.parametrize(
    ("path", "media_type", "caching", "size"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=1", None),
        (
            "tile/0/000",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
            8_192,
        ),
        (
            "tile/0/002.p/188",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
            188 * 32,
        ),
        (
            "tile/entries/001",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
            256 * 68,
        ),
        # Gone from the disk when the full one came, and still the same bytes.
        (
            "tile/0/000.p/7",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
            7 * 32,
        ),
        (
            "tile/entries/000.p/7",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
            7 * 68,
        ),
    ],
)
def test_an_answer_has_the_headers_of_c2sp(
    client: TestClient, path: str, media_type: str, caching: str, size: int | None
) -> None:
    answer = client.get(f"/log/{path}", follow_redirects=False)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == caching
    assert size is None or len(answer.content) == size


PIECES = (
    "..", ".", "%2e%2e", "%2f", "%00", "x000", "x001", "000", "0", "00", "+1", "-1", "256", "64", ".p", ".p/0",
    ".p/256", ".p/01", ".p/257", ".p/1", "entries", "data", "checkpoint", "tile", "\\", "%5c", "٠", " ", "%20",
    "x", "000.p", "002.p", "%252e", ";", "~", "latest", "lookup", "8",
)  # fmt: skip


def test_no_trick_on_a_path_is_answered_but_with_404(client: TestClient) -> None:
    """A8: five hundred of them."""
    dice = random.Random(8)
    codes = set()
    for _ in range(500):
        pieces = [dice.choice(PIECES) for _ in range(dice.randrange(1, 6))]
        path = "/log/tile/" + "/".join(pieces)
        answer = client.get(path, follow_redirects=False)
        if answer.status_code == 200:
            # The one spelling of a tile that is there may come up by chance.
            assert path.removeprefix("/log/tile/") in {
                "0/000",
                "entries/000",
                "0/000.p/1",
                "entries/000.p/1",
                "0/002.p/1",
            }
            continue
        codes.add(answer.status_code)
    assert codes <= {400, 404}


@pytest.mark.parametrize("position", ["0", "699"])
def test_a_proof_is_a_file_to_keep(client: TestClient, position: str) -> None:
    answer = client.get(f"/v1/proof/{position}")
    assert answer.text.startswith(f"c2sp.org/tlog-proof@v1\nindex {position}\n")
    assert (
        answer.headers["content-disposition"]
        == f'attachment; filename="{position}.tlog-proof"'
    )


@pytest.mark.parametrize("position", ["700", "-1", "01", "1e3", "٣", "9" * 30, "x"])
def test_a_position_that_is_none_is_404(client: TestClient, position: str) -> None:
    assert client.get(f"/v1/proof/{position}").status_code == 404
