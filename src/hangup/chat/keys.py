"""The keys by which tokens are checked; each holds for its own algorithms alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError
from msgspec import Struct

from hangup.errors import UsageError

HMAC = ("HS256", "HS384", "HS512")
RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
SHORTEST_SECRET = 32
"""Bytes of a shared secret: an HS256 secret that is shorter can be guessed (RFC 7518, 3.2)."""
KEPT = 300.0
"""Seconds for which fetched keys are taken as they are."""
PAUSE = 10.0
"""Least seconds between two fetches, whatever keys tokens name."""
DEADLINE = 5.0


class KeysUnavailableError(Exception):
    """The keys cannot be fetched now: no token can be judged."""


class Key(Struct, frozen=True):
    """A key that checks signatures, and the algorithms for which it may be used."""

    key: Any
    algorithms: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Key(algorithms={self.algorithms!r})"


class Keys(Protocol):
    """Finds the key for a token."""

    async def find(self, header: Mapping[str, Any]) -> Key | None:
        """Give the key that a token's header asks for; None when there is none.

        Raises:
            KeysUnavailableError.
        """


class FixedKeys:
    """Keys that were given at the start, tried by the algorithm."""

    def __init__(self, *keys: Key) -> None:
        self._keys = keys

    async def find(self, header: Mapping[str, Any]) -> Key | None:
        """Give the first key for the algorithm."""
        wanted = header.get("alg")
        return next((key for key in self._keys if wanted in key.algorithms), None)


class FetchedKeys:
    """Keys of a JWKS document (RFC 7517), fetched by URL and kept for a while.

    A key that is not there has the document fetched again, at most once in `PAUSE` seconds. Keys
    that were fetched before go on being used while the document cannot be had.
    """

    def __init__(self, url: str) -> None:
        self._client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=DEADLINE)
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._one = asyncio.Lock()

    async def find(self, header: Mapping[str, Any]) -> Key | None:
        """Give the key of the token's `kid`, or the only one there is."""
        if self._aged(time.monotonic()) or self._find(header) is None:
            await self._fetch(header)
        found = self._find(header)
        return found if found is not None and header.get("alg") in found.algorithms else None

    def _find(self, header: Mapping[str, Any]) -> Key | None:
        kid = header.get("kid")
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(str(kid))

    def _aged(self, now: float) -> bool:
        return now - self._fetched > KEPT

    async def _fetch(self, header: Mapping[str, Any]) -> None:
        async with self._one:
            now = time.monotonic()
            if not self._aged(now) and self._find(header) is not None:
                return  # another has fetched them meanwhile
            if now - self._tried >= PAUSE:
                self._tried = now
                await self._load()
        if not self._keys:
            raise KeysUnavailableError("the keys cannot be fetched")

    async def _load(self) -> None:
        try:
            found = await asyncio.to_thread(self._client.get_signing_keys)
        except PyJWKClientConnectionError:
            return  # what was fetched before goes on being used
        except (PyJWKClientError, jwt.PyJWKSetError, ValueError):
            raise KeysUnavailableError("what the URL of the keys gives is no set of keys") from None
        self._keys = {str(each.key_id): _of_jwk(each) for each in found}
        self._fetched = time.monotonic()


def _of_jwk(each: jwt.PyJWK) -> Key:
    # What it says of itself counts; a symmetric key has no place in a public document.
    algorithms = () if each.algorithm_name in HMAC else (str(each.algorithm_name),)
    return Key(each.key, algorithms)


def secret_key(secret: bytes) -> Key:
    """Give a shared secret as a key.

    Raises:
        UsageError: it is too short.
    """
    if len(secret) < SHORTEST_SECRET:
        raise UsageError(f"the secret of tokens has {SHORTEST_SECRET} bytes at least")
    return Key(secret, HMAC)


def public_key(pem: bytes) -> Key:
    """Give a public key or a certificate, RSA or elliptic curve, as a key.

    Raises:
        UsageError: it is neither.
    """
    try:
        if b"BEGIN CERTIFICATE" in pem:
            found: Any = load_pem_x509_certificate(pem).public_key()
        else:
            found = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError("the public key of tokens is no PEM of a public key") from None
    if isinstance(found, rsa.RSAPublicKey):
        return Key(found, RSA)
    if isinstance(found, ec.EllipticCurvePublicKey) and found.curve.name in CURVES:
        return Key(found, (CURVES[found.curve.name],))
    raise UsageError("the public key of tokens is neither RSA nor P-256, P-384 or P-521")
