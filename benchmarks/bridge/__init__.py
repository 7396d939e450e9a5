"""The bridge beside Socket.IO and a bare broadcast: events in a second, latency, idle memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.bridge.load import Heard, Load, drive, users
from benchmarks.bridge.servers import (
    ACKNOWLEDGED,
    BARE,
    BRIDGE,
    PEERS,
    RECOVERABLE,
    Peer,
    cpu,
    install,
    serving,
)
from benchmarks.measure import Bar

USERS = 50
SINGLE, BURSTS = "single events, each awaited", "bursts of 8"
LOADS = {SINGLE: Load(400, 1), BURSTS: Load(2000, 8)}
"""Of each user. The bars are of bursts, which is how agents stream: what a model has sent by one
read is published at once. A publisher that awaits each event waits for one commit each."""
WARM = 160
SHARE = 0.4
"""Of what the slowest peer carries at its best, for latencies."""
SECONDS = 3.0
LEAST_BESIDE_BARE, LEAST_BESIDE_SOCKET_IO = 0.5, 1.0


@dataclass(frozen=True)
class Row:
    """One peer in one round."""

    rate: float
    of_core: float
    busy: float
    p50: float = 0.0
    p99: float = 0.0


Rows = dict[str, list[Row]]


def measure(rounds: int) -> list[Bar]:
    """Print a table for each way to publish, and one of latencies; give the bars."""
    install()
    fast = {name: _rounds(rounds, load) for name, load in LOADS.items()}
    for name, rows in fast.items():
        _print_rates(f"as fast as it goes, {name}", rows)
    rate = SHARE * min(_middle(rows, "rate") for rows in fast[SINGLE].values())
    paced = _rounds(rounds, Load(int(rate * SECONDS / USERS), 1, USERS / rate))
    _print_latencies(f"paced at {rate:.0f} events a second", paced)
    return _bars(fast[BURSTS])


def _rounds(rounds: int, load: Load) -> Rows:
    """Have the peers take turns; each is started anew, and a first load makes it warm."""
    rows: Rows = {peer.name: [] for peer in PEERS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for peer in PEERS:
                rows[peer.name].append(_run(peer, folder, load))
    return rows


def _run(peer: Peer, folder: str, load: Load) -> Row:
    with serving(peer, folder) as server:

        async def run() -> tuple[Heard, float]:
            async with users(peer.dialect, server.port, USERS) as connected:
                await drive(connected, Load(WARM, load.burst))
                before = cpu(server)
                return await drive(connected, load), cpu(server) - before

        heard, spent = asyncio.run(run())
    cuts = quantiles(heard.latencies, n=100) if heard.latencies else [0.0] * 99
    rate = heard.events / heard.seconds
    return Row(rate, heard.events / spent, heard.busy, cuts[49] * 1e3, cuts[98] * 1e3)


def _middle(rows: Iterable[Row], name: str) -> float:
    return float(median(getattr(row, name) for row in rows))


def _print_rates(title: str, values: Rows) -> None:
    print(f"{title}, {USERS} users: events delivered and acknowledged")
    print(f"{'':21} {'a second':>9} {'slowest':>9} {'of a CPU s':>11} {'generator':>10}  bridge is")
    for name, rows in values.items():
        least = min(row.rate for row in rows)
        print(
            f"{name:21} {_middle(rows, 'rate'):9.0f} {least:9.0f} {_middle(rows, 'of_core'):11.0f}"
            f" {_middle(rows, 'busy'):10.0%}  x {_ratio(values, name):.2f}"
        )


def _print_latencies(title: str, values: Rows) -> None:
    print(f"{title}: from publishing to receipt")
    print(f"{'':21} {'p50':>9} {'p99':>9} {'carried':>9}")
    for name, rows in values.items():
        middle, high = _middle(rows, "p50"), _middle(rows, "p99")
        print(f"{name:21} {middle:6.2f} ms {high:6.2f} ms {_middle(rows, 'rate'):7.0f}/s")


def _ratio(values: Rows, beside: str) -> float:
    """Give the median of the rounds' ratios: a slow moment of the machine hits both."""
    rounds = zip(values[BRIDGE.name], values[beside], strict=True)
    return median(bridge.rate / other.rate for bridge, other in rounds)


def _bars(values: Rows) -> list[Bar]:
    most = {
        BARE: 1 / LEAST_BESIDE_BARE,
        RECOVERABLE: 1 / LEAST_BESIDE_SOCKET_IO,
        ACKNOWLEDGED: 1 / LEAST_BESIDE_SOCKET_IO,
    }
    return [
        Bar(f"events a second of {peer.name} beside the bridge", 1 / ratio, bar, " x")
        for peer, bar in most.items()
        if (ratio := _ratio(values, peer.name))
    ]
