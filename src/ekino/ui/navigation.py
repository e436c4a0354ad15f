"""Where a reader is and where they may go: the menu, the trail back, addresses with choices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ekino.ui.reader import Reader


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the menu."""

    href: str
    # Key of the message that names it.
    title: str
    # Where else its pages stand.
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Say whether a page belongs to this section."""
        if self.href == "/":
            return path == "/"
        return any(
            path == each or path.startswith(each + "/") for each in (self.href, *self.also)
        )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a page shows of whoever is signed in."""

    name: str
    sections: tuple[Section, ...]
    # What every form of theirs carries and no other site can know.
    form_token: str


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu of every page; `signed_in` reads who is there from a request's ASGI scope."""

    public: tuple[Section, ...] = ()
    # Address of the page where people sign in; empty: there is none.
    sign_in: str = ""
    signed_in: Callable[[Mapping[str, Any]], SignedIn | None] = lambda _scope: None
    # Everything its pages show is of the test register.
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the trail from the start to a page: a message's key, or words of the data."""

    href: str
    key: str = ""
    words: str = ""


class Address:
    """The address being read, with other choices; templates call it."""

    def __init__(self, reader: Reader) -> None:
        """Begin from what the reader asked for."""
        self._reader = reader
        # A path that begins with two slashes would send the reader to another host.
        self._path = "/" + reader.path.lstrip("/")

    def __call__(self, *, path: str = "", **choices: object) -> str:
        """
        Give this address with some choices made anew, keeping its filters and its place.

        A choice of None takes it out; `path` is another page with the same choices.
        """
        kept = [(name, value) for name, value in self._reader.query if name not in choices]
        made = [(name, str(value)) for name, value in choices.items() if value is not None]
        query = urlencode([*kept, *made])
        path = path or self._path
        return f"{path}?{query}" if query else path

    def file(self, suffix: str, part: str = "") -> str:
        """Give the address of a table of this page as a file: the page's own, and a suffix."""
        choices: dict[str, object] = {"table": part} if part else {}
        return self(path=f"{self._path.rstrip('/') or '/index'}.{suffix}", **choices)
