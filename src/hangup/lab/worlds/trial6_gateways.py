"""Worlds of a gateway that decides who comes in, how many, and for how long."""

from __future__ import annotations

import time
from typing import Any

from hangup.lab.certificates import key_file
from hangup.lab.configured import apache, configured, haproxy, nginx, uvicorn
from hangup.lab.parts import around, served
from hangup.lab.wire import close
from hangup.lab.world import World
from hangup.lab.worlds.auth import jwt
from hangup.lab.worlds.cases_hops import cuts
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.proxies import before
from hangup.lab.worlds.trial6_hops import (
    ECHO,
    Frozen,
    Mastered,
    by,
    haproxy_tcp,
    hypercorn_tls,
)
from hangup.lab.worlds.trial6_routes import MODULES

LIVED: dict[str, Any] = {"idle": 4.0, "waits": True}
KEY = "p8-of-the-dashboard"
SIGNED = r"""http-request set-var(txn.exp) "http_auth_bearer,jwt_payload_query('\$.exp','int')"
    http-request set-var(txn.now) date()
    acl known http_auth_bearer,jwt_verify("HS256","the key of the worlds") -m int 1
    http-request deny deny_status 401 unless known
    http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }"""
APPS_ONLY = (
    "http-request deny deny_status 403 unless "
    "{ req.hdr(User-Agent) -m reg -i (mozilla|okhttp|dart|cfnetwork) }"
)
BURSTS = (
    "stick-table type ip size 1k expire 10s store conn_rate(10s)\n"
    "    tcp-request connection track-sc0 src\n"
    "    tcp-request connection reject if { sc0_conn_rate gt 5 }"
)
KEYS = """
{
    admin off
    auto_https off
}
http://:PORT {
    bind 127.0.0.1
    @known header X-Api-Key k-2026-11
    handle @known {
        reverse_proxy 127.0.0.1:UPSTREAM
    }
    header Content-Type application/json
    respond `{"message":"Invalid API key"}` 401
}
"""
PAGES = """
{
    admin off
    auto_https off
}
http://:PORT {
    bind 127.0.0.1
    @foreign {
        header Origin *
        not header Origin https://app.example.org
    }
    respond @foreign "origin not allowed" 403
    reverse_proxy 127.0.0.1:UPSTREAM
}
"""
FROM_PAGES = (
    f"LoadModule setenvif_module {MODULES}/mod_setenvif.so\n"
    'SetEnvIf Origin "^https://app\\.example\\.org$" from_page\n'
    '<Location "/">\nRequire env from_page\n</Location>\n'
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
)
FORWARD = (
    f"LoadModule proxy_connect_module {MODULES}/mod_proxy_connect.so\nProxyRequests On\n"
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
)
TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

LET_IN = (
    world(
        "Caddy knows this month's API key, and is shown last month's",
        around(configured("caddy", KEYS, served("uvicorn"))),
        "auth.token-missing-or-bad",
        headers=(("X-Api-Key", "k-2026-10"),),
    ),
    world(
        "HAProxy verifies tokens, and this one's time is over",
        around(configured("haproxy", haproxy(SIGNED, ""), served("granian"))),
        "auth.expired",
        token=lambda: jwt(exp=int(time.time()) - 600),
    ),
    world(
        "nginx looks for the key in a cookie",
        around(
            configured(
                "nginx",
                nginx(location(f'if ($cookie_token != "{KEY}") {{ return 401; }} ' + FULL)),
                served("tornado"),
            )
        ),
        "auth.token-placement",
        "auth.token-missing-or-bad",
        token=KEY,
    ),
    world(
        "Caddy's list of origins lacks the developer's own page",
        configured("caddy", PAGES, served("node-ws")),
        "auth.origin-policy",
        origin="http://localhost:5173",
    ),
    world(
        "Apache lets in who comes from its page, and nobody without one",
        around(configured("apache", apache(FROM_PAGES), served("hypercorn"))),
        "client.origin-missing",
        "auth.origin-policy",
    ),
    world(
        "the company's proxy connects to the ports of https only",
        around(configured("apache", apache(FORWARD), served("aiohttp"))),
        "client.environment-proxy",
        through_proxy=True,
    ),
    world(
        "HAProxy lets in browsers and the telephone's applications",
        around(configured("haproxy", haproxy(APPS_ONLY, ""), served("uvicorn"))),
        "proxy.user-agent-blocked",
        "proxy.waf-bot-block",
    ),
    world(
        "a rule against scanners refuses who dials an address",
        configured(
            "nginx",
            nginx('if ($http_host ~ "^[0-9.]+(:[0-9]+)?$") { return 403; } ' + location(FULL)),
            served("websockets"),
        ),
        "proxy.waf-bot-block",
        "proxy.host-mismatch-default-site",
    ),
)

SO_MANY = (
    world(
        "nginx lets each address hold two connections",
        around(
            configured(
                "nginx",
                nginx(
                    location("limit_conn each 2; " + FULL),
                    http="limit_conn_zone $binary_remote_addr zone=each:1m;",
                ),
                served("daphne"),
            )
        ),
        "capacity.conn-limit",
    ),
    world(
        "HAProxy takes five connections in 10 s, and drops the others unread",
        around(configured("haproxy", haproxy(BURSTS, ""), served("aiohttp"))),
        "capacity.rate-limit",
        "tcp.accept-then-reset",
        "capacity.conn-limit",
    ),
    world(
        "uvicorn is frozen",
        Frozen(uvicorn(ECHO)),
        "capacity.loop-blocked",
        "session.handshake-timeout",
        "capacity.fd-limit",
        "tcp.half-open-peer",
        budget=8.0,
        waits=True,
    ),
)

SO_LONG = (
    world(
        "HAProxy is patient for 1.5 s, and aiohttp loads a history first",
        configured("haproxy", haproxy("", "", timeout="1500ms"), by("slow")),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
    ),
    world(
        "a balancer of bytes ends what is silent for 2 s, before hypercorn's TLS",
        around(
            configured(
                "haproxy",
                haproxy_tcp("127.0.0.1:UPSTREAM", timeout="2s"),
                hypercorn_tls(key_file()),
                secure=True,
            )
        ),
        "keepalive.proxy-idle",
        secure=True,
        **LIVED,
    ),
    world(
        "an API gateway says that it goes away, at the age of 2 s",
        before(cuts(age=2.0, goodbye=close(1001, b"Going away"))),
        "keepalive.absolute-lifetime",
        "session.server-restart",
        **LIVED,
    ),
    world(
        "a gateway's timer for requests does not know that this one became a WebSocket",
        before(cuts(age=1.5, goodbye=TOO_LATE)),
        "protocol.http-in-stream",
        "keepalive.absolute-lifetime",
        **LIVED,
    ),
    world(
        "HAProxy is reloaded every 2 s, and the old one is stopped hard",
        Mastered(haproxy("", "", main="hard-stop-after 400ms"), served("uvicorn"), 2.0),
        "proxy.reload-drain",
        **LIVED,
    ),
)

WORLDS: tuple[World, ...] = (*LET_IN, *SO_MANY, *SO_LONG)
