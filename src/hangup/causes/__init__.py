"""The catalogue of causes, in an explicit list, layer by layer."""

from __future__ import annotations

from hangup.cause import Cause
from hangup.causes import (
    auth,
    capacity,
    client,
    delivery,
    dns,
    keepalive,
    message,
    protocol,
    proxy,
    proxy_routing,
    session,
    session_opening,
    tcp,
    tls,
    upgrade,
)

CAUSES: tuple[Cause, ...] = (
    *dns.CAUSES,
    *tcp.CAUSES,
    *tls.CAUSES,
    *proxy.CAUSES,
    *proxy_routing.CAUSES,
    *upgrade.CAUSES,
    *auth.CAUSES,
    *session_opening.CAUSES,
    *session.CAUSES,
    *message.CAUSES,
    *delivery.CAUSES,
    *capacity.CAUSES,
    *keepalive.CAUSES,
    *protocol.CAUSES,
    *client.CAUSES,
)

__all__ = ["CAUSES", "Cause"]
