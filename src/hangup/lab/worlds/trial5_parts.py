"""What the worlds of everyday applications are made of: how each is called, and workers in turn."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hangup.lab.configured import Called, configured, nginx
from hangup.lab.parts import Served, parts_of, served
from hangup.lab.world import Place, Start, World

ASGI = "hangup.lab.worlds.trial5_asgi"
TALKING = "hangup.lab.worlds.trial5_talking"
FRAMEWORKS = "hangup.lab.worlds.trial5_frameworks"
NODE = Path(__file__).parents[1] / "apps" / "trial5_node.cjs"


def on(server: str, app: str) -> Served:
    """Run one of the ASGI applications that fail before the conversation."""
    return served(server, f"{ASGI}:{app}")


def talking(server: str, app: str) -> Served:
    """Run one of those that fail in conversation, or never."""
    return served(server, f"{TALKING}:{app}")


def by(library: str, name: str, **options: Any) -> Called:
    """Run one of the servers that are no ASGI applications; the options are those of `Called`."""
    if library == "node-ws":
        return Called(library, (str(NODE), "{port}", name), **options)
    return Called(library, (FRAMEWORKS, name, "{port}"), **options)


@dataclass(frozen=True, slots=True)
class Balanced:
    """Two workers behind an nginx that takes them in turn; the honest user knows no way around."""

    workers: tuple[Start, Start]

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("nginx", *(part for worker in self.workers for part in parts_of(worker)))

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run both, and nginx before them."""
        first, second = self.workers
        async with second() as other:
            servers = "server 127.0.0.1:UPSTREAM max_fails=0; "
            servers += f"server 127.0.0.1:{other.port} max_fails=0;"
            passes = "location / { proxy_pass http://workers; proxy_http_version 1.1; "
            passes += "proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; "
            passes += "proxy_set_header Connection upgrade; }"
            config = nginx(passes, http=f"upstream workers {{ {servers} }}")
            async with configured("nginx", config, first)() as place:
                yield Place(place.port)


def balanced(first: Start, second: Start) -> Balanced:
    """Put nginx before two workers that should be alike."""
    return Balanced((first, second))


def world(name: str, start: Start, truth: str | None, *also: str, **options: Any) -> World:
    """Make one world."""
    return World(name=name, start=start, truth=truth, also=also, **options)
