"""The lab's behaviours on aiohttp: `python -m hangup.lab.apps.aiohttp_server PORT BEHAVIOUR`."""

from __future__ import annotations

import sys

from aiohttp import WSMsgType, web

from hangup.lab.apps.asgi import PATH, Crash
from hangup.lab.apps.limits import MOST_BYTES, PING_EVERY


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send every message back."""
    socket = await _open(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def crash_before_accept(request: web.Request) -> web.WebSocketResponse:
    """Raise before the handshake is answered."""
    raise Crash("before accept")


async def crash_after_accept(request: web.Request) -> web.WebSocketResponse:
    """Raise when the socket is open, before any message."""
    await _open(request)
    raise Crash("after accept")


async def crash_on_message(request: web.Request) -> web.WebSocketResponse:
    """Raise at the first message."""
    socket = await _open(request)
    await socket.receive()
    raise Crash("on message")


async def close_after_accept(request: web.Request) -> web.WebSocketResponse:
    """Close 4401 as an application that refuses a credential does."""
    socket = await _open(request)
    await socket.close(code=4401, message=b"not allowed")
    return socket


async def return_after_accept(request: web.Request) -> web.WebSocketResponse:
    """Return while the socket is open; aiohttp closes it 1000."""
    return await _open(request)


async def _open(request: web.Request) -> web.WebSocketResponse:
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    socket = web.WebSocketResponse(
        protocols=[name.strip() for name in offered if name.strip()],
        heartbeat=PING_EVERY or None,
        max_msg_size=MOST_BYTES or 4 * 1024 * 1024,
    )
    await socket.prepare(request)
    return socket


async def _root(request: web.Request) -> web.Response:
    return web.Response(text="ok")


BEHAVIOURS = {
    each.__name__: each
    for each in (
        echo,
        crash_before_accept,
        crash_after_accept,
        crash_on_message,
        close_after_accept,
        return_after_accept,
    )
}


def main(port: int, behaviour: str) -> None:
    """Serve one behaviour until we are ended."""
    app = web.Application()
    app.add_routes([web.get("/", _root), web.get(PATH, BEHAVIOURS[behaviour])])
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
