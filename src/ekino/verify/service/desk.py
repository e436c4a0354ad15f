"""The office's desk: a sign-in link made on the command line, good once, and its cookie."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from ekino.access import service as access
from ekino.db.database import Database, Role
from ekino.verify.store import claims as store

# Long enough to carry a link from one window to the next.
LINK_GOOD_S = 600
# A working day.
COOKIE_GOOD_S = 8 * 3_600


def make_link(db: Database, *, operator: str, at: datetime) -> str:
    """Give a secret that signs `operator` in once within LINK_GOOD_S."""
    secret = secrets.token_urlsafe(32)
    with db.transaction(Role.OFFICE) as tx:
        store.forget_passes(tx, at)
        ends_at = at + timedelta(seconds=LINK_GOOD_S)
        store.insert_pass(tx, _digest(secret), "link", operator, ends_at)
        access.note(tx, actor=operator, action="desk_link_made", subject="desk")
    return secret


def sign_in(db: Database, secret: str, *, at: datetime) -> str | None:
    """Change a link for a cookie's secret; None when it is used, unknown or too old."""
    with db.transaction(Role.OFFICE) as tx:
        operator = store.take_link(tx, _digest(secret), at)
        if operator is None:
            return None
        cookie = secrets.token_urlsafe(32)
        ends_at = at + timedelta(seconds=COOKIE_GOOD_S)
        store.insert_pass(tx, _digest(cookie), "cookie", operator, ends_at)
        access.note(tx, actor=operator, action="desk_signed_in", subject="desk")
    # From here the link is used up; a crash before it leaves it good.
    return cookie


def who(db: Database, cookie: str, *, at: datetime) -> str | None:
    """Give the operator whose cookie this is, or None."""
    if not cookie:
        return None
    with db.transaction(Role.OFFICE) as tx:
        return store.find_pass(tx, _digest(cookie), at)


def form_token(cookie: str) -> str:
    """Give what a form of this cookie's holder carries, which no other site can know."""
    return hashlib.sha256(b"ekino-form\n" + cookie.encode()).hexdigest()


def is_own_form(cookie: str, given: str) -> bool:
    """Say whether a form came from our own page."""
    return hmac.compare_digest(form_token(cookie), given)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
