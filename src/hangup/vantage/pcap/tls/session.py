"""One connection's TLS: what is said openly, and what is in it where its secrets are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hangup.vantage.pcap.tls import hello as says
from hangup.vantage.pcap.tls.ciphers import (
    SUITES,
    Opener,
    Suite,
    UnreadableRecordError,
    opener,
    openers,
    updated,
)
from hangup.vantage.pcap.tls.hello import TLS12, TLS13, ClientHello, ServerHello
from hangup.vantage.pcap.tls.keylog import KeyLog
from hangup.vantage.pcap.tls.records import (
    ALERT,
    APPLICATION,
    CHANGE_CIPHER,
    HANDSHAKE,
    Record,
    Records,
)

MOST_HANDSHAKE = 1 << 18
"""Bytes of one message of the handshake, of which certificates are the longest."""
MOST_EARLY = 64
"""Records that wait for a ServerHello: a capture may hold the two directions out of step."""
NO_SECRET = "no key log has its secrets"  # noqa: S105 - words
WRONG_SECRET = "the secrets that the key log has of it do not open it"  # noqa: S105 - words


class Said(NamedTuple):
    """Application data of one side, decrypted."""

    client: bool
    ns: int
    data: bytes


class Alert(NamedTuple):
    """An alert of one side; `number` is None while it is encrypted to us."""

    client: bool
    ns: int
    number: int | None


class _Side:
    """What one side has sent, and what opens it."""

    def __init__(self) -> None:
        self.records = Records()
        self.opener: Opener | None = None
        self.protected = self.finished = False
        self.secret = b""
        self.handshake = bytearray()


class Tls:
    """Both directions; `closed` says why nothing can be read in it, empty while something can."""

    def __init__(self, keys: KeyLog) -> None:
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.chain: tuple[bytes, ...] = ()
        self.alpn: str | None = None
        self.established: int | None = None
        self.closed = ""
        self._keys = keys
        self._sides = {True: _Side(), False: _Side()}
        self._early: list[tuple[bool, Record]] = []

    @property
    def version(self) -> str:
        """The version in words, nothing while none was chosen."""
        chosen = self.server_hello.version if self.server_hello else 0
        return says.VERSION_NAMES.get(chosen, f"version {chosen:#06x}" if chosen else "")

    @property
    def cipher(self) -> str:
        """The cipher suite by OpenSSL's name, or by its number."""
        number = self.server_hello.cipher if self.server_hello else 0
        return SUITES[number].name if number in SUITES else f"{number:#06x}"

    def take(self, client: bool, ns: int, data: bytes) -> Iterator[Said | Alert]:
        """Give what can be read by now.

        Raises:
            NotTlsError: the bytes are none of TLS.
        """
        for record in self._sides[client].records.take(ns, data):
            yield from self._record(client, record)

    def _record(self, client: bool, record: Record) -> Iterator[Said | Alert]:
        side = self._sides[client]
        if self.server_hello is None and record.type == APPLICATION:
            if len(self._early) < MOST_EARLY:
                self._early.append((client, record))
            return
        if record.type == CHANGE_CIPHER:
            self._change(side)
        elif self._is_open(side, record):
            yield from self._content(client, record.ns, record.type, record.body)
        elif side.opener is None or self.closed:
            if record.type == ALERT:
                yield Alert(client, record.ns, None)
        else:
            yield from self._opened(client, side, record)

    def _is_open(self, side: _Side, record: Record) -> bool:
        """Whether a record is not encrypted; TLS 1.3 shows all that is as application data."""
        modern = self.server_hello is not None and self.server_hello.version == TLS13
        return record.type != APPLICATION and (modern or not side.protected)

    def _change(self, side: _Side) -> None:
        if self.server_hello is not None and self.server_hello.version != TLS13:
            side.protected = True

    def _opened(self, client: bool, side: _Side, record: Record) -> Iterator[Said | Alert]:
        assert side.opener
        try:
            kind, content = side.opener.open(record)
        except UnreadableRecordError:
            # A server passes over early data that it has refused in the same way.
            early = self.client_hello is not None and self.client_hello.early_data
            if not (client and early and not side.finished):
                self.closed = WRONG_SECRET
            return
        yield from self._content(client, record.ns, kind, content)

    def _content(self, client: bool, ns: int, kind: int, content: bytes) -> Iterator[Said | Alert]:
        if kind == APPLICATION:
            yield Said(client, ns, content)
        elif kind == ALERT and len(content) >= 2:
            yield Alert(client, ns, content[1])
        elif kind == HANDSHAKE:
            yield from self._handshake(client, ns, content)

    def _handshake(self, client: bool, ns: int, content: bytes) -> Iterator[Said | Alert]:
        side = self._sides[client]
        side.handshake += content
        while len(side.handshake) >= 4:
            end = 4 + int.from_bytes(side.handshake[1:4], "big")
            if end > MOST_HANDSHAKE:
                self.closed = "a message of its handshake is too long"
                side.handshake.clear()
                return
            if end > len(side.handshake):
                return
            kind, body = side.handshake[0], bytes(side.handshake[4:end])
            del side.handshake[:end]
            self._message(client, ns, kind, body)
            if kind == says.SERVER_HELLO and self.server_hello:
                early, self._early = self._early, []
                for of_client, record in early:
                    yield from self._record(of_client, record)

    def _message(self, client: bool, ns: int, kind: int, body: bytes) -> None:
        side = self._sides[client]
        if kind == says.CLIENT_HELLO and client and self.server_hello is None:
            self.client_hello = says.client_hello(body) or self.client_hello
        elif kind == says.SERVER_HELLO and not client and self.server_hello is None:
            self._chosen(says.server_hello(body))
        elif kind == says.ENCRYPTED_EXTENSIONS and not client:
            self.alpn = says.encrypted_alpn(body)
        elif kind == says.CERTIFICATE and not client and self.server_hello and not self.chain:
            self.chain = says.certificates(body, self.server_hello.version)
        elif kind == says.FINISHED:
            self._finished(client, ns)
        elif kind == says.KEY_UPDATE and side.secret:
            suite = self._suite
            assert suite
            side.secret = updated(suite, side.secret)
            side.opener = opener(suite, side.secret)

    @property
    def _suite(self) -> Suite | None:
        return SUITES.get(self.server_hello.cipher) if self.server_hello else None

    def _chosen(self, hello: ServerHello | None) -> None:
        if hello is None or hello.retry:
            return
        self.server_hello, self.alpn = hello, hello.alpn
        self.closed = self._unreadable(hello)
        if not self.closed:
            self._unlock(hello)

    def _unreadable(self, hello: ServerHello) -> str:
        if hello.version not in (TLS12, TLS13):
            return f"{self.version} is not read"
        if self._suite is None:
            return f"its cipher suite {self.cipher} is not read"
        if self.client_hello is None:
            return "the beginning of its TLS is not in the capture"
        return "" if self._keys.knows(self.client_hello.random) else NO_SECRET

    def _unlock(self, hello: ServerHello) -> None:
        suite, client, server = self._suite, self._sides[True], self._sides[False]
        assert suite
        assert self.client_hello
        if hello.version == TLS13:
            ours = self._secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET")
            theirs = self._secret("SERVER_HANDSHAKE_TRAFFIC_SECRET")
            if not self.closed:
                client.opener, server.opener = opener(suite, ours), opener(suite, theirs)
            return
        master = self._secret("CLIENT_RANDOM")
        if not self.closed:
            client.opener, server.opener = openers(
                suite, master, self.client_hello.random, hello.random
            )

    def _secret(self, label: str) -> bytes:
        assert self.client_hello
        found = self._keys.secret(self.client_hello.random, label)
        if found is None:
            self.closed = f"the key log has no {label} of it"
        return found or b""

    def _finished(self, client: bool, ns: int) -> None:
        side, suite = self._sides[client], self._suite
        if side.finished:
            return  # of a later authentication (RFC 8446, 4.6.2), which changes no keys
        side.finished = True
        if self.server_hello and self.server_hello.version == TLS13 and suite:
            secret = self._secret(f"{'CLIENT' if client else 'SERVER'}_TRAFFIC_SECRET_0")
            if not self.closed:
                side.secret, side.opener = secret, opener(suite, secret)
        if all(each.finished for each in self._sides.values()) and self.established is None:
            self.established = ns
