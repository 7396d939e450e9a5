"""`python -m benchmarks [NAME...]`: all benchmarks, or those named; exit 1 when a bar is missed."""

from __future__ import annotations

import argparse

from benchmarks import (
    bridge,
    choosing,
    first_packet,
    imports,
    load,
    locust,
    logs,
    page,
    plugin,
    recorder,
    verdict,
)
from benchmarks.bridge import idle
from benchmarks.measure import Bar

BENCHMARKS = {
    "first_packet": first_packet.measure,
    "verdict": verdict.measure,
    "imports": imports.measure,
    "choosing": choosing.measure,
    "locust": locust.measure,
    "logs": logs.measure,
    "recorder": recorder.measure,
    "page": page.measure,
    "plugin": plugin.measure,
    "bridge": bridge.measure,
    "bridge_idle": idle.measure,
    "load": load.measure,
}


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, default=11, help="runs of each peer (default: 11)")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHMARKS)
    if unknown or asked.rounds < 1:
        parser.error(f"there are {', '.join(BENCHMARKS)}, and rounds are at least 1")
    bars: list[Bar] = []
    for name in asked.names or BENCHMARKS:
        print(f"== {name}", flush=True)
        bars += BENCHMARKS[name](asked.rounds)
        print(flush=True)
    for bar in bars:
        print(bar)
    return 0 if all(bar.met for bar in bars) else 1


if __name__ == "__main__":
    raise SystemExit(main())
