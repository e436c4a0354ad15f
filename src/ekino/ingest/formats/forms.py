"""Forms: how one value stands in a foreign file, read and written by the same rule."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from ekino.kernel.bounds import (
    AMOUNT_MINOR_MAX,
    CODE_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    YEAR_MAX,
    YEAR_MIN,
    is_clean,
)

# What one row counts: tickets, sessions, places. More is a mistyped number.
COUNT_MAX = 99_999_999


@dataclass(frozen=True, slots=True)
class Form:
    """
    A way to write one kind of value.

    `read` raises `ValueError` with a sentence; `write` gives the one text that we write for a
    value, and raises `ValueError` when there is none that would be read back as the same.
    """

    # For people: what it is, as the reference pages say it.
    words: str
    _read: Callable[[str], Any]
    _write: Callable[[Any], str]
    # All there are, for a value out of a list.
    choices: tuple[str, ...] = ()
    # What a code looks like, as a regular expression.
    pattern: str = ""
    # Characters, or the number itself, at most; 0 where something else bounds it.
    most: int = 0

    def read(self, text: str) -> Any:
        """Give the value that a text stands for."""
        return self._read(text)

    def write(self, value: Any) -> str:
        """Give the text of a value."""
        text = self._write(value)
        if self._read(text) != value:
            message = f"{str(value)[:64]!r} cannot be written as {self.words}"
            raise ValueError(message)
        return text


def text_form(characters_max: int = TEXT_CHARACTERS_MAX, *, least: int = 0) -> Form:
    """Make the form of a text: blanks around it and line ends within it do not count."""

    def read(text: str) -> str:
        folded = text.strip()
        if not is_clean(folded):
            folded = " ".join(folded.split())
        _verify(least <= len(folded) <= characters_max and is_clean(folded), text, words)
        return folded

    span = f"{least} … {characters_max}" if least else f"≤ {characters_max}"
    words = f"text, {span} characters"
    return Form(words, read, str, most=characters_max)


def code_form(pattern: str, words: str) -> Form:
    """Make the form of a code that is kept exactly as it is written."""
    compiled = re.compile(pattern, re.ASCII)

    def read(text: str) -> str:
        code = text.strip()
        _verify(compiled.fullmatch(code) is not None, text, words)
        return code

    return Form(words, read, str, pattern=pattern)


def choice_form(*choices: str) -> Form:
    """Make the form of one of a few codes."""
    words = " or ".join(choices)

    def read(text: str) -> str:
        _verify(text in choices, text, words)
        return text

    return Form(words, read, str, choices)


def count_form(most: int = COUNT_MAX, words: str = "whole number") -> Form:
    """Make the form of a number in plain digits; zeros in front do not count."""
    digits = re.compile(r"[0-9]{1,20}", re.ASCII)
    says = f"{words}, ≤ {most}"

    def read(text: str) -> int:
        plain = text.strip()
        _verify(digits.fullmatch(plain) is not None, text, says)
        number = int(plain)
        _verify(number <= most, text, says)
        return number

    return Form(says, read, str, most=most)


def _moments(words: str, pattern: str, make: Callable[..., Any], *writes: str) -> Form:
    """
    Dates and times out of groups of digits; `writes` are strftime patterns.

    The first pattern that loses nothing is the one written.
    """
    compiled = re.compile(pattern, re.ASCII)

    def read(text: str) -> Any:
        found = compiled.fullmatch(text.strip())
        try:
            if found:
                return make(*(int(group) for group in found.groups() if group))
        except ValueError:
            pass
        message = f"{text[:64]!r} is no {words}"
        raise ValueError(message)

    def write(value: Any) -> str:
        texts = [_filled(value, pattern) for pattern in writes]
        return next((text for text in texts if read(text) == value), texts[0])

    return Form(words, read, write)


def _filled(value: Any, pattern: str) -> str:
    # strftime writes the year 987 with three digits on some systems.
    year = f"{value.year:04d}" if "%Y" in pattern else ""
    text: str = value.strftime(pattern.replace("%Y", year))
    return text


def _day(year: int, month: int, day: int) -> date:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise ValueError(year)
    return date(year, month, day)


def _local(
    year: int, month: int, day: int, hour: int, minute: int, second: int = 0
) -> datetime:
    return datetime.combine(_day(year, month, day), time(hour, minute, second))


_DECIMAL = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,4})?", re.ASCII)


def _read_decimal(text: str) -> Decimal:
    plain = text.strip()
    _verify(_DECIMAL.fullmatch(plain) is not None, text, DECIMAL.words)
    return Decimal(plain)


def _write_decimal(value: Decimal) -> str:
    # No zeros at the end, no exponent, and the minus of a free ticket's return stays.
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _read_yes(text: str) -> bool:
    _verify(text in {"true", "false"}, text, YES.words)
    return text == "true"


def _verify(is_right: bool, text: str, words: str) -> None:  # noqa: FBT001 - a condition
    if not is_right:
        message = f"{text[:64]!r} is not: {words}"
        raise ValueError(message)


TEXT = text_form()
NAME = text_form(CODE_CHARACTERS_MAX)
COUNT = count_form()
CENTS = count_form(AMOUNT_MINOR_MAX, "cents")
DECIMAL = Form("amount with a decimal point", _read_decimal, _write_decimal)
YES = Form("true or false", _read_yes, lambda value: "true" if value else "false")
DAY = _moments("date YYYYMMDD", r"(\d{4})(\d\d)(\d\d)", _day, "%Y%m%d")
MINUTE = _moments("time HHMM", r"(\d\d)(\d\d)", time, "%H%M")
CLOCK = _moments("time HHMM or HHMMSS", r"(\d\d)(\d\d)(\d\d)?", time, "%H%M", "%H%M%S")
# Local to the cinema, without a zone.
LOCAL = _moments(
    "moment YYYYMMDD HH:MM[:SS]",
    r"(\d{4})(\d\d)(\d\d) (\d\d):(\d\d)(?::(\d\d))?",
    _local,
    "%Y%m%d %H:%M",
    "%Y%m%d %H:%M:%S",
)
MONTH = _moments(
    "month YYYYMM", r"(\d{4})(\d\d)", lambda year, month: _day(year, month, 1), "%Y%m"
)
