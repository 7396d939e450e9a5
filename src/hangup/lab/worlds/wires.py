"""Worlds whose servers are well and whose wire is not: bytes come late, changed, or not at all."""

from __future__ import annotations

from hashlib import shake_256
from typing import Any

from hangup.lab.certificates import secured
from hangup.lab.faults import (
    HEAD,
    START,
    BitFlip,
    Drip,
    Drop,
    Fault,
    Forget,
    Latency,
    Point,
    Reset,
    Stall,
    Truncate,
)
from hangup.lab.parts import around, served
from hangup.lab.peer import echo
from hangup.lab.relay import Faulted, faulted
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

LONG = shake_256(b"what compresses to no less").hexdigest(2000)
SENDS_LONG: dict[str, Any] = {"sends": (LONG,), "expects": (LONG,)}
MUTE = ("capacity.loop-blocked", "client.own-keepalive-timeout")
"""From outside a wire that carries nothing is a peer that does nothing."""
CORRUPTED = "proxy.payload-corruption"
TOO_BIG = "message.message-too-big"
FRAME_TOO_BIG = "message.frame-too-big"


def past_head(after: int) -> Point:
    return Point(after, past_head=True)


def wire(*faults: Fault, server: str = "uvicorn") -> Faulted:
    return faulted(served(server), *faults)


def healthy(name: str, *faults: Fault, **options: Any) -> World:
    return World(name=f"healthy: {name}", start=wire(*faults), truth=None, **{**HELLO, **options})


def mute(name: str, *faults: Fault, alone: bool = True) -> World:
    start = wire(*faults)
    return World(
        name=name,
        start=around(start) if alone else start,
        truth="tcp.half-open-peer",
        also=MUTE,
        budget=12.0,
        waits=True,
        **HELLO,
    )


WORLDS = (
    healthy("200 ms away", Latency("client", 0.1), Latency("server", 0.1), waits=True),
    healthy("300 bytes in a second", Drip("client", 300), Drip("server", 300), waits=True),
    World(
        name="healthy: TLS 200 ms away",
        start=faulted(secured(echo), Latency("client", 0.1), Latency("server", 0.1)),
        secure=True,
        truth=None,
        waits=True,
        **HELLO,
    ),
    mute("the server's direction stalls after the 101", Stall("server", HEAD)),
    mute("the client's direction is lost after the request", Drop("client", HEAD)),
    mute(
        "both directions are lost after the 101, with a way around",
        Drop("client", HEAD),
        Drop("server", HEAD),
        alone=False,
    ),
    World(
        name="the server's direction is lost from the start",
        start=around(wire(Drop("server", START))),
        truth="tcp.half-open-peer",
        also=("capacity.loop-blocked", "session.handshake-timeout", "capacity.fd-limit"),
        budget=8.0,
        waits=True,
        **HELLO,
    ),
    World(
        name="a flow that is silent for 2 s is forgotten",
        start=around(wire(Forget("client", 2.0), Forget("server", 2.0))),
        truth="tcp.silent-flow-expiry",
        also=("tcp.half-open-peer",),
        idle=4.0,
        waits=True,
        **HELLO,
    ),
    World(
        name="a reset after 1,000 bytes of the server's",
        start=wire(Reset("server", past_head(1000))),
        truth=TOO_BIG,
        also=(FRAME_TOO_BIG,),
        **SENDS_LONG,
    ),
    World(
        name="a reset after 1,000 bytes of the client's",
        start=wire(Reset("client", past_head(1000))),
        truth=TOO_BIG,
        also=(FRAME_TOO_BIG,),
        **SENDS_LONG,
    ),
    World(
        name="the server's bytes are cut off after 1,000",
        start=around(wire(Truncate("server", past_head(1000)))),
        truth=TOO_BIG,
        also=(FRAME_TOO_BIG,),
        **SENDS_LONG,
    ),
    World(
        name="a bit of the reply flips, with a way around",
        start=wire(BitFlip("server", past_head(3))),
        truth=CORRUPTED,
        **HELLO,
    ),
    World(
        name="a bit of the reply flips, no way around",
        start=around(wire(BitFlip("server", past_head(3)))),
        truth=CORRUPTED,
        also=("message.unexpected-reply",),
        hidden=True,
        **HELLO,
    ),
    World(
        name="a bit of the message flips, with a way around",
        start=wire(BitFlip("client", past_head(8))),
        truth=CORRUPTED,
        **HELLO,
    ),
    World(
        name="a bit of a frame's head flips, with a way around",
        start=wire(BitFlip("server", past_head(0), 0x40)),
        truth=CORRUPTED,
        **HELLO,
    ),
)
