"""Worlds whose fault lies in the opening handshake itself."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator

from hangup.lab.peer import Client, Request, scripted, site
from hangup.lab.process import begun, free_port, start
from hangup.lab.world import Place, World


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


async def no_header(client: Client, request: Request) -> None:
    await client.upgrade(request, "this line is no header")
    await client.drain()


async def no_header_anywhere(client: Client) -> None:
    await client.request()
    await client.raw(b"HTTP/1.1 200 OK\r\nContent-Type : text/plain\r\n\r\n")


async def no_such_feature(client: Client) -> None:
    request = await client.request()
    status = 501 if "upgrade" in request.headers else 200
    await client.respond(status, "WebSockets are not supported on this plan" * (status == 501))


async def page_everywhere(client: Client) -> None:
    """Give a page to any plain GET and an empty 404 to any upgrade, as Chromium's debugger does."""
    request = await client.request()
    if "upgrade" in request.headers:
        await client.respond(404, "")
    else:
        await client.respond(200, "<html>up</html>", "Content-Type: text/html")


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
    async with begun(start, [sys.executable, "-c", code], port):
        yield Place(port)


@contextlib.asynccontextmanager
async def no_library() -> AsyncIterator[Place]:
    """Serve an ASGI application with a uvicorn that has no WebSocket library."""
    port = free_port()
    where = ["--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    app = "hangup.lab.apps.asgi:echo"
    async with begun(start, [sys.executable, "-m", "uvicorn", "--ws", "none", app, *where], port):
        yield Place(port)


WORLDS = (
    World(name="no WebSocket library", start=no_library, truth="upgrade.no-ws-library"),
    World(name="a WSGI server", start=wsgi, truth="upgrade.wsgi-server"),
    World(name="two upgrade handlers", start=site(double_handler), truth="upgrade.double-handler"),
    World(name="no Hijacker", start=site(hijacker), truth="upgrade.hijack-unsupported"),
    World(name="wants version 8", start=site(says_bad_version), truth="upgrade.bad-key-version"),
    World(name="refuses the key", start=site(says_bad_key), truth="upgrade.bad-key-version"),
    World(name="a wrong accept", start=site(bad_accept), truth="upgrade.bad-accept"),
    World(
        name="a 101 with a line that is no header",
        start=site(no_header),
        truth="upgrade.malformed-response",
    ),
    World(
        name="broken HTTP in every answer",
        start=scripted(no_header_anywhere),
        truth="upgrade.malformed-response",
    ),
    World(
        name="a platform without WebSockets",
        start=scripted(no_such_feature),
        truth="upgrade.platform-unsupported",
    ),
    World(
        name="a page for any GET, 404 for any upgrade",
        start=scripted(page_everywhere),
        truth="session.route-missing",
        also=("proxy.wrong-location", "upgrade.platform-unsupported"),
        undecided=True,
    ),
)
