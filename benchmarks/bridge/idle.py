"""Idle memory: what one more quiet connection holds, the server's own part of it included."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from statistics import median

from benchmarks.bridge.load import User
from benchmarks.bridge.servers import ALONE, BARE, BRIDGE, Peer, allow_files, resident, serving
from benchmarks.measure import Bar, print_table

SESSIONS, WARM = 10_000, 200
FROM_ONE_ADDRESS = 5_000
AT_ONCE = 200
QUIET = 18.0
"""Seconds before it is measured: longer than a heartbeat, so that each session has had one."""
ROUNDS = 3
MOST_BYTES = 12 * 1024


def measure(rounds: int) -> list[Bar]:
    """Print what a session holds, beside a bare connection; give the bar."""
    allow_files()
    peers = (BRIDGE, ALONE, BARE)
    values: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for _ in range(min(rounds, ROUNDS)):
        for peer in peers:
            values[peer.name].append(_held(peer))
    print(f"{SESSIONS} idle connections: private memory of each, after a heartbeat")
    print_table(values, BARE.name, "B")
    return [Bar("memory of an idle session", median(values[BRIDGE.name]), MOST_BYTES, " B")]


def _held(peer: Peer) -> float:
    with tempfile.TemporaryDirectory() as folder, serving(peer, folder) as server:

        async def run() -> float:
            users = [User(peer.dialect, f"u{number}") for number in range(WARM + SESSIONS)]
            await _open(users[:WARM], server.port)
            before = await _settled(server.pid, 1.0)
            await _open(users[WARM:], server.port)
            after = await _settled(server.pid, QUIET)
            assert not any(user.lost for user in users), "a connection was lost"
            for user in users:
                user.close()
            return (after - before) / SESSIONS

        return asyncio.run(run())


async def _open(users: list[User], port: int) -> None:
    for first in range(0, len(users), AT_ONCE):
        some = users[first : first + AT_ONCE]
        source = f"127.0.0.{2 + first // FROM_ONE_ADDRESS}"
        await asyncio.gather(*(user.open(port, source) for user in some))


async def _settled(pid: int, seconds: float) -> int:
    """Give the private bytes of a process that has been quiet, and has collected its garbage."""
    await asyncio.sleep(seconds)
    os.kill(pid, signal.SIGUSR1)
    await asyncio.sleep(1.0)
    return resident(pid)
