"""JSON Web Tokens (RFC 7519): whose one is, or which class of refusal it gets."""

from __future__ import annotations

import time
from typing import Any

import jwt
from msgspec import Struct

from hangup.bridge.presented import Identity, Presented, RefusedError
from hangup.chat.keys import Keys

LEEWAY = 5.0
"""Seconds by which clocks may differ."""
LONGEST = 8 * 1024
LONGEST_USER = 200
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.InvalidSignatureError, "signature"),
    (jwt.InvalidAlgorithmError, "signature"),
    (jwt.InvalidIssuerError, "issuer"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.ImmatureSignatureError, "refused"),
)


class Tokens(Struct, frozen=True, kw_only=True):
    """Checks tokens: signature, `exp`, `sub`, and `iss` and `aud` where they are wanted."""

    keys: Keys
    issuer: str | None = None
    audience: str | None = None

    async def authenticate(self, presented: Presented) -> Identity:
        """Say whose credential it is.

        Raises:
            RefusedError: with the class of the refusal for the client, and the detail for the log.
            KeysUnavailableError.
        """
        token = presented.token
        if not token:
            raise RefusedError("missing")
        if len(token) > LONGEST:
            raise RefusedError("malformed", f"it has {len(token)} characters")
        try:
            claims = await self._claims(token)
        except jwt.PyJWTError as error:
            raise RefusedError(_reason(error), f"{type(error).__name__}: {error}") from None
        user = claims["sub"]
        if not isinstance(user, str) or not 0 < len(user) <= LONGEST_USER:
            raise RefusedError("malformed", "its subject is no name")
        return Identity(user, float(claims["exp"]))

    async def _claims(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        key = await self.keys.find(header)
        if key is None:
            raise jwt.InvalidAlgorithmError(f"no key for the algorithm {header.get('alg')!r}")
        return jwt.decode(
            token,
            key.key,
            algorithms=list(key.algorithms),
            issuer=self.issuer,
            audience=self.audience,
            leeway=LEEWAY,
            options={
                "require": self._required(),
                "verify_aud": self.audience is not None,
            },
        )

    def _required(self) -> list[str]:
        wanted = {"iss": self.issuer, "aud": self.audience}
        return ["exp", "sub", *(name for name, value in wanted.items() if value is not None)]


def issue(
    secret: bytes, user: str, *, lifetime: float = 3600.0, now: float | None = None, **claims: Any
) -> str:
    """Sign a token of a user with a shared secret, valid for `lifetime` seconds from now."""
    begun = time.time() if now is None else now
    return jwt.encode({"sub": user, "exp": int(begun + lifetime), **claims}, secret, "HS256")


def _reason(error: jwt.PyJWTError) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        return {"iss": "issuer", "aud": "audience"}.get(error.claim, "malformed")
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), "malformed")
