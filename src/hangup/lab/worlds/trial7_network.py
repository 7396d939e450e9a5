"""Later worlds whose fault lies in addresses, ports or TLS, before any HTTP is spoken."""

from __future__ import annotations

from hangup.lab.configured import configured, haproxy
from hangup.lab.parts import around, served
from hangup.lab.world import World
from hangup.lab.worlds.cases_proxy import world
from hangup.lab.worlds.trial5_addresses import second
from hangup.lab.worlds.trial5_upstreams import Settled
from hangup.lab.worlds.trial6_hops import Known, haproxy_tcp
from hangup.lab.worlds.trial7_hops import (
    apache_tls,
    caddy,
    haproxy_tls,
    leaf_alone,
    maintenance,
    varnish,
)

OFFICE = "tcp-request content reject if !{ src 10.8.0.0/16 192.168.0.0/16 }"
OWN_AUTHORITY = caddy(
    "tls internal\n    reverse_proxy 127.0.0.1:UPSTREAM",
    address="https://127.0.0.1:PORT",
    https="disable_redirects",
    options=(
        "skip_install_trust\n    default_sni 127.0.0.1\n    servers {\n        protocols h1\n    }"
    ),
)
OWN_CURVE = haproxy("", "").replace(
    ":PORT", haproxy_tls("curves brainpoolP384r1 ssl-max-ver TLSv1.2")
)

WORLDS: tuple[World, ...] = (
    world(
        "one of two hosts is in maintenance, and DNS still names it",
        second(maintenance, "127.0.0.2"),
        "dns.partial-pool",
        host="pool.hangup.test",
    ),
    world(
        "Varnish has compiled the old machine's address into its configuration",
        configured("varnish", varnish("", backend="127.0.0.9"), served("granian")),
        "dns.stale-upstream",
        "proxy.backend-down",
    ),
    world(
        "HAProxy takes connections of the office, and rejects the rest unread",
        around(
            configured(
                "haproxy",
                haproxy_tcp("127.0.0.1:UPSTREAM").replace(
                    "default_backend", f"{OFFICE}\n    default_backend"
                ),
                served("hypercorn"),
            )
        ),
        "tcp.accept-then-reset",
    ),
    world(
        "Apache chooses HTTP/2, and carries no WebSocket over it",
        configured(
            "apache",
            apache_tls("Protocols h2 http/1.1", "http2"),
            served("aiohttp"),
            secure=True,
        ),
        "tls.alpn-h2-chosen",
        secure=True,
    ),
    world(
        "Caddy signs its certificate with an authority of its own",
        Settled(configured("caddy", OWN_AUTHORITY, served("tornado"), secure=True), 1.5),
        "tls.untrusted-or-name",
        secure=True,
    ),
    world(
        "HAProxy was hardened to one curve, which this client does not offer",
        around(configured("haproxy", OWN_CURVE, served("uvicorn"), secure=True)),
        "tls.version-cipher",
        secure=True,
    ),
    world(
        "ws:// to Apache's port for https",
        configured("apache", apache_tls(), served("websockets"), secure=False),
        "tls.plain-client-on-tls-port",
    ),
    world(
        "wss:// to HAProxy, whose line for the port has lost its certificate",
        around(configured("haproxy", haproxy("", ""), served("node-ws"))),
        "tls.tls-client-on-plain-port",
        secure=True,
    ),
    world(
        "hypercorn was given its certificate without the one that signed it",
        Known(leaf_alone()),
        "tls.chain-incomplete",
        "tls.untrusted-or-name",
        secure=True,
    ),
)
