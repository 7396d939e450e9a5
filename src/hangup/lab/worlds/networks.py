"""Worlds whose packets are lost or refused on the way, in a network of their own."""

from __future__ import annotations

from typing import Any

from hangup.lab.parts import around, fronted, served
from hangup.lab.rules import ruled
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.wires import FRAME_TOO_BIG, LONG, MUTE, TOO_BIG

NOWHERE = "192.0.2.1"
"""An address to which a new network has no route."""
FROM_CLIENT = "tcp dport {port}"
FROM_SERVER = "tcp sport {port}"
NO_SYN = "tcp flags & (syn | rst) == 0"


def apart(name: str, *rules: str, truth: str | None, server: str = "uvicorn", **more: Any) -> World:
    start = around(ruled(served(server), *rules))
    return World(name=name, start=start, truth=truth, apart=True, **{**HELLO, **more})


def lossy(percent: int) -> tuple[str, str]:
    lost = f"numgen random mod 100 < {percent} drop"
    return f"{FROM_CLIENT} {lost}", f"{FROM_SERVER} {lost}"


SILENT_TCP = ("capacity.loop-blocked", "session.handshake-timeout", "capacity.fd-limit")

WORLDS = (
    apart(
        "healthy: one packet in twenty is lost",
        *lossy(5),
        truth=None,
        waits=True,
        budget=40.0,
    ),
    apart("healthy: one packet in fifty is lost", *lossy(2), truth=None, waits=True, budget=40.0),
    World(
        name="healthy: nginx before uvicorn, in a network of its own",
        start=ruled(fronted("nginx", "uvicorn"), FROM_CLIENT + " accept"),
        truth=None,
        apart=True,
        **HELLO,
    ),
    apart(
        "a firewall drops every packet to the port",
        f"{FROM_CLIENT} drop",
        truth="tcp.filtered",
        also=("tcp.backlog-full",),
        budget=6.0,
        waits=True,
    ),
    apart(
        "a firewall says that the port is prohibited",
        f"{FROM_CLIENT} reject with icmpx admin-prohibited",
        truth="tcp.filtered",
    ),
    apart(
        "a firewall refuses in the server's name",
        f"{FROM_CLIENT} reject with tcp reset",
        truth="tcp.refused",
        also=("tcp.filtered",),
    ),
    apart("no route leads to the host", host=NOWHERE, truth="tcp.filtered"),
    apart(
        "after TCP's handshake nothing of the server's arrives",
        f"{FROM_SERVER} {NO_SYN} drop",
        truth="tcp.half-open-peer",
        also=SILENT_TCP,
        budget=8.0,
        waits=True,
    ),
    apart(
        "after TCP's handshake nothing of the client's arrives",
        f"{FROM_CLIENT} {NO_SYN} drop",
        truth="tcp.half-open-peer",
        also=SILENT_TCP,
        budget=8.0,
        waits=True,
    ),
    apart(
        "after the 101 nothing of the server's arrives",
        f"{FROM_SERVER} {NO_SYN} ct reply packets > 3 drop",
        truth="tcp.half-open-peer",
        also=MUTE,
        budget=12.0,
        waits=True,
    ),
    apart(
        "big packets are lost, and nobody says so",
        f"{FROM_CLIENT} meta length > 1000 drop",
        truth=TOO_BIG,
        also=(FRAME_TOO_BIG,),
        sends=(LONG,),
        expects=(LONG,),
        waits=True,
    ),
)
