"""Configures Caddy."""

from __future__ import annotations

from pathlib import Path

from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route


def _config(route: Route, folder: Path) -> str:
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
            read_timeout {route.read_timeout_ms}ms
        }}
    }}
}}
"""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    return [program, "run", "--config", f"{folder}/config", "--adapter", "caddyfile"]


CADDY = Proxy(
    name="caddy",
    programs=("caddy",),
    package="caddy",
    options=frozenset({"forward_upgrade", "read_timeout", "prefix"}),
    config=_config,
    argv=_argv,
)
