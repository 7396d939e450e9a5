"""Worlds in which one connection is well, and many are too many, or are not."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hangup.lab.configured import (
    KEEPS_HOST,
    UPGRADE,
    Called,
    Configured,
    configured,
    haproxy,
    nginx,
    uvicorn,
)
from hangup.lab.parts import around, fronted, served
from hangup.lab.peer import Client, Play, echo, routed, scripted
from hangup.lab.process import LOOPBACK, ServerProcess, begun, free_port
from hangup.lab.servers import SERVERS
from hangup.lab.world import Place, Start, World
from hangup.lab.worlds.healthy import HELLO

APPS = "hangup.lab.worlds.crowd_apps"
PASSES = f"proxy_pass http://127.0.0.1:UPSTREAM; {UPGRADE}{KEEPS_HOST}"


@dataclass(frozen=True, slots=True)
class FewFiles:
    """The lab's echo on a real server whose process may open so many files."""

    server: str
    files: int

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return (self.server,)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        async with begun(self._start, free_port()) as process:
            yield Place(process.port)

    def _start(self, port: int) -> ServerProcess:
        limit = ["/bin/sh", "-c", f'ulimit -n {self.files}; exec "$@"', "sh"]
        return ServerProcess([*limit, *SERVERS[self.server].argv("echo", port)], port).wait_ready()


def stops_accepting(most: int) -> Start:
    """Serve so many and accept no more; the kernel keeps two for it, and drops further SYNs."""

    @contextlib.asynccontextmanager
    async def start() -> AsyncIterator[Place]:
        with socket.create_server((LOOPBACK, 0), backlog=1) as listener:
            listener.setblocking(False)
            accepting = asyncio.create_task(_accept(listener, most))
            try:
                yield Place(listener.getsockname()[1])
            finally:
                accepting.cancel()
                await asyncio.gather(accepting, return_exceptions=True)

    return start


async def _accept(listener: socket.socket, most: int) -> None:
    """Accept while fewer than so many are there; who leaves frees no place."""
    loop, playing = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    try:
        while True:
            sock, _ = await loop.sock_accept(listener)
            playing.add(asyncio.create_task(_play(sock)))
            if sum(not task.done() for task in playing) >= most:
                await asyncio.Event().wait()
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


async def _play(sock: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=sock)
    with contextlib.suppress(OSError, EOFError):
        await routed(echo)(Client(reader, writer, 0, 0.0))
    writer.close()


def limits_in_windows(most: int, seconds: float) -> Play:
    """Let so many in within each window of time, whoever has left, and answer 429 to the others."""
    came: list[float] = []

    async def play(client: Client) -> None:
        if client.number == 0:
            came.clear()  # another start of this world, whose ages begin anew
        request = await client.request()
        came[:] = [age for age in came if client.age - age < seconds]
        if len(came) >= most:
            await client.respond(429, "slow down", f"Retry-After: {seconds:g}")
            return
        came.append(client.age)
        if request.upgrades and request.path == "/ws":
            await echo(client, request)
        else:
            await client.respond(404)

    return play


def behind_nginx(http: str = "", location: str = "", **options: Any) -> Configured:
    """Put an nginx with limits of its own before uvicorn."""
    text = nginx(f"location / {{ {PASSES}{location} }}", http=http, **options)
    return configured("nginx", text, served("uvicorn"))


def behind_haproxy(front: str = "", server: str = "", back: Start | None = None) -> Configured:
    """Put an HAProxy with limits of its own before Node's ws."""
    return configured("haproxy", haproxy(front, server), back or served("node-ws"))


def on_node(name: str) -> Called:
    """Run one of the servers on Node's ws."""
    script = Path(__file__).parents[1] / "apps" / "crowd_node.cjs"
    return Called("node-ws", (str(script), "{port}", name))


