"""`hangup mcp` in a process of its own: under the SDK's client, or line by line as raw bytes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any, Literal

from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

CLIENT = {"protocolVersion": "2025-06-18", "capabilities": {}}
INITIALIZE = {**CLIENT, "clientInfo": {"name": "a test", "version": "1"}}
ARGV = ["-m", "hangup", "mcp"]


def environ(**extra: str) -> dict[str, str]:
    """Give the environment with the tree's own package."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **extra}


@contextlib.asynccontextmanager
async def client(
    root: Path, *args: str, mode: Literal["auto", "legacy"] = "auto", **env: str
) -> AsyncIterator[Client]:
    """Connect the SDK's client to a server that was started in a folder."""
    called = StdioServerParameters(
        command=sys.executable, args=[*ARGV, *args], env=environ(**env), cwd=root
    )
    with tempfile.TemporaryFile("w") as errors:
        async with Client(stdio_client(called, errors), mode=mode) as connected:
            yield connected


def text_of(result: Any) -> str:
    """Give the words of a tool's answer."""
    (content,) = result.content
    return content.text


class Wire:
    """A server and every byte that it wrote; the handshake of the protocol is done."""

    def __init__(self, root: Path, *args: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *ARGV, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=root,
            env=environ(**env),
        )
        self.out = b""
        self._ids = 0
        assert self.ask("initialize", INITIALIZE)["serverInfo"]["name"] == "hangup"
        self.write({"method": "notifications/initialized"})

    def write(self, message: dict[str, Any] | bytes) -> None:
        """Write one line."""
        given = isinstance(message, bytes)
        line = message if given else json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = _open(self.process.stdin)
        stream.write(line + b"\n")
        stream.flush()

    def begin(self, method: str, params: dict[str, Any]) -> int:
        """Write a request and give its id."""
        self._ids += 1
        self.write({"id": self._ids, "method": method, "params": params})
        return self._ids

    def answer(self, id: int) -> dict[str, Any]:
        """Read until a request is answered; the test's own timeout ends a silent server."""
        for line in iter(_open(self.process.stdout).readline, b""):
            self.out += line
            message = json.loads(line)
            if message.get("id") == id:
                return message.get("result") or message["error"]
        raise AssertionError(self.end()[1].decode())

    def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Write a request and read its answer."""
        return self.answer(self.begin(method, params))

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool."""
        return self.ask("tools/call", {"name": tool, "arguments": arguments})

    def end(self) -> tuple[bytes, bytes]:
        """Close stdin, wait for the end, and give all of stdout and of stderr."""
        rest, errors = self.process.communicate(timeout=20)
        self.out += rest
        return self.out, errors


@contextlib.contextmanager
def wire(root: Path, *args: str, **env: str) -> Iterator[Wire]:
    """Start a server in a folder, which is gone afterwards."""
    started = Wire(root, *args, **env)
    try:
        yield started
    finally:
        started.process.kill()
        for stream in (started.process.stdin, started.process.stdout, started.process.stderr):
            with contextlib.suppress(OSError):
                _open(stream).close()
        started.process.wait()


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream
    return stream
