"""Socket.IO servers as ASGI applications, well or with one fault each, run as `...:name`."""

from __future__ import annotations

from typing import Any

import socketio

TOKEN = "token-of-alice"  # noqa: S105 - opens nothing


class Broken(Exception):  # noqa: N818 - the fault, not an error of ours
    """What the failing handlers raise."""


def server(*, connect: Any = None, say: Any = None) -> Any:
    """Make a server of how it admits a client, and how it answers the event `say`."""
    sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")

    async def answer(sid: str, text: str) -> None:
        await sio.emit("said", text, to=sid)

    sio.on("say", say or answer)
    if connect:
        sio.on("connect", connect)
    return socketio.ASGIApp(sio)


async def _raise_at_connect(sid: str, environ: dict[str, Any], auth: Any) -> None:
    raise Broken("in connect")


async def _raise_at_say(sid: str, text: str) -> None:
    raise Broken("in say")


async def _check(sid: str, environ: dict[str, Any], auth: Any) -> None:
    if environ.get("HTTP_AUTHORIZATION") != f"Bearer {TOKEN}":
        raise socketio.exceptions.ConnectionRefusedError("invalid token")


echo = server()
raises_at_connect = server(connect=_raise_at_connect)
raises_at_event = server(say=_raise_at_say)
checks = server(connect=_check)
