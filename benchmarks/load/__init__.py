"""`hangup load` beside other tools: what it costs, what it holds, and whether it is right."""

from __future__ import annotations

from benchmarks.load import accuracy, echoes, held, stall
from benchmarks.measure import Bar

MOST_ROUNDS = 5
"""Of those parts of which a round takes a quarter of a minute."""


def measure(rounds: int) -> list[Bar]:
    """Print a table of each part; give the bars."""
    few = min(rounds, MOST_ROUNDS)
    return [
        *echoes.measure(few),
        *held.measure(),
        *accuracy.measure(few),
        *stall.measure(few),
    ]
