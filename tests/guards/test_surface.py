"""The surface that others build on is whole (house §13.1): names are added, never lost."""

from importlib.util import find_spec

from starlette.routing import Mount, Route

from ekino.cli.main import COMMANDS
from ekino.db.database import Database
from ekino.settings import Settings
from ekino.web.app import create_app
from ekino.web.contract import openapi
from ekino.web.who import WHO
from source_tree import ROOT, SRC

COMMANDS_PROMISED = frozenset(
    {
        "serve",
        "worker",
        "demo",
        "replay",
        "catalog",
        "totals",
        "proofs",
        "keys",
        "db",
        "doctor",
        "bench",
        "verify",
    }
)
ADDRESSES_PROMISED = frozenset(
    {
        "/",
        "/v1/batches",
        "/v1/totals",
        "/openapi.json",
        "/health",
        "/metrics",
        "/keys",
        "/log/checkpoint",
        "/log/tile/{path}",
        "/v1/proof/{position}",
        "/t/{token}",
        "/check",
    }
)
SETTINGS_PROMISED = frozenset({"database_url", "data_dir", "public_url", "host", "port"})
# What programs read, and /openapi.json describes, besides everything under /v1/. All else is
# for people, or for machines that read no JSON.
OF_PROGRAMS = frozenset(
    {
        "/check",
        "/health",
        "/keys",
        "/log/checkpoint",
        "/log/tile/{path}",
        "/openapi.json",
        "/t/{token}",
    }
)


def addresses() -> set[str]:
    """Give the address of every route that the web process serves."""
    app = create_app(Settings(), Database("", set_role=False))
    return {
        # OpenAPI has no word for a parameter with slashes in it.
        route.path.replace(":path", "")
        for route in app.routes
        if isinstance(route, Route | Mount)
    }


def test_every_promised_command_is_there() -> None:
    missing = [name for name, (module, _) in COMMANDS.items() if find_spec(module) is None]

    assert missing == []
    assert COMMANDS_PROMISED - set(COMMANDS) == set()


def test_every_promised_address_is_there() -> None:
    assert ADDRESSES_PROMISED - addresses() == set()


def test_every_promised_setting_is_there() -> None:
    assert SETTINGS_PROMISED - set(Settings.__dataclass_fields__) == set()


def test_every_address_of_the_api_is_described() -> None:
    described = set(openapi.document("")["paths"])
    undescribed = {
        path
        for path in addresses() - described
        if path.startswith("/v1/") or path in OF_PROGRAMS
    }

    assert undescribed == set()
    assert described - addresses() == set()


def test_every_room_is_named_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = {
        path.stem
        for path in (SRC / "ekino").iterdir()
        if not path.name.startswith("_") and (path.is_dir() or path.suffix == ".py")
    }

    assert {room for room in rooms if f"`{room}`" not in text} == set()


def test_every_address_says_who_may_enter_it_and_none_is_left_over() -> None:
    app = create_app(Settings(), Database("", set_role=False))

    assert {route.path for route in app.routes if isinstance(route, Route)} == set(WHO)
