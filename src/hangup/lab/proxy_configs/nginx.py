"""Configures nginx."""

from __future__ import annotations

from pathlib import Path

from hangup.lab.process import LOOPBACK
from hangup.lab.proxy import Proxy, Route


def _config(route: Route, folder: Path) -> str:
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
            proxy_read_timeout {route.read_timeout_ms}ms;
        }}
    }}
}}
"""


def _argv(program: str, route: Route, folder: Path) -> list[str]:
    where = ["-p", f"{folder}/", "-c", "config", "-e", "stderr"]
    return [program, *where, "-g", "daemon off;"]


NGINX = Proxy(
    name="nginx",
    programs=("nginx",),
    package="nginx",
    options=frozenset({"forward_upgrade", "http10", "read_timeout", "prefix"}),
    config=_config,
    argv=_argv,
)
