"""Worlds made after public cases whose fault lay in the settings of a real proxy."""

from __future__ import annotations

from typing import Any

from hangup.lab.certificates import key_file
from hangup.lab.configured import KEEPS_HOST, UPGRADE, apache, configured, haproxy, nginx
from hangup.lab.parts import around, served
from hangup.lab.peer import scripted, site
from hangup.lab.world import World
from hangup.lab.worlds.cases_hops import strict_gateway
from hangup.lab.worlds.healthy import HELLO, any_path
from hangup.lab.worlds.proxies import before, strict_host

TO_APP = "proxy_pass http://127.0.0.1:UPSTREAM; "

VARNISH = 'vcl 4.1; backend app { .host = "127.0.0.1"; .port = "UPSTREAM"; }'
H2_ONLY = """
{
    admin off
    auto_https off
    servers {
        protocols h1 h2c
    }
}
http://:PORT {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:UPSTREAM
}
"""


def location(text: str, where: str = "/") -> str:
    """Write one location of nginx."""
    return f"location {where} {{ {text} }}"


def world(name: str, start: Any, truth: str, *also: str, **options: Any) -> World:
    """Make one world of a user who says hello, unless the options say otherwise."""
    return World(name=name, start=start, truth=truth, also=also, **{**HELLO, **options})


FULL = TO_APP + UPGRADE + KEEPS_HOST
TLS = f"ssl_certificate {key_file()}; ssl_certificate_key {key_file()}; "
IDLE: dict[str, Any] = {"idle": 4.0, "waits": True, "sends": (), "expects": ()}
LIVED: dict[str, Any] = {"idle": 3.5, "waits": True}
TO_H2C = haproxy("", "proto h2 ws h2")
TIMES_OUT = haproxy("", "", timeout="1500ms")

