"""The timers of proxies, balancers and platforms that end WebSockets, as they come configured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

NEAR = 0.05
"""Share by which a measured age may differ from a timer that is meant."""


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer: `after` is in seconds, of silence (`idle`) or of life (`lifetime`)."""

    after: float
    kind: Literal["idle", "lifetime"]
    whose: str
    setting: str


TIMERS = (
    Timer(30, "lifetime", "Google Cloud's load balancer", "the backend service's timeout"),
    Timer(50, "idle", "HAProxy (common example)", "timeout tunnel"),
    Timer(55, "idle", "Heroku's router", "no setting: ping more often"),
    Timer(60, "idle", "nginx", "proxy_read_timeout and proxy_send_timeout"),
    Timer(60, "idle", "AWS ALB", "idle_timeout.timeout_seconds"),
    Timer(60, "idle", "cowboy", "idle_timeout"),
    Timer(100, "idle", "Cloudflare", "no setting: ping more often"),
    Timer(240, "idle", "Azure's load balancer", "idleTimeoutInMinutes"),
    Timer(300, "idle", "Envoy", "stream_idle_timeout"),
    Timer(300, "lifetime", "Cloud Run and Knative", "the service's request timeout"),
    Timer(350, "idle", "AWS NLB", "tcp.idle_timeout.seconds"),
    Timer(600, "idle", "AWS API Gateway", "no setting: ping more often"),
    Timer(3600, "lifetime", "Cloud Run, at its highest", "no setting: resume"),
    Timer(7200, "lifetime", "AWS API Gateway", "no setting: resume"),
)


def near(age: float, kind: str) -> Iterator[Timer]:
    """Give the timers of a kind that a measured age in seconds may be."""
    for timer in TIMERS:
        if timer.kind == kind and abs(age - timer.after) <= NEAR * timer.after:
            yield timer


SETTINGS = {
    "nginx": "proxy_read_timeout",
    "haproxy": "timeout tunnel, or timeout client and timeout server",
    "apache": "ProxyTimeout",
    "caddy": "read_timeout of the transport",
    "envoy": "stream_idle_timeout",
    "traefik": "respondingTimeouts.idleTimeout",
    "varnish": "pipe_timeout",
}
"""Where each proxy's own idle timer is set."""
