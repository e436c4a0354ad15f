"""What others may ask: who signed a request, who is signed in, what was seen and done."""

from collections.abc import Mapping
from typing import Any

from ekino.access.model.people import Person
from ekino.access.service.audit import note, note_seen, note_seen_within
from ekino.access.service.claims import fits, learn
from ekino.access.service.keys import (
    ALLOWED_DELAY_MAX_S,
    ALLOWED_DELAY_S,
    TEST_KEYS,
    Keyring,
    add_key,
    ensure_operator_key,
    find_key,
    find_key_within,
    find_till,
    list_keys,
    list_keys_within,
    list_successors,
    load_sources,
    read_halls,
    read_revision,
    revoke_key,
    verify_alive,
    verify_operator,
    verify_request_once,
)
from ekino.access.service.public_keys import note_id_of, read_public_key
from ekino.access.store import Key, ListedKey

__all__ = [
    "ALLOWED_DELAY_MAX_S",
    "ALLOWED_DELAY_S",
    "FORM_TOKEN",
    "PERSON",
    "TEST_KEYS",
    "Key",
    "Keyring",
    "ListedKey",
    "add_key",
    "ensure_operator_key",
    "find_key",
    "find_key_within",
    "find_till",
    "fits",
    "learn",
    "list_keys",
    "list_keys_within",
    "list_successors",
    "load_sources",
    "note",
    "note_id_of",
    "note_seen",
    "note_seen_within",
    "person_of",
    "read_halls",
    "read_public_key",
    "read_revision",
    "revoke_key",
    "verify_alive",
    "verify_operator",
    "verify_request_once",
]

# Where the web leaves the person who is signed in, in a request's ASGI scope.
PERSON = "ekino.person"
# What the forms of an address must carry, in its request's scope; no word of it: any may come.
FORM_TOKEN = "ekino.form_token"


def person_of(scope: Mapping[str, Any]) -> Person | None:
    """Give who is signed in to the request with this ASGI scope; None when nobody is."""
    person: Person | None = scope.get(PERSON)
    return person
