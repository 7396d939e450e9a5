"""Signed tokens of the demo's users: HS256 JSON Web Tokens (RFC 7519) with the standard library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = b"the demo signs with a key that protects nothing"


class InvalidTokenError(Exception):
    """The token is absent, malformed, expired or not signed by us."""


def issue(user: str, lifetime: float = 3600.0) -> str:
    """Give a token for a user that is valid for `lifetime` seconds."""
    claims = {"sub": user, "exp": int(time.time() + lifetime)}
    signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
    return f"{signed}.{_base64(_signature(signed))}"


def verify(token: str | None) -> str:
    """Give the user a token was issued for.

    Raises:
        InvalidTokenError: with the reason in words.
    """
    if not token:
        raise InvalidTokenError("no token")
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _base64(_signature(signed)).encode()):
        raise InvalidTokenError("bad signature")
    claims = _decode(signed.partition(".")[2])
    if claims["exp"] < time.time():
        raise InvalidTokenError("expired")
    return str(claims["sub"])


def _signature(signed: str) -> bytes:
    return hmac.digest(SECRET, signed.encode("utf-8", "surrogateescape"), hashlib.sha256)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _encode(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _decode(text: str) -> dict[str, Any]:
    decoded = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return decoded if isinstance(decoded, dict) else {}
