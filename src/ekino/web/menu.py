"""The menu: what everybody may open, and what a person who is signed in may."""

from collections.abc import Mapping
from typing import Any

from ekino.access.model.people import Person
from ekino.access.model.permissions import Permission
from ekino.access.service import person_of
from ekino.ui.navigation import Menu, Section, SignedIn
from ekino.web.who import WHO

PUBLIC = (
    Section("/", "nav.today"),
    Section("/calendar", "nav.box_office", also=("/day", "/weekend", "/month", "/year")),
    Section("/films", "nav.films", also=("/film", "/compare")),
    Section("/regions", "nav.regions", also=("/region", "/venues", "/venue")),
    Section("/about/data", "nav.about"),
)
SIGN_IN = "/sign-in"
# In the order in which a person with several roles sees them.
OWN: tuple[Section, ...] = (
    Section("/gov", "nav.gov"),
    Section("/cinema", "own.cinema"),
    Section("/office/claims", "nav.claims"),
    Section("/admin", "nav.admin"),
    Section("/distributor", "own.distributor"),
    Section("/producer", "own.producer"),
    Section("/vendor", "own.vendor"),
    Section("/dev", "dev.title"),
)


def make_menu(*, is_test: bool = False) -> Menu:
    """Give the menu of every page; an address that is not there yet is in no menu."""
    return Menu(
        public=tuple(each for each in PUBLIC if each.href in WHO),
        sign_in=SIGN_IN if SIGN_IN in WHO else "",
        signed_in=_signed_in,
        is_test=is_test,
    )


def _signed_in(scope: Mapping[str, Any]) -> SignedIn | None:
    person = person_of(scope)
    if person is None:
        return None
    return SignedIn(
        name=person.name, sections=sections_of(person), form_token=person.form_token
    )


def sections_of(person: Person) -> tuple[Section, ...]:
    """Give the sections that a person may enter."""
    return tuple(
        each
        for each in OWN
        if isinstance(who := WHO[each.href], Permission) and person.may(who)
    )
