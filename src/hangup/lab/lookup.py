"""What people do without hangup: look the ending up in a table, or blame the first that failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hangup.ending import Ending, ending_of
from hangup.trace import Trace

Guess = tuple[str | None, str | None]
"""A layer and a cause; no layer says that all is well, no cause that none is named."""

TABLE = {
    "dns-failed": "dns.no-such-name",
    "dns-silent": "dns.no-such-name",
    "tcp-refused": "tcp.refused",
    "tcp-unreachable": "tcp.filtered",
    "tcp-silent": "tcp.filtered",
    "tls-untrusted": "tls.untrusted-or-name",
    "tls-name": "tls.untrusted-or-name",
    "tls-dates": "tls.untrusted-or-name",
    "tls-not-tls": "tls.tls-client-on-plain-port",
    "tls-ended": "tls.version-cipher",
    "tls-refused": "tls.version-cipher",
    "tls-client-certificate": "tls.version-cipher",
    "http-3xx": "proxy.redirect",
    "http-400": "proxy.upgrade-stripped",
    "http-401": "auth.token-missing-or-bad",
    "http-403": "auth.token-missing-or-bad",
    "http-404": "session.route-missing",
    "http-426": "proxy.upgrade-stripped",
    "http-429": "capacity.rate-limit",
    "http-500": "session.exception-before-accept",
    "http-502": "proxy.backend-down",
    "http-503": "proxy.backend-down",
    "http-504": "session.handshake-timeout",
    "http-505": "proxy.http10-upstream",
    "silent-handshake": "tcp.filtered",
    "closed-1001": "session.server-restart",
    "closed-1002": "protocol.fragmentation",
    "closed-1003": "message.text-vs-binary",
    "closed-1005": "session.exception-after-accept",
    "closed-1007": "message.invalid-utf8",
    "closed-1008": "auth.token-missing-or-bad",
    "closed-1009": "message.message-too-big",
    "closed-1011-empty": "message.handler-exception",
    "closed-1011-reason": "message.handler-exception",
    "closed-1012": "session.server-restart",
    "closed-1013": "capacity.conn-limit",
    "closed-keepalive": "keepalive.pong-missed",
    "closed-unauthorized": "auth.token-missing-or-bad",
    "own-1002": "protocol.fragmentation",
    "own-1009": "client.client-size-limit",
    "own-keepalive": "client.own-keepalive-timeout",
    "fin": "keepalive.proxy-idle",
    "rst": "keepalive.proxy-idle",
}
"""What the pages that search engines find say of a status, a code, or of 1006."""
WELL = ("open", "finished", "closed-1000", "closed-application")
"""Endings that no such page calls a fault."""

_STAGES = (("dns-", "dns"), ("tcp-", "tcp"), ("tls-", "tls"))


def looked_up(ending: Ending) -> Guess:
    """Look an ending up by its code or status alone."""
    if ending.kind in WELL:
        return None, None
    cause = TABLE.get(ending.kind)
    return (cause.partition(".")[0], cause) if cause else ("upgrade", None)


def first_failed(ending: Ending) -> Guess:
    """Blame the first layer in which something failed, with its most frequent cause."""
    if ending.works:
        return None, None
    for begins, layer in _STAGES:
        if ending.kind.startswith(begins):
            return layer, TABLE.get(ending.kind)
    if not ending.opened:
        return "upgrade", None
    assert ending.closure
    layer = "message" if ending.closure.messages_sent else "session"
    cause = "handler-exception" if layer == "message" else "exception-after-accept"
    return layer, f"{layer}.{cause}"


BASELINES: dict[str, Callable[[Ending], Guess]] = {
    "lookup": looked_up,
    "first_failure": first_failed,
}


def guess(name: str, traces: Sequence[Trace]) -> Guess:
    """Give what one of the two says of a run's baseline, the one connection that people look at."""
    base = next((trace for trace in traces if trace.experiment == "baseline"), None)
    return BASELINES[name](ending_of(base)) if base else (None, None)
