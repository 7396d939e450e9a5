"""What happened in one sentence when no WebSocket ever opened."""

from __future__ import annotations

from hangup.event import (
    ConnectFailed,
    DeadlineExpired,
    Event,
    LocalClose,
    PageTold,
    RequestSent,
    ResolveFailed,
    ResponseMalformed,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TlsEstablished,
    TlsFailed,
    UpgradeInvalid,
)
from hangup.report.escape import quoted, show, show_bytes
from hangup.report.units import duration
from hangup.trace import Trace

FAILURE_WORDS = {
    "dns.no-such-name": "no such name",
    "dns.temporary-failure": "the resolver could not answer now",
    "dns.server-failure": "the resolver failed",
    "dns.no-address": "the name has no address",
    "dns.no-address-of-family": "the name has no address of the family asked for",
    "tcp.refused": "refused the TCP connection",
    "tcp.reset": "reset the TCP connection",
    "tcp.timed-out": "did not answer the SYN",
    "tcp.host-unreachable": "cannot be reached",
    "tcp.network-unreachable": "is in a network that cannot be reached",
    "tcp.no-local-address": "cannot be reached from any of our addresses",
    "tcp.forbidden-here": "may not be reached from this machine",
    "tcp.no-descriptors-here": "was not tried: this process has no file descriptors left",
    "tls.not-tls": "the peer does not speak TLS on this port",
    "tls.ended": "the peer hung up in the middle of the TLS handshake",
    "tls.version": "no TLS version in common",
    "tls.handshake-refused": "the peer refused the TLS handshake",
    "tls.alpn-refused": "the peer accepts no protocol that we offered (ALPN)",
    "tls.name-unrecognized": "the peer knows no such server name (SNI)",
    "tls.peer-internal-error": "the peer reports an internal error of its TLS",
    "tls.client-certificate-required": "the peer asks for a client certificate",
    "tls.client-certificate-refused": "the peer refused our certificate",
    "tls.not-yet-valid": "the certificate is not yet valid",
    "tls.expired": "the certificate has expired",
    "tls.self-signed": "the certificate is self-signed",
    "tls.self-signed-in-chain": "the chain ends in a self-signed certificate that is not trusted",
    "tls.issuer-unknown": "the certificate's issuer is not known here",
    "tls.revoked": "the certificate was revoked",
    "tls.name-mismatch": "the certificate is for another name",
    "tls.verification": "the certificate did not pass verification",
    "http.not-http": "what came is not HTTP",
    "http.broken-off": "the HTTP response broke off",
    "http.head-too-large": "the HTTP response's head never ended",
    "http.head-malformed": "the HTTP response's head is malformed",
    "upgrade.bad-accept": "its Sec-WebSocket-Accept does not answer our key",
    "upgrade.connection-header": "its Connection header does not say Upgrade",
    "upgrade.upgrade-header": "its Upgrade header does not say websocket",
    "upgrade.subprotocol-unoffered": "it chose a subprotocol that we did not offer",
    "upgrade.extension-unoffered": "it chose an extension that we did not offer",
}
"""What the failures of the closed list mean, for those that can end an opening."""


def never_opened(trace: Trace) -> str:
    """Say how an opening ended, and in which step; the last step reached decides."""
    for event in reversed(trace.events):
        if sentence := _ending(event, trace):
            return sentence
    return "nothing was recorded that tells how the connection ended"


def failure_words(failure: str) -> str:
    """Give the meaning of a failure, its own name when it needs no words."""
    return FAILURE_WORDS.get(failure, show(failure, 60))


def answered_by(response: ResponseReceived) -> str:
    """Name who wrote a response, by its own headers: ` from 'nginx', via '1.1 varnish'`."""
    server, via = response.header("server"), response.header("via")
    said = f" from {quoted(server, 60)}" if server else " from a server that does not name itself"
    return said + (f", via {quoted(via, 60)}" if via else "")


def _ending(event: Event, trace: Trace) -> str:
    match event:
        case LocalClose(abort=True):
            return show(event.why)
        case PageTold(what="exception"):
            return f"the browser opened nothing: new WebSocket() threw {show(event.text)}"
        case ResolveFailed():
            return f"{quoted(event.host, 80)} gave no address: {_failure(event)}"
        case ConnectFailed():
            return _not_connected(trace)
        case TlsFailed():
            return f"TLS failed: {_failure(event)}{_instead(event.peer_bytes)}"
        case ResponseMalformed():
            return f"no HTTP response: {failure_words(event.failure)}{_instead(event.head)}"
        case UpgradeInvalid():
            return f"the server answered 101, but a client must refuse it: {_failure(event)}"
        case ResponseReceived():
            return _answered(event, trace)
        case DeadlineExpired():
            waited = duration(event.at - event.since)
            return f"silence: {waited} waiting for {show(event.waiting_for, 80)}, then we gave up"
        case StreamEnded():
            return f"the server ended the TCP connection {_before_what(trace)}"
        case StreamReset():
            return f"the connection broke ({failure_words(event.failure)}) {_before_what(trace)}"
    return ""


def _failure(event: ResolveFailed | TlsFailed | UpgradeInvalid) -> str:
    words = failure_words(event.failure)
    return f"{words} ({show(event.text)})" if event.text else words


def _not_connected(trace: Trace) -> str:
    failed = trace.all(ConnectFailed)
    last = failed[-1]
    words = failure_words(last.failure)
    if len(failed) == 1:
        return f"{show(last.address, 60)} port {last.port}: {words}"
    each = {event.failure for event in failed}
    tail = f"each {words}" if len(each) == 1 else "; ".join(sorted(map(failure_words, each)))
    return f"none of {len(failed)} addresses took the connection: {tail}"


def _answered(response: ResponseReceived, trace: Trace) -> str:
    request = trace.last(RequestSent)
    what = f"HTTP {response.status} {show(response.reason, 60)}".rstrip()
    said = f"{what}{answered_by(response)} after {duration(response.took)}"
    if request is not None and request.method == "CONNECT":
        return f"the HTTP proxy did not open the way: its answer was {said}"
    if request is not None and not request.upgrade:
        return f"a plain {show(request.method, 20)} was answered with {said}"
    return f"the upgrade was refused: {said}"


def _before_what(trace: Trace) -> str:
    if trace.first(RequestSent):
        return "before any answer to the opening request"
    return "before the opening request" if trace.first(TlsEstablished) else "before anything"


def _instead(data: bytes) -> str:
    return f"; the first bytes were '{show_bytes(data, 60)}'" if data else ""
