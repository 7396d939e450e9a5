"""Later worlds of a gateway that decides who comes in, how often, and for how long."""

from __future__ import annotations

from typing import Any

from hangup.lab.configured import configured, haproxy, nginx
from hangup.lab.parts import around, chained, hop, served
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial6_hops import by
from hangup.lab.worlds.trial7_hops import apache_with, caddy, varnish

LIVED: dict[str, Any] = {"idle": 4.0, "waits": True}
HANGS_UP = "if ($http_user_agent !~* (mozilla|opera)) { return 444; } "
NO_ACCEPT = """RewriteEngine On
RewriteCond %{HTTP:Accept} ^$
RewriteRule ^ - [F]
ErrorDocument 403 "<html><title>403 Forbidden</title>Blocked by rule 920300, incident 7f2e91</html>"
ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket"""
ONE_KEY = """if (req.http.Authorization != "Bearer k-of-this-year") {
        return (synth(401, "Unauthorized"));
    }"""
IMPATIENT = """reverse_proxy 127.0.0.1:UPSTREAM {
        transport http {
            response_header_timeout 1s
        }
    }"""

WORLDS: tuple[World, ...] = (
    world(
        "nginx hangs up on whoever is no browser, without a word",
        around(configured("nginx", nginx(location(HANGS_UP + FULL)), served("daphne"))),
        "proxy.user-agent-blocked",
        "proxy.waf-bot-block",
        "tcp.accept-then-reset",
    ),
    world(
        "a rule at the edge takes who sends no Accept for a bot",
        configured("apache", apache_with((), NO_ACCEPT), served("uvicorn")),
        "proxy.waf-bot-block",
        "proxy.user-agent-blocked",
    ),
    world(
        "Varnish knows this year's key, and is shown last year's",
        around(configured("varnish", varnish(ONE_KEY), served("tornado"))),
        "auth.token-missing-or-bad",
        token="k-of-last-year",
    ),
    world(
        "the variable of the proxy names the application's own front",
        around(chained(hop("haproxy"), back=served("uvicorn"))),
        "client.environment-proxy",
        through_proxy=True,
    ),
    world(
        "nginx lets in three at once, and then one in six seconds",
        configured(
            "nginx",
            nginx(
                location("limit_req zone=each burst=2 nodelay; limit_req_status 429; " + FULL),
                http="limit_req_zone $binary_remote_addr zone=each:1m rate=10r/m;",
            ),
            served("granian"),
        ),
        "capacity.rate-limit",
    ),
    world(
        "HAProxy has no timeout for tunnels, and two seconds for clients",
        around(
            configured(
                "haproxy",
                haproxy("", "", timeout="2s").replace("timeout tunnel 2s", ""),
                served("node-ws"),
            )
        ),
        "keepalive.proxy-idle",
        **LIVED,
    ),
    world(
        "Caddy awaits the head of an answer for one second, and aiohttp takes longer",
        configured("caddy", caddy(IMPATIENT), by("slow")),
        "session.handshake-timeout",
        "session.dependency-down",
        waits=True,
    ),
)