WORLDS = (
    world(
        "nginx falls back to a location without the upgrade",
        configured(
            "nginx",
            nginx(location("try_files $uri @app;") + location(TO_APP + KEEPS_HOST, "@app")),
            served("aiohttp"),
        ),
        "proxy.upgrade-stripped",
    ),
    world(
        "varnish without a pipe",
        configured("varnish", VARNISH, served("node-ws")),
        "proxy.upgrade-stripped",
    ),
    world(
        "varnish without a pipe, no bypass",
        around(configured("varnish", VARNISH, served("websockets"))),
        "proxy.upgrade-stripped",
    ),
    world(
        "Apache passes all to HTTP before the WebSocket's rule",
        configured(
            "apache",
            apache(
                'ProxyPass "/" "http://127.0.0.1:UPSTREAM/"\n'
                'ProxyPass "/ws" "ws://127.0.0.1:UPSTREAM/ws"'
            ),
            served("tornado"),
        ),
        "proxy.upgrade-stripped",
        "proxy.worker-sharing-config",
    ),
    world(
        "Apache passes all to HTTP before the WebSocket's rule, no bypass",
        around(
            configured(
                "apache",
                apache(
                    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/"\n'
                    'ProxyPass "/ws" "ws://127.0.0.1:UPSTREAM/ws"'
                ),
                served("node-ws"),
            )
        ),
        "proxy.upgrade-stripped",
        "proxy.worker-sharing-config",
    ),
    world(
        "Apache refuses an encoded question mark in a rewritten path",
        configured(
            "apache",
            apache("RewriteEngine On\nRewriteRule ^/(.*) ws://127.0.0.1:UPSTREAM/$1 [P]"),
            scripted(any_path),
        ),
        "proxy.path-rewrite",
        "proxy.waf-bot-block",
        "proxy.wrong-location",
        path="/ws%3Froom=1",
        undecided=True,
        hidden=True,
    ),
    world(
        "Apache wants a password that the user does not have",
        around(
            configured(
                "apache",
                apache(
                    '<Location "/">\nAuthType Basic\nAuthName "internal"\nAuthUserFile users\n'
                    "Require valid-user\n</Location>\n"
                    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
                ),
                served("uvicorn"),
            )
        ),
        "auth.token-missing-or-bad",
    ),
    world(
        "nginx keeps the Host to itself, and gorilla compares it with the Origin",
        configured("nginx", nginx(location(TO_APP + UPGRADE)), site(strict_host)),
        "proxy.host-rewrite",
        "auth.origin-policy",
        origin="http://127.0.0.1:{port}",
    ),
    world(
        "Apache does not preserve the Host, and the Origin no longer fits",
        configured(
            "apache",
            apache('ProxyPass "/" "http://localhost:UPSTREAM/" upgrade=websocket'),
            site(strict_host),
        ),
        "proxy.host-rewrite",
        "auth.origin-policy",
        origin="http://127.0.0.1:{port}",
    ),
    world(
        "HAProxy asks an HTTP/2 server for a WebSocket that it never announced",
        configured("haproxy", TO_H2C, configured("caddy", H2_ONLY, served("uvicorn"))),
        "proxy.h2-extended-connect",
        "proxy.upgrade-stripped",
        undecided=True,
        hidden=True,
    ),
    world(
        "nginx writes the Upgrade header twice",
        configured(
            "nginx",
            nginx(
                location(
                    TO_APP + KEEPS_HOST + "proxy_http_version 1.1; proxy_set_header Connection "
                    'upgrade; proxy_set_header Upgrade "websocket, websocket";'
                )
            ),
            before(strict_gateway),
        ),
        "proxy.dup-upgrade-header",
        "proxy.upgrade-type-disabled",
        hidden=True,
    ),
    world(
        "nginx is reloaded every 2 s and gives old workers 1 s",
        configured(
            "nginx",
            nginx(location(FULL), main="worker_shutdown_timeout 1s;"),
            served("uvicorn"),
            reloads=2.0,
        ),
        "proxy.reload-drain",
        **LIVED,
    ),
    world(
        "nginx is reloaded every 2 s and gives old workers 1 s, no bypass",
        around(
            configured(
                "nginx",
                nginx(location(FULL), main="worker_shutdown_timeout 1s;"),
                served("uvicorn"),
                reloads=2.0,
            )
        ),
        "proxy.reload-drain",
        "session.server-restart",
        "capacity.process-crash",
        **LIVED,
    ),
    world(
        "a patient nginx before an impatient HAProxy",
        around(
            configured(
                "nginx",
                nginx(location(FULL + "proxy_read_timeout 3600s;")),
                configured("haproxy", TIMES_OUT, served("hypercorn")),
            )
        ),
        "keepalive.proxy-idle",
        **IDLE,
    ),
    world(
        "an impatient load balancer before a patient nginx",
        around(
            configured(
                "haproxy",
                TIMES_OUT,
                configured(
                    "nginx", nginx(location(FULL + "proxy_read_timeout 3600s;")), served("node-ws")
                ),
            )
        ),
        "keepalive.proxy-idle",
        **IDLE,
    ),
    world(
        "nginx on TLS chooses HTTP/2",
        configured(
            "nginx",
            nginx(TLS + location(FULL), listen=" ssl http2"),
            served("uvicorn"),
            secure=True,
        ),
        "tls.alpn-h2-chosen",
        secure=True,
    ),
    world(
        "nginx sends everybody to https",
        configured("nginx", nginx("return 301 https://$host$request_uri;"), served("uvicorn")),
        "proxy.redirect",
    ),
    world(
        "nginx wants a browser's User-Agent",
        configured(
            "nginx",
            nginx("if ($http_user_agent !~ Mozilla) { return 403; } " + location(FULL)),
            served("granian"),
        ),
        "proxy.user-agent-blocked",
    ),
    world(
        "nginx at the edge refuses every upgrade",
        configured(
            "nginx", nginx("if ($http_upgrade) { return 403; } " + location(FULL)), served("daphne")
        ),
        "proxy.waf-bot-block",
    ),
)
