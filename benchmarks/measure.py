"""Interleaved rounds, medians, ratios, bars."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Bar:
    """One figure that must stay at or under a bar; `missing` says why there is none."""

    what: str
    value: float
    most: float
    unit: str = ""
    missing: str = ""

    @property
    def met(self) -> bool:
        """Whether it is met, which needs a figure."""
        return not self.missing and self.value <= self.most

    def __str__(self) -> str:
        if self.missing:
            return f"NONE  {self.what}: not measured: {self.missing}"
        verdict = "pass" if self.met else "MISS"
        return (
            f"{verdict}  {self.what}: {self.value:.3g}{self.unit} (bar: {self.most:g}{self.unit})"
        )


def interleaved(peers: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure every peer once in each round, so that a slow moment of the machine hits all.

    A first round, in which bytecode and page cache become warm, is not counted.
    """
    values: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(rounds + 1):
        for name, run in peers.items():
            value = run()
            if number:
                values[name].append(value)
    return values


def print_table(values: Mapping[str, list[float]], beside: str, unit: str = "ms") -> None:
    """Print medians, fastest runs, and each median held against that of one peer."""
    base = median(values[beside])
    width = max(map(len, values))
    print(f"{'':{width}}  {'median':>9}  {'fastest':>9}  beside {beside}")
    for name, each in values.items():
        middle, least = f"{median(each):.1f} {unit}", f"{min(each):.1f} {unit}"
        print(f"{name:{width}}  {middle:>9}  {least:>9}  x {median(each) / base:.2f}")


def environment() -> dict[str, str]:
    """Give an environment in which bytecode is cached, as in a user's install."""
    dropped = (
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX",
        "PYTHONDEVMODE",
        "PYTHONTRACEMALLOC",
    )
    return {
        name: value
        for name, value in os.environ.items()
        if name not in dropped and not name.startswith("HANGUP_")
    }
