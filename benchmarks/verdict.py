"""The studied incident: time and connections to its verdict, beside one bare connection to it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median

from benchmarks.measure import Bar, environment, interleaved, print_table
from hangup.demo.worlds import WORLDS, RunningWorld

MOST_SECONDS, MOST_CONNECTIONS = 2.0, 12
BARE = """
import sys
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

with connect(sys.argv[1], additional_headers={"Authorization": f"Bearer {sys.argv[2]}"}) as socket:
    try:
        socket.recv()
    except ConnectionClosed:
        pass
"""


def measure(rounds: int) -> list[Bar]:
    """Diagnose from a cold process, again and again."""
    with WORLDS[0].start() as world:
        print(f"behind {world.proxy or 'no proxy, for none is installed'}")
        connections: list[int] = []
        peers = {
            "hangup": lambda: _diagnose(world, connections),
            "one bare connection": lambda: _connect(world),
        }
        values = interleaved(peers, rounds)
    print_table(values, "one bare connection")
    return [
        Bar("verdict on the studied incident", median(values["hangup"]) / 1000, MOST_SECONDS, " s"),
        Bar("connections it takes", max(connections), MOST_CONNECTIONS),
    ]


def _diagnose(world: RunningWorld, connections: list[int]) -> float:
    demo = world.world
    words = ["--send", demo.sends[0], "--expect", demo.expects[0], "--token", world.token]
    words += ["--bypass", world.bypass] if world.bypass else []
    elapsed, out = _timed(["-m", "hangup", world.url, *words, "--json", "-q"])
    document = json.loads(out or "{}")
    if document.get("layer") not in ("session", "auth"):
        raise AssertionError(f"a wrong verdict has no time: {document.get('summary')}")
    connections.append(document["connections"])
    return elapsed


def _connect(world: RunningWorld) -> float:
    elapsed, _ = _timed(["-c", BARE, world.url, world.token])
    return elapsed


def _timed(argv: list[str]) -> tuple[float, bytes]:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *argv], capture_output=True, env=environment(), check=False
    )
    return (time.perf_counter() - began) * 1000, done.stdout
