"""Configures Apache, whose mod_proxy_http forwards WebSockets where `upgrade=websocket` says so."""

from __future__ import annotations

import os
from pathlib import Path

from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route

# Where Debian, Red Hat and Alpine keep the modules.
_MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules")
_LOADED = ("mpm_event", "unixd", "authz_core", "env", "proxy", "proxy_http")
_HTTP10 = "SetEnv force-proxy-request-1.0 1\nSetEnv proxy-nokeepalive 1"


def _config(route: Route, folder: Path) -> str:
    modules = next((path for path in _MODULES if Path(path).is_dir()), _MODULES[0])
    load = "\n".join(
        f"<IfModule !{name}_module>\nLoadModule {name}_module {modules}/mod_{name}.so\n</IfModule>"
        for name in _LOADED
    )
    # The longer of both is the idle timer of a tunnel.
    seconds = max(1, round(route.read_timeout))
    return f"""
{load}
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/httpd.pid
ServerName localhost
Listen {LOOPBACK}:{route.port}
{"User nobody" if os.geteuid() == 0 else ""}
{"Group #65534" if os.geteuid() == 0 else ""}
ErrorLog "|/bin/cat"
LogLevel warn
Timeout {seconds}
ProxyTimeout {seconds}
ProxyPreserveHost On
{_HTTP10 if route.http10 else ""}
{_passes(route)}
"""


def _passes(route: Route) -> str:
    upstream = f"http://{LOOPBACK}:{route.upstream}/"
    upgrade = " upgrade=websocket" if route.forward_upgrade else ""
    if route.shared_worker:
        # The first match wins, and the second worker becomes the first, without its parameter.
        return f"ProxyPass /api/ {upstream}\nProxyPass / {upstream}{upgrade}"
    return f"ProxyPass {route.prefix}/ {upstream}{upgrade}"


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    return [program, "-X", "-d", f"{folder}", "-f", f"{folder}/config"]


APACHE = Proxy(
    name="apache",
    programs=("apache2", "httpd"),
    package="apache2-bin",
    options=frozenset({"forward_upgrade", "http10", "read_timeout", "prefix", "shared_worker"}),
    config=_config,
    argv=_argv,
)
