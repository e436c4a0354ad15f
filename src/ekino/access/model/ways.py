"""Rules of signing in: addresses, passwords, codes of thirty seconds, places to go next."""

import hmac
import re
import unicodedata
from datetime import datetime
from enum import StrEnum

import pyotp

from ekino.access.model.people import Person
from ekino.access.model.permissions import RoleName

# Characters of a password. Twelve cannot be guessed at the rate that attempts are limited to,
# and nobody is made to put a digit in it. Source: NIST SP 800-63B-4, §3.1.1.2.
PASSWORD_CHARACTERS_MIN = 12
# A bound on what is hashed.
PASSWORD_CHARACTERS_MAX = 128
# Different characters, so that twelve times the same is none.
PASSWORD_DIFFERENT_MIN = 5
# RFC 5321, §4.5.3.1.3.
EMAIL_CHARACTERS_MAX = 254
# A person's name as pages show it.
NAME_CHARACTERS_MAX = 120
# One code's time. Source: RFC 6238, §5.2.
TOTP_STEP_S = 30
# How many steps a phone's clock may be before or after ours.
TOTP_STEPS_AROUND_MAX = 1
_CODE = re.compile(r"\d{6}")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+")


class Way(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"
    PASSKEY = "passkey"
    PROVIDER = "provider"
    LINK = "link"


class Obstacle(StrEnum):
    """What stands in the way of a form's being accepted; each is a message on its page."""

    EMAIL_MALFORMED = "email_malformed"
    EMAIL_TAKEN = "email_taken"
    NAME_MISSING = "name_missing"
    ROLE_MISSING = "role_missing"
    ORGANISATION_MISSING = "organisation_missing"
    PASSWORD_TOO_SHORT = "password_too_short"
    PASSWORD_TOO_LONG = "password_too_long"
    PASSWORD_TOO_PLAIN = "password_too_plain"
    PASSWORDS_DIFFER = "passwords_differ"
    PASSWORD_WRONG = "password_wrong"
    CREDENTIALS_WRONG = "credentials_wrong"
    CODE_WRONG = "code_wrong"
    PASSKEY_WRONG = "passkey_wrong"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_AWAY = "provider_away"
    LAST_WAY = "last_way"
    LAST_OPERATOR = "last_operator"
    FORM_TOO_OLD = "form_too_old"
    TOO_OFTEN = "too_often"


def fold_email(text: str) -> str:
    """Give an address as addresses are compared: case and width never make another person."""
    return unicodedata.normalize("NFKC", text.strip()).casefold()


def email_obstacle(text: str) -> Obstacle | None:
    """Say what is wrong with an address; None when mail could reach it."""
    is_read = (
        _EMAIL.fullmatch(text) and text.isprintable() and len(text) <= EMAIL_CHARACTERS_MAX
    )
    return None if is_read else Obstacle.EMAIL_MALFORMED


def spell_password(text: str) -> str:
    """Give a password as it is hashed: one spelling, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", text)


def password_obstacle(password: str, *, email: str, again: str) -> Obstacle | None:
    """Say what is wrong with a password to be set; None when nothing is."""
    spelt = spell_password(password)
    if len(spelt) < PASSWORD_CHARACTERS_MIN:
        return Obstacle.PASSWORD_TOO_SHORT
    if len(spelt) > PASSWORD_CHARACTERS_MAX:
        return Obstacle.PASSWORD_TOO_LONG
    known = fold_email(email)
    is_known = spelt.casefold() in known or known.partition("@")[0] == spelt.casefold()
    if is_known or len(set(spelt.casefold())) < PASSWORD_DIFFERENT_MIN:
        return Obstacle.PASSWORD_TOO_PLAIN
    if spelt != spell_password(again):
        return Obstacle.PASSWORDS_DIFFER
    return None


def matching_step(secret: str, code: str, *, at: datetime, after: int) -> int | None:
    """
    Give the thirty-second step whose code this is; None when there is none.

    Steps up to `after` are used up. Neighbouring steps count, because clocks differ.
    Source: RFC 6238, §5.2.
    """
    digits = "".join(code.split())
    if not _CODE.fullmatch(digits) or not digits.isascii():
        return None
    totp = pyotp.TOTP(secret)
    present = int(at.timestamp()) // TOTP_STEP_S
    found = None
    for step in range(present - TOTP_STEPS_AROUND_MAX, present + TOTP_STEPS_AROUND_MAX + 1):
        # Every step is compared, whatever the answer: the time tells nothing.
        is_it = hmac.compare_digest(totp.at(step * TOTP_STEP_S), digits)
        if is_it and step > after and found is None:
            found = step
    return found


# Where a person begins after signing in, by the first of their roles.
HOME_OF: dict[RoleName, str] = {
    RoleName.ANALYST: "/gov",
    RoleName.OPERATOR: "/admin",
    RoleName.AUDITOR: "/admin",
    RoleName.EXHIBITOR: "/cinema",
    RoleName.DISTRIBUTOR: "/distributor",
    RoleName.PRODUCER: "/producer",
    RoleName.VENDOR: "/vendor",
}
ACCOUNT = "/account"


def next_place(asked: str, person: Person | None, known: frozenset[str]) -> str:
    """
    Give where to go after signing in: where the reader wanted to, or their first section.

    Only a path of ours is followed: another host, or a path that a browser would take for
    one, would let a link of ours end on a page of somebody else's. `known` are the sections
    that are there.
    """
    if is_own_path(asked):
        return asked
    homes = [HOME_OF[grant.role] for grant in person.grants] if person else []
    return next((home for home in homes if home in known), ACCOUNT)


def is_own_path(text: str) -> bool:
    """
    Say whether an address is a path on this host and nothing else.

    Two slashes, or a slash and what browsers read as one, begin another host's name.
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return False
    return not any(character <= " " or character == "\x7f" for character in text)


# As browsers call themselves, the particular before what it pretends to be.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("YaBrowser", "Yandex"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name_agent(text: str) -> str:
    """Name a browser and its system so that people know their own; "" for one nobody knows."""
    found = [
        next((name for mark, name in names if mark in text), "")
        for names in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(each for each in found if each)
