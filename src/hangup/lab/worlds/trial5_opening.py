"""Worlds of everyday applications that fail before the conversation begins."""

from __future__ import annotations

from hangup.lab.parts import chained, hop
from hangup.lab.worlds.auth import GOOD
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial5_parts import balanced, by, on, world

UNSEEN = ("session.close-before-accept", "session.route-missing")

WORLDS = (
    world(
        "FastAPI looks for a tenant's header that only the gateway adds",
        on("uvicorn-wsproto", "tenants"),
        "session.exception-before-accept",
        "auth.http-only-dependency",
        **HELLO,
    ),
    world(
        "files mounted at the root swallow the WebSocket's route",
        on("uvicorn", "swallowed"),
        "session.route-missing",
        "session.close-before-accept",
        "session.param-validation",
        **HELLO,
    ),
    world(
        "a document is asked for by its title, and the route wants a UUID",
        on("granian", "documents"),
        "session.param-validation",
        *UNSEEN,
        path="/documents/meeting-notes",
        **HELLO,
    ),
    world(
        "a dependency waits for a lock that a dead job holds",
        on("hypercorn", "locked"),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
        **HELLO,
    ),
    world(
        "two aiohttp workers, and one of them holds the session",
        balanced(by("aiohttp", "knows_the_session"), by("aiohttp", "knows_no_session")),
        "session.sticky-session",
        path="/ws?sid=7f3a91",
        **HELLO,
    ),
    world(
        "one of two workers was deployed without a setting",
        balanced(on("uvicorn", "guarded"), on("uvicorn", "unset")),
        "session.exception-after-accept",
        "session.handler-returned",
        **HELLO,
    ),
    world(
        "aiohttp greets, and fails on the history that comes next",
        by("aiohttp", "greets_and_fails"),
        "session.exception-after-accept",
        "session.handler-returned",
        expects=("history",),
    ),
    world(
        "tornado hides a missing profile behind one close",
        by("tornado", "masks"),
        "session.masked-exception",
        "auth.auth-code-crashes",
        **HELLO,
    ),
    world(
        "tornado closes with 403",
        by("tornado", "forbids"),
        "session.invalid-close-code",
        "protocol.bad-close-frame",
        **HELLO,
    ),
    world(
        "the conversation is left to a task, and the handler returns",
        on("granian", "forgetful"),
        "session.handler-returned",
        "session.exception-after-accept",
        **HELLO,
    ),
    world(
        "the broker of the subscriptions is down, and the close says so",
        chained(hop("caddy"), back=on("hypercorn", "subscribers")),
        "session.dependency-down",
        **HELLO,
    ),
    world(
        "the first who comes finds an empty pool",
        on("uvicorn", "lazy"),
        "session.dependency-not-ready",
        "capacity.cold-start",
        "session.exception-after-accept",
        **HELLO,
    ),
    world(
        "commands are known only when the plugins are loaded",
        on("uvicorn", "plugins"),
        "session.listener-late",
        "proxy.head-bytes-lost",
        sends=("status",),
        expects=("all is well",),
        waits=True,
    ),
    world(
        "tornado is offered a subprotocol and selects none",
        by("tornado", "selects_nothing"),
        "protocol.subprotocol-not-echoed",
        subprotocols=("graphql-transport-ws",),
        **HELLO,
    ),
    world(
        "websockets knows mqtt, and is offered mqttv3.1",
        by("websockets", "mqtt"),
        "protocol.subprotocol-unknown",
        subprotocols=("mqttv3.1",),
    ),
    world(
        "tornado compares the page's origin with its own host",
        by("tornado", "checks_origin"),
        "auth.origin-policy",
        "proxy.host-rewrite",
        origin="https://app.example.org",
        **HELLO,
    ),
    world(
        "websockets wants a password, and none is given",
        by("websockets", "members"),
        "auth.token-missing-or-bad",
        **HELLO,
    ),
    world(
        "node looks for the token in the query, and it comes in a header",
        by("node-ws", "token-in-query"),
        "auth.token-placement",
        token="desk-token",
        **HELLO,
    ),
    world(
        "no key is loaded, and every token ends in a crash",
        on("hypercorn", "keyless"),
        "auth.auth-code-crashes",
        "session.exception-after-accept",
        token=GOOD,
        **HELLO,
    ),
    world(
        "a middleware for pages is trusted to guard the WebSocket",
        on("uvicorn", "guarded"),
        "auth.not-enforced-on-ws",
        token=GOOD,
        **HELLO,
    ),
    world(
        "graphql-ws is not initialised in time",
        on("uvicorn", "graphql"),
        "auth.first-message-awaited",
        subprotocols=("graphql-transport-ws",),
        idle=3.5,
        waits=True,
    ),
    world(
        "a user is signed in on one device only",
        on("uvicorn-wsproto", "devices"),
        "session.newer-replaces",
        token=GOOD,
        **HELLO,
    ),
)
