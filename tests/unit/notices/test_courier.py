"""Webhooks go where the guard lets them (tests/unit/kernel/test_internet.py), looked up each time."""

from collections.abc import Sequence

import pytest

from ekino.kernel.errors import Refused
from ekino.notices.service.courier import Courier


def test_an_address_that_the_guard_refuses_is_refused_in_words_of_webhooks() -> None:
    courier = Courier(frozenset({"127.0.0.1"}))

    for url in (
        "http://receiver.example/",
        "https://127.0.0.1/",
        "https://receiver.example:22/",
    ):
        with pytest.raises(Refused) as refused:
            courier.verify_address(url, is_operators=False)
        assert refused.value.code == "webhook_address_refused"
    courier.verify_address("http://127.0.0.1:25/", is_operators=True)


def test_a_host_of_our_own_network_is_called_for_an_operators_endpoint_only() -> None:
    courier = Courier(
        frozenset({"hook.lan"}), resolving=lambda *_: ["127.0.0.1"], timeout_s=0.2
    )

    others = courier.post("https://hook.lan:9/", {}, b"", is_operators=False)
    named = courier.post("https://hook.lan:9/", {}, b"", is_operators=True)

    assert (others.answer, others.reason) == (None, "address_refused")
    assert named.reason == "connection_failed"


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::1"]],
)
def test_a_host_with_any_private_address_is_never_connected_to(
    addresses: list[str],
) -> None:
    courier = Courier(resolving=lambda _host, _port: addresses)

    met = courier.post("https://receiver.example/", {}, b"", is_operators=False)

    assert (met.answer, met.reason) == (None, "address_refused")


@pytest.mark.parametrize("error", [UnicodeError("label empty"), OSError("no such name")])
def test_a_name_that_cannot_be_looked_up_is_met_and_not_raised(error: Exception) -> None:
    def resolving(_host: str, _port: int) -> Sequence[str]:
        raise error

    met = Courier(resolving=resolving).post(
        "https://receiver.example/", {}, b"", is_operators=False
    )

    assert (met.answer, met.reason) == (None, "host_unknown")
    assert str(error) in met.said


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://2130706433/", "https://0x7f.1/", "https://017700000001/",
        "https://localhost/", "https://169.254.169.254/latest/meta-data/",
    ],
)  # fmt: skip
def test_no_spelling_of_an_inner_address_gets_through(url: str) -> None:
    met = Courier(timeout_s=0.5).post(url, {}, b"", is_operators=False)

    assert met.reason in ("address_refused", "host_unknown")


def test_the_name_is_looked_up_for_every_attempt_and_the_answer_is_used() -> None:
    """A name that turns private between two attempts is refused at the second."""
    answers = iter([["192.0.2.1"], ["127.0.0.1"]])

    def resolving(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    courier = Courier(resolving=resolving, timeout_s=0.2)
    first = courier.post("https://receiver.example/", {}, b"", is_operators=False)
    second = courier.post("https://receiver.example/", {}, b"", is_operators=False)

    assert (first.reason, second.reason) == ("address_refused", "address_refused")
    assert "127.0.0.1" in second.said
