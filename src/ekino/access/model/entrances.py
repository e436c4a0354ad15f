"""How an address may be entered: by anybody, by whoever signs the request, by permission."""

from enum import StrEnum


class Entrance(StrEnum):
    """An address that asks no person's permission."""

    # Public data, and what whoever holds a ticket or a reference may do.
    PUBLIC = "public"
    # Requests signed with a key; the address itself verifies the signature.
    SIGNED = "signed"
