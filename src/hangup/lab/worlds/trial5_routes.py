"""Worlds of a real proxy that sends the opening request elsewhere, or changes its headers."""

from __future__ import annotations

from typing import Any

from hangup.lab.configured import (
    KEEPS_HOST,
    UPGRADE,
    apache,
    configured,
    haproxy,
    nginx,
)
from hangup.lab.parts import served
from hangup.lab.process import LOOPBACK
from hangup.lab.world import Start, World
from hangup.lab.worlds.cases_proxy import FULL, TO_APP, location, world
from hangup.lab.worlds.trial5_hops import well

LANDING = (
    "http-request return status 200 content-type text/html "
    "string <html><title>Acme</title><h1>Acme</h1></html>"
)
KNOWS_UPGRADE = "map $http_connection $connection_out { default close; upgrade upgrade; }"
ANOTHER_HOST = f"server {{ listen {LOOPBACK}:PORT default_server; return 404; }}"
EXAMPLE_KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
STRIPS = """
{
    admin off
    auto_https off
}
http://:PORT {
    bind 127.0.0.1
    handle_path /ws* {
        reverse_proxy 127.0.0.1:UPSTREAM
    }
}
"""


def by_nginx(name: str, server: str, back: Start, truth: str, *also: str, **more: Any) -> World:
    """Make a world of nginx, which is told `http` beside its server."""
    http = more.pop("http", "")
    return world(name, configured("nginx", nginx(server, http=http), back), truth, *also, **more)


def by_haproxy(name: str, front: str, back: Start, truth: str, *also: str, **more: Any) -> World:
    """Make a world of HAProxy, which is told something before its server."""
    return world(name, configured("haproxy", haproxy(front, ""), back), truth, *also, **more)


STRIPPED = (
    by_nginx(
        "a header of a location's own makes nginx forget those of the upgrade",
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
        'proxy_set_header Connection "upgrade"; '
        + location(TO_APP + "proxy_set_header X-Real-IP $remote_addr; "),
        served("tornado"),
        "proxy.upgrade-stripped",
    ),
    world(
        "Apache's condition wants WebSocket with capitals",
        configured(
            "apache",
            apache(
                "ProxyPreserveHost On\nRewriteEngine On\n"
                "RewriteCond %{HTTP:Upgrade} =WebSocket\n"
                "RewriteRule ^/(.*) ws://127.0.0.1:UPSTREAM/$1 [P,L]\n"
                "RewriteRule ^/(.*) http://127.0.0.1:UPSTREAM/$1 [P,L]"
            ),
            served("granian"),
        ),
        "proxy.upgrade-stripped",
        "proxy.worker-sharing-config",
    ),
    by_nginx(
        "nginx is told the upgrade's headers, and not to speak HTTP/1.1",
        location(
            TO_APP + KEEPS_HOST + "proxy_set_header Upgrade $http_upgrade; "
            'proxy_set_header Connection "upgrade"; '
        ),
        served("hypercorn"),
        "proxy.http10-upstream",
    ),
)

PLACES = (
    by_nginx(
        "the slash after nginx's upstream takes the path away",
        location("proxy_pass http://127.0.0.1:UPSTREAM/; " + UPGRADE + KEEPS_HOST, "/ws"),
        served("websockets"),
        "proxy.path-rewrite",
    ),
    world(
        "Caddy's handle_path takes off what the application routes",
        configured("caddy", STRIPS, served("aiohttp")),
        "proxy.path-rewrite",
        "proxy.wrong-location",
    ),
    by_haproxy(
        "HAProxy's rule names another path, and the landing page gets the rest",
        f"{LANDING} unless {{ path_beg /socket }}",
        served("node-ws"),
        "proxy.wrong-location",
        "proxy.host-mismatch-default-site",
    ),
    by_nginx(
        "nginx knows the site by its name only, and is dialled by address",
        "server_name chat.example.org; " + location(FULL),
        served("uvicorn"),
        "proxy.host-mismatch-default-site",
        "proxy.wrong-location",
        http=ANOTHER_HOST,
    ),
    by_nginx(
        "nginx adds the slash of its location with a redirect",
        location("proxy_pass http://127.0.0.1:UPSTREAM/ws; " + UPGRADE + KEEPS_HOST, "/ws/"),
        served("uvicorn"),
        "proxy.redirect",
    ),
)

HEADERS = (
    by_nginx(
        "nginx's map knows a Connection of Upgrade, and not of keep-alive, Upgrade",
        location(
            TO_APP + KEEPS_HOST + "proxy_http_version 1.1; "
            "proxy_set_header Upgrade $http_upgrade; "
            "proxy_set_header Connection $connection_out; "
        ),
        served("uvicorn"),
        "proxy.connection-token-parse",
        http=KNOWS_UPGRADE,
    ),
    by_nginx(
        "nginx sends the key of an example that was copied",
        location(FULL + f'proxy_set_header Sec-WebSocket-Key "{EXAMPLE_KEY}"; '),
        served("daphne"),
        "upgrade.bad-accept",
    ),
    by_haproxy(
        "HAProxy passes on only the headers of a list, without the WebSocket's version",
        "http-request del-header Sec-WebSocket-Version",
        served("websockets"),
        "upgrade.bad-key-version",
    ),
    by_haproxy(
        "HAProxy hides from clients that the server will compress",
        "http-response del-header Sec-WebSocket-Extensions",
        served("uvicorn"),
        "proxy.ext-header-loss",
    ),
    by_nginx(
        "nginx keeps the offered subprotocols from the server",
        location(FULL + 'proxy_set_header Sec-WebSocket-Protocol ""; '),
        served("hypercorn"),
        "protocol.subprotocol-not-echoed",
        subprotocols=("graphql-transport-ws",),
    ),
)

WELL = (
    well(
        "HAProxy limits pages, not the WebSocket",
        configured(
            "haproxy",
            haproxy(
                "stick-table type ip size 1k expire 30s store http_req_rate(30s)\n"
                "    http-request track-sc0 src unless { path /ws }\n"
                "    http-request deny deny_status 429 if !{ path /ws } "
                "{ sc_http_req_rate(0) gt 1 }",
                "",
            ),
            served("node-ws"),
        ),
    ),
    well(
        "nginx sends everything but the WebSocket to another site",
        configured(
            "nginx",
            nginx(
                location("return 301 https://www.example.org$request_uri;")
                + location(FULL, "= /ws")
            ),
            served("granian"),
        ),
    ),
)

WORLDS = (*STRIPPED, *PLACES, *HEADERS, *WELL)
