"""The studied report's six tests, as they were meant: none passes on the fault, all without it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hangup.demo.original_report import TESTS, run_original_report
from hangup.demo.worlds import WORLDS, RunningWorld

from .program import Run, hangup

PLAN = Path(__file__).with_name("original_tests.yaml")
FAULTY = next(world for world in WORLDS if world.name == "incident")
HEALTHY = next(world for world in WORLDS if world.truth_layer is None)
WITHIN = 10.0
"""Seconds; the studied report took a quarter of an hour."""


def play(world: RunningWorld, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STAGING_TOKEN", world.token)
    return hangup("test", str(PLAN), "--set", f"URL={world.url}", "--json")


def outcomes(run: Run) -> dict[str, str]:
    phases = json.loads(run.stdout)["phases"]
    return {check["name"]: check["outcome"] for phase in phases for check in phase["checks"]}


def test_the_plan_has_the_six() -> None:
    text = PLAN.read_text()
    assert [test.name for test in TESTS if f"name: {test.name}" not in text] == []


def test_none_passes_on_the_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with FAULTY.start() as world:
        original = asyncio.run(run_original_report(world.url, world.token))
        run = play(world, monkeypatch)
    assert [original.count(outcome) for outcome in ("passed", "failed", "hung")] == [2, 2, 2]
    assert (run.status, len(outcomes(run))) == (1, 6)
    assert set(outcomes(run).values()) <= {"failed", "hung"}
    assert run.elapsed <= WITHIN


def test_all_pass_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with HEALTHY.start() as world:
        run = play(world, monkeypatch)
    assert (run.status, set(outcomes(run).values())) == (0, {"passed"}), run.stdout
    assert len(outcomes(run)) == 6
    assert run.elapsed <= WITHIN
