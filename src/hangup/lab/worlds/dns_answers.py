"""Worlds whose DNS answers late, wrongly, in part or not at all, in a network of their own."""

from __future__ import annotations

from typing import Any

from hangup.lab.dns import Answer
from hangup.lab.parts import served
from hangup.lab.resolver import named
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

NAME = "app.lab.test"
HERE, DEAD = "127.0.0.1", "127.0.0.2"
MISSING = "dns.no-such-name"


def known_as(name: str, *answers: Answer, truth: str | None, **more: Any) -> World:
    """Make a world of a healthy server behind these answers, given in turn."""
    start = named(served("uvicorn"), {NAME: answers} if answers else {})
    return World(name=name, start=start, host=NAME, truth=truth, apart=True, **{**HELLO, **more})


WORLDS = (
    known_as("healthy: found through DNS", Answer(addresses=(HERE,)), truth=None),
    known_as(
        "healthy: DNS takes 0.7 s", Answer(addresses=(HERE,), after=0.7), truth=None, waits=True
    ),
    known_as(
        "healthy: DNS answers in turn, all well",
        Answer(addresses=(HERE,)),
        Answer(addresses=(HERE,), after=0.2),
        truth=None,
    ),
    known_as(
        "healthy: questions for IPv6 get no answer",
        Answer(addresses=(HERE,), silent=("AAAA",)),
        truth=None,
        waits=True,
        budget=40.0,
    ),
    known_as("DNS does not know the name", truth=MISSING),
    known_as("DNS knows the name, and no address of it", Answer(), truth=MISSING),
    known_as("DNS fails", Answer(code="server-failure"), truth=MISSING),
    known_as("DNS refuses to answer", Answer(code="refused"), truth=MISSING),
    known_as("DNS never answers", Answer(silent=("A", "AAAA")), truth=MISSING, waits=True),
    known_as(
        "DNS names a host that nobody listens on",
        Answer(addresses=(DEAD,)),
        truth="tcp.refused",
    ),
    known_as(
        "DNS names two hosts, and one is dead",
        Answer(addresses=(DEAD, HERE)),
        truth="dns.partial-pool",
    ),
    known_as(
        "DNS names another host each time, and one of two is dead",
        Answer(addresses=(HERE,)),
        Answer(addresses=(DEAD,)),
        truth="dns.partial-pool",
    ),
    known_as(
        "DNS names both families, and one is served",
        Answer(addresses=("::1", HERE)),
        truth="dns.localhost-ipv6",
    ),
)
