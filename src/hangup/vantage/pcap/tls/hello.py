"""What both sides say openly at the beginning of TLS: hellos, and the alerts' names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, FINISHED, KEY_UPDATE = 1, 2, 11, 20, 24
ENCRYPTED_EXTENSIONS = 8
SERVER_NAME, ALPN, EARLY_DATA, VERSIONS = 0, 16, 42, 43
TLS12, TLS13 = 0x0303, 0x0304
VERSION_NAMES = {0x0300: "SSLv3", 0x0301: "TLSv1", 0x0302: "TLSv1.1", TLS12: "TLSv1.2"}
VERSION_NAMES[TLS13] = "TLSv1.3"
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another ClientHello (RFC 8446, 4.1.3)."""
MOST_NAME = 253


class ClientHello(NamedTuple):
    """What a client offers."""

    random: bytes
    server_name: str
    alpn: tuple[str, ...]
    early_data: bool


class ServerHello(NamedTuple):
    """What a server chooses; `alpn` up to TLS 1.2 only, later it is encrypted."""

    random: bytes
    version: int
    cipher: int
    alpn: str | None

    @property
    def retry(self) -> bool:
        """Whether it asks for another ClientHello."""
        return self.random == RETRY


def client_hello(body: bytes) -> ClientHello | None:
    """Read the body of a ClientHello (RFC 8446, 4.1.2); None when it cannot be."""
    try:
        at = 34
        at += 1 + body[at]
        at += 2 + _number(body, at)
        at += 1 + body[at]
        name, early = "", False
        alpn: tuple[str, ...] = ()
        for kind, value in _extensions(body, at):
            if kind == SERVER_NAME:
                name = value[5:][:MOST_NAME].decode("ascii", "replace")
            elif kind == ALPN:
                alpn = protocols(value)
            early = early or kind == EARLY_DATA
    except IndexError:
        return None
    return ClientHello(body[2:34], name, alpn, early)


def server_hello(body: bytes) -> ServerHello | None:
    """Read the body of a ServerHello (RFC 8446, 4.1.3); None when it cannot be."""
    try:
        version = _number(body, 0)
        at = 35 + body[34]
        cipher = _number(body, at)
        alpn = None
        for kind, value in _extensions(body, at + 3):
            if kind == VERSIONS:
                version = _number(value, 0)
            elif kind == ALPN:
                alpn = next(iter(protocols(value)), None)
    except IndexError:
        return None
    return ServerHello(body[2:34], version, cipher, alpn)


def encrypted_alpn(body: bytes) -> str | None:
    """Give the protocol that EncryptedExtensions choose (RFC 8446, 4.3.1)."""
    try:
        found = (value for kind, value in _extensions(body, 0) if kind == ALPN)
        return next(iter(protocols(next(found, b""))), None)
    except IndexError:
        return None


def certificates(body: bytes, version: int) -> tuple[bytes, ...]:
    """Give the DER of each certificate (RFC 5246, 7.4.2; RFC 8446, 4.4.2)."""
    modern = version == TLS13
    at = 1 + body[0] if modern and body else 0
    found, at = [], at + 3
    while at + 3 <= len(body):
        size = int.from_bytes(body[at : at + 3], "big")
        found.append(body[at + 3 : at + 3 + size])
        at += 3 + size
        if modern:
            at += 2 + int.from_bytes(body[at : at + 2], "big")
    return tuple(found)


def protocols(value: bytes) -> tuple[str, ...]:
    """Give the names in an ALPN extension (RFC 7301, 3.1)."""
    found, at = [], 2
    while at < len(value):
        found.append(value[at + 1 : at + 1 + value[at]].decode("ascii", "replace"))
        at += 1 + value[at]
    return tuple(found)


def _extensions(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    at += 2
    while at + 4 <= len(body):
        kind, size = _number(body, at), _number(body, at + 2)
        yield kind, body[at + 4 : at + 4 + size]
        at += 4 + size


def _number(body: bytes, at: int) -> int:
    return body[at] << 8 | body[at + 1]
