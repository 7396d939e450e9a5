"""Further worlds of everyday applications that fail before the conversation begins."""

from __future__ import annotations

import time

from hangup.lab.configured import Called, configured, haproxy, uvicorn
from hangup.lab.parts import chained, hop
from hangup.lab.worlds.auth import jwt
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial5_parts import balanced
from hangup.lab.worlds.trial6_parts import ASGI, before, by, granian, on, world

FORWARDED = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
PASS = "desk-4711"


def valid() -> str:
    """Issue a token for the next hour."""
    return jwt(iat=time.time(), exp=time.time() + 3600)


WORLDS = (
    world(
        "the pool is opened at startup, and uvicorn is told to have none",
        Called("uvicorn", uvicorn(f"{ASGI}:pooled", "--lifespan", "off")),
        "session.exception-before-accept",
        "auth.http-only-dependency",
        **HELLO,
    ),
    world(
        "granian is started without WebSockets",
        granian("hangup.lab.apps.asgi:echo", "--interface", "asgi", "--no-ws"),
        "upgrade.no-ws-library",
        "session.route-missing",
        **HELLO,
    ),
    world(
        "live updates are switched off, which is said before accept, behind Caddy",
        chained(hop("caddy"), back=on("hypercorn", "beta")),
        "session.close-before-accept",
        "session.route-missing",
        "session.param-validation",
        **HELLO,
    ),
    world(
        "FastAPI wants a time, and is told yesterday",
        on("uvicorn-wsproto", "history"),
        "session.param-validation",
        "session.close-before-accept",
        "session.route-missing",
        path="/ws?since=yesterday",
        **HELLO,
    ),
    world(
        "two proxies name two addresses, and websockets takes them for one",
        configured(
            "haproxy",
            haproxy("option forwardfor", ""),
            before(by("websockets", "takes_one_address"), FORWARDED),
        ),
        "session.exception-after-accept",
        "session.masked-exception",
        **HELLO,
    ),
    world(
        "node's database refuses connections, and the upgrade gets 503",
        by("node-ws", "no-database"),
        "session.dependency-down",
        "session.dependency-not-ready",
        **HELLO,
    ),
    world(
        "granian takes connections while a model is still loading",
        granian("warming", "--interface", "asgi"),
        "session.dependency-not-ready",
        "session.dependency-down",
        "capacity.cold-start",
        **HELLO,
    ),
    world(
        "a model is loaded for the first who connects",
        on("hypercorn", "on_demand"),
        "capacity.cold-start",
        "session.handshake-timeout",
        waits=True,
        **HELLO,
    ),
    world(
        "tornado asks a silent directory before it accepts",
        by("tornado", "directory"),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
        **HELLO,
    ),
    world(
        "one of two workers is deadlocked",
        balanced(on("uvicorn-wsproto", "plain"), on("uvicorn", "deadlocked")),
        "capacity.loop-blocked",
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
        **HELLO,
    ),
    world(
        "the older of GraphQL's protocols is offered, and node speaks the newer",
        by("node-ws", "graphql"),
        "protocol.subprotocol-unknown",
        "protocol.subprotocol-not-echoed",
        subprotocols=("graphql-ws",),
        sends=('{"type": "connection_init", "payload": {}}',),
        expects=("connection_ack",),
    ),
    world(
        "an upgrade is answered by hand, and the empty line is missing",
        by("node-ws", "by-hand"),
        "upgrade.malformed-response",
        waits=True,
        **HELLO,
    ),
    world(
        "FastAPI knows users by a cookie, and the token comes in a header",
        on("hypercorn", "members"),
        "auth.token-placement",
        token=PASS,
        **HELLO,
    ),
    world(
        "claims of a token are read, and its signature is not",
        on("uvicorn", "believing"),
        "auth.signature-not-verified",
        token=valid,
        **HELLO,
    ),
    world(
        "the server's clock is four seconds behind that of the issuer",
        by("websockets", "slow_clock"),
        "auth.clock-skew",
        token=valid,
        **HELLO,
    ),
    world(
        "the page's port is missing in node's list of origins",
        before(by("node-ws", "origins")),
        "auth.origin-policy",
        origin="https://shop.example.org:8443",
        **HELLO,
    ),
    world(
        "aiohttp fails on an Origin that is not there",
        by("aiohttp", "reads_the_origin"),
        "client.origin-missing",
        "session.exception-before-accept",
        **HELLO,
    ),
    world(
        "a bearer of pages, as in a tutorial, guards a WebSocket",
        on("hypercorn", "bearers"),
        "auth.http-only-dependency",
        "session.exception-before-accept",
        token=PASS,
        **HELLO,
    ),
    world(
        "tornado asks for a login and waits two seconds",
        by("tornado", "login"),
        "auth.first-message-awaited",
        "keepalive.app-heartbeat-missed",
        expects=("auth_required",),
        idle=4.0,
        waits=True,
    ),
    world(
        "a user may come back ten seconds after the session before",
        by("aiohttp", "one_session"),
        "session.stale-session-lock",
        token="anna",
        other_token="bert",
        **HELLO,
    ),
    world(
        "two threads serve, and the third connection waits",
        by("websockets", "threads"),
        "capacity.conn-limit",
        **HELLO,
    ),
    world(
        "websockets lets five in and tells the sixth to slow down",
        before(by("websockets", "few_attempts")),
        "capacity.rate-limit",
        **HELLO,
    ),
)
