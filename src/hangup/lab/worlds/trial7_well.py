"""Later worlds of applications and proxies that do what they should and look as if not."""

from __future__ import annotations

from hangup.lab.configured import apache, configured, haproxy, nginx
from hangup.lab.parts import around, chained, hop, served
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import FULL, location
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.trial5_hops import well
from hangup.lab.worlds.trial6_parts import before
from hangup.lab.worlds.trial7_hops import caddy, haproxy_tls
from hangup.lab.worlds.trial7_opening import valid
from hangup.lab.worlds.trial7_parts import by, on, world

STRICT = (
    "server_tokens off; add_header Content-Security-Policy \"default-src 'none'\" always; "
    "add_header X-Frame-Options DENY always; add_header Retry-After 120 always; "
)
REWRITES = """ProxyPreserveHost On
RewriteEngine On
RewriteCond %{HTTP:Upgrade} websocket [NC]
RewriteCond %{HTTP:Connection} upgrade [NC]
RewriteRule ^/(.*) ws://127.0.0.1:UPSTREAM/$1 [P,L]
ProxyPass "/" "http://127.0.0.1:UPSTREAM/" """

APPLICATIONS = (
    world(
        "healthy: a counter has three bits, and begins anew all the time",
        on("daphne", "wraps"),
        None,
        expects=("frame",),
    ),
    world(
        "healthy: hypercorn warns of unauthorized use, and this use is authorized",
        chained(hop("nginx"), back=on("hypercorn", "warning")),
        None,
        token=valid,
        **HELLO,
    ),
    world(
        "healthy: websockets sends pongs that nobody asked for",
        before(by("websockets", "pongs_unasked")),
        None,
        **HELLO,
    ),
    world(
        "healthy: each letter of an answer comes in a fragment of its own",
        around(chained(hop("apache"), back=by("websockets", "in_fragments"))),
        None,
        sends=("a dozen or more fragments",),
        expects=("fragments",),
    ),
    world(
        "healthy: answers come when their work is done, and not in the order of the questions",
        on("granian", "jobs"),
        None,
        sends=('{"id": 1, "op": "report"}', '{"id": 2, "op": "ping"}'),
        expects=('"id": ?1', '"id": ?2'),
    ),
)

PROXIES = (
    well(
        "HAProxy offers HTTP/2, and takes WebSockets over it",
        configured(
            "haproxy",
            haproxy("", "").replace(":PORT", haproxy_tls("alpn h2,http/1.1")),
            served("hypercorn"),
            secure=True,
        ),
        secure=True,
    ),
    well(
        "Caddy compresses pages, and leaves WebSockets alone",
        configured(
            "caddy",
            caddy("encode zstd gzip\n    reverse_proxy 127.0.0.1:UPSTREAM"),
            served("tornado"),
        ),
    ),
    well(
        "nginx adds strict headers to every answer, and a Retry-After",
        configured("nginx", nginx(location(STRICT + FULL)), served("daphne")),
    ),
    well(
        "Apache turns upgrades into ws:// with a rule that knows lists",
        around(configured("apache", apache(REWRITES), served("aiohttp"))),
    ),
    well(
        "HAProxy speaks the PROXY protocol to nginx, which awaits it",
        around(
            configured(
                "haproxy",
                haproxy("", "send-proxy"),
                configured(
                    "nginx", nginx(location(FULL), listen=" proxy_protocol"), served("granian")
                ),
            )
        ),
    ),
    well(
        "HAProxy waits for the body of every answer, and a WebSocket has none",
        configured(
            "haproxy", haproxy("http-response wait-for-body time 30s", ""), served("daphne")
        ),
    ),
    well(
        "HAProxy's clients have a second, and its tunnels an hour",
        around(
            configured(
                "haproxy",
                haproxy("", "", timeout="1s").replace("timeout tunnel 1s", "timeout tunnel 1h"),
                served("uvicorn"),
            )
        ),
        idle=3.0,
        waits=True,
    ),
)

WORLDS: tuple[World, ...] = (*APPLICATIONS, *PROXIES)
