"""The experiments of a run for a reader: each once, with its last outcome in few words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hangup.diagnosis import ExperimentRun
from hangup.ending import ending_of
from hangup.report.units import times
from hangup.trace import Trace

REPETITIONS = frozenset({"repeat", "alone", "at-once"})
"""Experiments whose connections differ in nothing but their number."""

TOLD = frozenset({"listeners", "two-users", "crowd", "slow-reader", "resume", "differently"})
"""Experiments whose outcome is who heard what, or how many there were, which no ending tells."""


def last_of_each(runs: Iterable[ExperimentRun]) -> list[ExperimentRun]:
    """Give each experiment once; what was asked again was asked too early the first time."""
    return list({run.name: run for run in runs}.values())


def outcome_of(run: ExperimentRun, traces: Mapping[str, Trace]) -> str:
    """Tell how the run's connections ended, those that ended alike together.

    The document's own words stand where a trace is missing.
    """
    mine = [traces[id] for id in run.traces if id in traces]
    if run.name in TOLD or not mine or len(mine) < len(run.traces):
        return run.outcome
    alike: dict[str, list[str]] = {}
    for trace in mine:
        alike.setdefault(ending_of(trace).words, []).append(trace.variant)
    if len(alike) == 1:
        words, variants = next(iter(alike.items()))
        return f"{_told(variants)}{words}{times(len(variants))}"
    if run.name in REPETITIONS:
        return "; ".join(f"{words}{times(len(each))}" for words, each in alike.items())
    return "; ".join(f"{', '.join(filter(None, each)) or 'once'}: {w}" for w, each in alike.items())


def _told(variants: Sequence[str]) -> str:
    # One word says no more than the experiment's name does.
    return f"{variants[0]}: " if len(variants) == 1 and " " in variants[0] else ""
