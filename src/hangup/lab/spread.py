"""Several processes of one application behind a proxy that takes them in turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hangup.lab.apps.rooms import BUS
from hangup.lab.configured import KEEPS_HOST, UPGRADE, haproxy, nginx
from hangup.lab.process import LOOPBACK, ServerProcess, begin, ended, free_port
from hangup.lab.proxies import PROXIES, ProxyProcess
from hangup.lab.proxy import Route
from hangup.lab.servers import serve
from hangup.lab.world import Place


@dataclass(frozen=True, slots=True)
class Spread:
    """So many processes of one application; each is told its number, and where the bus is."""

    proxy: str
    server: str
    app: str
    count: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.proxy, self.server)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it; there is no way around the proxy, which would be one process of several."""
        async with bus() as port:
            running: list[ServerProcess] = []
            try:
                for number in range(self.count):
                    env = {BUS: str(port), "HANGUP_LAB_NUMBER": str(number)}
                    running.append(await begin(partial(serve, self.server, self.app, env=env)))
                ports = [process.port for process in running]
                running.append(await begin(self._front, ports))
                yield Place(running[-1].port)
            finally:
                await ended(*running)

    def _front(self, upstreams: list[int]) -> ProxyProcess:
        def config(route: Route, _: Path) -> str:
            return CONFIGS[self.proxy](upstreams).replace("PORT", str(route.port))

        route = Route(port=free_port(), upstream=upstreams[0])
        return ProxyProcess(replace(PROXIES[self.proxy], config=config), route).wait_ready()


def _nginx(upstreams: list[int]) -> str:
    servers = " ".join(f"server {LOOPBACK}:{port};" for port in upstreams)
    forward = f"location / {{ proxy_pass http://app; {UPGRADE}{KEEPS_HOST}}}"
    return nginx(forward, http=f"upstream app {{ {servers} }}")


def _haproxy(upstreams: list[int]) -> str:
    first, *more = upstreams
    text = haproxy("", "").replace("UPSTREAM", str(first))
    return text + "".join(f"    server app{port} {LOOPBACK}:{port}\n" for port in more)


CONFIGS = {"nginx": _nginx, "haproxy": _haproxy}


@contextlib.asynccontextmanager
async def bus() -> AsyncIterator[int]:
    """Pass every line of each client on to all clients, as a broker does; gives its port."""
    writers: set[asyncio.StreamWriter] = set()

    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while line := await reader.readline():
                for each in writers:
                    each.write(line)
        writers.discard(writer)
        writer.close()

    server = await asyncio.start_server(accepted, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in tuple(writers):
            writer.close()
