"""All worlds, layer by layer."""

from __future__ import annotations

from hangup.lab.worlds import (
    auth,
    below_http,
    capacity,
    cases_auth,
    cases_capacity,
    cases_hops,
    cases_message,
    cases_proxy,
    cases_session,
    frames,
    healthy,
    messages,
    origins,
    proxies,
    sessions,
    timers,
    upgrades,
)

WORLDS = (
    *healthy.WORLDS,
    *below_http.WORLDS,
    *proxies.WORLDS,
    *upgrades.WORLDS,
    *auth.WORLDS,
    *origins.WORLDS,
    *sessions.WORLDS,
    *messages.WORLDS,
    *frames.WORLDS,
    *timers.WORLDS,
    *capacity.WORLDS,
    *cases_proxy.WORLDS,
    *cases_hops.WORLDS,
    *cases_auth.WORLDS,
    *cases_session.WORLDS,
    *cases_message.WORLDS,
    *cases_capacity.WORLDS,
)
