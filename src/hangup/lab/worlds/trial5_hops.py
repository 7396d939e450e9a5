"""Worlds of a hop that is played here: it reads what it should only pass on, or gives up on it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from hangup.lab.configured import Called, uvicorn
from hangup.lab.faults import HEAD, Before, CutError, Flow, Side
from hangup.lab.parts import around, parts_of, served
from hangup.lab.peer import GUID, Client, Play, Request, echo, echo_on, listening, site
from hangup.lab.relay import faulted, relay, upstream
from hangup.lab.wire import CONT, PING, PONG, TEXT, frame
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.cases_proxy import world
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.wires import MUTE

HIDDEN, SHOWN = b"4111-1111", b"****-****"
LIVED: dict[str, Any] = {"idle": 4.0, "waits": True}
PINGS = ("--ws-ping-interval", "1", "--ws-ping-timeout", "1")


def well(name: str, start: Start, **options: Any) -> World:
    return World(name=f"healthy: {name}", start=start, truth=None, **{**HELLO, **options})


@dataclass(frozen=True, slots=True)
class Via:
    """A played hop before another start, which is the way around it."""

    start: Start
    front: Callable[[int], Play]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("scripted peer", *parts_of(self.start))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with self.start() as place, listening(self.front(place.port)) as port:
            yield Place(port, place.port)


@dataclass(frozen=True, slots=True)
class Frames:
    """A hop that knows frames: each of one side's becomes what `change` makes of it."""

    of: Side
    change: Callable[[bytes], bytes]

    async def through(self, flow: Flow) -> Flow:
        """Give the head as it is and then each frame, changed."""
        async for frames, chunk in _parted(flow):
            yield self.change(chunk) if frames else chunk


@dataclass(frozen=True, slots=True)
class FewFrames:
    """A firewall that loses a flow of frames: of one side's so many pass, and then nothing."""

    of: Side
    most: int

    async def through(self, flow: Flow) -> Flow:
        """Give the head and the first frames, and take the rest."""
        passed = 0
        async for frames, chunk in _parted(flow):
            passed += frames
            if passed <= self.most:
                yield chunk
        if passed > self.most:
            await asyncio.Event().wait()


async def _parted(flow: Flow) -> AsyncIterator[tuple[bool, bytes]]:
    """Part a flow into its head and its frames; what is no WebSocket has none."""
    before = Before(flow, HEAD)
    head = b""
    async for chunk in before:
        head += chunk
        yield False, chunk
    opens = head.startswith(b"HTTP/1.1 101") or b"\r\nupgrade: websocket" in head.lower()
    held = before.rest
    while True:
        while opens and (size := _size(held)) and len(held) >= size:
            yield True, held[:size]
            held = held[size:]
        if not opens and held:
            yield False, held
            held = b""
        more = await anext(flow, None)
        if more is None:
            return
        held += more


def _size(held: bytes) -> int:
    """Say how long the frame is that begins here, 0 when that is not known yet."""
    if len(held) < 2:
        return 0
    short, begins = held[1] & 0x7F, 2
    if short > 125:
        begins += 2 if short == 126 else 8
        if len(held) < begins:
            return 0
        short = int.from_bytes(held[2:begins], "big")
    return begins + (4 if held[1] & 0x80 else 0) + short


def without(opcode: int) -> Callable[[bytes], bytes]:
    return lambda whole: b"" if whole[0] & 0x0F == opcode else whole


def in_two_parts(whole: bytes) -> bytes:
    """Pass a text on in two fragments, with a ping of its own between them."""
    if whole[0] & 0x8F != 0x80 | TEXT or not 2 <= whole[1] < 126:
        return whole
    data = whole[2:]
    rsv = whole[0] >> 4 & 0x07
    first = frame(TEXT, data[:1], fin=False, rsv=rsv)
    return first + frame(PING, b"lb") + frame(CONT, data[1:])


def redacted(whole: bytes) -> bytes:
    return whole.replace(HIDDEN, SHOWN)


