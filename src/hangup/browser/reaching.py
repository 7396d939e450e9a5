"""How a browser reached the server: its name, TCP, TLS, and the cookies it did not send."""

from __future__ import annotations

import binascii
import os
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Literal

from hangup.browser.net_log import Entry, Heard
from hangup.endpoint import Endpoint
from hangup.event import (
    Connected,
    ConnectFailed,
    Connecting,
    CookieWithheld,
    DeadlineExpired,
    Event,
    Resolved,
    TlsEstablished,
)
from hangup.failure import OS_FAILURES
from hangup.probe.tls import certificate, cipher_name
from hangup.vantage.net_error import event_of_error

GIVEN_UP = "ABORTED"
"""How a step ends that was under way when the browser was ended."""
LOOKUP, TCP, ATTEMPT, TLS = (
    "HOST_RESOLVER_MANAGER_REQUEST",
    "TCP_CONNECT",
    "TCP_CONNECT_ATTEMPT",
    "SSL_CONNECT",
)
STEPS = (LOOKUP, TCP, ATTEMPT, TLS)
WITHHELD = {
    "EXCLUDE_SAMESITE_UNSPECIFIED_TREATED_AS_LAX": (
        "since a cookie without SameSite counts as Lax, and the page is of another site"
    ),
    "EXCLUDE_SECURE_ONLY": "since it is Secure and the connection is not",
    "EXCLUDE_USER_PREFERENCES": "since this browser blocks cookies of other sites",
}
"""Why Chromium sends no cookie that we have set (net/cookies/cookie_inclusion_status.h)."""
OFFERED = ("http/1.1",)
"""What Chromium offers by ALPN for a WebSocket."""


def reached(
    heard: Heard, endpoint: Endpoint, since: Callable[[Entry], float], ended: float
) -> Iterator[Event]:
    """Give the steps before the request; `since` gives an entry's time in the trace."""
    steps = _Steps(heard, endpoint, since)
    for entry in heard.of(*STEPS, "COOKIE_INCLUSION_STATUS"):
        yield from steps.take(entry)
    yield from steps.unfinished(ended)


class _Steps:
    def __init__(self, heard: Heard, endpoint: Endpoint, since: Callable[[Entry], float]) -> None:
        self._heard, self._endpoint, self._since = heard, endpoint, since
        host, port = endpoint.host, endpoint.port
        if endpoint.http_proxy:
            host, port, _ = endpoint.http_proxy
        self._host, self._port = host, port
        self._begun: dict[tuple[str, int], Entry] = {}
        self._lookup = 0.0

    def take(self, entry: Entry) -> Iterator[Event]:
        """Give what one entry tells."""
        if entry.kind == "COOKIE_INCLUSION_STATUS":
            yield from self._cookie(entry)
        elif entry.phase == "begin":
            self._begun[entry.kind, entry.source] = entry
            yield from self._began(entry)
        elif entry.phase == "end" and entry.error != GIVEN_UP:
            first = self._begun.pop((entry.kind, entry.source), entry)
            yield from self._ended(first, entry)

    def unfinished(self, ended: float) -> Iterator[Event]:
        """Give what was still waited for when the browser was ended."""
        for (kind, _), entry in self._begun.items():
            what = {LOOKUP: "DNS", ATTEMPT: f"TCP to {_address(entry)[0]}", TLS: "TLS handshake"}
            if kind in what:
                since = self._since(entry)
                yield DeadlineExpired(at=ended, waiting_for=what[kind], since=since)

    def _began(self, entry: Entry) -> Iterator[Event]:
        at = self._since(entry)
        if entry.kind == TCP:
            found = [_split(each)[0] for each in entry.params.get("address_list", ())]
            yield Resolved(
                at=at,
                host=self._host,
                addresses=tuple(found),
                source=self._source(),
                took=self._lookup,
            )
        elif entry.kind == ATTEMPT:
            address, port = _address(entry)
            yield Connecting(at=at, address=address, port=port)

    def _source(self) -> Literal["literal", "override", "system"]:
        if _is_address(self._host):
            return "literal"
        named = {(host, port) for host, port, _ in self._endpoint.overrides}
        return "override" if (self._host, self._port) in named else "system"

    def _ended(self, first: Entry, entry: Entry) -> Iterator[Event]:
        at = self._since(entry)
        took = at - self._since(first)
        if entry.kind == LOOKUP:
            self._lookup = took
            if entry.error:
                yield self._error(entry, at)
        elif entry.kind == ATTEMPT:
            yield self._attempted(first, entry, at, took)
        elif entry.kind == TLS:
            yield self._error(entry, at) if entry.error else self._secured(entry, at, took)

    def _attempted(self, first: Entry, entry: Entry, at: float, took: float) -> Event:
        address, port = _address(first)
        number = int(entry.params.get("os_error", 0) or 0)
        if not number and not entry.error:
            local = next((e.params.get("local_address", "") for e in self._heard.of(TCP)[::-1]), "")
            return Connected(at=at, address=address, port=port, local=str(local), took=took)
        if number not in OS_FAILURES:
            return self._error(entry, at)
        text = os.strerror(number)
        return ConnectFailed(
            at=at, address=address, port=port, failure=OS_FAILURES[number], text=text, took=took
        )

    def _secured(self, entry: Entry, at: float, took: float) -> Event:
        tls, protocol = self._endpoint.tls, str(entry.params.get("next_proto", ""))
        return TlsEstablished(
            at=at,
            version=str(entry.params.get("version", "")).replace("TLS ", "TLSv"),
            cipher=cipher_name(int(entry.params.get("cipher_suite", 0))),
            alpn=protocol if protocol in OFFERED else None,
            offered_alpn=OFFERED,
            verified=tls.verify and not tls.ca_file,
            chain=tuple(map(certificate, self._certificates())),
            took=took,
        )

    def _certificates(self) -> Iterator[bytes]:
        for entry in self._heard.of("SSL_CERTIFICATES_RECEIVED")[-1:]:
            for pem in entry.params.get("certificates", ()):
                body = "".join(line for line in str(pem).splitlines() if "-----" not in line)
                yield binascii.a2b_base64(body)

    def _error(self, entry: Entry, at: float) -> Event:
        text = f"net::ERR_{entry.error}"
        return event_of_error(text, self._host, "", self._port, at)

    def _cookie(self, entry: Entry) -> Iterator[Event]:
        """Tell of a cookie that was not sent; Chromium lists exclusions, warnings, exemptions."""
        status = str(entry.params.get("status", ""))
        whys = [each for each in status.split(", ") if each.startswith("EXCLUDE_")]
        if whys and entry.params.get("operation") == "send":
            name = str(entry.params.get("name", ""))
            why = next((WITHHELD[each] for each in whys if each in WITHHELD), ", ".join(whys))
            yield CookieWithheld(at=self._since(entry), name=name, why=why)


def _address(entry: Entry) -> tuple[str, int]:
    return _split(str(entry.params.get("address", "")))


def _split(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() else 0


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
