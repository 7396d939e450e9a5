"""Worlds whose fault lies between the client and the application, or in the opening handshake."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from hangup.lab.parts import around, fronted
from hangup.lab.peer import PATH, Client, Handler, Play, Request, echo, listening, routed, scripted
from hangup.lab.relay import carry, upstream
from hangup.lab.wire import TEXT, deflated, frame
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.healthy import HELLO, PAGE

WAF = "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>"


def before(front: Callable[[int], Play], handler: Handler = echo) -> Start:
    """Put a scripted front before a WebSocket route, which is the way around it."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async with listening(routed(handler)) as back, listening(front(back)) as port:
            yield Place(port, back)

    return start


def answering(status: int, body: str = "", *headers: str) -> Play:
    """Answer every request alike."""

    async def play(client: Client) -> None:
        await client.request()
        await client.respond(status, body, *headers)

    return play


async def redirects(client: Client) -> None:
    request = await client.request()
    await client.respond(301, "", f"Location: https://example.org{request.target}")


async def static_site(client: Client) -> None:
    await client.request()
    await client.respond(200, PAGE, "Server: nginx", "Content-Type: text/html")


async def envoy(client: Client) -> None:
    request = await client.request()
    if "upgrade" in request.headers:
        await client.respond(403, "", "server: envoy")
    else:
        await client.respond(404, "", "server: envoy")


async def blocked(client: Client) -> None:
    await client.request()
    await client.respond(
        403, WAF, "Server: cloudflare", "CF-RAY: 8f2-FRA", "Content-Type: text/html"
    )


async def caddy_unknown_host(client: Client) -> None:
    await client.request()
    await client.respond(200, "", "Server: Caddy")


async def strict_connection(client: Client) -> None:
    request = await client.request()
    if request.upgrades and request.headers.get("connection", "").lower() != "upgrade":
        await client.respond(400, "Bad Request")
    elif request.upgrades and request.path == PATH:
        await echo(client, request)
    else:
        await client.respond(404)


async def browsers_only(client: Client) -> None:
    """Refuse who does not call himself a browser."""
    request = await client.request()
    if "Mozilla" not in request.headers.get("user-agent", ""):
        await client.respond(403, "Forbidden")
    elif request.upgrades and request.path == PATH:
        await echo(client, request)
    else:
        await client.respond(404)


async def compresses(client: Client, request: Request) -> None:
    """Compress when that was offered, as any server does."""
    if "permessage-deflate" not in request.headers.get("sec-websocket-extensions", ""):
        await echo(client, request)
        return
    await client.upgrade(request, "Sec-WebSocket-Extensions: permessage-deflate")
    await client.receive()
    await client.raw(frame(TEXT, deflated(b"hello"), rsv=4))
    await client.drain()


async def strict_host(client: Client, request: Request) -> None:
    """Refuse pages of other hosts than the one that was asked for."""
    if request.headers.get("origin") not in (None, f"http://{request.headers['host']}"):
        await client.respond(403)
    else:
        await echo(client, request)


def forwarding(
    back: int, ask: tuple[bytes, bytes] = (b"", b""), answer: tuple[bytes, bytes] = (b"", b"")
) -> Play:
    """Forward a connection; a pattern is replaced in the request's head, or in the answer's."""

    async def play(client: Client) -> None:
        async with upstream(back) as (reader, writer):
            head = await client.reader.readuntil(b"\r\n\r\n")
            writer.write(re.sub(*ask, head) if ask[0] else head)
            head = await reader.readuntil(b"\r\n\r\n")
            await client.raw(re.sub(*answer, head) if answer[0] else head)
            await carry(client, reader, writer)

    return play


async def asks_for_proxy_login(client: Client) -> None:
    await client.request()
    await client.respond(407, "", 'Proxy-Authenticate: Basic realm="office"')


def hangs_on_upgrade(_: int) -> Play:
    async def play(client: Client) -> None:
        request = await client.request()
        if not request.upgrades:
            await client.respond(200, "ok")

    return play


