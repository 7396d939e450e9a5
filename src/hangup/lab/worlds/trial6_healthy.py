"""Further worlds of everyday applications that do what they should and look as if not."""

from __future__ import annotations

from hangup.lab.configured import Called, uvicorn
from hangup.lab.parts import around, chained, hop
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial6_opening import PASS, valid
from hangup.lab.worlds.trial6_parts import ASGI, before, by, daphne, on, world

WORLDS = (
    world(
        "healthy: uvicorn calls itself gunicorn",
        Called("uvicorn", uvicorn(f"{ASGI}:plain", "--header", "Server:gunicorn/23.0.0")),
        None,
        **HELLO,
    ),
    world(
        "healthy: daphne greets with the errors of another system",
        chained(hop("nginx"), back=daphne("stateful")),
        None,
        **HELLO,
    ),
    world(
        "healthy: two channels of one feed count for themselves",
        by("tornado", "channels"),
        None,
        expects=("trades",),
    ),
    world(
        "healthy: a price stands still, and is sent again and again",
        around(chained(hop("caddy"), back=by("websockets", "quotes"))),
        None,
        expects=("BOOK",),
    ),
    world(
        "healthy: token, origin and subprotocol are all wanted, and all are right",
        on("hypercorn", "strict"),
        None,
        token=PASS,
        token_in="query",
        origin="https://desk.example.org",
        subprotocols=("v2.desk",),
        **HELLO,
    ),
    world(
        "healthy: granian thinks in a thread, and says so meanwhile",
        on("granian", "thoughtful"),
        None,
        sends=("how many?",),
        expects=("answer",),
    ),
    world(
        "healthy: node answers text with bytes that are no text",
        chained(hop("apache"), back=by("node-ws", "bytes")),
        None,
        sends=("cat",),
        expects=("image of cat",),
    ),
    world(
        "healthy: tornado tells what is wrong with tokens, and this one is right",
        before(by("tornado", "expires")),
        None,
        token=valid,
        token_in="query",
        **HELLO,
    ),
    world(
        "healthy: tornado asks for a login and gets it",
        by("tornado", "login"),
        None,
        sends=('{"type": "auth", "access_token": "abc"}',),
        expects=("auth_ok",),
        idle=3.0,
        waits=True,
    ),
    world(
        "healthy: a table of 0.7 MB comes as one message through HAProxy",
        chained(hop("haproxy"), back=on("granian", "exports")),
        None,
        sends=("this week",),
        expects=("complete",),
    ),
)
