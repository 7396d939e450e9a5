"""Servers behind real proxies: `python -m hangup.lab.worlds.trial6_servers NAME PORT`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any
from wsgiref.simple_server import make_server

from aiohttp import web

from hangup.lab.process import LOOPBACK

NOT_FOUND = {"error": "not found"}


async def _echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


async def rooms(request: web.Request) -> web.StreamResponse:
    """Echo in the room that the query names, and know of no other place to be in."""
    if not request.query.get("room"):
        return web.json_response(NOT_FOUND, status=404)
    return await _echo(request)


async def slow(request: web.Request) -> web.StreamResponse:
    """Load the user's history before the upgrade is answered, which takes its time."""
    await asyncio.sleep(2.5)
    return await _echo(request)


def _aiohttp(path: str, handler: Any, port: int) -> None:
    app = web.Application()
    app.add_routes([web.get(path, handler)])
    web.run_app(app, host=LOOPBACK, port=port, print=None, access_log=None, shutdown_timeout=1)


def pages(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as an application of pages whose routes for WebSockets live in its ASGI module."""
    found = environ["PATH_INFO"] == "/"
    body = json.dumps({"status": "ok"} if found else {"detail": "Not Found"}).encode()
    status = "200 OK" if found else "404 Not Found"
    start_response(status, [("Content-Type", "application/json")])
    return [body]


AIOHTTP = {"rooms": ("/ws", rooms), "hubs": ("/hubs/Chat", _echo), "slow": ("/ws", slow)}


def main(name: str, port: int) -> None:
    """Serve one of them until we are ended."""
    if name == "pages":
        with make_server(LOOPBACK, port, pages) as server:
            server.serve_forever()
    _aiohttp(*AIOHTTP[name], port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
