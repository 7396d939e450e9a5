"""Real reverse proxies in front of a server: nginx, HAProxy, Caddy, and a plain one of our own."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hangup.lab.errors import LabError, ProgramMissingError, UnsupportedRouteError
from hangup.lab.process import LOOPBACK, ServerProcess, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How one proxy forwards: from `port` to `upstream`, both on loopback.

    `forward_upgrade` passes the Upgrade and Connection headers on; `http10` speaks HTTP/1.0 to the
    upstream; `read_timeout` is in seconds of silence; `prefix` is taken off the path.
    """

    port: int
    upstream: int
    forward_upgrade: bool = True
    http10: bool = False
    read_timeout: float = 60.0
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy: its configuration as text, and how it is called in a folder that holds it."""

    name: str
    install: str
    config: Callable[[Route], str]
    argv: Callable[[Route, Path], list[str]]
    bundled: bool = False

    @property
    def installed(self) -> bool:
        """Whether it can be started here."""
        return self.bundled or program(self.name) is not None


class ProxyProcess(ServerProcess):
    """A running proxy; its folder goes when it stops."""

    def __init__(self, proxy: Proxy, route: Route) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hangup-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        # Caddy keeps state in the home folder, which here is its own.
        home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), self._folder.name)
        try:
            folder.chmod(0o711)  # an nginx worker, which has another user, must pass through
            (folder / "config").write_text(proxy.config(route))
            super().__init__(proxy.argv(route, folder), route.port, env=home)
        except BaseException:
            self._folder.cleanup()
            raise

    def stop(self, grace: float = 3.0) -> None:
        """End the proxy and remove its folder."""
        try:
            super().stop(grace)
        finally:
            self._folder.cleanup()


def front(
    name: str,
    upstream: int,
    *,
    port: int | None = None,
    forward_upgrade: bool = True,
    http10: bool = False,
    read_timeout: float = 60.0,
    prefix: str = "",
) -> ProxyProcess:
    """Start a proxy in front of the server on port `upstream`; the options are those of `Route`.

    Raises:
        UnknownProxyError, ProgramMissingError, UnsupportedRouteError, StartFailedError.
    """
    route = Route(
        port=free_port() if port is None else port,
        upstream=upstream,
        forward_upgrade=forward_upgrade,
        http10=http10,
        read_timeout=read_timeout,
        prefix=prefix,
    )
    return spawn(name, route).wait_ready()


def spawn(name: str, route: Route) -> ProxyProcess:
    """Start a proxy as `front` does, without waiting until it accepts connections."""
    proxy = PROXIES.get(name)
    if proxy is None:
        raise UnknownProxyError(name)
    if not proxy.installed:
        raise ProgramMissingError(name, proxy.install)
    return ProxyProcess(proxy, route)


def installed() -> tuple[str, ...]:
    """Give the names of the real proxies that can be started here, in order of preference."""
    return tuple(p.name for p in PROXIES.values() if p.installed and not p.bundled)


class UnknownProxyError(LabError):
    """No proxy of that name is in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no proxy named {name!r}; there are {', '.join(map(str, PROXIES))}")
        self.name = name


def program(name: str) -> str | None:
    """Find an installed program, None when it is not."""
    # Debian installs nginx and HAProxy where an ordinary user's PATH does not look.
    return shutil.which(name) or shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin")


def _nginx_config(route: Route) -> str:
    location = f"{route.prefix}/"
    upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_out;"
    return f"""
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxied;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    map $http_upgrade $connection_out {{ default upgrade; '' close; }}
    server {{
        listen {LOOPBACK}:{route.port};
        location {location} {{
            proxy_pass http://{LOOPBACK}:{route.upstream}{"/" if route.prefix else ""};
            proxy_http_version {"1.0" if route.http10 else "1.1"};
            proxy_set_header Host $http_host;
            {upgrade if route.forward_upgrade else ""}
            proxy_read_timeout {_ms(route)}ms;
        }}
    }}
}}
"""


def _nginx_argv(route: Route, folder: Path) -> list[str]:
    where = ["-p", f"{folder}/", "-c", "config", "-e", "stderr"]
    return [program("nginx") or "nginx", *where, "-g", "daemon off;"]


def _haproxy_config(route: Route) -> str:
    if route.http10:
        raise UnsupportedRouteError("haproxy", "speak HTTP/1.0 to its upstream")
    strip = "" if route.forward_upgrade else "http-request del-header Upgrade"
    prefix = rf"http-request replace-path ^{route.prefix}(/.*)$ \1" if route.prefix else ""
    return f"""
global
    maxconn 1024
defaults
    mode http
    retries 1
    timeout connect 2s
    timeout client {_ms(route)}
    timeout server {_ms(route)}
    timeout tunnel {_ms(route)}
frontend front
    bind {LOOPBACK}:{route.port}
    {strip}
    {prefix}
    default_backend app
backend app
    server app {LOOPBACK}:{route.upstream}
"""


def _haproxy_argv(route: Route, folder: Path) -> list[str]:
    return [program("haproxy") or "haproxy", "-db", "-q", "-f", f"{folder}/config"]


def _caddy_config(route: Route) -> str:
    if route.http10:
        raise UnsupportedRouteError("caddy", "speak HTTP/1.0 to its upstream")
    strip = "" if route.forward_upgrade else "header_up -Upgrade\n        header_up -Connection"
    return f"""
{{
    admin off
    auto_https off
    log {{
        level ERROR
    }}
}}
http://:{route.port} {{
    bind {LOOPBACK}
    {f"uri strip_prefix {route.prefix}" if route.prefix else ""}
    reverse_proxy {LOOPBACK}:{route.upstream} {{
        {strip}
        transport http {{
            versions 1.1
            read_timeout {_ms(route)}ms
        }}
    }}
}}
"""


def _caddy_argv(route: Route, folder: Path) -> list[str]:
    config = ["--config", f"{folder}/config", "--adapter", "caddyfile"]
    return [program("caddy") or "caddy", "run", *config]


def _plain_config(route: Route) -> str:
    if route.forward_upgrade or route.http10 or route.prefix:
        raise UnsupportedRouteError("plain", "do more than forward requests without their upgrade")
    return ""


def _plain_argv(route: Route, folder: Path) -> list[str]:
    return [sys.executable, "-m", "hangup.lab.plain_proxy", str(route.port), str(route.upstream)]


def _ms(route: Route) -> int:
    return round(route.read_timeout * 1000)


PROXIES: Mapping[str, Proxy] = {
    proxy.name: proxy
    for proxy in (
        Proxy("nginx", "apt-get install nginx", _nginx_config, _nginx_argv),
        Proxy("haproxy", "apt-get install haproxy", _haproxy_config, _haproxy_argv),
        Proxy("caddy", "apt-get install caddy", _caddy_config, _caddy_argv),
        Proxy("plain", "", _plain_config, _plain_argv, bundled=True),
    )
}
