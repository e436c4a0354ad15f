"""The tables of the room: who may speak, who people are, and how they sign in."""

from ekino.access.store.keys import Key, ListedKey

__all__ = ["Key", "ListedKey"]
