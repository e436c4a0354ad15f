"""An identity provider (OpenID Connect): people it confirms are let in, if they were invited."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from ekino.access.model.ways import Obstacle, Way, fold_email
from ekino.access.service.sign_in import (
    STEP_GOOD_S,
    Visitor,
    begin,
    count_attempts,
    digest_of,
    forget_attempts,
    new_secret,
    note_own,
)
from ekino.access.store import people as people_store
from ekino.access.store import sign_in as steps
from ekino.access.store import ways as store
from ekino.db.database import Database, Role

# How long a reader who signs in waits for the provider.
PROVIDER_WAIT_S = 10
# The provider's own description and keys are asked for again after so long; a key that is not
# among them is asked for at once.
DISCOVERY_KEPT_S = 3_600
# No answer of a provider is longer.
PROVIDER_ANSWER_BYTES = 256 * 1024
# How far the provider's clock may be from ours.
PROVIDER_CLOCK_S = 60
# Signatures by keys that are the provider's alone: a shared secret is none.
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]


class _Unconfirmed(Exception):
    """The provider did not confirm anybody; says why, for the log and never with a secret."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Whom the provider confirms."""

    subject: str
    # "" when the provider does not vouch for it.
    email: str


class Provider:
    """One identity provider; safe between threads."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, name: str = ""
    ) -> None:
        """Name the provider as it names itself; nothing is asked before somebody signs in."""
        self.issuer = issuer.rstrip("/")
        self.name = name or (urlsplit(issuer).hostname or "")
        self._client_id = client_id
        self._client_secret = client_secret
        self._http = httpx2.Client(timeout=PROVIDER_WAIT_S, follow_redirects=False)
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, Any], KeySet] | None = None

    def begin(
        self, db: Database, step: str, *, back: str, asked: str, at: datetime
    ) -> str | Obstacle:
        """
        Give the provider's address to send the reader to.

        `back` is our own address that it sends them back to. What was sent is kept under the
        step's cookie: state, nonce, and the secret whose hash goes along (PKCE, RFC 7636).
        """
        try:
            described, _ = self._describe()
        except _Unconfirmed:
            return Obstacle.PROVIDER_AWAY
        verifier = secrets.token_urlsafe(48)
        holds = {
            "state": new_secret(),
            "nonce": new_secret(),
            "verifier": verifier,
            "asked": asked,
        }
        with db.transaction(Role.OFFICE) as tx:
            steps.put_step(
                tx,
                digest_of(_name(step)),
                kind="provider",
                person_id=None,
                holds=holds,
                ends_at=at + timedelta(seconds=STEP_GOOD_S),
            )
        hashed = hashlib.sha256(verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": holds["state"],
            "nonce": holds["nonce"],
            "code_challenge": base64.urlsafe_b64encode(hashed).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in described["authorization_endpoint"] else "?"
        return f"{described['authorization_endpoint']}{joint}{urlencode(query)}"

    def finish(
        self,
        db: Database,
        step: str,
        given: Mapping[str, str],
        *,
        back: str,
        visitor: Visitor,
        at: datetime,
    ) -> tuple[str, str] | Obstacle:
        """
        Take what the reader brought back: give the cookie and where they wanted to go.

        What was kept is good once. Raises `TooOften`.
        """
        count_attempts(db, "", visitor.address, at=at)
        with db.transaction(Role.OFFICE) as tx:
            awaited = steps.try_step(tx, digest_of(_name(step)), kind="provider", at=at)
            steps.drop_step(tx, digest_of(_name(step)))
        if awaited is None:
            return Obstacle.FORM_TOO_OLD
        held = {name: str(value) for name, value in awaited.holds.items()}
        try:
            confirmed = self._confirm(held, given, back, at)
        except _Unconfirmed as error:
            with db.transaction(Role.OFFICE) as tx:
                detail: dict[str, object] = {"step": "provider", "why": str(error)}
                note_own(tx, 0, "sign_in_failed", detail)
            return Obstacle.PROVIDER_REFUSED
        cookie = self._let_in(db, confirmed, visitor, at)
        return cookie if isinstance(cookie, Obstacle) else (cookie, held["asked"])

    def _let_in(
        self, db: Database, confirmed: Confirmed, visitor: Visitor, at: datetime
    ) -> str | Obstacle:
        with db.transaction(Role.OFFICE) as tx:
            known = store.find_outside_identity(tx, self.issuer, confirmed.subject)
            if known is None:
                folded = fold_email(confirmed.email)
                rows = (
                    people_store.find_people(tx, limit=1, email_folded=folded)
                    if folded
                    else []
                )
                # Whom the provider means is decided once: an address that it gives to somebody
                # else later lets nobody in as whoever had it, nor does a look-alike of it.
                if (
                    not rows
                    or rows[0].state != "active"
                    or rows[0].email.lower() != confirmed.email.lower()
                    or store.has_outside_identity(tx, self.issuer, rows[0].person_id)
                ):
                    note_own(tx, 0, "sign_in_failed", {"step": "provider"})
                    return Obstacle.PROVIDER_REFUSED
                store.insert_outside_identity(
                    tx,
                    issuer=self.issuer,
                    subject=confirmed.subject,
                    person_id=rows[0].person_id,
                    at=at,
                )
                note_own(tx, rows[0].person_id, "provider_linked", {"issuer": self.issuer})
                known = rows[0].person_id, rows[0].state
            person_id, state = known
            if state != "active":
                return Obstacle.PROVIDER_REFUSED
            forget_attempts(tx, "", visitor.address)
            return begin(tx, person_id, way=Way.PROVIDER, visitor=visitor, at=at)

    # ---- what the provider says ---------------------------------------------------------------

    def _confirm(
        self, held: Mapping[str, str], given: Mapping[str, str], back: str, at: datetime
    ) -> Confirmed:
        """Change the code for a signed statement of who it is, and verify all of it."""
        if not secrets.compare_digest(
            given.get("state", "").encode(), held["state"].encode()
        ):
            raise _Unconfirmed("the state is not the one that was sent")
        # RFC 9207: the answer of another provider is not this one's.
        if given.get("iss", self.issuer).rstrip("/") != self.issuer:
            raise _Unconfirmed("another provider answered")
        if "error" in given or not given.get("code"):
            raise _Unconfirmed(f"the provider said {given.get('error', 'nothing')[:60]!r}")
        described, keys = self._describe()
        answer = self._post(
            described["token_endpoint"],
            {
                "grant_type": "authorization_code",
                "code": given["code"],
                "redirect_uri": back,
                "code_verifier": held["verifier"],
            },
        )
        claims = self._read_statement(str(answer.get("id_token", "")), keys, held, at)
        if "email" not in claims and "userinfo_endpoint" in described:
            more = self._get(
                described["userinfo_endpoint"], token=str(answer.get("access_token", ""))
            )
            if more.get("sub") != claims["sub"]:
                raise _Unconfirmed("userinfo is of somebody else")
            claims = {**more, **claims}
        is_vouched = claims.get("email_verified") is True
        return Confirmed(claims["sub"], str(claims.get("email", "")) if is_vouched else "")

    def _read_statement(
        self, text: str, keys: KeySet, held: Mapping[str, str], at: datetime
    ) -> dict[str, Any]:
        """Verify an ID token. Source: OpenID Connect Core 1.0, §3.1.3.7."""
        registry = jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=PROVIDER_CLOCK_S,
            iss={"essential": True},
            sub={"essential": True},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": held["nonce"]},
        )
        try:
            try:
                token = jwt.decode(text, keys, algorithms=_ALGORITHMS)
            except JoseError:
                # The provider may have a new key.
                token = jwt.decode(
                    text, self._describe(anew=True)[1], algorithms=_ALGORITHMS
                )
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise _Unconfirmed(f"the ID token: {type(error).__name__}") from error
        claims = dict(token.claims)
        if str(claims["iss"]).rstrip("/") != self.issuer:
            raise _Unconfirmed("the ID token is of another issuer")
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if claims.get("azp", self._client_id) != self._client_id or (
            len(audience) > 1 and "azp" not in claims
        ):
            raise _Unconfirmed("the ID token is for another client")
        return claims

    def _describe(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """Give the provider's description of itself, and its keys."""
        with self._lock:
            kept = self._kept
        if not anew and kept and time.monotonic() - kept[0] < DISCOVERY_KEPT_S:
            return kept[1], kept[2]
        described = self._get(f"{self.issuer}/.well-known/openid-configuration")
        if str(described.get("issuer", "")).rstrip("/") != self.issuer:
            raise _Unconfirmed("the provider names itself otherwise")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._verify_address(str(described.get(name, "")))
        try:
            keys = KeySet.import_key_set(self._get(described["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise _Unconfirmed("the provider's keys cannot be read") from error
        with self._lock:
            self._kept = (time.monotonic(), described, keys)
        return described, keys

    def _verify_address(self, address: str) -> None:
        """Refuse an address that would carry secrets in the clear."""
        is_safe = address.startswith("https://")
        if not is_safe and not (
            self.issuer.startswith("http://") and address.startswith("http://")
        ):
            raise _Unconfirmed("the provider has an address without https")

    def _get(self, address: str, *, token: str = "") -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self._read("GET", address, headers=headers)

    def _post(self, address: str, fields: Mapping[str, str]) -> dict[str, Any]:
        return self._read(
            "POST",
            address,
            data=dict(fields),
            auth=httpx2.BasicAuth(self._client_id, self._client_secret),
        )

    def _read(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, address, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _Unconfirmed(
                f"the provider does not answer: {type(error).__name__}"
            ) from error
        if not answer.is_success or len(answer.content) > PROVIDER_ANSWER_BYTES:
            raise _Unconfirmed(f"the provider answered {answer.status_code}")
        try:
            whole = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise _Unconfirmed("the provider's answer is no JSON") from error
        if not isinstance(whole, dict):
            raise _Unconfirmed("the provider's answer is no JSON object")
        return whole


def _name(step: str) -> str:
    """Give the name under which what was sent waits, apart from a step of the same cookie."""
    return f"provider of {step}"
