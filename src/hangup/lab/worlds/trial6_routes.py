"""Worlds of a proxy that loses, moves or changes the opening request, or what answers it."""

from __future__ import annotations

from hangup.lab.configured import KEEPS_HOST, UPGRADE, apache, configured, haproxy, nginx
from hangup.lab.parts import around, chained, hop, served
from hangup.lab.peer import Client, Play, Request, scripted, site
from hangup.lab.world import World
from hangup.lab.worlds.cases_hops import greets_glued
from hangup.lab.worlds.cases_proxy import FULL, TO_APP, location, world
from hangup.lab.worlds.proxies import answering, before
from hangup.lab.worlds.trial5_parts import by as framework
from hangup.lab.worlds.trial6_hops import Handmade, Paired, by, granian_without_websockets

MODULES = "/usr/lib/apache2/modules"
HTTP11 = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
FRONT_END = (
    "<!DOCTYPE html><html><head><title>404: This page could not be found</title></head></html>"
)
CADDY = """
{
    admin off
    auto_https off
}
http://:PORT {
    bind 127.0.0.1
    reverse_proxy TO {
        MORE
    }
}
"""
ANCHORED = (
    "ProxyPreserveHost On\nRewriteEngine On\n"
    "RewriteCond %{HTTP:Upgrade} ^websocket$ [NC]\n"
    "RewriteCond %{HTTP:Connection} ^upgrade$ [NC]\n"
    "RewriteRule ^/(.*) ws://127.0.0.1:UPSTREAM/$1 [P,L]\n"
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/"'
)
SITES = (
    "<VirtualHost 127.0.0.1:PORT>\nServerName www.example.org\nDocumentRoot /nonexistent\n"
    "</VirtualHost>\n<VirtualHost 127.0.0.1:PORT>\nServerName chat.example.org\n"
    'ProxyPass "/" "http://127.0.0.1:UPSTREAM/" upgrade=websocket\n</VirtualHost>'
)
CANONICAL = (
    "http-request redirect prefix https://www.example.org code 301 unless "
    "{ hdr(host) -i www.example.org }"
)


def caddy(to: str = "127.0.0.1:UPSTREAM", more: str = "") -> str:
    """Write a configuration of Caddy, which forwards to a place."""
    return CADDY.replace("TO", to).replace("MORE", more)


def mesh(back: int) -> Play:
    """Answer as a mesh's gateway for which no upgrade is allowed."""

    async def play(client: Client) -> None:
        request = await client.request()
        if "upgrade" in request.headers:
            await client.respond(403, "", "server: istio-envoy")
        else:
            took = "x-envoy-upstream-service-time: 2"
            await client.respond(404, "404: this is no page", took, "server: istio-envoy")

    return play


async def cannot_be_taken_over(client: Client) -> None:
    """Answer as Go's net/http does behind a writer that cannot be hijacked."""
    request = await client.request()
    told = ("Content-Type: text/plain; charset=utf-8", "X-Content-Type-Options: nosniff")
    if request.path != "/ws":
        await client.respond(404, "404 page not found\n", *told)
    elif not request.upgrades:
        await client.respond(426, "WebSocket protocol violation: no upgrade\n", *told)
    else:
        await client.respond(501, "Not Implemented\n", *told)


async def spaced(client: Client, request: Request) -> None:
    """Accept as a firmware does that lines up the colons of its headers."""
    await client.upgrade(request, "Server           : fw/1.4", "Cache-Control    : no-cache")
    await client.drain()


LOST = (
    world(
        "nginx clears Connection for the sake of its upstream's keepalive",
        configured(
            "nginx",
            nginx(location(TO_APP + KEEPS_HOST + HTTP11 + 'proxy_set_header Connection "";')),
            served("daphne"),
        ),
        "proxy.upgrade-stripped",
    ),
    world(
        "nginx writes the protocol's name into Connection",
        around(
            configured(
                "nginx",
                nginx(
                    location(
                        TO_APP + KEEPS_HOST + HTTP11 + "proxy_set_header Connection $http_upgrade;"
                    )
                ),
                served("websockets"),
            )
        ),
        "proxy.upgrade-stripped",
        "proxy.connection-token-parse",
    ),
    world(
        "Apache's condition on Connection leaves no room for keep-alive",
        configured("apache", apache(ANCHORED), served("websockets")),
        "proxy.connection-token-parse",
    ),
    world(
        "nginx passes on only the headers of a list, without the key",
        around(
            configured(
                "nginx",
                nginx(
                    location(
                        FULL + "proxy_pass_request_headers off; "
                        "proxy_set_header Sec-WebSocket-Version $http_sec_websocket_version;"
                    )
                ),
                served("node-ws"),
            )
        ),
        "upgrade.bad-key-version",
        "proxy.upgrade-stripped",
    ),
    world(
        "nginx hides which protocol the connection was switched to",
        configured(
            "nginx", nginx(location(FULL + "proxy_hide_header Upgrade;")), served("granian")
        ),
        "upgrade.bad-accept",
    ),
    world(
        "nginx hides the extensions that aiohttp has agreed to",
        configured(
            "nginx",
            nginx(location(FULL + "proxy_hide_header Sec-WebSocket-Extensions;")),
            served("aiohttp"),
        ),
        "proxy.ext-header-loss",
        "protocol.rsv-without-ext",
    ),
    world(
        "HAProxy takes the chosen subprotocol out of the answer",
        configured(
            "haproxy",
            haproxy("http-response del-header Sec-WebSocket-Protocol", ""),
            served("hypercorn"),
        ),
        "protocol.subprotocol-not-echoed",
        subprotocols=("v12.stomp",),
    ),
    world(
        "a proxy written on Node forgets what came behind the 101",
        Handmade(site(greets_glued)),
        "proxy.head-bytes-lost",
        sends=(),
        expects=("welcome",),
        waits=True,
    ),
)

