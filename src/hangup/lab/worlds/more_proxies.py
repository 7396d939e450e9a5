"""Worlds of Apache, Varnish and stunnel before real servers."""

from __future__ import annotations

from functools import partial
from typing import Any

from hangup.lab.certificates import STRANGER, key_file
from hangup.lab.parts import Fronted, around, chained, fronted, hop, served
from hangup.lab.world import World
from hangup.lab.worlds.healthy import HELLO
from hangup.lab.worlds.sessions import EARLY


def behind_tls(server: str | None, certificate: Any = key_file, **options: Any) -> Fronted:
    """Let stunnel speak TLS before a plain server."""
    back = served(server) if server else None
    return chained(hop("stunnel", certificate, **options), back=back)


def idle(proxy: str) -> World:
    return World(
        name=f"{proxy} ends what is idle for 2 s, no bypass",
        start=around(fronted(proxy, "uvicorn", read_timeout=2.0)),
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    )


STRIPPED: dict[str, Any] = {"forward_upgrade": False}
LIKE_STRIPPED = ("proxy.wrong-location",)
LIKE_STRIPPED_ALONE = (
    "upgrade.no-ws-library",
    "session.route-missing",
    "proxy.wrong-location",
)

WORLDS = (
    World(
        name="healthy: Apache before uvicorn",
        start=fronted("apache", "uvicorn"),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: Apache before websockets",
        start=fronted("apache", "websockets"),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: Varnish pipes to uvicorn",
        start=fronted("varnish", "uvicorn"),
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: stunnel before uvicorn",
        start=behind_tls("uvicorn"),
        secure=True,
        truth=None,
        **HELLO,
    ),
    World(
        name="healthy: stunnel before hypercorn, mute",
        start=behind_tls("hypercorn"),
        secure=True,
        truth=None,
    ),
    World(
        name="Apache, backend down",
        start=fronted("apache", None),
        truth="proxy.backend-down",
    ),
    World(
        name="Varnish, backend down",
        start=fronted("varnish", None),
        truth="proxy.backend-down",
    ),
    World(
        name="stunnel, backend down",
        start=behind_tls(None),
        secure=True,
        # stunnel speaks no HTTP: it can only end the connection, as a dying server does.
        truth="proxy.backend-down",
        also=("tcp.accept-then-reset",),
        hidden=True,
    ),
    World(
        name="Apache strips the upgrade, with a bypass",
        start=fronted("apache", "uvicorn", **STRIPPED),
        truth="proxy.upgrade-stripped",
        also=LIKE_STRIPPED,
        **HELLO,
    ),
    World(
        name="Apache strips the upgrade, no bypass",
        start=around(fronted("apache", "uvicorn", **STRIPPED)),
        truth="proxy.upgrade-stripped",
        also=LIKE_STRIPPED_ALONE,
        **HELLO,
    ),
    World(
        name="Apache strips the upgrade before websockets, no bypass",
        start=around(fronted("apache", "websockets", **STRIPPED)),
        truth="proxy.upgrade-stripped",
        also=("proxy.worker-sharing-config",),
        **HELLO,
    ),
    World(
        name="Varnish does not pipe upgrades, with a bypass",
        start=fronted("varnish", "uvicorn", **STRIPPED),
        truth="proxy.upgrade-stripped",
        also=LIKE_STRIPPED,
        **HELLO,
    ),
    World(
        name="Varnish does not pipe upgrades to websockets, no bypass",
        start=around(fronted("varnish", "websockets", **STRIPPED)),
        truth="proxy.upgrade-stripped",
        **HELLO,
    ),
    World(
        name="Apache's two routes share a worker, with a bypass",
        start=fronted("apache", "websockets", shared_worker=True),
        truth="proxy.worker-sharing-config",
        also=("proxy.upgrade-stripped",),
        **HELLO,
    ),
    World(
        name="Apache has no location for the path",
        start=fronted("apache", "uvicorn", prefix="/api"),
        truth="proxy.wrong-location",
        also=("proxy.upgrade-stripped",),
        **HELLO,
    ),
    World(
        name="Apache speaks HTTP/1.0 upstream, with a bypass",
        start=fronted("apache", "websockets", http10=True),
        truth="proxy.http10-upstream",
        **HELLO,
    ),
    World(
        name="an exception after accept, behind Apache",
        start=around(fronted("apache", "hypercorn", "crash_after_accept")),
        truth="session.exception-after-accept",
        also=EARLY,
    ),
    World(
        name="an exception after accept, behind Varnish",
        start=around(fronted("varnish", "hypercorn", "crash_after_accept")),
        truth="session.exception-after-accept",
        also=EARLY,
    ),
    idle("apache"),
    idle("varnish"),
    World(
        name="stunnel ends what is idle for 2 s, no bypass",
        start=around(behind_tls("uvicorn", read_timeout=2.0)),
        secure=True,
        truth="keepalive.proxy-idle",
        idle=4.0,
        waits=True,
    ),
    World(
        name="stunnel with an expired certificate",
        start=behind_tls("uvicorn", partial(key_file, expired=True)),
        secure=True,
        truth="tls.untrusted-or-name",
        **HELLO,
    ),
    World(
        name="stunnel with an authority that nobody knows",
        start=behind_tls("uvicorn", partial(key_file, STRANGER)),
        secure=True,
        truth="tls.untrusted-or-name",
        **HELLO,
    ),
    World(
        name="ws:// to stunnel",
        start=behind_tls("uvicorn"),
        truth="tls.plain-client-on-tls-port",
        also=("tcp.accept-then-reset",),
        **HELLO,
    ),
    World(
        name="wss:// to Apache on a plain port",
        start=fronted("apache", "uvicorn"),
        secure=True,
        truth="tls.tls-client-on-plain-port",
        **HELLO,
    ),
    World(
        name="wss:// to Varnish on a plain port",
        start=fronted("varnish", "uvicorn"),
        secure=True,
        truth="tls.tls-client-on-plain-port",
        **HELLO,
    ),
)
