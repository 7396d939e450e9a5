"""Real reverse proxies in front of a server: the table of them, and how one is started."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hangup.lab.errors import LabError
from hangup.lab.process import ServerProcess, free_port
from hangup.lab.proxy import Proxy, Route
from hangup.lab.proxy_configs.apache import APACHE
from hangup.lab.proxy_configs.caddy import CADDY
from hangup.lab.proxy_configs.haproxy import HAPROXY
from hangup.lab.proxy_configs.nginx import NGINX
from hangup.lab.proxy_configs.plain import PLAIN
from hangup.lab.proxy_configs.stunnel import STUNNEL
from hangup.lab.proxy_configs.varnish import VARNISH

PROXIES: Mapping[str, Proxy] = {
    proxy.name: proxy for proxy in (NGINX, HAPROXY, CADDY, APACHE, VARNISH, STUNNEL, PLAIN)
}


class ProxyProcess(ServerProcess):
    """A running proxy; its folder goes when it stops."""

    def __init__(self, proxy: Proxy, route: Route) -> None:
        proxy.check(route)
        self._folder = tempfile.TemporaryDirectory(prefix="hangup-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        # Caddy keeps state in the home folder, which here is its own.
        home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), self._folder.name)
        try:
            folder.chmod(0o711)  # an nginx worker, which has another user, must pass through
            (folder / "config").write_text(proxy.config(route, folder))
            super().__init__(proxy.command(route, folder), route.port, env=home)
        except BaseException:
            self._folder.cleanup()
            raise

    def stop(self, grace: float = 3.0) -> None:
        """End the proxy and remove its folder."""
        try:
            super().stop(grace)
        finally:
            self._folder.cleanup()


def front(name: str, upstream: int, *, port: int | None = None, **options: Any) -> ProxyProcess:
    """Start a proxy in front of the server on port `upstream`; the options are those of `Route`.

    Raises:
        UnknownProxyError, ProgramMissingError, UnsupportedRouteError, StartFailedError.
    """
    port = free_port() if port is None else port
    return spawn(name, Route(port=port, upstream=upstream, **options)).wait_ready()


def spawn(name: str, route: Route) -> ProxyProcess:
    """Start a proxy as `front` does, without waiting until it accepts connections."""
    proxy = PROXIES.get(name)
    if proxy is None:
        raise UnknownProxyError(name)
    return ProxyProcess(proxy, route)


def installed() -> tuple[str, ...]:
    """Give the names of the real HTTP proxies that can start here, in order of preference."""
    real = (p for p in PROXIES.values() if not p.bundled and "forward_upgrade" in p.options)
    return tuple(p.name for p in real if p.installed)


class UnknownProxyError(LabError):
    """No proxy of that name is in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no proxy named {name!r}; there are {', '.join(map(str, PROXIES))}")
        self.name = name
