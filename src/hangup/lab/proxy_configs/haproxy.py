"""Configures HAProxy."""

from __future__ import annotations

from pathlib import Path

from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route


def _config(route: Route, folder: Path) -> str:
    strip = "" if route.forward_upgrade else "http-request del-header Upgrade"
    prefix = rf"http-request replace-path ^{route.prefix}(/.*)$ \1" if route.prefix else ""
    return f"""
global
    maxconn 1024
defaults
    mode http
    retries 1
    timeout connect 2s
    timeout client {route.read_timeout_ms}
    timeout server {route.read_timeout_ms}
    timeout tunnel {route.read_timeout_ms}
frontend front
    bind {LOOPBACK}:{route.port}
    {strip}
    {prefix}
    default_backend app
backend app
    server app {LOOPBACK}:{route.upstream}
"""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    return [program, "-db", "-q", "-f", f"{folder}/config"]


HAPROXY = Proxy(
    name="haproxy",
    programs=("haproxy",),
    package="haproxy",
    options=frozenset({"forward_upgrade", "read_timeout", "prefix"}),
    config=_config,
    argv=_argv,
)
