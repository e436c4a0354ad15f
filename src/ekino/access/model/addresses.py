"""From where a key may be used: networks that its holder named."""

import ipaddress
import re
from collections.abc import Sequence

from ekino.kernel.errors import Refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Networks of one key.
NETWORKS_MAX = 20
_BETWEEN = re.compile(r"[\s,;]+")


def read_networks(text: str) -> list[Network]:
    """
    Read networks (`203.0.113.0/24`) and addresses, with spaces or commas between them.

    Raises `Refused` for what is none, for a network that is named by an address inside it, and
    for more than NETWORKS_MAX. Nothing is an empty list: from anywhere.
    """
    words = [each for each in _BETWEEN.split(text) if each]
    if len(words) > NETWORKS_MAX:
        detail = f"a key has at most {NETWORKS_MAX} networks"
        raise Refused(detail, code="networks_malformed")
    found: dict[Network, None] = {}
    for word in words:
        try:
            network = ipaddress.ip_network(word)
        except ValueError as error:
            detail = f"{word[:80]!r} is no network such as 203.0.113.0/24 or 2a00:1450::/32"
            raise Refused(detail, code="networks_malformed") from error
        if "%" in word:
            # A scope means something on one machine only.
            detail = f"{word[:80]!r} names an interface: leave out what follows %"
            raise Refused(detail, code="networks_malformed")
        found[network] = None
    return list(found)


def is_within(client: str, networks: Sequence[Network]) -> bool:
    """Say whether a client's address is in one of these networks; what is no address is in none."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        # A socket of both families gives an IPv4 client so.
        address = address.ipv4_mapped or address
    return any(address in each for each in networks)
