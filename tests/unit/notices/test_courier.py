"""Where webhooks may go: public addresses by https, pinned, and nothing inside our walls."""

from collections.abc import Sequence

import pytest

from ekino.kernel.errors import Refused
from ekino.kernel.internet import is_public
from ekino.notices.model import ADDRESS_CHARACTERS_MAX
from ekino.notices.service.courier import LABEL_CHARACTERS_MAX, PORT_MIN, Courier


@pytest.mark.parametrize(
    "address",
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
def test_addresses_inside_or_through_a_tunnel_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:4010:c05::65", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/", "ftp://receiver.example/", "https://", "receiver.example",
        "https://user@receiver.example/", "https://user:password@receiver.example/",
        "https://receiver.example/#part", "https://receiver.example:22/",
        f"https://receiver.example:{PORT_MIN - 1}/", "https://receiver.example:99999/",
        "https://receiver.example/a b", "https://receiver.example/\r\nHost: x",
        "https://қазақ.example/", "file:///etc/passwd", "https://[::1",
        "https://receiver.example/" + "a" * ADDRESS_CHARACTERS_MAX,
        "https://a..example/", "https://.example/", "https://receiver.example./", "https://a%00b/",
        f"https://{'a' * (LABEL_CHARACTERS_MAX + 1)}.example/", "https://" + "a." * 127 + "example/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        Courier().verify_address(url)

    assert refused.value.code == "webhook_address_refused"


@pytest.mark.parametrize(
    "url",
    [
        "https://receiver.example/hook?a=1", f"https://receiver.example:{PORT_MIN}/",
        "https://receiver.example:8443/",
        "https://r.example/" + "a" * (ADDRESS_CHARACTERS_MAX - len("https://r.example/")),
    ],
)  # fmt: skip
def test_a_plain_https_address_is_taken(url: str) -> None:
    Courier().verify_address(url)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::1"], []],
)
def test_a_host_with_any_private_address_is_never_connected_to(
    addresses: list[str],
) -> None:
    courier = Courier(resolving=lambda _host, _port: addresses)

    met = courier.post("https://receiver.example/", {}, b"")

    assert (met.answer, met.reason) == (None, "address_refused")


@pytest.mark.parametrize("error", [UnicodeError("label empty"), OSError("no such name")])
def test_a_name_that_cannot_be_looked_up_is_met_and_not_raised(error: Exception) -> None:
    def resolving(_host: str, _port: int) -> Sequence[str]:
        raise error

    met = Courier(resolving=resolving).post("https://receiver.example/", {}, b"")

    assert (met.answer, met.reason, met.said) == (None, "host_unknown", str(error))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://2130706433/", "https://0x7f.1/", "https://017700000001/",
        "https://localhost/", "https://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_no_spelling_of_an_inner_address_gets_through(url: str) -> None:
    met = Courier(timeout_s=0.5).post(url, {}, b"")

    assert met.reason in ("address_refused", "host_unknown")


def test_the_name_is_looked_up_for_every_attempt_and_the_answer_is_used() -> None:
    """A name that turns private between two attempts is refused at the second."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])

    def resolving(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    courier = Courier(resolving=resolving, timeout_s=0.2)
    first = courier.post("https://receiver.example/", {}, b"")
    second = courier.post("https://receiver.example/", {}, b"")

    assert (first.reason, second.reason) == ("address_refused", "address_refused")
    assert "127.0.0.1" in second.said
