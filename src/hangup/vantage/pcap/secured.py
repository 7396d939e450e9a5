"""A connection under TLS: what is in it where it opens, and how its handshake failed."""

from __future__ import annotations

from collections.abc import Iterator

from hangup.certificate import Certificate
from hangup.event import DeadlineExpired, Event, LocalClose, TlsEstablished, TlsFailed
from hangup.probe.tls import certificate
from hangup.vantage.pcap.story import NANO, Story, seconds
from hangup.vantage.pcap.talk import LEFT
from hangup.vantage.pcap.tls import alerts
from hangup.vantage.pcap.tls.keylog import KeyLog
from hangup.vantage.pcap.tls.records import NotTlsError
from hangup.vantage.pcap.tls.session import Alert, Said, Tls
from hangup.vantage.pcap.wire import Wire

SHOWN = 64
"""Bytes kept of what came in the place of TLS."""


class Secured:
    """Follows one handshake; `alert` is the last that was not the orderly end."""

    def __init__(self, keys: KeyLog, began: int) -> None:
        self.tls = Tls(keys)
        self.alert: Alert | None = None
        self._began = began
        self._instead = b""
        self._odd: int | None = None

    def take(self, client: bool, ns: int, data: bytes) -> Iterator[Said | Alert]:
        """Give what can be read of it; what is no TLS is the end of reading."""
        if self._odd is not None:
            return
        try:
            for item in self.tls.take(client, ns, data):
                if isinstance(item, Alert) and item.number not in alerts.ORDERLY:
                    self.alert = item
                yield item
        except NotTlsError:
            self._odd = ns
            self._instead = b"" if client else data[:SHOWN]
            self.tls.closed = self.tls.closed or "what came is no TLS"

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """The server's certificates, where they could be seen."""
        return tuple(certificate(der) for der in self.tls.chain)

    @property
    def server_name(self) -> str:
        """The name that the client asked for (RFC 6066, 3)."""
        return self.tls.client_hello.server_name if self.tls.client_hello else ""

    @property
    def offered(self) -> tuple[str, ...]:
        """The protocols that the client offered (RFC 7301)."""
        return self.tls.client_hello.alpn if self.tls.client_hello else ()

    def established(self, story: Story) -> TlsEstablished | None:
        """Tell of the handshake that came through; whether the client verified is not known."""
        tls = self.tls
        if tls.established is None:
            return None
        return TlsEstablished(
            at=story.at(tls.established),
            version=tls.version,
            cipher=tls.cipher,
            alpn=tls.alpn,
            offered_alpn=self.offered,
            verified=False,
            chain=self.chain,
            took=seconds(tls.established - self._began),
        )

    def why(self, alert: Alert, host: str) -> str:
        """Give the failure that an alert is, and it in words; nothing for an orderly end.

        The `host` is the server's address, by which a client may have asked for it.
        """
        if alert.number is None or alert.number in alerts.ORDERLY:
            return ""
        side = "client" if alert.client else "server"
        told = f"the {side} sent the TLS alert '{alerts.words(alert.number)}'"
        if not alert.client:
            return f"{alerts.of_server(alert.number)} {told}"
        chain, name, now = self.chain, self.server_name or host, alert.ns / NANO
        return f"{alerts.of_client(alert.number, chain, name, now)} {told}"

    def failed(self, story: Story, wire: Wire) -> tuple[Event, ...]:
        """Tell how the handshake failed; nothing when that cannot be seen."""
        tls, alert, first = self.tls, self.alert, wire.left[0] if wire.left else None
        if tls.established is not None or tls.client_hello is None:
            return ()
        if self._odd is not None and tls.server_hello is None:
            if not self._instead:
                return ()
            text = "the server's bytes are no TLS"
            return (self._failed(story, self._odd, "tls.not-tls", text),)
        # A client complains of an end amid the handshake too, once it has come.
        began = first is None or (alert is not None and alert.ns < first.ns)
        if alert is not None and alert.number is not None and began:
            failure, _, text = self.why(alert, wire.server[0]).partition(" ")
            return (self._failed(story, alert.ns, failure, text),)
        if first is None or tls.closed:
            return ()
        if not first.client:
            failure = "tcp.reset" if first.reset else "tls.ended"
            text = "the server reset TCP" if first.reset else "the server ended TCP"
            return (self._failed(story, first.ns, failure, f"{text} within the handshake"),)
        if tls.server_hello is not None:
            return ()
        since, at = story.at(self._began), story.at(first.ns)
        return (
            DeadlineExpired(at=at, waiting_for="TLS handshake", since=since),
            LocalClose(at=at, why=LEFT[first.reset], abort=first.reset),
        )

    def _failed(self, story: Story, ns: int, failure: str, text: str) -> TlsFailed:
        return TlsFailed(
            at=story.at(ns),
            failure=failure,
            text=text,
            offered_alpn=self.offered,
            peer_bytes=self._instead,
            took=seconds(ns - self._began),
        )