def lost_first(back: int) -> Play:
    """Forward a connection, but lose what the client sends within 50 ms of the 101."""

    async def play(client: Client) -> None:
        async with upstream(back) as (reader, writer):
            writer.write(await client.reader.readuntil(b"\r\n\r\n"))
            await client.raw(await reader.readuntil(b"\r\n\r\n"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    while await client.reader.read(4096):
                        pass
            await carry(client, reader, writer)

    return play


def down(proxy: str) -> World:
    return World(
        name=f"{proxy}, backend down",
        start=fronted(proxy, None),
        truth="proxy.backend-down",
        waits=proxy == "haproxy",
    )


STRIPPED: dict[str, Any] = {"forward_upgrade": False}
WORLDS = (
    down("nginx"),
    down("haproxy"),
    down("caddy"),
    World(
        name="a redeployed backend, known to the proxy by its old address",
        start=before(lambda _: answering(502, "<h1>502 Bad Gateway</h1>", "Server: nginx")),
        truth="dns.stale-upstream",
        also=("proxy.backend-down",),
        **HELLO,
    ),
    World(
        name="nginx strips the upgrade, with a bypass",
        start=fronted("nginx", "uvicorn", **STRIPPED),
        truth="proxy.upgrade-stripped",
        also=("proxy.wrong-location",),
        **HELLO,
    ),
    World(
        name="nginx strips the upgrade, no bypass",
        start=around(fronted("nginx", "uvicorn", **STRIPPED)),
        truth="proxy.upgrade-stripped",
        also=("upgrade.no-ws-library", "session.route-missing", "proxy.wrong-location"),
        **HELLO,
    ),
    World(
        name="nginx strips the upgrade before websockets, with a bypass",
        start=fronted("nginx", "websockets", **STRIPPED),
        truth="proxy.upgrade-stripped",
        **HELLO,
    ),
    World(
        name="nginx strips the upgrade before websockets, no bypass",
        start=around(fronted("nginx", "websockets", **STRIPPED)),
        truth="proxy.upgrade-stripped",
        **HELLO,
    ),
    World(
        name="haproxy strips the upgrade, with a bypass",
        start=fronted("haproxy", "uvicorn", **STRIPPED),
        truth="proxy.upgrade-stripped",
        also=("proxy.wrong-location",),
        **HELLO,
    ),
    World(
        name="nginx speaks HTTP/1.0 upstream, with a bypass",
        start=fronted("nginx", "websockets", http10=True),
        truth="proxy.http10-upstream",
        **HELLO,
    ),
    World(
        name="nginx speaks HTTP/1.0 upstream, no bypass",
        start=around(fronted("nginx", "websockets", http10=True)),
        truth="proxy.http10-upstream",
        **HELLO,
    ),
    World(name="redirected", start=scripted(redirects), truth="proxy.redirect"),
    World(
        name="the static site answers, with a bypass",
        start=before(lambda _: static_site),
        truth="proxy.wrong-location",
        also=("proxy.upgrade-stripped", "proxy.host-mismatch-default-site"),
        **HELLO,
    ),
    World(
        name="the static site answers, no bypass",
        start=scripted(static_site),
        truth="proxy.wrong-location",
        also=("proxy.upgrade-stripped", "proxy.host-mismatch-default-site"),
    ),
    World(
        name="Caddy does not know the host",
        start=scripted(caddy_unknown_host),
        truth="proxy.host-mismatch-default-site",
        also=("proxy.wrong-location",),
    ),
    World(
        name="Envoy without its upgrade type",
        start=scripted(envoy),
        truth="proxy.upgrade-type-disabled",
    ),
    World(name="blocked by the edge", start=scripted(blocked), truth="proxy.waf-bot-block"),
    World(
        name="the proxy puts a prefix before the path",
        start=before(lambda back: forwarding(back, ask=(rb"^GET /", b"GET /v1/"))),
        truth="proxy.path-rewrite",
        **HELLO,
    ),
    World(
        name="nginx has no location for the path",
        start=fronted("nginx", "uvicorn", prefix="/api"),
        truth="proxy.wrong-location",
        also=("proxy.upgrade-stripped",),
        **HELLO,
    ),
    World(
        name="the proxy loses the extension header",
        start=before(
            lambda back: forwarding(back, answer=(rb"Sec-WebSocket-Extensions: .*\r\n", b"")),
            compresses,
        ),
        truth="proxy.ext-header-loss",
        **HELLO,
    ),
    World(
        name="the proxy rewrites the Host",
        start=before(
            lambda back: forwarding(back, ask=(rb"Host: .*\r\n", b"Host: backend\r\n")), strict_host
        ),
        origin="http://127.0.0.1:{port}",
        truth="proxy.host-rewrite",
        also=("auth.origin-policy",),
        **HELLO,
    ),
    World(
        name="Apache's workers share one URL",
        start=before(lambda _: answering(426, "Upgrade Required", "Server: Apache/2.4.71")),
        truth="proxy.worker-sharing-config",
        also=("proxy.upgrade-stripped",),
        **HELLO,
    ),
    World(
        name="a forward proxy wants a login",
        start=scripted(asks_for_proxy_login),
        host="wrong.hangup.test",
        through_proxy=True,
        truth="client.environment-proxy",
    ),
    World(
        name="upgrades hang at the proxy",
        start=before(hangs_on_upgrade),
        truth="proxy.body-buffering",
        waits=True,
        budget=12.0,
        **HELLO,
    ),
    World(
        name="the proxy loses the first bytes",
        start=before(lost_first),
        truth="proxy.head-bytes-lost",
        also=("session.listener-late",),
        **HELLO,
    ),
    World(
        name="Connection must be one token",
        start=scripted(strict_connection),
        truth="proxy.connection-token-parse",
        **HELLO,
    ),
    World(
        name="only browsers are let in",
        start=scripted(browsers_only),
        truth="proxy.user-agent-blocked",
        **HELLO,
    ),
)
