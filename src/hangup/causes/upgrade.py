"""Causes in the opening handshake itself."""

from __future__ import annotations

from hangup.cause import COMMON, RARE, Cause
from hangup.causes.stages import DIES_EARLY, REFUSED_EVERYWHERE, REFUSED_HERE, UNMOVED

CAUSES = (
    Cause(
        id="upgrade.bad-key-version",
        means="The request's Sec-WebSocket-Key or Sec-WebSocket-Version is not valid",
        signature="400 or 426 that names Sec-WebSocket-Key or Sec-WebSocket-Version",
        look_alikes="a proxy that strips headers",
        decisive="a valid request from another client",
        mend="Send a 16-byte key in base64 and version 13; use a WebSocket library.",
        predicts={
            **REFUSED_HERE,
            "ending": {"http-400": 0.6, "http-426": 0.4},
            "meaning": {"bad-key-version": 0.98},
            "bypass": {"alike": 0.5, "works": 0.5},
            "plain-get": {
                "asks-for-upgrade": 0.5,
                "not-found": 0.3,
                "ok": 0.15,
                "same-answer": 0.05,
            },
        },
    ),
    Cause(
        id="upgrade.double-handler",
        means="Two handlers answer one upgrade, and the second writes HTTP into the open WebSocket",
        signature="a second HTTP response follows the 101; RSV1 errors at once",
        look_alikes="compression",
        decisive="the bytes after the 101",
        asks=("baseline",),
        mend="Let one upgrade listener answer each request; check the path in each.",
        predicts={
            **DIES_EARLY,
            "ending": {"own-1002": 0.95},
            "illegal": {"http-in-stream": 0.97},
            "when": {"before-any-message": 0.9, "after-message": 0.1},
        },
    ),
    Cause(
        id="upgrade.hijack-unsupported",
        means="A Go middleware wraps the ResponseWriter in one that cannot be hijacked",
        signature="500 whose body names Hijacker (Go)",
        look_alikes="an exception of the application",
        decisive="the route without its middleware",
        mend="Let the middleware's ResponseWriter implement Hijacker.",
        weight=RARE,
        predicts={
            **REFUSED_HERE,
            "ending": {"http-500": 0.95},
            "meaning": {"hijacker": 0.98},
        },
    ),
    Cause(
        id="upgrade.no-ws-library",
        means="The ASGI server has no WebSocket library and takes an upgrade for a plain GET",
        signature="404 or 400, the same as for a plain GET, by an ASGI server",
        look_alikes="a missing route, for which ASGI servers answer 403",
        decisive="the answers to an upgrade and to a plain GET are one",
        asks=("plain-get",),
        mend="Install a WebSocket library beside the server (pip install 'uvicorn[standard]').",
        weight=COMMON / 2,
        predicts={
            **REFUSED_EVERYWHERE,
            "ending": {"http-404": 0.8, "http-400": 0.2},
            "answerer": {"asgi": 0.82, "nginx": 0.1, "ws-library": 0.001, "application": 0.01},
            "plain-get": {"same-answer": 0.98},
            "bypass": {"alike": 0.97},
            "meaning": {"none": 0.8, "upgrade-required": 0.2},
            "random-path": {"alike": 0.97},
            "bogus-upgrade": {"same-answer": 0.98},
            "body": {"json": 0.5, "other": 0.4, "html": 0.1},
        },
    ),
    Cause(
        id="upgrade.wsgi-server",
        means="The application runs on a WSGI server, which cannot speak WebSocket",
        signature="404 as HTML by WSGIServer, gunicorn, Werkzeug",
        look_alikes="a missing route",
        decisive="the Server header",
        asks=("baseline",),
        mend="Run the ASGI application on an ASGI server (daphne, uvicorn).",
        predicts={
            **REFUSED_EVERYWHERE,
            "ending": {"http-404": 0.85, "http-400": 0.1, "http-500": 0.05},
            "answerer": {"wsgi": 0.99},
            "plain-get": {"same-answer": 0.9},
            "bypass": {"alike": 0.9},
            "bogus-upgrade": {"same-answer": 0.98},
            "body": {"html": 0.8},
        },
    ),
    Cause(
        id="upgrade.bad-accept",
        means=(
            "The server's 101 is not valid: Sec-WebSocket-Accept or another required header is "
            "wrong"
        ),
        core=False,
        signature=(
            "the client aborts after a 101 whose Sec-WebSocket-Accept, Upgrade or Connection "
            "is wrong or missing"
        ),
        look_alikes="subprotocols",
        decisive="the accept value computed again from the key",
        asks=("baseline",),
        mend="Compute Sec-WebSocket-Accept from this request's key (RFC 6455, 4.2.2).",
        predicts={
            **UNMOVED,
            "ending": {"bad-101": 0.97},
            "bad-101": {"accept": 0.6, "header": 0.35, "extension": 0.05},
            "random-path": {"refused": 0.5, "alike": 0.3, "otherwise": 0.2},
        },
    ),
    Cause(
        id="upgrade.malformed-response",
        means="What answers the opening request writes a response that breaks HTTP's own rules",
        core=False,
        signature="the answer is broken HTTP: a line of its head is no header, or it never ends",
        look_alikes="a port of another protocol",
        decisive="the bytes of the answer's head",
        mend="Write each header as `Name: value` with CRLF (RFC 9112, 5); a library does it right.",
        predicts={
            **UNMOVED,
            "reconnect": {"alike": 0.8, "otherwise": 0.15},
            "ending": {"broken-response": 0.97},
            "first-bytes": "other",
            "scheme": {"no": 0.97},
            "random-path": {"alike": 0.5, "refused": 0.4, "otherwise": 0.1},
            "plain-get": {"nothing": 0.5, "not-found": 0.3, "ok": 0.1, "asks-for-upgrade": 0.1},
            "bypass": {"alike": 0.5, "works": 0.5},
        },
    ),
    Cause(
        id="upgrade.platform-unsupported",
        means="The platform that hosts the application does not carry WebSockets",
        core=False,
        signature="400, 404 or 501 for any application on this platform",
        look_alikes="a wrong configuration",
        decisive="a trivial echo on the same platform",
        mend="Move the endpoint to a platform or plan that carries WebSockets.",
        weight=RARE,
        predicts={
            **REFUSED_EVERYWHERE,
            "ending": {"http-501": 0.72, "http-400": 0.16, "http-404": 0.12},
            "bypass": {"works": 0.7},
            "plain-get": {"ok": 0.4, "not-found": 0.3, "same-answer": 0.3},
        },
    ),
)
