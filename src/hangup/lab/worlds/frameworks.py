"""Worlds of Socket.IO on uvicorn and of Django Channels on daphne."""

from __future__ import annotations

from typing import Any

from hangup.lab.apps.rooms import USERS
from hangup.lab.parts import Served, served
from hangup.lab.spread import Spread
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO

ENGINE = "/socket.io/?EIO=4&transport=websocket"
JOINS: dict[str, Any] = {"path": ENGINE, "sends": ("40",), "expects": (r'^40\{"sid"',)}
SAYS: dict[str, Any] = {
    "path": ENGINE,
    "sends": ("40", '42["say","hello"]'),
    "expects": (r'^40\{"sid"', r'^42\["said","hello"\]'),
}
TOKEN = next(iter(USERS))


def socket_io(app: str) -> Served:
    return served("uvicorn", f"hangup.lab.apps.socket_io:{app}")


def channels(app: str) -> Served:
    return served("daphne", f"hangup.lab.apps.django_channels:{app}")


SWALLOWED = ("message.silently-dropped", "session.handler-returned")
"""What an exception that is logged, and kept from the client, looks like."""
NO_ROUTE = ("session.route-missing", "proxy.path-rewrite")
"""Channels raises for a path without a route too, so that each path is answered 500."""

WORLDS = (
    World(name="healthy: Socket.IO", start=socket_io("echo"), truth=None, **SAYS),
    World(
        name="healthy: Socket.IO checks its token",
        start=socket_io("checks"),
        truth=None,
        token=TOKEN,
        **JOINS,
    ),
    World(
        name="Socket.IO refuses a bad token",
        start=socket_io("checks"),
        truth="auth.token-missing-or-bad",
        also=("message.unexpected-reply",),
        hidden=True,
        waits=True,
        token="expired-long-ago",
        **JOINS,
    ),
    World(
        name="Socket.IO: exception in the connect handler",
        start=socket_io("raises_at_connect"),
        truth="message.handler-exception",
        also=SWALLOWED,
        hidden=True,
        waits=True,
        **JOINS,
    ),
    World(
        name="Socket.IO: exception in an event's handler",
        start=socket_io("raises_at_event"),
        truth="message.handler-exception",
        also=SWALLOWED,
        hidden=True,
        waits=True,
        **SAYS,
    ),
    World(
        name="a plain WebSocket client at Socket.IO",
        start=socket_io("echo"),
        truth="session.eio-version-mismatch",
        path="/socket.io/",
        **HELLO,
    ),
    World(name="healthy: Django Channels", start=channels("echo"), truth=None, **HELLO),
    World(
        name="healthy: Django Channels knows its origin",
        start=channels("own_origin"),
        truth=None,
        origin="https://app.example.org",
        **HELLO,
    ),
    World(
        name="Django Channels allows other hosts' origins only",
        start=channels("own_origin"),
        truth="auth.origin-policy",
        origin="https://elsewhere.example.org",
        **HELLO,
    ),
    World(
        name="Django Channels misses the Origin of a client that is no browser",
        start=channels("own_origin"),
        truth="client.origin-missing",
        **HELLO,
    ),
    World(
        name="Django Channels: exception in connect",
        start=channels("raises_in_connect"),
        truth="session.exception-before-accept",
        also=NO_ROUTE,
        **HELLO,
    ),
    World(
        name="Django Channels: exception in receive",
        start=channels("raises_in_receive"),
        truth="message.handler-exception",
        also=("message.text-vs-binary",),
        **HELLO,
    ),
    World(
        name="healthy: a group of Django Channels in one process",
        start=channels("room"),
        truth=None,
        **HELLO,
    ),
    World(
        name="Django Channels in two processes with a layer in memory",
        start=Spread("nginx", "daphne", "hangup.lab.apps.django_channels:room", 2),
        truth="delivery.per-process-registry",
        **HELLO,
    ),
)
