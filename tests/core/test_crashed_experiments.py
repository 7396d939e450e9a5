"""An experiment that a bug of ours ended is unknown: while it runs, and when it is judged again."""

from __future__ import annotations

import asyncio

import pytest

from hangup.campaign import investigate, rejudge
from hangup.demo.worlds import WORLDS
from hangup.event import ExperimentCrashed
from hangup.experiments import repetition
from hangup.experiments.experiment import Bench
from hangup.inquiry import Inquiry
from hangup.progress import Concluded
from hangup.trace import dump_traces, load_traces

HEALTHY = next(world for world in WORLDS if world.name == "healthy")


async def _broken(bench: Bench) -> None:
    raise LookupError("a bug of ours")


async def _after_dialling(bench: Bench) -> None:
    await bench.dial()
    raise LookupError("a bug of ours")


async def _concluded(inquiry: Inquiry) -> Concluded:
    async for step in investigate(inquiry):
        if isinstance(step, Concluded):
            return step
    raise AssertionError("it never concluded")


@pytest.mark.parametrize("bug", [_broken, _after_dialling])
def test_a_crashed_experiment_is_never_healthy_live_or_judged_again(
    monkeypatch: pytest.MonkeyPatch, bug: object
) -> None:
    at_once = next(e for e in repetition.EXPERIMENTS if e.name == "at-once")
    broken = type(at_once)(
        *(bug if f == "run" else getattr(at_once, f) for f in at_once.__struct_fields__)
    )
    from hangup import strategy

    listed = tuple(broken if e.name == "at-once" else e for e in strategy.EXPERIMENTS)
    monkeypatch.setattr(strategy, "EXPERIMENTS", listed)
    with HEALTHY.start() as world:
        concluded = asyncio.run(_concluded(world.inquiry))
    again = rejudge(list(load_traces(dump_traces(concluded.traces).splitlines(), "run")))
    assert (concluded.diagnosis.verdict, again.verdict) == ("inconclusive", "inconclusive")
    assert any("crashed" in note for note in again.notes)
    assert any(trace.first(ExperimentCrashed) for trace in concluded.traces)