@dataclass(frozen=True, slots=True)
class ResetsStale:
    """A table of flows that drops what was silent, and resets whoever comes back."""

    of: Side
    silent: float

    async def through(self, flow: Flow) -> Flow:
        """Pass on what comes before the silence."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        async for chunk in flow:
            if loop.time() - last >= self.silent:
                raise CutError(reset=True)
            last = loop.time()
            yield chunk


def aged(seconds: float) -> Callable[[int], Play]:
    """Forward for some seconds, and then reset."""

    def front(back: int) -> Play:
        forward = relay(back)

        async def play(client: Client) -> None:
            try:
                async with asyncio.timeout(seconds):
                    await forward(client)
            except TimeoutError:
                client.reset()

        return play

    return front


def waits_for_the_end(back: int) -> Play:
    """Read a whole answer before any of it is passed on; that to an upgrade has no end."""

    async def play(client: Client) -> None:
        async with upstream(back) as (reader, writer):
            writer.write(await client.reader.readuntil(b"\r\n\r\n"))
            answer = await reader.readuntil(b"\r\n\r\n")
            size = 0
            for line in answer.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    size = int(line.partition(b":")[2])
            if answer.startswith(b"HTTP/1.1 101"):
                answer += await reader.read(-1)
            await client.raw(answer + await reader.readexactly(size))
            client.fin()

    return play


async def bare_101(client: Client, request: Request) -> None:
    """Answer as a gateway does that writes HTTP by hand: no phrase, lower case, much of its own."""
    key = request.headers.get("sec-websocket-key", "").encode()
    digest = hashlib.sha1(key + GUID, usedforsecurity=False).digest()
    lines = (
        "HTTP/1.1 101 ",
        "sec-websocket-accept:" + base64.b64encode(digest).decode(),
        "server: cloudflare",
        "cf-ray: 8f2d1c-FRA",
        "set-cookie: __cf_bm=" + "x" * 900 + "; path=/; HttpOnly",
        'alt-svc: h3=":443"; ma=86400',
        "upgrade: WebSocket",
        "connection: upgrade",
    )
    await client.raw("\r\n".join([*lines, "", ""]).encode())
    await echo_on(client)


def pinging() -> Called:
    """Call a uvicorn that pings each second and wants its pong within another."""
    return Called("uvicorn", uvicorn("hangup.lab.apps.asgi:echo", *PINGS))


WORLDS = (
    world(
        "an appliance passes pings of servers on, and no pong back",
        faulted(pinging(), Frames("client", without(PONG))),
        "keepalive.pong-not-processed",
        "keepalive.pong-missed",
        **LIVED,
    ),
    world(
        "a gateway takes pings of clients for itself and answers none",
        faulted(site(echo), Frames("client", without(PING))),
        "client.own-keepalive-timeout",
    ),
    world(
        "a filter blackens card numbers in what the server says",
        faulted(site(echo), Frames("server", redacted)),
        "proxy.payload-corruption",
        sends=("card 4111-1111",),
        expects=("card 4111-1111",),
    ),
    world(
        "a firewall that sees half of a flow lets one frame pass each way",
        around(faulted(site(echo), FewFrames("client", 1), FewFrames("server", 1))),
        "tcp.half-open-peer",
        *MUTE,
        sends=("hello", "again"),
        expects=("hello", "again"),
        waits=True,
    ),
    world(
        "a balancer drops a silent flow after 2 s, and resets whoever comes back",
        around(faulted(served("granian"), ResetsStale("client", 2.0))),
        "tcp.silent-flow-expiry",
        **LIVED,
    ),
    world(
        "a firewall resets every connection at the age of 2.5 s",
        Via(served("tornado"), aged(2.5)),
        "keepalive.absolute-lifetime",
        **LIVED,
    ),
    world(
        "a scanner waits for the end of the answer to the upgrade",
        Via(served("uvicorn"), waits_for_the_end),
        "proxy.body-buffering",
        waits=True,
    ),
    well(
        "a gateway splits messages in two, with a ping between",
        faulted(served("uvicorn"), Frames("server", in_two_parts)),
    ),
    well("a 101 without a phrase, in lower case, with a big cookie", site(bare_101)),
)
