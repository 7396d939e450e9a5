"""The score counts what happened: right, wrong, abstained, hung, and not executed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from hangup.diagnosis import Alternative, Diagnosis, EndpointSeen
from hangup.lab import running
from hangup.lab.errors import ProgramMissingError
from hangup.lab.lookup import BASELINES, guess
from hangup.lab.marking import mark
from hangup.lab.page import markdown, page
from hangup.lab.running import Result, run
from hangup.lab.score import score
from hangup.lab.world import Place, World
from hangup.trace import Trace


@contextlib.asynccontextmanager
async def nowhere() -> AsyncIterator[Place]:
    yield Place(1)


@contextlib.asynccontextmanager
async def missing() -> AsyncIterator[Place]:
    raise ProgramMissingError("wonderproxy", "apt-get install wonderproxy")
    yield Place(1)


def world(truth: str | None, *also: str, name: str = "w", **changes: object) -> World:
    return World(name=name, start=nowhere, truth=truth, also=also, **changes)  # type: ignore[arg-type]


def diagnosis(
    verdict: str, cause: str | None = None, confidence: float = 0.95, *others: str, layer: str = ""
) -> Diagnosis:
    told = tuple(
        Alternative(cause=o, layer=o.partition(".")[0], confidence=0.1, told_apart_by="")
        for o in others
    )
    return Diagnosis(
        endpoint=EndpointSeen(url="ws://h/ws"),
        verdict=verdict,  # type: ignore[arg-type]
        layer=layer or (cause.partition(".")[0] if cause else None),
        cause=cause,
        confidence=confidence,
        summary="",
        alternatives=told,
        findings=(),
        closure=None,
        experiments=(),
        next_steps=(),
        connections=8,
        elapsed_s=1.5,
        hangup="0",
    )


def result(where: World, found: Diagnosis) -> Result:
    marked = mark(where, found)
    outcome = "right" if marked.cause else "abstained" if marked.claim is None else "wrong"
    return Result(world=where, outcome=outcome, mark=marked, diagnosis=found)  # type: ignore[arg-type]


HEALTHY, FAULTY = world(None), world("auth.expired", "auth.clock-skew")


@pytest.mark.parametrize(
    ("where", "found", "layer", "cause", "claim"),
    [
        (HEALTHY, diagnosis("healthy"), True, True, True),
        (HEALTHY, diagnosis("fault", "auth.expired"), False, False, False),
        (HEALTHY, diagnosis("inconclusive"), False, False, None),
        (FAULTY, diagnosis("healthy"), False, False, False),
        (FAULTY, diagnosis("fault", "auth.expired"), True, True, True),
        (FAULTY, diagnosis("fault", "auth.clock-skew", 0.9, "auth.expired"), True, True, True),
        (FAULTY, diagnosis("fault", "auth.clock-skew"), True, False, True),
        (FAULTY, diagnosis("fault", "auth.token-placement"), True, False, False),
        (FAULTY, diagnosis("fault", "proxy.redirect"), False, False, False),
        (FAULTY, diagnosis("fault", None, 0.9, "auth.expired", layer="auth"), True, True, True),
        (FAULTY, diagnosis("inconclusive", None, 0.4, "auth.expired"), False, False, None),
    ],
)
def test_a_diagnosis_is_marked_by_what_it_commits_itself_to(
    where: World, found: Diagnosis, layer: bool, cause: bool, claim: bool | None
) -> None:
    marked = mark(where, found)
    assert (marked.layer, marked.cause, marked.claim) == (layer, cause, claim)
    assert bool(marked.problem) is not cause


def test_what_was_not_executed_is_neither_right_nor_wrong() -> None:
    ended = run(World(name="m", start=missing, truth=None))
    assert ended.outcome == "not-executed"
    assert "apt-get install wonderproxy" in ended.why
    scored = score([ended, result(HEALTHY, diagnosis("healthy"))])
    assert (scored.worlds, scored.healthy, scored.not_executed) == (2, 1, 1)


def test_a_run_that_outlives_its_budget_is_hung(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(*_: object) -> None:
        await running.asyncio.Event().wait()

    monkeypatch.setattr(running, "_investigate", forever)
    monkeypatch.setattr(running, "OVERDUE", 0.01)
    ended = run(world(None, budget=0.01))
    assert ended.outcome == "hung"
    assert score([ended]).hung == 1


def test_the_score_counts() -> None:
    results = [
        result(world(None, name="a"), diagnosis("healthy", None, 0.9)),
        result(world(None, name="b"), diagnosis("fault", "tcp.refused", 0.7)),
        result(FAULTY, diagnosis("fault", "auth.expired", 1.0)),
        result(world("tcp.refused", name="c"), diagnosis("fault", "auth.expired", 0.95)),
        result(world("tcp.refused", name="d"), diagnosis("inconclusive", None, 0.3)),
    ]
    scored = score(results)
    assert (scored.faulty, scored.healthy) == (3, 2)
    assert (scored.layer_right, scored.cause_right, scored.false_alarms) == (1, 1, 1)
    assert (scored.sure, scored.sure_right, scored.abstained) == (3, 2, 1)
    assert scored.brier == pytest.approx((0.1**2 + 0.7**2 + 0 + 0.95**2) / 4, abs=1e-4)
    assert scored.matrix["tcp"] == {"auth": 1, "inconclusive": 1}
    assert scored.confused == {"tcp.refused": {"auth.expired": 1, "none": 1}}
    assert sum(each.count for each in scored.bins) == 4
    assert [row.outcome for row in scored.rows].count("wrong") == 2


def test_held_out_worlds_are_counted_apart() -> None:
    results = [
        result(world(None, name="a"), diagnosis("healthy", None, 0.9)),
        result(world("auth.expired", name="b", held_out=True), diagnosis("fault", "auth.expired")),
        result(world("auth.expired", name="c", held_out=True), diagnosis("fault", "tcp.refused")),
        result(world(None, name="d", held_out=True), diagnosis("fault", "tcp.refused")),
        run(World(name="e", start=missing, truth="tcp.refused", held_out=True)),
    ]
    scored = score(results)
    found = scored.held_out
    assert (scored.worlds, scored.faulty, scored.healthy, scored.not_executed) == (1, 0, 1, 0)
    assert (scored.sure, scored.false_alarms, scored.confused) == (1, 0, {})
    assert (found.worlds, found.faulty, found.not_executed) == (4, 2, 1)
    assert (found.layer_right, found.cause_right, found.false_alarms) == (1, 1, 1)
    assert [row.held_out for row in scored.rows] == [False, True, True, True, True]


def test_page_and_table_show_the_held_out_worlds_apart() -> None:
    scored = score([result(world(None, name="a", held_out=True), diagnosis("healthy"))])
    assert "(held out)" in page(scored)
    assert "1 more, written without sight" in page(scored)
    assert "held out: false alarms" in markdown(scored, "2026-01-01")
    assert "0 worlds and 1 held out" in markdown(scored, "2026-01-01")
    alone = score([result(world(None, name="a"), diagnosis("healthy"))])
    assert "held out" not in markdown(alone, "2026-01-01")


def test_the_baselines_look_at_the_first_connection_only() -> None:
    empty = Trace(id="t1", experiment="idle", url="ws://h/", began=0.0, events=())
    assert [guess(name, [empty]) for name in BASELINES] == [(None, None), (None, None)]


def test_page_and_table_hold_every_world_and_escape_it() -> None:
    scored = score([result(world(None, name="<b>odd</b>"), diagnosis("healthy"))])
    drawn = page(scored)
    assert "&lt;b&gt;odd&lt;/b&gt;" in drawn
    assert "<b>" not in drawn
    assert "1 of 1" in markdown(scored, "2026-01-01")
    assert "Measured on 2026-01-01" in markdown(scored, "2026-01-01")
