"""All worlds, layer by layer."""

from __future__ import annotations

from . import auth, below_http, healthy, messages, proxies, sessions

WORLDS = (
    *healthy.WORLDS,
    *below_http.WORLDS,
    *proxies.WORLDS,
    *auth.WORLDS,
    *sessions.WORLDS,
    *messages.WORLDS,
)
