"""Whose word is taken for who asks: the connection's, and a proxy's that the settings name."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ekino.cli.serve import config_of
from ekino.kernel.errors import Refused
from ekino.settings import Settings


@pytest.mark.parametrize(
    ("trusted", "peer", "client"),
    [
        ("", "127.0.0.1", "127.0.0.1"),
        ("", "10.0.0.2", "10.0.0.2"),
        ("10.0.0.2", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.2", "10.0.0.2", "203.0.113.7"),
        ("10.0.0.0/24,192.0.2.1", "10.0.0.2", "198.51.100.1"),
    ],
)
def test_a_proxy_is_believed_only_when_it_is_named(
    trusted: str, peer: str, client: str
) -> None:
    """The sender wrote the first address itself; the last is what the nearest proxy saw."""
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    forwarded = (
        "198.51.100.1, 203.0.113.7" if "/" not in trusted else "198.51.100.1, 10.0.0.7"
    )
    config = config_of(app, Settings(data_dir=Path("/unused"), trusted_proxies=trusted))
    config.load()
    scope = {
        "type": "http",
        "client": (peer, 1),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode())],
    }
    asyncio.run(config.loaded_app(scope, None, None))

    assert seen == [client]


@pytest.mark.parametrize("value", ["*", "proxy.lan", "10.0.0.2/8"])
def test_a_proxy_is_named_by_its_address(value: str) -> None:
    with pytest.raises(Refused) as refused:
        Settings.from_environment({"EKINO_TRUSTED_PROXIES": value})

    assert refused.value.problems[0].pointer == "EKINO_TRUSTED_PROXIES"
