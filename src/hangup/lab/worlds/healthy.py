"""Healthy worlds that tempt to a false alarm."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hangup.lab.certificates import secured
from hangup.lab.parts import fronted, served
from hangup.lab.peer import Client, Request, echo, echo_on, scripted, site
from hangup.lab.wire import CLOSE, PING, close, frame
from hangup.lab.world import World

TOKEN = "a-valid-token"
HELLO: dict[str, Any] = {"sends": ("hello",), "expects": ("hello",)}
PAGE = "<!doctype html><title>chat</title><div id=app></div>"


async def finishes(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.receive()
    await client.send("result: 42")
    await client.close(1000, "done")


async def greets(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.send('{"type": "welcome"}')
    await echo_on(client)


async def wants_subprotocol(client: Client, request: Request) -> None:
    if "chat.v1" not in request.headers.get("sec-websocket-protocol", ""):
        await client.respond(400, "no known subprotocol")
        return
    await client.upgrade(request, "Sec-WebSocket-Protocol: chat.v1")
    await echo_on(client)


async def wants_token(client: Client, request: Request) -> None:
    if request.token != TOKEN:
        await client.respond(401, '{"detail": "invalid token"}')
        return
    await echo(client, request)


async def wants_token_inside(client: Client, request: Request) -> None:
    await client.upgrade(request)
    if request.token != TOKEN:
        await client.close(4401, "invalid token")
        return
    await echo_on(client)


async def wants_token_first(client: Client, request: Request) -> None:
    await client.upgrade(request)
    if TOKEN not in str(await client.receive()):
        await client.close(4401, "invalid token")
        return
    await client.send('{"type": "ready"}')
    await echo_on(client)


async def slow_handshake(client: Client, request: Request) -> None:
    await asyncio.sleep(0.6)
    await echo(client, request)


async def slow_replies(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        await asyncio.sleep(1.5)
        await client.send(message)


async def chatty(client: Client, request: Request) -> None:
    await client.upgrade(request)
    reading = asyncio.create_task(client.drain())
    with contextlib.suppress(OSError):
        while not reading.done():
            await client.send('{"type": "tick", "price": 42}')
            await asyncio.sleep(0.005)
    await reading


async def binary_only(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        if isinstance(message, str):
            await client.close(1003, "binary only")
            return
        await client.send(b"\x00" + message)


async def pings_often(client: Client, request: Request) -> None:
    await client.upgrade(request)
    echoing = asyncio.create_task(echo_on(client))
    with contextlib.suppress(OSError):
        while not echoing.done():
            await client.raw(frame(PING, b"are you there"))
            await asyncio.sleep(0.02)
    await echoing


async def own_origin(client: Client, request: Request) -> None:
    if request.headers.get("origin") != "https://app.example.org":
        await client.respond(403)
        return
    await echo(client, request)


async def odd_headers(client: Client, request: Request) -> None:
    await client.upgrade(
        request,
        "Connection: keep-alive, Upgrade",
        "Keep-Alive: timeout=5, max=1",
        "X-Powered-By: 7",
    )
    await echo_on(client)


async def says_nginx(client: Client, request: Request) -> None:
    await client.upgrade(request, "Server: nginx")
    await echo_on(client)


async def says_caddy(client: Client, request: Request) -> None:
    await client.upgrade(request, "Server: Caddy")
    await echo_on(client)


async def keeps_tcp(client: Client, request: Request) -> None:
    await client.upgrade(request)
    while True:
        opcode, data = await client.frame()
        await client.raw(frame(opcode if opcode != PING else 10, data))
        if opcode == CLOSE:
            return


async def never_speaks(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.drain()


async def any_path(client: Client) -> None:
    request = await client.request()
    if request.upgrades:
        await echo(client, request)
    else:
        await client.respond(404, "no page")


async def page_too(client: Client) -> None:
    request = await client.request()
    if request.upgrades and request.path == "/ws":
        await echo(client, request)
    else:
        await client.respond(200, PAGE, "Content-Type: text/html")


async def login_elsewhere(client: Client) -> None:
    request = await client.request()
    if request.path == "/ws" and request.upgrades:
        await echo(client, request)
    else:
        await client.respond(302, "", "Location: /login")


async def feed(client: Client, request: Request) -> None:
    await client.upgrade(request)
    reading = asyncio.create_task(client.drain())
    with contextlib.suppress(OSError):
        for number in range(1000):
            await client.send(f'{{"seq": {number}}}')
            await asyncio.sleep(0.3)
    await reading


async def streams_a_result(client: Client, request: Request) -> None:
    """Send progress without being asked, then the result, and close."""
    await client.upgrade(request)
    reading = asyncio.create_task(client.drain())
    with contextlib.suppress(OSError):
        for share in (33, 66, 99):
            await asyncio.sleep(0.3)
            await client.send(f'{{"progress": {share}}}')
        await client.send('{"result": "done"}')
        await client.raw(close(1000))
    await reading


def healthy(name: str, start: object, **options: object) -> World:
    return World(name=f"healthy: {name}", truth=None, start=start, **options)  # type: ignore[arg-type]


WORLDS = (
    healthy("closes 1000 when its work is done", site(finishes), sends=("go",), expects=("42",)),
    healthy("closes 1000 after a reply nobody named", site(finishes), sends=("go",)),
    healthy("greets first", site(greets), **HELLO),
    healthy("greets first, nothing to say", site(greets)),
    healthy("wants its subprotocol", site(wants_subprotocol), subprotocols=("chat.v1",), **HELLO),
    healthy("refuses bad tokens with 401", site(wants_token), token=TOKEN, **HELLO),
    healthy("refuses bad tokens with 401, mute", site(wants_token), token=TOKEN),
    healthy("refuses bad tokens with 4401", site(wants_token_inside), token=TOKEN, **HELLO),
    healthy(
        "takes its token as first message",
        site(wants_token_first),
        token=TOKEN,
        token_in="message",
        **HELLO,
    ),
    healthy("slow handshake", site(slow_handshake), **HELLO),
    healthy("slow replies", site(slow_replies), waits=True, **HELLO),
    healthy("chatty feed", site(chatty)),
    healthy("chatty feed with a question", site(chatty), sends=("subscribe",), expects=("tick",)),
    healthy("binary protocol", site(binary_only), sends=(b"\x01\x02",), expects=("\x01\x02",)),
    healthy("pings often", site(pings_often), **HELLO),
    healthy("knows its origin", site(own_origin), origin="https://app.example.org", **HELLO),
    healthy("odd headers", site(odd_headers), **HELLO),
    healthy("calls itself nginx", site(says_nginx), **HELLO),
    healthy("calls itself Caddy", site(says_caddy), **HELLO),
    healthy("leaves TCP open after the close", site(keeps_tcp), **HELLO),
    healthy("never speaks", site(never_speaks)),
    healthy("never speaks, watched longer", site(never_speaks), idle=3.0, waits=True),
    healthy("any path opens", scripted(any_path), **HELLO),
    healthy("a page at the same path", scripted(page_too), **HELLO),
    healthy("login for everything else", scripted(login_elsewhere), **HELLO),
    healthy("public, no token given", site(echo), **HELLO),
    healthy("a slow feed", site(feed)),
    healthy("streams a result and closes", site(streams_a_result)),
    healthy("streams an awaited result and closes", site(streams_a_result), expects=("done",)),
    healthy("TLS with a known authority", secured(echo), secure=True, **HELLO),
    healthy("uvicorn", served("uvicorn"), **HELLO),
    healthy("uvicorn, mute", served("uvicorn")),
    healthy("uvicorn with wsproto", served("uvicorn-wsproto"), **HELLO),
    healthy("hypercorn", served("hypercorn"), **HELLO),
    healthy("daphne", served("daphne"), **HELLO),
    healthy("granian", served("granian"), **HELLO),
    healthy("aiohttp", served("aiohttp"), **HELLO),
    healthy("tornado", served("tornado"), **HELLO),
    healthy("websockets", served("websockets"), **HELLO),
    healthy("node", served("node-ws"), **HELLO),
    healthy("nginx before uvicorn", fronted("nginx", "uvicorn"), **HELLO),
    healthy("haproxy before hypercorn", fronted("haproxy", "hypercorn"), **HELLO),
    healthy("caddy before aiohttp", fronted("caddy", "aiohttp"), **HELLO),
)
