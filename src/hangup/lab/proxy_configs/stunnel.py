"""Configures stunnel, which takes TLS off and passes every byte on."""

from __future__ import annotations

from pathlib import Path

from hangup.lab.errors import UnsupportedRouteError
from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route


def _config(route: Route, folder: Path) -> str:
    if route.certificate is None:
        raise UnsupportedRouteError("stunnel", "do without a certificate")
    # Zero: it ends TCP with TLS, and does not wait for the other's close_notify.
    return f"""
foreground = yes
pid =
debug = warning
syslog = no
[front]
accept = {LOOPBACK}:{route.port}
connect = {LOOPBACK}:{route.upstream}
cert = {route.certificate}
TIMEOUTidle = {max(1, round(route.read_timeout))}
TIMEOUTclose = 0
"""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    return [program, f"{folder}/config"]


STUNNEL = Proxy(
    name="stunnel",
    programs=("stunnel", "stunnel4"),
    package="stunnel4",
    options=frozenset({"read_timeout", "certificate"}),
    config=_config,
    argv=_argv,
)
