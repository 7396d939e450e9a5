"""Worlds of programs that are called or configured in their own way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hangup.lab.certificates import ca_file
from hangup.lab.parts import parts_of
from hangup.lab.process import LOOPBACK, ServerProcess, begin, begun, ended, free_port
from hangup.lab.proxies import PROXIES, ProxyProcess
from hangup.lab.proxy import Route
from hangup.lab.relay import upstream
from hangup.lab.servers import ON_ASYNCIO, node
from hangup.lab.world import Place, Start

UPGRADE = (
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    'proxy_set_header Connection "upgrade"; '
)
KEEPS_HOST = "proxy_set_header Host $http_host; "
APACHE_MODULES = (
    *("mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel", "rewrite"),
    *("authn_core", "authn_file", "auth_basic", "authz_user"),
)


def nginx(
    server: str, *, http: str = "", main: str = "", listen: str = "", connections: int = 1024
) -> str:
    """Write a configuration of nginx; PORT and UPSTREAM stand for the ports."""
    return f"""
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
{main}
events {{ worker_connections {connections}; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxied;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {http}
    server {{
        listen {LOOPBACK}:PORT{listen};
        {server}
    }}
}}
"""


def apache(directives: str) -> str:
    """Write a configuration of Apache; PORT and UPSTREAM stand for the ports."""
    folder = "/usr/lib/apache2/modules"
    modules = "\n".join(
        f"LoadModule {name}_module {folder}/mod_{name}.so" for name in APACHE_MODULES
    )
    return f"""
ServerName localhost
Listen {LOOPBACK}:PORT
{modules}
PidFile pid
ErrorLog /dev/stderr
Mutex file:.
User nobody
Group nogroup
{directives}
"""


def haproxy(front: str, server: str, *, timeout: str = "60s", main: str = "") -> str:
    """Write a configuration of HAProxy; PORT and UPSTREAM stand for the ports."""
    return f"""
global
    maxconn 1024
    {main}
defaults
    mode http
    retries 1
    timeout connect 2s
    timeout client {timeout}
    timeout server {timeout}
    timeout tunnel {timeout}
frontend front
    bind {LOOPBACK}:PORT
    {front}
    default_backend app
backend app
    server app {LOOPBACK}:UPSTREAM {server}
"""


@dataclass(frozen=True, slots=True)
class Configured:
    """A proxy of the table, with a configuration of its own, before another start.

    `reloads` is after how many seconds, again and again, it is told to reload; `secure` says that
    it speaks TLS to clients.
    """

    proxy: str
    config: str
    back: Start
    reloads: float = 0.0
    secure: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.proxy, *parts_of(self.back))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it; the way around the proxy is what stands behind it."""
        async with self.back() as place, begun(self._start, place.port) as process:
            reloading = asyncio.create_task(_reload(process, self.reloads))
            try:
                yield Place(process.port, place.port, ca_file() if self.secure else None)
            finally:
                reloading.cancel()

    def _start(self, upstream: int) -> ProxyProcess:
        proxy = replace(PROXIES[self.proxy], config=self._text)
        return ProxyProcess(proxy, Route(port=free_port(), upstream=upstream)).wait_ready()

    def _text(self, route: Route, _: Path) -> str:
        text = self.config.replace("PORT", str(route.port))
        return text.replace("UPSTREAM", str(route.upstream))


async def _reload(process: ServerProcess, every: float) -> None:
    while every:
        await asyncio.sleep(every)
        os.kill(process.pid, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Called:
    """A Python module, or a script of Node, that takes its port as `{port}` in an argument.

    `dies` is after how many seconds it is ended by `how`; then it is started again, once or
    each time. `patience` is how many seconds it may leave a request unanswered until it is killed
    and started again.
    """

    needs: str
    args: Sequence[str]
    dies: float = 0.0
    how: signal.Signals = signal.SIGTERM
    again: bool = False
    patience: float = 0.0

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.needs,)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        port = free_port()
        running = [await begin(self._start, port)]
        supervising = asyncio.create_task(self._supervise(running))
        try:
            yield Place(port)
        finally:
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)
            await ended(running[-1])

    async def _supervise(self, running: list[ServerProcess]) -> None:
        while self.dies or self.patience:
            await asyncio.sleep(self.dies or 0.2)
            port = running[-1].port
            if self.patience and await answers(port, self.patience):
                continue
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running[-1].pid, signal.SIGKILL if self.patience else self.how)
            await asyncio.to_thread(running[-1].wait)
            running[-1].stop(0.0)
            running.append(await begin(self._start, port))
            if not (self.again or self.patience):
                return

    def _start(self, port: int) -> ServerProcess:
        return self._spawn(port).wait_ready()

    def _spawn(self, port: int) -> ServerProcess:
        args = [arg.format(port=port) for arg in self.args]
        call = [node()] if self.needs == "node-ws" else [sys.executable, "-m"]
        return ServerProcess([*call, *args], port)


async def answers(port: int, within: float) -> bool:
    """Say whether a plain request gets any answer within so many seconds."""
    try:
        async with asyncio.timeout(within), upstream(port) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await reader.read(1)
    except (OSError, TimeoutError):
        return False
    return True


def configured(
    proxy: str, config: str, back: Start, *, reloads: float = 0.0, secure: bool = False
) -> Configured:
    """Put a proxy with a configuration of its own before another start."""
    return Configured(proxy, config, back, reloads, secure)


def uvicorn(app: str, *options: str) -> tuple[str, ...]:
    """Give the arguments that call uvicorn."""
    where = ("--host", LOOPBACK, "--port", "{port}", "--log-level", "error")
    return ("uvicorn", "--ws", "websockets-sansio", *ON_ASYNCIO, app, *where, *options)


def on_node(case: str) -> Called:
    """Call one of the cases on Node's ws."""
    return Called("node-ws", (str(Path(__file__).parent / "apps/case_node.cjs"), "{port}", case))


def on_python(library: str, case: str) -> Called:
    """Call one of the cases on a plain library."""
    return Called(library, ("hangup.lab.worlds.cases_servers", case, "{port}"))
