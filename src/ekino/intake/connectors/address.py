"""Addresses that we may be set to read: public, https, looked up once a connection."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ekino.kernel.errors import Pushback, Refused
from ekino.kernel.internet import is_public

# A name server that has not answered by then is asked again with the next attempt.
LOOK_UP_AGAIN_S = 30
ADDRESS_CHARACTERS_MAX = 500
_PORTS = {"https": 443, "http": 80}

LookUp = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Root:
    """Where another system's API begins, taken apart."""

    scheme: str
    host: str
    port: int
    # Without a slash at its end.
    path: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """A root whose name was looked up: the connection goes to this number and no other."""

    root: Root
    number: str


def parse(url: str, *, is_loopback_allowed: bool) -> Root:
    """
    Take apart the address of another system's API.

    Only https; http is taken for this machine itself, where a setting allows that. Raises
    `Refused` for anything else: a user's name in it, a query, a number of a private network.
    """
    if len(url) > ADDRESS_CHARACTERS_MAX or not url.isprintable():
        raise _refused("an address is a printable text of at most 500 characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(f"{url!r} is no address") from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _refused(f"{url!r} is no address such as https://tickets.example")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise _refused("an address names a host and a path: no user, no query, no fragment")
    root = Root(
        scheme=parts.scheme,
        host=parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        path=parts.path.rstrip("/"),
    )
    number = _number_of(root.host)
    if number is not None:
        verify_number(number, is_loopback_allowed=is_loopback_allowed)
    is_here = root.host == "localhost" or (number is not None and number.is_loopback)
    if root.scheme == "http" and not (is_here and is_loopback_allowed):
        raise _refused("only https is read from: what it answers is money")
    return root


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system for a host's numbers."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def pin(root: Root, *, is_loopback_allowed: bool, ask: LookUp = look_up) -> Pinned:
    """
    Look a name up, and hold on to the number for this connection.

    Every number of the name must be public: a name that also leads into our own network is
    refused whole, so that nobody can have us ask again until the other number comes first. Asked
    before each connection, and the connection goes to the number that was judged: what the name
    says a moment later does not matter. Raises `Refused` for a name that leads inside, and
    `Pushback` for one that cannot be looked up now.
    """
    try:
        numbers = list(ask(root.host, root.port))
    except (OSError, ValueError) as error:
        # A name that cannot be asked for (an empty label) is a ValueError of the codec.
        detail = f"{root.host} cannot be looked up just now"
        raise Pushback(
            detail, retry_after_s=LOOK_UP_AGAIN_S, code="address_not_found"
        ) from error
    if not numbers:
        detail = f"{root.host} has no number"
        raise Pushback(detail, retry_after_s=LOOK_UP_AGAIN_S, code="address_not_found")
    for number in numbers:
        parsed = _number_of(number)
        if parsed is None:
            raise _refused(f"{root.host} leads to what is no number")
        verify_number(parsed, is_loopback_allowed=is_loopback_allowed)
    return Pinned(root, numbers[0])


Number = ipaddress.IPv4Address | ipaddress.IPv6Address


def verify_number(number: Number, *, is_loopback_allowed: bool) -> None:
    """Raise `Refused` unless a number is of the public internet, or this machine where allowed."""
    plain = number
    if isinstance(number, ipaddress.IPv6Address):
        plain = number.ipv4_mapped or number
    if plain.is_loopback and is_loopback_allowed:
        return
    if not is_public(str(number)):
        raise _refused("the address leads into a network that is not the public one")


def _number_of(host: str) -> Number | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _refused(detail: str) -> Refused:
    return Refused(detail, code="address_refused")
