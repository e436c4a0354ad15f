"""Rules of signing in: addresses, passwords, codes, and where somebody goes next."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from ekino.access.model.people import Grant, Person
from ekino.access.model.permissions import RoleName
from ekino.access.model.ways import (
    ACCOUNT,
    EMAIL_CHARACTERS_MAX,
    HOME_OF,
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    TOTP_STEP_S,
    Obstacle,
    email_obstacle,
    fold_email,
    is_own_path,
    matching_step,
    name_agent,
    next_place,
    password_obstacle,
)

AT = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = int(AT.timestamp()) // TOTP_STEP_S
EMAIL = "aigerim@example.kz"
GOOD = "a quiet evening"


def code(steps: int) -> str:
    """Give the code so many steps from now."""
    return pyotp.TOTP(SECRET).at(AT + timedelta(seconds=steps * TOTP_STEP_S))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Aigerim@Example.KZ", EMAIL),
        ("  aigerim@example.kz ", EMAIL),
        ("ａigerim@example.kz", EMAIL),
        ("STRASSE@example.kz", fold_email("straße@example.kz")),
    ],
)
def test_one_mailbox_is_one_person(text: str, folded: str) -> None:
    assert fold_email(text) == folded


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        (EMAIL, None),
        ("a" * (EMAIL_CHARACTERS_MAX - 11) + "@example.kz", None),
        ("a" * (EMAIL_CHARACTERS_MAX - 10) + "@example.kz", Obstacle.EMAIL_MALFORMED),
        ("", Obstacle.EMAIL_MALFORMED),
        ("nobody", Obstacle.EMAIL_MALFORMED),
        ("a@b", Obstacle.EMAIL_MALFORMED),
        ("a b@example.kz", Obstacle.EMAIL_MALFORMED),
        ("a@example.kz\nBcc: x@example.kz", Obstacle.EMAIL_MALFORMED),
    ],
)
def test_an_address_is_one_that_mail_could_reach(text: str, stops: Obstacle | None) -> None:
    assert email_obstacle(text) is stops


@pytest.mark.parametrize(
    ("password", "again", "stops"),
    [
        (GOOD, GOOD, None),
        ("тыныш бір кеш", "тыныш бір кеш", None),
        ("abcdefghijkl", "abcdefghijkl", None),
        ("abcde" * 2, "abcde" * 2, Obstacle.PASSWORD_TOO_SHORT),
        ("abcdefghijk", "abcdefghijk", Obstacle.PASSWORD_TOO_SHORT),
        (GOOD, GOOD + "!", Obstacle.PASSWORDS_DIFFER),
        ("ab" * 10, "ab" * 10, Obstacle.PASSWORD_TOO_PLAIN),
        (EMAIL, EMAIL, Obstacle.PASSWORD_TOO_PLAIN),
        ("@EXAMPLE.kz"[1:] + "  ", "", Obstacle.PASSWORDS_DIFFER),
        # One spelling, whatever keyboard: composed and decomposed are the same password.
        ("caf\u00e9 in Oskemen", "cafe\u0301 in Oskemen", None),
    ],
)
def test_a_password_is_long_and_not_plain(
    password: str, again: str, stops: Obstacle | None
) -> None:
    assert password_obstacle(password, email=EMAIL, again=again) is stops


def test_a_password_has_a_longest_and_a_shortest() -> None:
    longest = "abcdefgh" * (PASSWORD_CHARACTERS_MAX // 8)
    shortest = "abcdefghijklmnop"[:PASSWORD_CHARACTERS_MIN]

    found = [
        password_obstacle(each, email=EMAIL, again=each)
        for each in (longest, longest + "a", shortest, shortest[:-1])
    ]

    assert found == [None, Obstacle.PASSWORD_TOO_LONG, None, Obstacle.PASSWORD_TOO_SHORT]


def test_an_address_own_name_is_no_password() -> None:
    mail = "a-long-local-part@example.kz"

    stops = password_obstacle("a-long-local-part", email=mail, again="a-long-local-part")

    assert stops is Obstacle.PASSWORD_TOO_PLAIN


@pytest.mark.parametrize(
    ("given", "after", "step"),
    [
        (code(0), 0, STEP),
        (code(-1), 0, STEP - 1),
        (code(1), 0, STEP + 1),
        (f"{code(0)[:3]} {code(0)[3:]}", 0, STEP),
        (code(-2), 0, None),
        (code(2), 0, None),
        # Used up: this step and every one before it.
        (code(0), STEP, None),
        (code(-1), STEP, None),
        (code(1), STEP, STEP + 1),
        ("", 0, None),
        ("12345", 0, None),
        ("1234567", 0, None),
        ("abcdef", 0, None),
        ("١٢٣٤٥٦", 0, None),
    ],
)
def test_a_code_is_of_this_step_or_a_neighbour_and_of_none_used_up(
    given: str, after: int, step: int | None
) -> None:
    assert matching_step(SECRET, given, at=AT, after=after) == step


def person(*roles: RoleName) -> Person:
    return Person(1, "Әйгерім", tuple(Grant(role) for role in roles), "")


@pytest.mark.parametrize(
    ("asked", "who", "place"),
    [
        ("/gov/explore?by=film", person(RoleName.OPERATOR), "/gov/explore?by=film"),
        ("", person(RoleName.OPERATOR), "/admin"),
        ("", person(RoleName.ANALYST, RoleName.OPERATOR), "/gov"),
        ("", person(), ACCOUNT),
        ("", None, ACCOUNT),
        ("//evil.example", person(RoleName.OPERATOR), "/admin"),
    ],
)
def test_somebody_goes_where_they_wanted_or_to_their_first_section(
    asked: str, who: Person | None, place: str
) -> None:
    assert next_place(asked, who, frozenset(HOME_OF.values())) == place


def test_a_section_that_is_not_there_is_passed_over() -> None:
    assert next_place("", person(RoleName.VENDOR), frozenset()) == ACCOUNT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "account",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "/a b",
        "/\x7f",
    ],
)
def test_no_address_leads_to_another_host(text: str) -> None:
    assert not is_own_path(text)


def test_every_role_has_a_section() -> None:
    assert set(HOME_OF) == set(RoleName)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "Chrome, Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0",
            "Firefox, Android",
        ),
        ("curl/8.5", ""),
        ("<script>", ""),
    ],
)
def test_people_know_their_own_browser(text: str, name: str) -> None:
    assert name_agent(text) == name
