"""Check digits: published numbers are right, and no slip of the pen goes through."""

import pytest

from ekino.kernel.identifiers import is_bin, is_eidr, is_isan, mod_37_36

BIN = "971240001315"
ISAN = "ISAN 0000-0000-9E59-0000-O-0000-0000-2"
EIDR = "10.5240/EA73-79D7-1B2B-B378-3A73-M"


@pytest.mark.parametrize("text", [BIN, "941240000193"])
def test_public_business_numbers_are_right(text: str) -> None:
    assert is_bin(text)


@pytest.mark.parametrize(
    "text",
    [
        ISAN,
        "ISAN 0000-0001-8CFA-0000-I-0000-0000-K",
        "ISAN 0000-0000-D07A-0090-Q-0000-0000-X",
        "ISAN 0000-0000-9E59-0000-O",
    ],
)
def test_published_isans_are_right(text: str) -> None:
    assert is_isan(text)


@pytest.mark.parametrize("text", [EIDR, "10.5240/7791-8534-2C23-9030-8610-5"])
def test_published_eidrs_are_right(text: str) -> None:
    assert is_eidr(text)


def test_no_other_check_digit_is_right() -> None:
    assert [digit for digit in range(10) if is_bin(f"{BIN[:-1]}{digit}")] == [5]


def test_most_slips_in_one_digit_of_a_bin_are_found() -> None:
    # Not all: where the first weights give ten, the second ones may hide a slip.
    wrong = {
        BIN[:place] + digit + BIN[place + 1 :]
        for place in range(12)
        for digit in "0123456789"
    } - {BIN}
    assert len([text for text in wrong if is_bin(text)]) <= len(wrong) / 10


def test_the_second_weights_are_used_when_the_first_give_ten() -> None:
    # 1·9 + 2·6 = 21, 21 mod 11 = 10; then 3·9 + 4·6 = 51, 51 mod 11 = 7.
    assert is_bin("960000000007")
    assert [digit for digit in range(10) if is_bin(f"96000000000{digit}")] == [7]


@pytest.mark.parametrize(
    "text", ["", BIN[:-1], BIN + "0", BIN + "\n", "97124000131x", "٩٧١٢٤٠٠٠١٣١٥"]
)
def test_a_bin_is_twelve_ascii_digits(text: str) -> None:
    assert not is_bin(text)


@pytest.mark.parametrize(
    "text",
    [
        ISAN.replace("9E59", "9E58"),
        ISAN.replace("-O-", "-P-"),
        ISAN[:-1] + "3",
        ISAN.removeprefix("ISAN "),
        ISAN.lower(),
        ISAN + "\n",
        "",
    ],
)
def test_an_isan_is_as_printed_with_both_checks_right(text: str) -> None:
    assert not is_isan(text)


@pytest.mark.parametrize(
    "text",
    [
        EIDR[:-1] + "N",
        EIDR.replace("EA73", "EA37"),
        EIDR.replace("5240", "5239"),
        EIDR.lower(),
        EIDR + "\n",
        "",
    ],
)
def test_an_eidr_is_as_printed_with_its_check_right(text: str) -> None:
    assert not is_eidr(text)


def test_neighbours_that_change_places_are_found() -> None:
    digits = "EA7379D71B2BB3783A73"
    swapped = {
        digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        for place in range(len(digits) - 1)
        if digits[place] != digits[place + 1]
    }
    assert [text for text in swapped if mod_37_36(text) == mod_37_36(digits)] == []
