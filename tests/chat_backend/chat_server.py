"""`hangup chat` as its users run it, alone or as three processes behind a real balancer."""

from __future__ import annotations

import json
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hangup.lab.chats import spawn_chat
from hangup.lab.process import LOOPBACK, ServerProcess, free_port


def spawn_for_development(folder: Path, *, port: int = 0) -> ServerProcess:
    """Start a chat that gives tokens to whoever asks."""
    port = port or free_port()
    given = ["--development", "--port", str(port), "--data", str(folder / "data")]
    return ServerProcess([sys.executable, "-m", "hangup", "chat", *given], port)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[ServerProcess]:
    """Run a chat while the context lasts."""
    with spawn_chat(folder, *options) as server:
        server.wait_ready()
        yield server


@contextmanager
def balanced(kind: str, folder: Path, certificate: str, *options: str) -> Iterator[int]:
    """Run three chats behind nginx or HAProxy, which speaks TLS, and give its port."""
    with ExitStack() as stack:
        servers = [stack.enter_context(spawn_chat(folder, *options)) for _ in range(3)]
        for server in servers:
            server.wait_ready()
        port = free_port()
        config = CONFIGS[kind](port, [server.port for server in servers], certificate)
        (folder / "config").write_text(config)
        front = stack.enter_context(ServerProcess(_command(kind, folder), port))
        front.wait_ready()
        yield port


def get(url: str, token: str = "", context: ssl.SSLContext | None = None) -> tuple[int, Any]:
    """Give the status and the body of an answer, as JSON where it is."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _answer(urllib.request.Request(url, headers=headers), context)


def post(url: str, body: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Post a body, and give the status and the body of the answer."""
    return _answer(urllib.request.Request(url, body.encode(), headers), None)


def _answer(request: urllib.request.Request, context: ssl.SSLContext | None) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, _body(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _body(error.read())


def _body(raw: bytes) -> Any:
    return json.loads(raw) if raw[:1] == b"{" else raw.decode()


def _command(kind: str, folder: Path) -> list[str]:
    config = str(folder / "config")
    if kind == "haproxy":
        return ["haproxy", "-db", "-q", "-f", config]
    return ["nginx", "-p", f"{folder}/", "-c", config, "-e", "stderr", "-g", "daemon off;"]


def _nginx(port: int, upstreams: Sequence[int], certificate: str) -> str:
    servers = "".join(f"server {LOOPBACK}:{each};" for each in upstreams)
    return f"""
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxied;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    upstream chat {{ {servers} }}
    map $http_upgrade $connection_out {{ default upgrade; '' close; }}
    server {{
        listen {LOOPBACK}:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location / {{
            proxy_pass http://chat;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_out;
        }}
    }}
}}
"""


def _haproxy(port: int, upstreams: Sequence[int], certificate: str) -> str:
    servers = "\n".join(f"    server app{each} {LOOPBACK}:{each}" for each in upstreams)
    return f"""
global
    maxconn 1024
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout tunnel 60s
frontend front
    bind {LOOPBACK}:{port} ssl crt {certificate}
    default_backend chat
backend chat
    balance roundrobin
{servers}
"""


CONFIGS = {"nginx": _nginx, "haproxy": _haproxy}
