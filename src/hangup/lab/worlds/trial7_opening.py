"""Later worlds of everyday applications that fail before the conversation begins."""

from __future__ import annotations

import time

from hangup.lab.configured import Called, configured, haproxy, uvicorn
from hangup.lab.parts import chained, hop
from hangup.lab.peer import Client, Request, site
from hangup.lab.wire import TEXT, frame
from hangup.lab.worlds.auth import jwt
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial6_parts import before
from hangup.lab.worlds.trial7_parts import ASGI, OnDemand, by, on, world

PASS = "panel-2208"


def valid() -> str:
    """Issue a token for the next hour."""
    return jwt(iat=time.time(), exp=time.time() + 3600)


def short() -> str:
    """Issue a token for the next seconds."""
    return jwt(iat=time.time(), exp=time.time() + 5)


async def text_after_text(client: Client, request: Request) -> None:
    """Send each message in fragments, and mark every one of them as a text that begins."""
    await client.upgrade(request)
    while (message := await client.receive()) is not None:
        data = message.encode() if isinstance(message, str) else message
        half = max(1, len(data) // 2)
        await client.raw(frame(TEXT, data[:half], fin=False) + frame(TEXT, data[half:]))


WORLDS = (
    world(
        "Starlette looks into a session, and the middleware of sessions is not installed",
        on("hypercorn", "sessions"),
        "session.exception-before-accept",
        "auth.http-only-dependency",
        **HELLO,
    ),
    world(
        "a session service is silent, and Starlette says 504 before it accepts",
        chained(hop("caddy"), back=on("uvicorn", "service")),
        "session.dependency-down",
        **HELLO,
    ),
    world(
        "daphne: the organisation has no plan for live updates, and is not told",
        on("daphne", "planned"),
        "session.close-before-accept",
        "session.route-missing",
        "session.param-validation",
        **HELLO,
    ),
    world(
        "aiohttp wants a number as zoom, and is told auto",
        before(by("aiohttp", "wants_a_number")),
        "session.param-validation",
        path="/ws?zoom=auto",
        **HELLO,
    ),
    world(
        "uvicorn is told to have no WebSockets, behind nginx",
        before(Called("uvicorn", (*uvicorn(f"{ASGI}:waking"), "--ws", "none"))),
        "upgrade.no-ws-library",
        "session.route-missing",
        **HELLO,
    ),
    world(
        "an accept is computed by hand, and written in hexadecimal",
        by("node-ws", "hex"),
        "upgrade.bad-accept",
        **HELLO,
    ),
    world(
        "node: a second listener of upgrades asks whose path this is, and says 404",
        by("node-ws", "twice"),
        "upgrade.double-handler",
        "protocol.http-in-stream",
        **HELLO,
    ),
    world(
        "nobody used the application, and the platform has put it to sleep",
        OnDemand("waking", 3.0),
        "capacity.cold-start",
        waits=True,
        **HELLO,
    ),
    world(
        "hypercorn looks for the token among the subprotocols, and it comes in a header",
        on("hypercorn", "smuggled"),
        "auth.token-placement",
        "auth.token-missing-or-bad",
        token=PASS,
        **HELLO,
    ),
    world(
        "the header of the token is split in three, and has two parts",
        on("hypercorn", "splits"),
        "auth.auth-code-crashes",
        "session.exception-after-accept",
        "session.masked-exception",
        token=PASS,
        expects=("hello",),
    ),
    world(
        "granian knows the page over https, and it came over http",
        on("granian", "origins"),
        "auth.origin-policy",
        origin="http://app.example.org",
        **HELLO,
    ),
    world(
        "a token is over after five seconds, and who is in stays in",
        configured("haproxy", haproxy("", ""), on("hypercorn", "once")),
        "auth.checked-only-at-connect",
        "auth.expired",
        token=short,
        idle=8.0,
        waits=True,
        **HELLO,
    ),
    world(
        "websockets waits for a token as first message, and none is sent",
        by("websockets", "wants_a_login_first"),
        "auth.first-message-awaited",
        idle=4.0,
        waits=True,
    ),
    world(
        "a charging point speaks OCPP 1.6, and aiohttp 2.0.1",
        before(by("aiohttp", "speaks_ocpp")),
        "protocol.subprotocol-unknown",
        "protocol.subprotocol-not-echoed",
        subprotocols=("ocpp1.6",),
        **HELLO,
    ),
    world(
        "a device marks every fragment as the beginning of a text",
        site(text_after_text, server="esp-ws/0.9"),
        "protocol.fragmentation",
        **HELLO,
    ),
    world(
        "node has room for two connections, and drops a third unread",
        by("node-ws", "two"),
        "capacity.conn-limit",
        "tcp.accept-then-reset",
        **HELLO,
    ),
)