def world(
    name: str, start: Start, truth: str | None, *also: str, crowd: int = 64, **options: Any
) -> World:
    """Make one world of a user who asks for a crowd and says hello, unless the options differ."""
    asked = {**HELLO, "waits": True, "budget": 30.0, **options}
    return World(name=name, start=start, truth=truth, also=also, crowd=crowd, **asked)


FILES, CONNECTIONS = "capacity.fd-limit", "capacity.conn-limit"
RATE, LOOP, BACKLOG = "capacity.rate-limit", "capacity.loop-blocked", "tcp.backlog-full"
CRASH = "capacity.process-crash"

WORLDS = (
    world("uvicorn has files for forty", FewFiles("uvicorn", 48), FILES, LOOP),
    world(
        "uvicorn on uvloop has files for forty, and ends those that it cannot take",
        FewFiles("uvicorn-uvloop", 48),
        FILES,
        CONNECTIONS,
    ),
    world("hypercorn has files for forty", FewFiles("hypercorn", 48), FILES, CONNECTIONS),
    world(
        "Node has files for forty, and ends those that it cannot take",
        FewFiles("node-ws", 60),
        FILES,
        CONNECTIONS,
    ),
    world(
        "nginx has connections for twenty, and each takes two",
        around(behind_nginx(connections=48)),
        CONNECTIONS,
        FILES,
    ),
    world(
        "nginx lets each address have twenty",
        around(
            behind_nginx("limit_conn_zone $binary_remote_addr zone=each:1m;", "limit_conn each 20;")
        ),
        CONNECTIONS,
    ),
    world(
        "HAProxy lets twenty in, and the next waits unread",
        around(behind_haproxy("maxconn 20")),
        CONNECTIONS,
        FILES,
    ),
    world(
        "HAProxy gives the server twenty, and is patient for a second",
        around(behind_haproxy("timeout queue 1s", "maxconn 20")),
        CONNECTIONS,
    ),
    world(
        "Node takes twenty-four connections, and drops the others",
        on_node("takes_few"),
        CONNECTIONS,
        FILES,
    ),
    world(
        "an application has room for twenty, and closes 1013",
        served("uvicorn", f"{APPS}:has_room_for_twenty"),
        CONNECTIONS,
    ),
    world(
        "nginx takes forty at once and then four a second",
        around(
            behind_nginx(
                "limit_req_zone $binary_remote_addr zone=each:1m rate=4r/s;",
                "limit_req zone=each burst=40 nodelay; limit_req_status 429;",
            )
        ),
        RATE,
        crowd=128,
    ),
    world(
        "an application takes sixty in ten seconds",
        scripted(limits_in_windows(60, 10.0)),
        RATE,
        crowd=128,
    ),
    world(
        "Node has memory for forty, and dies with all of them",
        on_node("dies_of_many"),
        CRASH,
        waits=True,
    ),
    world("a server stops accepting, and its queue fills", stops_accepting(24), BACKLOG, FILES),
    world(
        "each connection is told of each other one, which takes all the loop's time",
        served("uvicorn", f"{APPS}:tells_each_of_all"),
        LOOP,
        crowd=128,
    ),
    world(
        "each connection on uvloop is told of each other one, which takes all the loop's time",
        served("uvicorn-uvloop", f"{APPS}:tells_each_of_all"),
        LOOP,
        crowd=128,
    ),
    world("healthy: three hundred on uvicorn", served("uvicorn"), None, crowd=300),
    world("healthy: three hundred on uvloop", served("uvicorn-uvloop"), None, crowd=300),
    world("healthy: three hundred on Node", served("node-ws"), None, crowd=300),
    world(
        "healthy: uvicorn's limit of concurrency is none of WebSockets",
        Called("uvicorn", uvicorn("hangup.lab.apps.asgi:echo", "--limit-concurrency", "40")),
        None,
    ),
    world(
        "healthy: three hundred behind nginx",
        fronted("nginx", "uvicorn"),
        None,
        crowd=300,
    ),
    world(
        "healthy: a hundred behind HAProxy with room for them",
        behind_haproxy(server="maxconn 150"),
        None,
        crowd=100,
    ),
)
