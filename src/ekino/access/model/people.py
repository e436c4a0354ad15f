"""A person who is signed in, and what they were granted."""

from dataclasses import dataclass

from ekino.access.model.permissions import OF_ORGANISATIONS, PERMITS, Permission, RoleName


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that a person holds; one of OF_ORGANISATIONS names its organisation."""

    role: RoleName
    organisation_id: int | None = None
    # catalog.organisation's name, for pages.
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    person_id: int
    # As the audit trail and pages name them.
    name: str
    grants: tuple[Grant, ...]
    # What every form of theirs carries and no other site can know.
    form_token: str
    # Which of their sign-ins this is.
    sign_in_id: int = 0

    def may(self, permission: Permission) -> bool:
        """Say whether any grant permits this; one's own account needs none."""
        return permission is Permission.KEEP_ACCOUNT or any(
            grant.role in PERMITS[permission] for grant in self.grants
        )

    def organisations(self, permission: Permission) -> tuple[Grant, ...]:
        """Give the grants that permit this for an organisation, in their order."""
        return tuple(
            grant
            for grant in self.grants
            if grant.role in PERMITS[permission] and grant.role in OF_ORGANISATIONS
        )