MOVED = (
    world(
        "nginx still sends to a port that is another service's by now",
        Paired(
            "nginx",
            nginx(location(FULL.replace("UPSTREAM", "OTHER"))),
            served("tornado"),
            scripted(answering(404, '{"title":"Not Found","status":404}', "Server: Kestrel")),
        ),
        "dns.stale-upstream",
        "proxy.wrong-location",
    ),
    world(
        "nginx speaks https to an application that does not",
        configured(
            "nginx", nginx(location(FULL.replace("http://", "https://"))), served("uvicorn")
        ),
        "proxy.backend-down",
        "dns.stale-upstream",
    ),
    world(
        "HAProxy's only server was put into maintenance",
        configured("haproxy", haproxy("", "disabled"), served("hypercorn")),
        "proxy.backend-down",
        "dns.stale-upstream",
    ),
    world(
        "Apache gives everything to the front end before it comes to the WebSocket's line",
        Paired(
            "apache",
            apache(
                'ProxyPass "/" "http://127.0.0.1:OTHER/"\n'
                'ProxyPass "/ws" "http://127.0.0.1:UPSTREAM/ws" upgrade=websocket'
            ),
            served("aiohttp"),
            scripted(answering(404, FRONT_END, "X-Powered-By: Next.js", "Content-Type: text/html")),
        ),
        "proxy.wrong-location",
    ),
    world(
        "Apache knows the chat by its name, and another site comes first",
        configured("apache", apache(SITES), served("uvicorn-wsproto")),
        "proxy.host-mismatch-default-site",
        "proxy.wrong-location",
    ),
    world(
        "HAProxy sends who comes by address to the canonical name",
        configured("haproxy", haproxy(CANONICAL, ""), served("node-ws")),
        "proxy.redirect",
        "proxy.host-mismatch-default-site",
    ),
    world(
        "nginx forgets the query where its upstream holds a variable",
        configured(
            "nginx",
            nginx(location("proxy_pass http://127.0.0.1:UPSTREAM$uri; " + UPGRADE + KEEPS_HOST)),
            by("rooms"),
        ),
        "proxy.path-rewrite",
        "session.param-validation",
        path="/ws?room=lobby",
        undecided=True,
    ),
    world(
        "HAProxy writes paths in lower case, and aiohttp minds",
        configured("haproxy", haproxy("http-request set-path %[path,lower]", ""), by("hubs")),
        "proxy.path-rewrite",
        path="/hubs/Chat",
    ),
    world(
        "Caddy names its upstream as Host, and tornado compares it with the Origin",
        configured(
            "caddy",
            caddy(more="header_up Host {upstream_hostport}"),
            framework("tornado", "checks_origin"),
        ),
        "proxy.host-rewrite",
        "auth.origin-policy",
        origin="http://127.0.0.1:{port}",
    ),
    world(
        "the mesh's gateway lets no upgrade in",
        before(mesh),
        "proxy.upgrade-type-disabled",
        "proxy.waf-bot-block",
    ),
)

BEHIND = (
    world(
        "granian's WebSockets are switched off, behind Caddy",
        chained(hop("caddy"), back=granian_without_websockets()),
        "upgrade.no-ws-library",
        "session.route-missing",
    ),
    world(
        "the WSGI module was deployed in place of the ASGI one, behind HAProxy",
        chained(hop("haproxy"), back=by("pages")),
        "upgrade.wsgi-server",
    ),
    world(
        "a middleware of Go cannot be taken over, behind nginx",
        chained(hop("nginx"), back=scripted(cannot_be_taken_over)),
        "upgrade.hijack-unsupported",
        "upgrade.platform-unsupported",
        undecided=True,
    ),
    world(
        "a firmware writes spaces before the colons of its headers",
        site(spaced),
        "upgrade.malformed-response",
    ),
)

WORLDS: tuple[World, ...] = (*LOST, *MOVED, *BEHIND)
