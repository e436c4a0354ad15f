"""Where programs of ours may connect to: one guard for whatever others may have us call."""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ekino.kernel.errors import Pushback, Refused

# What is given out to networks (IANA, "IPv6 Global Unicast Address Assignments"). All else is
# inside, unknown, or leads through a translator (64:ff9b::/96) to where we cannot see.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
# Tunnels: what they lead to is written inside the number (RFC 3056, RFC 4380).
_TUNNELS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))
# Characters of an address.
URL_CHARACTERS_MAX = 500
# Ports below it are other services' own; 443 is ours to call.
PORT_MIN = 1_024
# Characters of a host's name, and of one label of it (RFC 1035, 2.3.4): what is longer, or has an
# empty label, makes the system's own look-up fail in ways that are no answer.
HOST_CHARACTERS_MAX = 253
LABEL_CHARACTERS_MAX = 63
_LABEL = re.compile(rf"[a-z0-9_-]{{1,{LABEL_CHARACTERS_MAX}}}")
_PORTS = {"https": 443, "http": 80}
# A name server that has not answered by then is asked again with the next attempt.
LOOK_UP_AGAIN_S = 30
# What a failed look-up said is kept to this many characters.
_SAID_CHARACTERS_MAX = 200

# Gives the numbers of a host: getaddrinfo, as the system answers it now.
LookUp = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An address taken apart, that a guard let through."""

    scheme: str
    host: str
    port: int
    # As it was written, "" for none.
    path: str
    query: str
    # In our own network, and an operator said that it may be called.
    is_inside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """
    Lets through public addresses by https, and of our own network what an operator named.

    `inside` are hosts of our own network (`host` or `host:port`), which may be private, at any
    port and without TLS; they are let through only for what an operator set up, never for what
    anybody else did.
    """

    inside: frozenset[str] = frozenset()
    may_have_query: bool = True

    def take_apart(self, url: str, *, is_operators: bool) -> Place:
        """Take an address apart; `Refused` for one that nothing of ours goes to."""
        if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable():
            raise _refused(f"an address has at most {URL_CHARACTERS_MAX} plain characters")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _refused("this is no address") from error
        if parts.scheme not in _PORTS or not host or " " in url:
            # Not what was given: somebody's password may stand in it.
            raise _refused("an address is such as https://host.example/path")
        if parts.username is not None or parts.password is not None or "#" in url:
            raise _refused("an address names a host, and no user and no fragment")
        if "?" in url and not self.may_have_query:
            raise _refused("an address names a host and a path, and no query")
        port = _PORTS[parts.scheme] if port is None else port
        is_inside = is_operators and not self.inside.isdisjoint({host, f"{host}:{port}"})
        if not is_inside:
            _verify_outside(parts.scheme, host, port)
        return Place(
            scheme=parts.scheme,
            host=host,
            port=port,
            path=parts.path,
            query=parts.query,
            is_inside=is_inside,
        )

    def pin(self, place: Place, look_up: LookUp) -> str:
        """
        Look a name up, and give the one number to connect to.

        Every number of the name must be public: a name that also leads into our own network is
        refused whole, so that nobody can have us ask again until the other number comes first.
        Asked before each connection, which then goes to the number that was judged: what the name
        says a moment later does not matter. Raises `Refused` for a name that leads inside, and
        `Pushback` for one that cannot be looked up now.
        """
        try:
            numbers = list(look_up(place.host, place.port))
        except (OSError, ValueError) as error:
            # A name that cannot be asked for (an empty label) is a ValueError of the codec.
            said = str(error)[:_SAID_CHARACTERS_MAX] or type(error).__name__
            raise _not_found(
                f"{place.host} cannot be looked up just now: {said}"
            ) from error
        if not numbers:
            raise _not_found(f"{place.host} has no number")
        private = (
            [] if place.is_inside else [each for each in numbers if not _is_public(each)]
        )
        if private:
            detail = f"{place.host} is at {', '.join(private)}, which is not of the public internet"
            raise _refused(detail)
        return numbers[0]


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


def number_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read a host as a number; None for a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_public(number: str) -> bool:
    """As `is_public`; what is no number is not."""
    return number_of(number) is not None and is_public(number)


def _verify_outside(scheme: str, host: str, port: int) -> None:
    number = number_of(host)
    if scheme != "https":
        raise _refused("only https:// addresses are called")
    if port != _PORTS["https"] and port < PORT_MIN:
        raise _refused(f"port {port} is another service's")
    if number is None and not _is_name(host):
        raise _refused(f"{host[:80]!r} is no host's name")
    if number is not None and not is_public(host):
        raise _refused(f"{host} is not of the public internet")


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= HOST_CHARACTERS_MAX and all(map(_LABEL.fullmatch, labels))


def _refused(detail: str) -> Refused:
    return Refused(detail, code="address_refused")


def _not_found(detail: str) -> Pushback:
    return Pushback(detail, retry_after_s=LOOK_UP_AGAIN_S, code="address_not_found")
