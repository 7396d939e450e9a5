"""The servers whose behaviour is measured: how each is started, and with what limits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from hangup.expectations import Server
from hangup.lab.apps import asgi
from hangup.lab.environments import INSTALL, OLDER, is_made, python_of
from hangup.lab.errors import ProgramMissingError
from hangup.lab.process import LOOPBACK, ServerProcess, free_port
from hangup.lab.servers import NODE_MODULES_FROM, ON_ASYNCIO, node, spawn

PING_EVERY = 1.2
"""Seconds between pings, and for a pong; the sums of both, and half of it more, are no x.5."""
MOST_BYTES = 65_536
OVER = 70_000
"""Bytes of the message that is too big, where the limit is `MOST_BYTES`."""
OVER_DEFAULT = 17 * 1024 * 1024
"""The same where the limit is the server's own."""

_UVICORN_PINGS = ("--ws-ping-interval", str(PING_EVERY), "--ws-ping-timeout", str(PING_EVERY))
_DAPHNE_PINGS = ("--ping-interval", "1", "--ping-timeout", "1")
_ENV = {"HANGUP_LAB_PING_EVERY": str(PING_EVERY), "HANGUP_LAB_MOST_BYTES": str(MOST_BYTES)}
NO_HANDLER = ("close-before-accept", "return-before-accept")
"""What only a gateway interface has: elsewhere an application answers with a status of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One row of the table; `without` are the behaviours that it has no way to show."""

    name: str
    product: str
    packages: tuple[str, ...]
    pings: str
    largest: str
    options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    over: int = OVER
    without: tuple[str, ...] = ()

    def start(self, app: str) -> ServerProcess:
        """Start it with an application; it need not accept connections yet.

        Raises:
            ProgramMissingError, StartFailedError.
        """
        if self.name in OLDER:
            return _start_older(self.name, app, self.options)
        return spawn(self.name, app, env=self.env, options=self.options)

    def described(self) -> Server:
        """Give its row, with the versions that are installed.

        Raises:
            ProgramMissingError: it is not.
        """
        return Server(
            name=self.name,
            product=self.product,
            versions=tuple(f"{p} {_version(self.name, p)}" for p in self.packages),
            pings=self.pings,
            largest=self.largest,
        )


def _start_older(name: str, app: str, options: Sequence[str]) -> ServerProcess:
    _check_made(name)
    port = free_port()
    where = ["--host", LOOPBACK, "--port", str(port), "--log-level", "warning"]
    apps = ["--app-dir", str(Path(asgi.__file__).parent), f"asgi:{app}"]
    graceful = [] if name == "uvicorn-0.20" else ["--timeout-graceful-shutdown", "1"]
    argv = [str(python_of(name)), "-m", "uvicorn", *ON_ASYNCIO, *where, *graceful, *options, *apps]
    return ServerProcess(argv, port)


def _check_made(name: str) -> None:
    if not is_made(name):
        raise ProgramMissingError(f"the environment of {name}", INSTALL)


def _version(server: str, package: str) -> str:
    if server in OLDER:
        _check_made(server)
        pins = dict(pin.split("==") for pin in OLDER[server])
        return pins[package]
    if package == "ws":
        return _node_package(package)
    if find_spec(package) is None:
        raise ProgramMissingError(package, f"pip install {package}")
    try:
        return version(package)
    except PackageNotFoundError as exc:
        raise ProgramMissingError(package, f"pip install {package}") from exc


def _node_package(package: str) -> str:
    script = f"console.log(require('{package}/package.json').version)"
    env = {**os.environ, "NODE_PATH": os.environ.get(NODE_MODULES_FROM, "")}
    told = subprocess.run(
        [node(), "-e", script], env=env, capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise ProgramMissingError(f"Node's {package}", f"npm install {package}")
    return told.stdout.strip()


def _uvicorn(name: str, *packages: str) -> Subject:
    return Subject(
        name=name,
        product="uvicorn",
        packages=("uvicorn", *packages),
        pings="every 20 s, 20 s for the pong",
        largest="16 MiB",
        options=(*_UVICORN_PINGS, "--ws-max-size", str(MOST_BYTES)),
    )


SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        _uvicorn("uvicorn", "websockets"),
        _uvicorn("uvicorn-websockets", "websockets"),
        _uvicorn("uvicorn-wsproto", "wsproto"),
        *(_uvicorn(name, "websockets") for name in OLDER),
        Subject(
            name="hypercorn",
            product="hypercorn",
            packages=("hypercorn", "wsproto"),
            pings="off",
            largest="16 MiB",
            options=("--websocket-ping-interval", "1"),
            over=OVER_DEFAULT,
        ),
        Subject(
            name="daphne",
            product="daphne",
            packages=("daphne", "autobahn"),
            pings="every 20 s, 30 s for the pong",
            largest="1 MiB",
            options=(*_DAPHNE_PINGS, "--websocket-max-message-size", str(MOST_BYTES)),
        ),
        Subject(
            name="granian",
            product="granian",
            packages=("granian",),
            pings="none",
            largest="",
            over=OVER_DEFAULT,
            without=("no-pong",),
        ),
        Subject(
            name="aiohttp",
            product="aiohttp",
            packages=("aiohttp",),
            pings="off",
            largest="4 MiB",
            env=_ENV,
            without=NO_HANDLER,
        ),
        Subject(
            name="tornado",
            product="tornado",
            packages=("tornado",),
            pings="off",
            largest="10 MiB",
            env=_ENV,
            without=(*NO_HANDLER, "return-after-accept"),
        ),
        Subject(
            name="websockets",
            product="websockets",
            packages=("websockets",),
            pings="every 20 s, 20 s for the pong",
            largest="1 MiB",
            env=_ENV,
            without=NO_HANDLER,
        ),
        Subject(
            name="node-ws",
            product="node-ws",
            packages=("ws",),
            pings="none",
            largest="100 MiB",
            env=_ENV,
            without=(*NO_HANDLER, "return-after-accept", "no-pong"),
        ),
    )
}
