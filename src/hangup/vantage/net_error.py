"""Turns Chromium's network errors into the events that they stand for."""

from __future__ import annotations

import re

from hangup.event import (
    ConnectFailed,
    Event,
    LocalClose,
    ResolveFailed,
    ResponseMalformed,
    StreamEnded,
    StreamReset,
    TlsFailed,
    UpgradeInvalid,
)

# Names without net::ERR_, from Chromium's net/base/net_error_list.h.
DNS = {
    "NAME_NOT_RESOLVED": "dns.no-such-name",
    "NAME_RESOLUTION_FAILED": "dns.server-failure",
    "DNS_TIMED_OUT": "dns.temporary-failure",
}
CONNECT = {
    "CONNECTION_REFUSED": "tcp.refused",
    "CONNECTION_TIMED_OUT": "tcp.timed-out",
    "ADDRESS_UNREACHABLE": "tcp.host-unreachable",
    "INTERNET_DISCONNECTED": "tcp.network-unreachable",
    "NETWORK_ACCESS_DENIED": "tcp.forbidden-here",
}
TLS = {
    "CERT_AUTHORITY_INVALID": "tls.issuer-unknown",
    "CERT_COMMON_NAME_INVALID": "tls.name-mismatch",
    "CERT_REVOKED": "tls.revoked",
    "SSL_VERSION_OR_CIPHER_MISMATCH": "tls.version",
    "SSL_CLIENT_AUTH_CERT_NEEDED": "tls.client-certificate-required",
    "BAD_SSL_CLIENT_AUTH_CERT": "tls.client-certificate-refused",
    "SSL_UNRECOGNIZED_NAME_ALERT": "tls.name-unrecognized",
}
STREAM = {"CONNECTION_RESET": "tcp.reset", "CONNECTION_ABORTED": "tcp.aborted"}
ENDED = frozenset({"CONNECTION_CLOSED", "EMPTY_RESPONSE"})
HTTP = {
    "INVALID_HTTP_RESPONSE": "http.not-http",
    "RESPONSE_HEADERS_TOO_BIG": "http.head-too-large",
}
# What Chromium says of a 101 that it refuses; the most telling words come first.
UPGRADE = (
    ("Sec-WebSocket-Accept", "upgrade.bad-accept"),
    ("no response was received", "upgrade.header"),
    ("Sec-WebSocket-Protocol", "upgrade.subprotocol-unoffered"),
    ("Sec-WebSocket-Extensions", "upgrade.extension-unoffered"),
    ("'Upgrade' header", "upgrade.upgrade-header"),
    ("'Connection' header", "upgrade.connection-header"),
)
_NAME = re.compile(r"net::ERR_([A-Z0-9_]+)")


def event_of_error(text: str, host: str, address: str, port: int, at: float) -> Event:
    """Give what stopped a WebSocket before it was answered, in the browser's own words."""
    found = _NAME.search(text)
    name = found[1] if found else ""
    if name in DNS:
        return ResolveFailed(at=at, host=host, failure=DNS[name], text=text, took=0.0)
    if name in CONNECT:
        failure = CONNECT[name]
        return ConnectFailed(
            at=at, address=address or host, port=port, failure=failure, text=text, took=0.0
        )
    if name in TLS or name.startswith(("CERT_", "SSL_")):
        failure = TLS.get(name, "tls.verification" if name.startswith("CERT_") else "unknown")
        return TlsFailed(at=at, failure=failure, text=text, took=0.0)
    if name in STREAM:
        return StreamReset(at=at, failure=STREAM[name], text=text)
    if name in ENDED or "closed before receiving a handshake response" in text:
        return StreamEnded(at=at)
    if name in HTTP:
        return ResponseMalformed(at=at, failure=HTTP[name], text=text, head=b"", size=0)
    return LocalClose(at=at, why=f"the browser gave up: {text}", abort=True)


def invalid_upgrade(text: str, at: float) -> UpgradeInvalid:
    """Name what a browser held against a 101."""
    failure = next((name for words, name in UPGRADE if words in text), "upgrade.header")
    return UpgradeInvalid(at=at, failure=failure, text=text)
