"""Worlds of a real gateway that decides who may come in, and how often."""

from __future__ import annotations

from hangup.lab.configured import apache, configured, haproxy, nginx
from hangup.lab.parts import around, served
from hangup.lab.world import Start, World
from hangup.lab.worlds.cases_proxy import FULL, location, world
from hangup.lab.worlds.trial5_hops import well

KEY = "k7f2-of-the-mobile-app"
ASKS = location("auth_request /auth; " + FULL)
KNOWS = location(
    f'internal; if ($http_authorization != "Bearer {KEY}") {{ return 401; }} return 204;', "= /auth"
)
ALLOWED = """
map $http_origin $allowed {
    default 0;
    '' 1;
    https://app.example.org 1;
    https://admin.example.org 1;
}
"""
TO_LOGIN = location("return 302 https://login.example.org/start?rd=$request_uri;", "@login")
FORWARD = (
    "LoadModule proxy_connect_module /usr/lib/apache2/modules/mod_proxy_connect.so\n"
    "LoadModule authz_host_module /usr/lib/apache2/modules/mod_authz_host.so\n"
    'ProxyRequests On\n<Proxy "*">\nRequire ip 10.20.0.0/16\n</Proxy>'
)
COUNTS = (
    "stick-table type ip size 1k expire 10s store http_req_rate(10s)\n"
    "    http-request track-sc0 src\n"
    "    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 3 }"
)
ATTACKS = "http-request deny if { query -m reg -i (\\.\\./|<script|union.+select) }"
OPS = "\nuserlist people\n    user ops insecure-password s3cret\n"


def by_nginx(server: str, back: str, http: str = "") -> Start:
    return configured("nginx", nginx(server, http=http), served(back))


def by_haproxy(front: str, back: str, server: str = "", main: str = "") -> Start:
    return configured("haproxy", haproxy(front, server, main=main), served(back))


WORLDS: tuple[World, ...] = (
    world(
        "nginx asks an authentication service, which does not know the key",
        around(by_nginx(ASKS + KNOWS, "uvicorn")),
        "auth.token-missing-or-bad",
        token="k7f2-of-last-year",
    ),
    world(
        "nginx asks an authentication service that is down",
        by_nginx(
            ASKS + location("internal; proxy_pass http://127.0.0.1:1/verify;", "= /auth"),
            "hypercorn",
        ),
        "session.dependency-down",
        "auth.auth-code-crashes",
        "proxy.backend-down",
        token=KEY,
    ),
    world(
        "nginx asks who it is for pages, not in the WebSocket's location",
        around(by_nginx(ASKS + KNOWS + location(FULL, "= /ws"), "websockets")),
        "auth.not-enforced-on-ws",
        token=KEY,
    ),
    world(
        "nginx sends strangers to the login page",
        around(
            by_nginx(
                location("auth_request /auth; error_page 401 = @login; " + FULL) + KNOWS + TO_LOGIN,
                "aiohttp",
            )
        ),
        "proxy.redirect",
        "auth.token-missing-or-bad",
    ),
    world(
        "HAProxy looks for the key in the query",
        around(
            by_haproxy(
                f"http-request deny deny_status 401 unless {{ url_param(token) -m str {KEY} }}",
                "granian",
            )
        ),
        "auth.token-placement",
        "auth.token-missing-or-bad",
        token=KEY,
    ),
    world(
        "nginx's list of origins lacks the staging site",
        by_nginx("if ($allowed = 0) { return 403; } " + location(FULL), "daphne", ALLOWED),
        "auth.origin-policy",
        "proxy.host-rewrite",
        origin="https://staging.example.org",
    ),
    world(
        "HAProxy wants an Origin, whatever it says",
        around(by_haproxy("http-request deny unless { req.hdr(Origin) -m found }", "uvicorn")),
        "client.origin-missing",
        "auth.origin-policy",
    ),
    world(
        "Apache answers 406 to whoever is no browser",
        configured(
            "apache",
            apache(
                "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} !Mozilla\n"
                "RewriteRule ^ - [R=406,L]\n"
                'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket'
            ),
            served("websockets"),
        ),
        "proxy.user-agent-blocked",
    ),
    world(
        "HAProxy takes a parameter for an attack",
        by_haproxy(ATTACKS, "uvicorn"),
        "proxy.waf-bot-block",
        "session.param-validation",
        path="/ws?next=../inbox",
    ),
    world(
        "the company's proxy serves another network than this one",
        around(configured("apache", apache(FORWARD), served("aiohttp"))),
        "client.environment-proxy",
        host="wrong.hangup.test",
        through_proxy=True,
    ),
    world(
        "HAProxy gives the server two connections and lets the third wait in vain",
        by_haproxy("", "hypercorn", "maxconn 2\n    timeout queue 700ms"),
        "capacity.conn-limit",
    ),
    world(
        "HAProxy counts requests, and after three of them in 10 s says 429",
        around(by_haproxy(COUNTS, "tornado")),
        "capacity.rate-limit",
    ),
    well(
        "HAProxy wants a password and is given it",
        by_haproxy(
            "http-request auth realm staging unless { http_auth(people) }", "uvicorn", main=OPS
        ),
        headers=(("Authorization", "Basic b3BzOnMzY3JldA=="),),
    ),
    well(
        "nginx asks an authentication service, which knows the key",
        around(by_nginx(ASKS + KNOWS, "hypercorn")),
        token=KEY,
    ),
)
