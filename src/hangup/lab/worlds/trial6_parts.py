"""How the servers of further everyday applications are called."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from hangup.lab import servers
from hangup.lab.configured import KEEPS_HOST, UPGRADE, Called, Configured, configured, nginx
from hangup.lab.parts import Served, served
from hangup.lab.process import LOOPBACK, ServerProcess, begun
from hangup.lab.world import Place, Start
from hangup.lab.worlds.trial5_parts import world

__all__ = ("ASGI", "SUPPLIED", "Reloading", "before", "by", "daphne", "granian", "on", "world")

ASGI = "hangup.lab.worlds.trial6_asgi"
FRAMEWORKS = "hangup.lab.worlds.trial6_frameworks"
WEBSOCKETS = "hangup.lab.worlds.trial6_websockets"
NODE = Path(__file__).parents[1] / "apps" / "trial6_node.cjs"
SUPPLIED = "HANGUP_LAB_GENERATED"
"""Environment variable: the folder that an application writes generated code to."""


def on(server: str, app: str) -> Served:
    """Run one of the ASGI applications."""
    return served(server, f"{ASGI}:{app}")


def by(library: str, name: str) -> Called:
    """Run one of the servers that are no ASGI applications."""
    if library == "node-ws":
        return Called(library, (str(NODE), "{port}", name))
    module = WEBSOCKETS if library == "websockets" else FRAMEWORKS
    return Called(library, (module, name, "{port}"))


def daphne(app: str, *options: str) -> Called:
    """Call daphne with options of its own."""
    where = ("-b", LOOPBACK, "-p", "{port}", "-v", "0")
    return Called("daphne", ("daphne", *where, *options, f"{ASGI}:{app}"))


def granian(app: str, *options: str) -> Called:
    """Call granian with options of its own."""
    where = ("--host", LOOPBACK, "--port", "{port}", "--workers", "1", "--log-level", "error")
    target = app if ":" in app else f"{ASGI}:{app}"
    return Called("granian", ("granian", *where, *options, target))


def before(back: Start, *directives: str) -> Configured:
    """Put an nginx that passes everything on as it should before another start."""
    passes = f"proxy_pass http://127.0.0.1:UPSTREAM; {UPGRADE}{KEEPS_HOST}{' '.join(directives)}"
    return configured("nginx", nginx(f"location / {{ {passes} }}"), back)


@dataclass(frozen=True, slots=True)
class Reloading:
    """An application on uvicorn, which starts anew whenever code in a folder changes."""

    app: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The programs that it needs."""
        return ("uvicorn",)

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Place]:
        """Run it."""
        with tempfile.TemporaryDirectory(prefix="hangup-") as folder:
            async with begun(self._start, folder) as process:
                yield Place(process.port)

    def _start(self, folder: str) -> ServerProcess:
        # What is new in the folder is no change to uvicorn; what is newer than before is.
        Path(folder, "views.py").write_text("MADE_AT = 0.0\n", encoding="utf-8")
        return servers.spawn(
            "uvicorn",
            f"{ASGI}:{self.app}",
            env={SUPPLIED: folder},
            options=("--reload", "--reload-dir", folder),
        ).wait_ready()
