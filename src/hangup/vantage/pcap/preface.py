"""Says by a client's first bytes what a connection carries, so that most of it is passed over."""

from __future__ import annotations

from typing import Literal

from hangup.vantage.pcap.http import METHODS, may_begin_http
from hangup.vantage.pcap.tls.records import TYPES

Kind = Literal["unknown", "http", "http2", "tls", "tls-midway", "midway", "other"]

HELLO, HTTP2 = b"\x16\x03", b"PRI * HTTP/2.0"
PROXY, PROXY_2 = b"PROXY ", b"\r\n\r\n\x00\r\nQUIT\n"
"""How a proxy may say whom it speaks for, before anything else (the PROXY protocol, 1 and 2)."""
LONGEST_PROXY, LONGEST_PROXY_2 = 107, 4096
BEGINNINGS = (HELLO, HTTP2, PROXY, PROXY_2, *METHODS)


def kind_of(first: bytes, *, midway: bool) -> Kind:
    """Give what begins with some bytes, `unknown` while they are too few."""
    if first.startswith(HELLO):
        return "tls"
    if may_begin_http(first):
        return "http"
    if first.startswith(HTTP2):
        return "http2"
    if any(each.startswith(first) for each in BEGINNINGS) or _half_preface(first):
        return "unknown"
    records = midway and len(first) > 2 and first[0] in TYPES and first[1] == 3
    return "tls-midway" if records else "other"


def without_preface(first: bytes) -> bytes:
    """Take away what a proxy says of the client, when it is whole."""
    if first.startswith(PROXY):
        line, found, rest = first.partition(b"\r\n")
        return rest if found and len(line) <= LONGEST_PROXY else first
    if first.startswith(PROXY_2) and len(first) >= 16:
        size = 16 + int.from_bytes(first[14:16], "big")
        return first[size:] if len(first) >= size else first
    return first


def _half_preface(first: bytes) -> bool:
    if first.startswith(PROXY):
        return len(first) <= LONGEST_PROXY and b"\r\n" not in first
    return first.startswith(PROXY_2) and len(first) < LONGEST_PROXY_2
