"""Commands of keys: a key is limited to networks, and let go again."""

import pytest
from click.testing import CliRunner

from ekino.access import service
from ekino.cli.keys import keys
from ekino.db.database import Database
from factories import a_catalog, a_vendor
from store.cli.test_integrating import OpenOffice, lines, run


def networks_of(db: Database, key_id: str) -> str | None:
    (found,) = [
        each["networks"] for each in service.list_keys(db) if each["key_id"] == key_id
    ]
    return found if found is None else str(found)


def test_a_key_is_limited_and_let_go(db: Database) -> None:
    a_catalog(db)
    a_vendor(db, code="acme", key_id="acme/1")
    office = OpenOffice(db)

    (done,) = lines(
        run(office, keys, "limit", "acme/1", "--network", "203.0.113.0/24", "--network", "::1", "--json")
    )  # fmt: skip
    limited = networks_of(db, "acme/1")
    said = run(office, keys, "limit", "acme/1", "--anywhere").stderr

    assert done == {"key_id": "acme/1", "networks": ["203.0.113.0/24", "::1/128"]}
    assert limited == "203.0.113.0/24, ::1/128"
    assert "acme/1 may be used from anywhere" in said
    assert networks_of(db, "acme/1") is None


@pytest.mark.parametrize("words", [[], ["--anywhere", "--network", "::1"]])
def test_a_limit_or_none_is_named(db: Database, words: list[str]) -> None:
    done = CliRunner().invoke(keys, ["limit", "acme/1", *words], obj=OpenOffice(db))

    assert done.exit_code == 2
