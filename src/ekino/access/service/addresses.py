"""From where a key may be used: set by whoever holds it, asked with each signature."""

from ekino.access.model.addresses import NETWORKS_MAX, Network, is_within, read_networks
from ekino.access.model.people import Person
from ekino.access.store import Key
from ekino.access.store import keys as store
from ekino.access.store.audit import insert_audit
from ekino.db.database import Database, Role
from ekino.kernel.errors import NotAuthenticated, Refused

__all__ = ["NETWORKS_MAX", "read_networks", "set_networks", "verify_client"]
# What is handed in is signed by the register itself, which comes from nowhere.
_OURS = "intake/"


def verify_client(key: Key, client: str) -> None:
    """Refuse a request from outside a key's networks; a key without any is good anywhere."""
    if key.networks and not is_within(client, key.networks):
        detail = f"key {key.key_id!r} may not be used from {client or 'an unknown address'}"
        raise NotAuthenticated(detail, code="key_address_not_allowed")


def set_networks(
    db: Database, key_id: str, text: str, *, actor: str, person: Person | None = None
) -> list[Network]:
    """
    Let a key be used from these networks only, or, with none, from anywhere; give them.

    Every process holds to it KEY_MEMORY_S later at the latest. Raises `Refused` for what is no
    network (networks_malformed), and for a key that is unknown or signs no requests of others
    (key_unknown, key_signs_no_requests).
    """
    networks = read_networks(text)
    with db.transaction(Role.OFFICE) as tx:
        key = store.find_key(tx, key_id)
        if key is None:
            raise Refused(f"no key {key_id!r} is registered", code="key_unknown")
        if key.kind not in ("batch", "operator") or key_id.startswith(_OURS):
            detail = f"key {key_id!r} signs no requests that come from outside"
            raise Refused(detail, code="key_signs_no_requests")
        store.set_networks(tx, key_id, networks)
        insert_audit(
            tx,
            actor=actor,
            action="key_networks_set",
            subject=key_id,
            detail={"networks": [str(each) for each in networks]},
            person_id=None if person is None else person.person_id,
        )
    return networks
