"""From where a key may be used: what names a network, and what is inside it."""

import pytest

from ekino.access.model.addresses import NETWORKS_MAX, is_within, read_networks
from ekino.kernel.errors import Refused


def test_networks_are_read_with_spaces_or_commas_each_once() -> None:
    text = " 203.0.113.0/24,2a00:1450::/32\n198.51.100.7; 203.0.113.0/24 "

    found = [str(each) for each in read_networks(text)]

    assert found == ["203.0.113.0/24", "2a00:1450::/32", "198.51.100.7/32"]
    assert read_networks(" ,\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "example.kz", "203.0.113.7/24", "203.0.113.0/33", "203.0.113", "*", "::g",
        " ".join(f"10.0.0.{n}" for n in range(NETWORKS_MAX + 1)),
    ],
)  # fmt: skip
def test_what_is_no_network_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_networks(text)

    assert refused.value.code == "networks_malformed"


@pytest.mark.parametrize(
    ("client", "is_inside"),
    [
        ("203.0.113.0", True), ("203.0.113.255", True), ("::ffff:203.0.113.9", True),
        ("203.0.112.255", False), ("203.0.114.0", False), ("2a00:1450::1", True),
        ("2a00:1451::", False), ("::ffff:203.0.114.9", False), ("", False), ("testclient", False),
        ("203.0.113.9, 10.0.0.1", False),
    ],
)  # fmt: skip
def test_a_client_is_inside_or_it_is_not(client: str, *, is_inside: bool) -> None:
    networks = read_networks("203.0.113.0/24 2a00:1450::/32")

    assert len(networks) <= NETWORKS_MAX
    assert is_within(client, networks) is is_inside
