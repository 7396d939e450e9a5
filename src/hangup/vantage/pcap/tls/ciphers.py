"""Opens protected records where the secret is known (RFC 5288, RFC 7905, RFC 8446, 5.2)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal, NamedTuple

from hangup.vantage.pcap.tls.hello import TLS13
from hangup.vantage.pcap.tls.records import Record

TAG = 16
Algorithm = Literal["aes-gcm", "chacha20-poly1305"]


class Suite(NamedTuple):
    """A cipher suite by OpenSSL's name, with the bytes of its key and its hash."""

    name: str
    algorithm: Algorithm
    key: int
    hash: str


def _gcm(name: str, key: int) -> Suite:
    return Suite(name, "aes-gcm", key, "sha256" if key == 16 else "sha384")


def _chacha(name: str) -> Suite:
    return Suite(name, "chacha20-poly1305", 32, "sha256")


SUITES = {
    0x1301: _gcm("TLS_AES_128_GCM_SHA256", 16),
    0x1302: _gcm("TLS_AES_256_GCM_SHA384", 32),
    0x1303: _chacha("TLS_CHACHA20_POLY1305_SHA256"),
    0x009C: _gcm("AES128-GCM-SHA256", 16),
    0x009D: _gcm("AES256-GCM-SHA384", 32),
    0x009E: _gcm("DHE-RSA-AES128-GCM-SHA256", 16),
    0x009F: _gcm("DHE-RSA-AES256-GCM-SHA384", 32),
    0xC02B: _gcm("ECDHE-ECDSA-AES128-GCM-SHA256", 16),
    0xC02C: _gcm("ECDHE-ECDSA-AES256-GCM-SHA384", 32),
    0xC02F: _gcm("ECDHE-RSA-AES128-GCM-SHA256", 16),
    0xC030: _gcm("ECDHE-RSA-AES256-GCM-SHA384", 32),
    0xCCA8: _chacha("ECDHE-RSA-CHACHA20-POLY1305"),
    0xCCA9: _chacha("ECDHE-ECDSA-CHACHA20-POLY1305"),
    0xCCAA: _chacha("DHE-RSA-CHACHA20-POLY1305"),
}


class UnreadableRecordError(Exception):
    """The keys do not open this record."""


class Opener:
    """Opens the records of one direction in order, from one secret or block of keys."""

    def __init__(self, suite: Suite, version: int, key: bytes, fixed: bytes) -> None:
        # Slow to load, and needed only where there are secrets.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

        self._aead = AESGCM(key) if suite.algorithm == "aes-gcm" else ChaCha20Poly1305(key)
        self._explicit = version != TLS13 and suite.algorithm == "aes-gcm"
        self._modern, self._fixed = version == TLS13, fixed
        self._number = 0

    def open(self, record: Record) -> tuple[int, bytes]:
        """Give the type and the content of a record.

        Raises:
            UnreadableRecordError: the keys are others, or it was changed.
        """
        from cryptography.exceptions import InvalidTag  # here: as above

        body, number = record.body, self._number.to_bytes(8, "big")
        if len(body) < TAG + 8 * self._explicit + self._modern:
            raise UnreadableRecordError
        nonce = self._fixed + body[:8] if self._explicit else _mixed(self._fixed, number)
        sealed = body[8:] if self._explicit else body
        bound = record.header
        if not self._modern:
            bound = number + record.header[:3] + (len(sealed) - TAG).to_bytes(2, "big")
        try:
            plain = self._aead.decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise UnreadableRecordError from None
        self._number += 1
        if not self._modern:
            return record.type, plain
        inner = plain.rstrip(b"\0")  # its padding
        return (inner[-1], inner[:-1]) if inner else (0, b"")


def opener(suite: Suite, secret: bytes) -> Opener:
    """Give what opens the records under a traffic secret of TLS 1.3 (RFC 8446, 7.3)."""
    key = expanded(suite.hash, secret, b"key", suite.key)
    return Opener(suite, TLS13, key, expanded(suite.hash, secret, b"iv", 12))


def updated(suite: Suite, secret: bytes) -> bytes:
    """Give the traffic secret after a KeyUpdate (RFC 8446, 7.2)."""
    return expanded(suite.hash, secret, b"traffic upd", hashlib.new(suite.hash).digest_size)


def openers(suite: Suite, master: bytes, client: bytes, server: bytes) -> tuple[Opener, Opener]:
    """Give what opens the client's and the server's records of TLS 1.2 (RFC 5246, 6.3)."""
    fixed = 4 if suite.algorithm == "aes-gcm" else 12
    block = _prf(suite.hash, master, b"key expansion" + server + client, 2 * (suite.key + fixed))
    keys, ivs = block[: 2 * suite.key], block[2 * suite.key :]
    return (
        Opener(suite, 0, keys[: suite.key], ivs[:fixed]),
        Opener(suite, 0, keys[suite.key :], ivs[fixed:]),
    )


def expanded(name: str, secret: bytes, label: bytes, size: int) -> bytes:
    """Do HKDF-Expand-Label without a context (RFC 8446, 7.1)."""
    whole = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes((len(whole),)) + whole + b"\0"
    found, last, number = b"", b"", 1
    while len(found) < size:
        last = hmac.digest(secret, last + info + bytes((number,)), name)
        found, number = found + last, number + 1
    return found[:size]


def _prf(name: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """Do P_hash (RFC 5246, 5)."""
    found, chain = b"", seed
    while len(found) < size:
        chain = hmac.digest(secret, chain, name)
        found += hmac.digest(secret, chain + seed, name)
    return found[:size]


def _mixed(fixed: bytes, number: bytes) -> bytes:
    padded = number.rjust(len(fixed), b"\0")
    return bytes(a ^ b for a, b in zip(fixed, padded, strict=True))
