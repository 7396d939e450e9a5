"""How long after the start of its process a client has connected, beside other clients."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from benchmarks.measure import Bar, environment, interleaved, print_table

MOST_MS, MOST_RATIO = 150.0, 1.5
ASYNCIO = """
import asyncio, sys

async def main():
    _, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    writer.close()

asyncio.run(main())
"""
SOCKET = """
import socket, sys

socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
"""
CLIENTS: dict[str, Callable[[int], list[str]]] = {
    "hangup": lambda port: ["-m", "hangup", f"ws://127.0.0.1:{port}/ws"],
    "bare asyncio": lambda port: ["-c", ASYNCIO, str(port)],
    "websockets CLI": lambda port: ["-m", "websockets", f"ws://127.0.0.1:{port}/ws"],
    "plain socket": lambda port: ["-c", SOCKET, str(port)],
}


def measure(rounds: int) -> list[Bar]:
    """Compare the clients; the listener is ours, so its clock is the process's start."""
    peers = {name: lambda argv=argv: _connected_after(argv) for name, argv in CLIENTS.items()}
    values = interleaved(peers, 2 * rounds)
    print_table(values, "bare asyncio")
    ours, bare = median(values["hangup"]), median(values["bare asyncio"])
    return [
        Bar("first packet after process start", ours, MOST_MS, " ms"),
        Bar("first packet beside a bare asyncio client", ours / bare, MOST_RATIO, " x"),
    ]


def _connected_after(argv: Callable[[int], list[str]]) -> float:
    """Give the milliseconds from the start of a client to its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        port = listener.getsockname()[1]
        began = time.perf_counter()
        client = subprocess.Popen(
            [sys.executable, *argv(port)],
            stdin=subprocess.PIPE,  # the interactive client waits for a line
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        try:
            connection, _ = listener.accept()
            elapsed = time.perf_counter() - began
            connection.close()
        finally:
            client.kill()
            client.communicate()
    return elapsed * 1000
