"""A source signs the body of its request with a secret that it shares with us."""

import hashlib
import hmac

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from peer.models import Source


class SignedByHmac(BaseAuthentication):
    """`X-Source: code` and `X-Signature: hex of HMAC-SHA256 over the body`."""

    def authenticate(self, request):
        """Give the source that signed."""
        source = Source.objects.filter(code=request.headers.get("X-Source", "")).first()
        if source is None:
            raise AuthenticationFailed("unknown source")
        expected = hmac.new(source.secret.encode(), request.body, hashlib.sha256)
        given = request.headers.get("X-Signature", "")
        if not hmac.compare_digest(expected.hexdigest(), given):
            raise AuthenticationFailed("wrong signature")
        return source, None

    def authenticate_header(self, request):
        """Answer 401 instead of 403."""
        return "HMAC"
