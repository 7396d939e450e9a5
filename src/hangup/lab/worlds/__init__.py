"""All worlds, layer by layer."""

from __future__ import annotations

from hangup.lab.worlds import (
    auth,
    below_http,
    capacity,
    chains,
    delivery,
    dns_answers,
    frames,
    healthy,
    messages,
    more_proxies,
    networks,
    origins,
    proxies,
    sessions,
    timers,
    upgrades,
    wires,
)

WORLDS = (
    *healthy.WORLDS,
    *below_http.WORLDS,
    *wires.WORLDS,
    *networks.WORLDS,
    *dns_answers.WORLDS,
    *proxies.WORLDS,
    *more_proxies.WORLDS,
    *chains.WORLDS,
    *upgrades.WORLDS,
    *auth.WORLDS,
    *origins.WORLDS,
    *sessions.WORLDS,
    *messages.WORLDS,
    *frames.WORLDS,
    *timers.WORLDS,
    *capacity.WORLDS,
    *delivery.WORLDS,
)
