"""The one guard of what others may have us call: public, by https, pinned, and nothing inside."""

import socket

import pytest

from ekino.kernel.errors import Pushback, Refused
from ekino.kernel.internet import (
    HOST_CHARACTERS_MAX,
    LABEL_CHARACTERS_MAX,
    PORT_MIN,
    URL_CHARACTERS_MAX,
    Guard,
    Place,
    is_public,
)

PUBLIC = "93.184.216.34"
OWN = Guard(inside=frozenset({"mail.lan", "127.0.0.1:8345", "::1"}))


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::1", "::", "0.0.0.0",  # noqa: S104 - refused, and not bound to
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
        "2002:7f00:1::", "64:ff9b:1::7f00:1", "fec0::1", "::7f00:1", "100::1", "5f00::1",
        "4000::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_numbers_inside_or_through_a_tunnel_or_translator_are_not_public(
    number: str,
) -> None:
    host = f"[{number}]" if ":" in number else number

    assert not is_public(number)
    for is_operators in (True, False):
        with pytest.raises(Refused):
            Guard().take_apart(f"https://{host}/", is_operators=is_operators)


@pytest.mark.parametrize("number", [PUBLIC, "2a00:1450:4010:c05::65", "::ffff:8.8.8.8"])
def test_numbers_of_the_internet_are_public(number: str) -> None:
    host = f"[{number}]" if ":" in number else number

    assert is_public(number)
    assert Guard().take_apart(f"https://{host}/", is_operators=False).host == number


@pytest.mark.parametrize(
    "url",
    [
        "http://host.example/", "ftp://host.example/", "file:///etc/passwd", "gopher://host.example",
        "https://", "host.example", "//host.example/", "https:host.example", "https://[::1",
        "https://user@host.example/", "https://user:secret@host.example/", "https://:secret@host.example/",
        "ftp://user:secret@host.example/", "https://host.example@10.0.0.7/",
        "https://host.example/#part", "https://host.example/#",
        "https://host.example:22/", "https://host.example:0/", f"https://host.example:{PORT_MIN - 1}/",
        "https://host.example:99999/", "https://host.example:x/",
        "https://host.example/a b", "https://host.example/\r\nHost: x", "https://host.example/\n",
        "https://қазақ.example/", "https://host.example/\x00", "https://a%00b/",
        "https://a..example/", "https://.example/", "https://host.example./",
        f"https://{'a' * (LABEL_CHARACTERS_MAX + 1)}.example/",
        "https://" + "a." * (HOST_CHARACTERS_MAX // 2) + "ab/",
        "https://host.example/" + "a" * URL_CHARACTERS_MAX,
    ],
)  # fmt: skip
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    for is_operators in (True, False):
        with pytest.raises(Refused) as refused:
            OWN.take_apart(url, is_operators=is_operators)

        assert refused.value.code == "address_refused"
        assert "secret" not in refused.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "https://host.example/hook?a=1", f"https://host.example:{PORT_MIN}/",
        "https://host.example:8443/", "https://host.example:443", "https://HOST.example/",
        "https://host.example/" + "a" * (URL_CHARACTERS_MAX - len("https://host.example/")),
        f"https://{'a' * LABEL_CHARACTERS_MAX}.example/",
    ],
)  # fmt: skip
def test_a_plain_https_address_is_taken_apart(url: str) -> None:
    place = Guard().take_apart(url, is_operators=False)

    assert place.scheme == "https"
    assert not place.is_inside


def test_a_query_is_taken_only_where_it_may_be() -> None:
    url = "https://host.example/?token=1"

    assert Guard().take_apart(url, is_operators=True).query == "token=1"
    with pytest.raises(Refused):
        Guard(may_have_query=False).take_apart(url, is_operators=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://mail.lan/", "http://mail.lan/hook", "http://mail.lan:25/", "http://127.0.0.1:8345/",
        "http://[::1]:80/",
    ],
)  # fmt: skip
def test_hosts_of_our_own_network_are_an_operators_and_nobody_elses(url: str) -> None:
    place = OWN.take_apart(url, is_operators=True)

    assert place.is_inside
    assert OWN.pin(place, lambda _host, _port: ["10.0.0.7"]) == "10.0.0.7"
    try:
        others = OWN.take_apart(url, is_operators=False)
    except Refused:
        return
    # Its name is a name: where it leads is refused.
    assert not others.is_inside
    with pytest.raises(Refused):
        OWN.pin(others, lambda _host, _port: ["10.0.0.7"])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:8346/", "http://127.0.0.2:8345/",
        "http://mail.lan.example/", "http://mail.lan./", "http://10.0.0.7/",
    ],
)  # fmt: skip
def test_nothing_near_what_an_operator_named_is_let_through(url: str) -> None:
    with pytest.raises(Refused):
        OWN.take_apart(url, is_operators=True)


@pytest.mark.parametrize(
    "numbers",
    [
        ["10.0.0.7"], [PUBLIC, "10.0.0.7"], ["10.0.0.7", PUBLIC], ["127.0.0.1"], ["::1"],
        ["169.254.169.254"], ["::ffff:192.168.0.1"], ["64:ff9b::a00:7"], ["not-a-number"],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused_whole(numbers: list[str]) -> None:
    place = OWN.take_apart("https://host.example", is_operators=True)

    with pytest.raises(Refused) as refused:
        OWN.pin(place, lambda _host, _port: numbers)

    assert refused.value.code == "address_refused"


@pytest.mark.parametrize(
    "error", [socket.gaierror("no such name"), UnicodeError("label empty")]
)
def test_a_name_that_cannot_be_looked_up_is_asked_again_later(error: Exception) -> None:
    place = Guard().take_apart("https://host.example", is_operators=False)

    def ask(_host: str, _port: int) -> list[str]:
        raise error

    with pytest.raises(Pushback) as later:
        Guard().pin(place, ask)
    with pytest.raises(Pushback):
        Guard().pin(place, lambda _host, _port: [])
    assert str(error) in later.value.detail
    assert Guard().pin(place, lambda _host, _port: [PUBLIC]) == PUBLIC


def test_a_place_is_what_the_address_says() -> None:
    assert Guard().take_apart("https://host.example/a/?b=c", is_operators=False) == Place(
        scheme="https",
        host="host.example",
        port=443,
        path="/a/",
        query="b=c",
        is_inside=False,
    )
