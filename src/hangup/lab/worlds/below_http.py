"""Worlds whose fault lies in names, TCP or TLS."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

from hangup.lab.certificates import (
    INTERMEDIATE,
    STRANGER,
    asking_for_a_certificate,
    secured,
    secured_play,
    self_signed,
    server_context,
)
from hangup.lab.parts import fronted
from hangup.lab.peer import Client, Play, echo, listening, routed, scripted
from hangup.lab.world import Place, Start, World

HELLO: dict[str, Any] = {"sends": ("hello",), "expects": ("hello",)}


@contextlib.asynccontextmanager
async def nobody() -> AsyncIterator[Place]:
    """Hold a port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield Place(held.getsockname()[1])


@contextlib.asynccontextmanager
async def full() -> AsyncIterator[Place]:
    """Accept nothing: with a full queue the kernel drops every SYN, as a filter does."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
        yield Place(server.getsockname()[1])


@contextlib.asynccontextmanager
async def bad_second_host() -> AsyncIterator[Place]:
    """A name of two addresses; the host behind the second accepts and dies."""
    async with listening(routed(echo)) as port:
        server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.2", port)
        async with server:
            yield Place(port)


def on_address(play: Play, host: str) -> Start:
    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async with listening(play, host=host) as port:
            yield Place(port)

    return start


async def resets(client: Client) -> None:
    await client.request()
    client.reset()


async def resets_at_once(client: Client) -> None:
    client.reset()


async def ends(client: Client) -> None:
    await client.request()
    client.fin()


async def mute_tcp(client: Client) -> None:
    """Take everything and say nothing, as a process that is stuck."""
    while await client.reader.read(4096):
        pass


async def speaks_tls(client: Client) -> None:
    """Answer plain text as a TLS server does: with an alert."""
    await client.reader.read(1024)
    await client.raw(b"\x15\x03\x03\x00\x02\x02\x46")
    client.fin()


async def opens_and_hangs(client: Client) -> None:
    request = await client.request()
    if client.number and not request.upgrades:
        await asyncio.Event().wait()
    await client.upgrade(request)
    await asyncio.Event().wait()


async def h2_first(client: Client) -> None:
    """Speak HTTP/2 to whoever offers it: what comes is no answer to an HTTP/1.1 request."""
    tls = client.writer.get_extra_info("ssl_object")
    if tls.selected_alpn_protocol() == "h2":
        await client.raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18))
        client.fin()
        return
    await routed(echo)(client)


H2 = server_context(alpn=("h2", "http/1.1"))

WORLDS = (
    World(
        name="a name without an address",
        start=nobody,
        host="missing.hangup.invalid",
        truth="dns.no-such-name",
    ),
    World(
        name="a name of both families, served on IPv4 alone",
        start=on_address(routed(echo), "127.0.0.1"),
        host="both.hangup.test",
        truth="dns.localhost-ipv6",
        **HELLO,
    ),
    World(
        name="one host of two is ill",
        start=bad_second_host,
        host="pool.hangup.test",
        truth="dns.partial-pool",
        **HELLO,
    ),
    World(name="nobody listens", start=nobody, truth="tcp.refused"),
    World(name="nobody listens, over TLS", start=nobody, secure=True, truth="tcp.refused"),
    World(
        name="SYNs are dropped",
        start=full,
        truth="tcp.filtered",
        also=("tcp.backlog-full",),
        budget=6.0,
        waits=True,
    ),
    World(name="resets after the request", start=scripted(resets), truth="tcp.accept-then-reset"),
    World(name="resets at once", start=scripted(resets_at_once), truth="tcp.accept-then-reset"),
    World(name="ends after the request", start=scripted(ends), truth="tcp.accept-then-reset"),
    World(
        name="accepts TCP and says nothing",
        start=scripted(mute_tcp),
        truth="capacity.loop-blocked",
        also=("session.handshake-timeout", "capacity.fd-limit", "tcp.half-open-peer"),
        budget=8.0,
        waits=True,
    ),
    World(
        name="opens, then nothing lives",
        start=scripted(opens_and_hangs),
        truth="tcp.half-open-peer",
        also=("capacity.loop-blocked", "client.own-keepalive-timeout"),
        budget=12.0,
        waits=True,
        **HELLO,
    ),
    World(
        name="ws:// to a TLS server that answers an alert",
        start=scripted(speaks_tls),
        truth="tls.plain-client-on-tls-port",
        also=("tcp.accept-then-reset",),
    ),
    World(
        name="ws:// to a TLS server",
        start=secured(echo),
        truth="tls.plain-client-on-tls-port",
    ),
    World(
        name="wss:// to a plain server that waits",
        waits=True,
        start=scripted(routed(echo)),
        secure=True,
        truth="tls.tls-client-on-plain-port",
    ),
    World(
        name="wss:// to nginx on a plain port",
        start=fronted("nginx", "uvicorn"),
        secure=True,
        truth="tls.tls-client-on-plain-port",
    ),
    World(
        name="an authority that nobody knows",
        start=secured(echo, server_context(STRANGER)),
        secure=True,
        truth="tls.untrusted-or-name",
    ),
    World(
        name="a self-signed certificate",
        start=secured(echo, self_signed()),
        secure=True,
        truth="tls.untrusted-or-name",
    ),
    World(
        name="an expired certificate",
        start=secured(echo, server_context(expired=True)),
        secure=True,
        truth="tls.untrusted-or-name",
    ),
    World(
        name="a certificate for another name",
        start=secured(echo, server_context(name="elsewhere.example")),
        secure=True,
        truth="tls.untrusted-or-name",
    ),
    World(
        name="the intermediate is not sent",
        start=secured(echo, server_context(INTERMEDIATE, leaf_alone=True)),
        secure=True,
        truth="tls.chain-incomplete",
    ),
    World(
        name="a client certificate is asked for",
        start=asking_for_a_certificate,
        secure=True,
        truth="tls.version-cipher",
        **HELLO,
    ),
    World(
        name="h2 is chosen when it is offered",
        start=secured_play(h2_first, H2),
        secure=True,
        truth="tls.alpn-h2-chosen",
        **HELLO,
    ),
)
