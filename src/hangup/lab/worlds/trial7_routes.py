"""Later worlds of a proxy that loses, moves or changes the opening request, or what answers it."""

from __future__ import annotations

from hangup.lab.configured import apache, configured, haproxy, nginx
from hangup.lab.parts import around, served
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial5_parts import by as framework
from hangup.lab.worlds.trial7_hops import TO_APP, apache_with, caddy, varnish

NO_SOCKET = FULL.replace("http://127.0.0.1:UPSTREAM", "http://unix:/nonexistent/app.sock:")
BY_NAME = """use_backend app if { hdr(host) -i chat.example.org }
    use_backend app if { hdr(host) -i www.example.org }"""
ONE_PAGE = """handle /ws/* {
        reverse_proxy 127.0.0.1:UPSTREAM
    }
    handle {
        header Content-Type text/html
        respond `<!doctype html><div id="root"></div><script src="/assets/index-4f1c.js"></script>`
    }"""
VERSIONED = """redir /ws /v2/ws 308
    handle_path /v2/* {
        reverse_proxy 127.0.0.1:UPSTREAM
    }
    handle {
        reverse_proxy 127.0.0.1:UPSTREAM
    }"""

WORLDS: tuple[World, ...] = (
    world(
        "nginx looks for a socket in a folder, and the application listens on a port now",
        configured("nginx", nginx(location(NO_SOCKET)), served("hypercorn")),
        "proxy.backend-down",
        "dns.stale-upstream",
    ),
    world(
        "Varnish names its backend as Host, and tornado compares it with the Origin",
        configured(
            "varnish",
            varnish("", piped='set bereq.http.Host = "app.internal";'),
            framework("tornado", "checks_origin"),
        ),
        "proxy.host-rewrite",
        "auth.origin-policy",
        origin="http://127.0.0.1:{port}",
    ),
    world(
        "Apache unsets Upgrade, since a scanner once complained of it",
        configured(
            "apache",
            apache_with(("headers",), f"RequestHeader unset Upgrade early\n{TO_APP}"),
            served("tornado"),
        ),
        "proxy.upgrade-stripped",
    ),
    world(
        "Caddy sends everybody to the next version's path",
        around(configured("caddy", caddy(VERSIONED), served("granian"))),
        "proxy.redirect",
    ),
    world(
        "Caddy's pattern ends in a slash and a star, and the one page gets the rest",
        configured("caddy", caddy(ONE_PAGE), served("websockets")),
        "proxy.wrong-location",
    ),
    world(
        "HAProxy knows two names, is dialled by address, and has no server for that",
        configured(
            "haproxy",
            haproxy(BY_NAME, "").replace("default_backend app", ""),
            served("node-ws"),
        ),
        "proxy.host-mismatch-default-site",
        "proxy.backend-down",
        "proxy.wrong-location",
    ),
    world(
        "Apache adds a slash that the application does not route",
        configured(
            "apache",
            apache('ProxyPass "/ws" "http://127.0.0.1:UPSTREAM/ws/" upgrade=websocket'),
            served("aiohttp"),
        ),
        "proxy.path-rewrite",
    ),
)
