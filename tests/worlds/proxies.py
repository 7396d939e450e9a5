"""Worlds whose fault lies between the client and the application, or in the opening handshake."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable

from hangup.lab.process import ServerProcess, free_port

from .healthy import HELLO, PAGE
from .peer import PATH, Client, Request, echo, listening, routed, scripted, site
from .running import around, fronted
from .world import Place, Start, World

WAF = "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>"


def before(front: Callable[[int], Callable[[Client], object]]) -> Start:
    """Put a scripted front before a healthy echo, which is the way around it."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        async with listening(routed(echo)) as back, listening(front(back)) as port:  # type: ignore[arg-type]
            yield Place(port, back)

    return start


def answering(status: int, body: str = "", *headers: str) -> Callable[[Client], object]:
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
    await client.respond(403, WAF, "Server: cloudflare", "CF-RAY: 8f2-FRA", "Content-Type: text/html")


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


def hangs_on_upgrade(_: int) -> Callable[[Client], object]:
    async def play(client: Client) -> None:
        request = await client.request()
        if not request.upgrades:
            await client.respond(200, "ok")

    return play


def lost_first(back: int) -> Callable[[Client], object]:
    """Forward a connection, but lose what the client sends within 50 ms of the 101."""

    async def play(client: Client) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", back)
        writer.write(await client.reader.readuntil(b"\r\n\r\n"))
        head = await reader.readuntil(b"\r\n\r\n")
        await client.raw(head)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                while await client.reader.read(4096):
                    pass

        async def back_to_front() -> None:
            while data := await reader.read(4096):
                await client.raw(data)
            client.fin()

        backwards = asyncio.create_task(back_to_front())
        while data := await client.reader.read(4096):
            writer.write(data)
        writer.close()
        await backwards

    return play


async def double_handler(client: Client, request: Request) -> None:
    await client.upgrade(request)
    await client.raw(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    await client.drain()


async def hijacker(client: Client, request: Request) -> None:
    body = "websocket: response does not implement http.Hijacker"
    await client.respond(500, body, "Content-Type: text/plain")


async def says_bad_version(client: Client, request: Request) -> None:
    await client.respond(426, "Sec-WebSocket-Version must be 8", "Sec-WebSocket-Version: 8")


async def says_bad_key(client: Client, request: Request) -> None:
    await client.respond(400, "missing or invalid Sec-WebSocket-Key header")


async def bad_accept(client: Client, request: Request) -> None:
    await client.upgrade(request, "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    await client.drain()


async def no_such_feature(client: Client) -> None:
    request = await client.request()
    status = 501 if "upgrade" in request.headers else 200
    await client.respond(status, "WebSockets are not supported on this plan" * (status == 501))


@contextlib.asynccontextmanager
async def wsgi() -> AsyncIterator[Place]:
    """Serve a WSGI application with Python's own server."""
    port = free_port()
    code = (
        "from wsgiref.simple_server import make_server, demo_app\n"
        "def app(environ, start):\n"
        " start('404 Not Found', [('Content-Type', 'text/html')]); return [b'<h1>Not Found</h1>']\n"
        f"make_server('127.0.0.1', {port}, app).serve_forever()"
    )
    process = ServerProcess([sys.executable, "-c", code], port)
    try:
        await asyncio.to_thread(process.wait_ready)
        yield Place(port)
    finally:
        await asyncio.to_thread(process.stop, 0.0)


@contextlib.asynccontextmanager
async def no_library() -> AsyncIterator[Place]:
    """Serve an ASGI application with a uvicorn that has no WebSocket library."""
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    app = "hangup.lab.apps.asgi:echo"
    process = ServerProcess([sys.executable, "-m", "uvicorn", "--ws", "none", app, *where], port)
    try:
        await asyncio.to_thread(process.wait_ready)
        yield Place(port)
    finally:
        await asyncio.to_thread(process.stop, 0.0)


def down(proxy: str) -> World:
    return World(
        name=f"{proxy}, backend down",
        start=fronted(proxy, None),
        truth="proxy.backend-down",
        waits=proxy == "haproxy",
    )


STRIPPED = {"forward_upgrade": False}
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
        name="the proxy rewrites the path",
        start=fronted("nginx", "uvicorn", prefix="/api"),
        path="/ws",
        truth="proxy.path-rewrite",
        also=("proxy.wrong-location", "proxy.upgrade-stripped"),
        **HELLO,
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
    World(name="no WebSocket library", start=no_library, truth="upgrade.no-ws-library"),
    World(name="a WSGI server", start=wsgi, truth="upgrade.wsgi-server"),
    World(name="two upgrade handlers", start=site(double_handler), truth="upgrade.double-handler"),
    World(name="no Hijacker", start=site(hijacker), truth="upgrade.hijack-unsupported"),
    World(name="wants version 8", start=site(says_bad_version), truth="upgrade.bad-key-version"),
    World(name="refuses the key", start=site(says_bad_key), truth="upgrade.bad-key-version"),
    World(name="a wrong accept", start=site(bad_accept), truth="upgrade.bad-accept"),
    World(
        name="a platform without WebSockets",
        start=scripted(no_such_feature),
        truth="upgrade.platform-unsupported",
    ),
)

