"""Later worlds of everyday applications that fail in conversation, or after a time."""

from __future__ import annotations

from hangup.lab.configured import Called, uvicorn
from hangup.lab.parts import around, chained, hop
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial6_parts import before
from hangup.lab.worlds.trial7_parts import ASGI, Kept, by, on, world

WORLDS = (
    world(
        "aiohttp apologises for whatever goes wrong, and it goes wrong every time",
        chained(hop("haproxy"), back=by("aiohttp", "apologises")),
        "session.masked-exception",
        "session.exception-after-accept",
        expects=("menu",),
    ),
    world(
        "who reads and who sends are awaited until either is done, and nothing is to be sent",
        by("websockets", "waits_for_either"),
        "session.handler-returned",
        "session.exception-after-accept",
        "session.clean-close-masks-error",
        **HELLO,
    ),
    world(
        "a lobby keeps players for a moment, and only the table listens",
        by("node-ws", "lobby"),
        "session.listener-late",
        "proxy.head-bytes-lost",
        waits=True,
        **HELLO,
    ),
    world(
        "a room was archived, and hypercorn says so",
        around(chained(hop("caddy"), back=on("hypercorn", "archived"))),
        "session.closed-by-application",
        **HELLO,
    ),
    world(
        "uvicorn retires after twenty requests, and health checks are requests",
        Called("uvicorn", uvicorn(f"{ASGI}:plain", "--limit-max-requests", "20"), patience=1.0),
        "session.server-restart",
        "capacity.process-crash",
        idle=8.0,
        waits=True,
        **HELLO,
    ),
    world(
        "aiohttp closes with the exit status of a program that is not there",
        before(by("aiohttp", "tells_the_exit_status")),
        "session.invalid-close-code",
        "protocol.bad-close-frame",
        **HELLO,
    ),
    world(
        "granian is asked for the mean of nothing",
        on("granian", "means"),
        "message.handler-exception",
        sends=('{"values": [1, 2, 3]}', '{"values": []}'),
        expects=('"mean"', '"mean"'),
    ),
    world(
        "a search that comes within a second of the one before is ignored",
        around(chained(hop("apache"), back=by("aiohttp", "spares_the_index"))),
        "message.silently-dropped",
        sends=('{"query": "boo"}', '{"query": "book"}'),
        expects=('"boos"', '"books"'),
        waits=True,
    ),
    world(
        "tornado awaits a slow model in its handler, and reads nothing meanwhile",
        before(by("tornado", "summarises"), "proxy_read_timeout 120s;"),
        "client.own-keepalive-timeout",
        "message.silently-dropped",
        sends=("summarise chapter 3",),
        expects=("summary",),
        waits=True,
    ),
    world(
        "each fifth connection is too much for node's memory",
        Kept("leaks", 1.2),
        "capacity.process-crash",
        "session.server-restart",
        waits=True,
        **HELLO,
    ),
    world(
        "a gateway names its heartbeat's interval, and hears no heartbeat",
        on("hypercorn", "beats"),
        "keepalive.app-heartbeat-missed",
        "keepalive.absolute-lifetime",
        "session.closed-by-application",
        expects=("heartbeat_interval",),
        idle=5.0,
        waits=True,
    ),
    world(
        "jobs wait for each other, and behind them waits the pong that websockets wants",
        by("websockets", "works_in_turn"),
        "keepalive.pong-not-processed",
        "client.own-keepalive-timeout",
        sends=("job 1", "job 2", "job 3", "job 4"),
        idle=5.0,
        waits=True,
    ),
    world(
        "aiohttp agrees to no compression, and compresses",
        by("aiohttp", "compresses_always"),
        "protocol.rsv-without-ext",
        **HELLO,
    ),
    world(
        "what happened before is sent among what happens now",
        chained(hop("haproxy"), back=by("websockets", "sends_the_backlog_last")),
        "delivery.reorder-server",
        expects=("event",),
    ),
)
