"""Traces written by hand: one connection for each kind of ending."""

from __future__ import annotations

from hangup import event as ev
from hangup.trace import Trace

URL = "ws://127.0.0.1:8000/ws"
OFFERED = (("Host", "127.0.0.1:8000"), ("Upgrade", "websocket"))


def trace(*events: ev.Event, id: str = "t1", experiment: str = "baseline") -> Trace:
    return Trace(id=id, experiment=experiment, url=URL, began=1_790_000_000.0, events=events)


RESOLVED = ev.Resolved(at=0.0, host="h", addresses=("127.0.0.1",), source="system", took=0.0)
CONNECTED = (
    RESOLVED,
    ev.Connecting(at=0.0, address="127.0.0.1", port=8000),
    ev.Connected(at=0.001, address="127.0.0.1", port=8000, local="127.0.0.1:5", took=0.001),
)
ASKED = (
    *CONNECTED,
    ev.RequestSent(at=0.002, method="GET", target="/ws", headers=OFFERED, upgrade=True),
)
SWITCHING = ev.ResponseReceived(
    at=0.003, status=101, reason="Switching Protocols", http_version="1.1", headers=(), took=0.001
)
OPEN = (*ASKED, SWITCHING, ev.Upgraded(at=0.003, subprotocol=None, extensions=(), glued=0))
WE_CLOSED = ev.FrameSent(at=1.0, opcode="close", size=2, code=1000)
GIVEN_UP = ev.LocalClose(at=1.1, why="the closing handshake is done")


def refused_tcp(failure: str) -> Trace:
    failed = ev.ConnectFailed(
        at=0.1, address="127.0.0.1", port=8000, failure=failure, text=failure, took=0.1
    )
    return trace(RESOLVED, CONNECTED[1], failed)


def failed_tls(failure: str) -> Trace:
    return trace(*CONNECTED, ev.TlsFailed(at=0.1, failure=failure, text=failure, took=0.1))


def answered(status: int, reason: str = "", body: bytes = b"") -> Trace:
    answer = ev.ResponseReceived(
        at=0.01, status=status, reason=reason, http_version="1.1", headers=(), body=body, took=0.008
    )
    return trace(*ASKED, answer)


def malformed(failure: str) -> Trace:
    return trace(
        *ASKED, ev.ResponseMalformed(at=0.1, failure=failure, text="odd", head=b"?", size=1)
    )


def closed(code: int | None, reason: str = "", **names: str) -> Trace:
    frame = ev.FrameReceived(at=0.5, opcode="close", size=2, wire_size=2, code=code, reason=reason)
    echo = ev.FrameSent(at=0.5, opcode="close", size=2, code=code, reason=reason, automatic=True)
    return trace(*OPEN, frame, echo, ev.StreamEnded(at=0.51), GIVEN_UP, **names)


def own(code: int, reason: str = "") -> Trace:
    frame = ev.FrameSent(at=0.5, opcode="close", size=2, code=code, reason=reason, automatic=True)
    return trace(*OPEN, frame, ev.StreamEnded(at=0.51), GIVEN_UP)


def missed(what: str, pending: int = 0) -> ev.DeadlineExpired:
    return ev.DeadlineExpired(at=0.9, waiting_for=what, since=0.1, pending=pending)


def works(lived: float = 1.0, **names: str) -> Trace:
    close = ev.FrameSent(at=0.003 + lived, opcode="close", size=2, code=1000)
    return trace(*OPEN, close, **names)


def finished() -> Trace:
    asked = ev.Expecting(at=0.1, what="any message", deadline=1.0)
    frame = ev.FrameReceived(at=0.5, opcode="close", size=2, wire_size=2, code=1000)
    return trace(*OPEN, asked, ev.Matched(at=0.4, what="any message"), frame)


ENDINGS: dict[str, Trace] = {
    "finished": finished(),
    "dns-failed": trace(
        ev.ResolveFailed(at=0.1, host="h", failure="dns.no-such-name", text="?", took=0.1)
    ),
    "dns-silent": trace(missed("DNS")),
    "tcp-refused": refused_tcp("tcp.refused"),
    "tcp-unreachable": refused_tcp("tcp.host-unreachable"),
    "no-tunnel": trace(
        *CONNECTED,
        ev.RequestSent(at=0.01, method="CONNECT", target="h:80", headers=(), upgrade=False),
        ev.ResponseReceived(
            at=0.02, status=403, reason="Forbidden", http_version="1.1", headers=(), took=0.01
        ),
    ),
    "tcp-silent": trace(RESOLVED, CONNECTED[1], missed("a TCP connection")),
    "tls-untrusted": failed_tls("tls.issuer-unknown"),
    "tls-name": failed_tls("tls.name-mismatch"),
    "tls-dates": failed_tls("tls.expired"),
    "tls-not-tls": failed_tls("tls.not-tls"),
    "tls-ended": failed_tls("tcp.reset"),
    "tls-refused": failed_tls("tls.handshake-refused"),
    "tls-client-certificate": failed_tls("tls.client-certificate-required"),
    "tls-silent": trace(*CONNECTED, missed("the TLS handshake")),
    "eof-before-response": trace(*ASKED, ev.StreamEnded(at=0.1)),
    "reset-before-response": trace(*ASKED, ev.StreamReset(at=0.1, failure="tcp.reset", text="?")),
    "silent-handshake": trace(*ASKED, missed("an HTTP response")),
    "not-http": malformed("http.not-http"),
    "broken-response": malformed("http.broken-off"),
    "http-2xx": answered(204),
    "http-3xx": answered(302),
    "http-400": answered(400),
    "http-401": answered(401),
    "http-403": answered(403),
    "http-404": answered(404),
    "http-405": answered(405),
    "http-407": answered(407),
    "http-426": answered(426),
    "http-429": answered(429),
    "http-4xx": answered(418),
    "http-500": answered(500),
    "http-501": answered(501),
    "http-502": answered(502),
    "http-503": answered(503),
    "http-504": answered(504),
    "http-505": answered(505),
    "http-5xx": answered(599),
    "bad-101": trace(
        *ASKED, SWITCHING, ev.UpgradeInvalid(at=0.1, failure="upgrade.bad-accept", text="?")
    ),
    "closed-1000": closed(1000),
    "closed-1001": closed(1001),
    "closed-1002": closed(1002),
    "closed-1003": closed(1003),
    "closed-1005": closed(None),
    "closed-1007": closed(1007),
    "closed-1008": closed(1008),
    "closed-1009": closed(1009),
    "closed-1011-empty": closed(1011),
    "closed-1011-reason": closed(1011, "Internal error"),
    "closed-1012": closed(1012),
    "closed-1013": closed(1013),
    "closed-keepalive": closed(1011, "keepalive ping timeout"),
    "closed-unauthorized": closed(4401),
    "closed-application": closed(4000),
    "closed-other": closed(1014),
    "own-1002": own(1002),
    "own-1007": own(1007),
    "own-1009": own(1009),
    "own-keepalive": own(1011, "keepalive ping timeout"),
    "fin": trace(*OPEN, ev.StreamEnded(at=0.5), GIVEN_UP),
    "rst": trace(*OPEN, ev.StreamReset(at=0.5, failure="tcp.reset", text="?"), GIVEN_UP),
    "open": trace(*OPEN, WE_CLOSED, GIVEN_UP),
    "open-unanswered": trace(*OPEN, missed("a message matching 'x'"), WE_CLOSED, GIVEN_UP),
    "open-mute": trace(*OPEN, missed("a pong"), WE_CLOSED, GIVEN_UP),
}
"""One trace for each kind that `hangup.ending` knows."""
