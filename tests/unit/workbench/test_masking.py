"""What of a request is kept: its shape, and never what opens something or names somebody."""

import json

import pytest

from ekino.workbench.model.observed import (
    BODY_KEPT_BYTES_MAX,
    TOOK_MS,
    place_of,
    quantile_ms,
)
from ekino.workbench.service.masking import (
    HEADER_KEPT_CHARACTERS_MAX,
    MASK,
    MASKED_NAMES,
    keep_headers,
    mask_text,
)


@pytest.mark.parametrize("name", sorted(MASKED_NAMES))
@pytest.mark.parametrize("value", ["secret", {"number": "secret"}, ["secret"], 77])
def test_a_masked_name_hides_whatever_it_holds(name: str, value: object) -> None:
    kept = json.loads(mask_text(json.dumps({"events": [{name: value, "x": 1}]}).encode()))

    assert kept == {"events": [{name: MASK, "x": 1}]}


def test_what_is_cut_is_masked_by_its_names() -> None:
    body = b'{"events": [{"token": "SECRET", "ticket": "T1"}, {"token": "SECR'

    kept = mask_text(body, bytes_max=len(body) - 1)

    assert "SECR" not in kept
    assert '"ticket": "T1"' in kept


def test_broken_json_is_masked_and_what_is_no_json_is_not_kept() -> None:
    assert "SECRET" not in mask_text(b'{"token": "SECRET", ')
    assert mask_text(b"token=SECRET") == ""


@pytest.mark.parametrize("levels", [300, 490, 700, 990, 100_000])
def test_what_is_too_deep_to_be_masked_by_its_structure_is_masked_by_its_names(
    levels: int,
) -> None:
    body = b'{"token": "SECRET", "a": ' + b"[" * levels + b"]" * levels + b"}"

    kept = mask_text(body)

    assert "SECRET" not in kept
    assert MASK in kept


def test_a_body_is_kept_to_a_bound() -> None:
    body = b'{"a": "' + b"b" * BODY_KEPT_BYTES_MAX + b'"}'

    assert len(mask_text(body)) <= BODY_KEPT_BYTES_MAX
    assert len(mask_text(body[: BODY_KEPT_BYTES_MAX - 2] + b'"}')) == BODY_KEPT_BYTES_MAX


@pytest.mark.parametrize("text", ["\ud800", "\x00", "\x1b[31m", "\x7f"])
def test_what_no_database_keeps_and_no_terminal_shows_is_replaced(text: str) -> None:
    kept = mask_text(json.dumps({"a": text}).encode())

    kept.encode()
    assert text not in kept


def test_headers_without_secrets_are_kept_and_cut() -> None:
    kept = keep_headers(
        {"cookie": "a", "authorization": "b", "user-agent": "x" * 5_000, "accept": "c"}
    )

    assert kept == {"user-agent": "x" * HEADER_KEPT_CHARACTERS_MAX, "accept": "c"}


@pytest.mark.parametrize(
    ("took_ms", "place"), [(0, 0), (2, 0), (2.01, 1), (10_000, 11), (10_001, 12)]
)
def test_a_time_is_within_its_bound(took_ms: float, place: int) -> None:
    assert place_of(took_ms) == place


def test_a_quantile_lies_within_its_bound() -> None:
    took = [0] * (len(TOOK_MS) + 1)
    assert quantile_ms(took, 0.95) is None

    took[3] = 100  # all of them between 10 and 25 ms

    assert quantile_ms(took, 0.5) == 17.5
    assert quantile_ms(took, 1) == 25
    took[-1] = 1_000
    assert quantile_ms(took, 0.95) == TOOK_MS[-1]
