"""Worlds of networks and proxies that are set up unusually and well."""

from __future__ import annotations

from hangup.lab.certificates import key_file
from hangup.lab.configured import apache, configured, haproxy, nginx
from hangup.lab.faults import Latency
from hangup.lab.parts import around, chained, hop, served
from hangup.lab.process import LOOPBACK
from hangup.lab.relay import faulted
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import FULL, location
from hangup.lab.worlds.trial5_hops import well
from hangup.lab.worlds.trial6_gateways import FORWARD
from hangup.lab.worlds.trial6_hops import (
    SECOND,
    Known,
    Mastered,
    haproxy_tcp,
    hypercorn_tls,
    library,
    uvicorn_tls,
)
from hangup.lab.worlds.trial6_routes import MODULES, caddy

LISTS = (
    "acl upgrades hdr(Connection) -i upgrade\n    acl socket hdr(Upgrade) -i websocket\n"
    "    http-request deny deny_status 400 if { path /ws } !upgrades or { path /ws } !socket"
)
TWICE = (
    'ProxyPass "/health" "http://127.0.0.1:UPSTREAM/health"\n'
    'ProxyPass "/api/" "http://127.0.0.1:UPSTREAM/api/"\n'
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
)
BOTH_WAYS = FORWARD + "\nAllowCONNECT 443 PORT"
BUFFERS = (
    f"LoadModule buffer_module {MODULES}/mod_buffer.so\n"
    '<Location "/">\nSetInputFilter BUFFER\nSetOutputFilter BUFFER\n</Location>\n'
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
)
GENEROUS = (
    "limit_conn_zone $binary_remote_addr zone=each:1m; "
    "limit_req_zone $binary_remote_addr zone=rate:1m rate=30r/s;"
)
COOKIE = "; ".join(f"consent_{number}={'Y' * 180}" for number in range(30))

WORLDS: tuple[World, ...] = (
    well(
        "hypercorn speaks TLS and HTTP/2 itself, and WebSocket over both",
        Known(hypercorn_tls(key_file())),
        secure=True,
    ),
    well(
        "HAProxy passes TLS through, and takes no part in it",
        around(
            configured(
                "haproxy",
                haproxy_tcp("127.0.0.1:UPSTREAM"),
                uvicorn_tls(key_file()),
                secure=True,
            )
        ),
        secure=True,
    ),
    well(
        "HAProxy looks for the upgrade in a list of tokens",
        configured("haproxy", haproxy(LISTS, ""), served("tornado")),
    ),
    well(
        "Apache names one backend three times, each with a path of its own",
        configured("apache", apache(TWICE), served("websockets")),
    ),
    well(
        "Apache buffers every page, and no WebSocket",
        configured("apache", apache(BUFFERS), served("uvicorn")),
    ),
    well(
        "the company's proxy connects to itself, and stands before the application too",
        around(configured("apache", apache(BOTH_WAYS), served("granian"))),
        through_proxy=True,
    ),
    well(
        "nginx limits connections and requests, and nobody comes near",
        configured(
            "nginx",
            nginx(
                location("limit_conn each 40; limit_req zone=rate burst=60; " + FULL), http=GENEROUS
            ),
            served("aiohttp"),
        ),
    ),
    well(
        "Caddy's first upstream is down, and it tries the second",
        around(
            configured(
                "caddy",
                caddy(
                    "127.0.0.1:1 127.0.0.1:UPSTREAM",
                    "lb_policy first\n        fail_duration 10s\n        lb_try_duration 2s",
                ),
                served("daphne"),
            )
        ),
    ),
    well(
        "five kilobytes of cookies go through nginx and Varnish",
        chained(hop("nginx"), hop("varnish"), back=served("node-ws")),
        headers=(("Cookie", COOKIE),),
    ),
    well(
        "two hosts of different versions behind one name",
        library(LOOPBACK, SECOND),
        host="pool.hangup.test",
    ),
    well(
        "over a satellite, 600 ms away, and then HAProxy",
        faulted(
            chained(hop("haproxy"), back=served("hypercorn")),
            Latency("client", 0.3),
            Latency("server", 0.3),
        ),
        waits=True,
        budget=40.0,
    ),
    well(
        "HAProxy is reloaded every 1.5 s, and its old processes end when they have nothing left",
        Mastered(haproxy("", ""), served("granian"), 1.5),
        idle=4.0,
        waits=True,
    ),
)
