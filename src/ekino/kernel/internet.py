"""Which numbers of the internet are somebody else's: where programs of ours may connect to."""

import ipaddress

# What is given out to networks (IANA, "IPv6 Global Unicast Address Assignments"). All else is
# inside, unknown, or leads through a translator (64:ff9b::/96) to where we cannot see.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
# Tunnels: what they lead to is written inside the number (RFC 3056, RFC 4380).
_TUNNELS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))


def is_public(number: str) -> bool:
    """
    Say whether an IP address is somebody else's on the internet.

    IPv4 inside IPv6 (`::ffff:8.8.8.8`) is judged as IPv4; what leads through a tunnel or a
    translator is not public. Raises `ValueError` for what is no address.
    """
    found = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in _GIVEN_OUT or any(found in each for each in _TUNNELS):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved
