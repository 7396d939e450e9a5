"""Functions that are checks run in a process of their own, and end whatever they do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import called_checks
import pytest

from hangup.errors import UsageError
from hangup.plan import (
    Check,
    CheckResult,
    End,
    Given,
    Phase,
    Plan,
    PlanResult,
    Say,
    endpoint,
    parse_plan,
    run,
)

BESIDE = str(Path(__file__).parent / "plan.yaml")
HANGS = {
    "blocks_the_thread": "in blocks_the_thread: time.sleep(60)",
    "holds_the_lock": "in holds_the_lock: ctypes.PyDLL(None).sleep(60)",
    "awaits_for_ever": "in _inner: await asyncio.Event().wait()",
    "swallows_cancellation": "in swallows_cancellation: await asyncio.sleep(60)",
    "blocks_the_loop": "in blocks_the_loop: time.sleep(60)",
}
FAILS = {
    "raises": (
        "AssertionError: it said {'type': 'error'}",
        'in raises: assert reply["type"] == "answer"',
    ),
    "raises_in_a_group": ("ValueError: no such thread", "in _fails: raise ValueError"),
    "leaves": ("SystemExit: 0", "in leaves: raise SystemExit(0)"),
    "dies": ("its process ended with status 0 before it returned", ""),
    "is_killed": ("its process ended with signal 11", "in is_killed: ctypes.string_at(0)"),
    "generates": ("it gave a generator, of which nothing was run", ""),
    "forgets_to_await": ("coroutine 'answers' was never awaited", ""),
    "no_function": ("TypeError: called_checks:no_function is no function", ""),
    "nowhere": ("AttributeError: module 'called_checks' has no attribute 'nowhere'", ""),
}


def called(*names: str, deadline: float = 20) -> dict[str, CheckResult]:
    """Run functions of the file beside, as a plan of YAML calls them."""
    checks = ", ".join(
        f"{{name: {name}, call: 'called_checks:{name}', deadline: {deadline}}}" for name in names
    )
    text = f"phases: [{{name: p, checks: [{checks}]}}]"
    return {result.name: result for result in run(parse_plan(text, BESIDE)).checks}


@pytest.mark.parametrize("name", ["returns", "answers"])
def test_a_function_that_returns_passes(name: str) -> None:
    assert called(name)[name].outcome == "passed"


@pytest.mark.parametrize("name", FAILS)
def test_a_function_that_does_not_return_fails_and_says_where(name: str) -> None:
    says, where = FAILS[name]
    result = called(name)[name]
    assert (result.outcome, result.says[: len(says)]) == ("failed", says)
    assert where in result.where
    assert bool(where) == bool(result.where)


@pytest.mark.parametrize("name", HANGS)
def test_a_function_that_hangs_is_ended_where_it_stands_and_the_others_go_on(name: str) -> None:
    results = called(name, "returns", deadline=3)
    hung = results[name]
    assert (hung.outcome, hung.says) == ("hung", "it did not return within 3 s")
    assert "called_checks.py:" in hung.where
    assert HANGS[name] in hung.where
    assert hung.elapsed_s <= 8
    assert results["returns"].outcome == "passed"


def test_the_budget_ends_a_function_too() -> None:
    plan = Plan(
        phases=(Phase("p", (Check(name="c", call=called_checks.blocks_the_thread),)),), budget=2
    )
    result = run(plan)
    assert (result.checks[0].outcome, result.elapsed_s < 8) == ("hung", True)


def test_a_function_is_given_its_user_and_what_it_says_of_him_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALICE", "t0ken-of-alice")
    text = (
        "endpoint: ws://127.0.0.1:9/ws\nusers: {alice: {token: {env: ALICE}}}\ndeadline: 8\n"
        "phases: [{name: p, checks: [{name: c, as: alice, call: 'called_checks:is_given'}, "
        "{name: d, as: alice, call: 'called_checks:tells_its_token'}]}]"
    )
    given, told = run(parse_plan(text, BESIDE)).checks
    assert (given.outcome, given.where) == ("passed", "")
    assert told.says == "RuntimeError: refused: [redacted]"


def test_what_is_named_like_a_secret_is_told_neither_by_texts_nor_by_code() -> None:
    told = called("tells_another_token")["tells_another_token"]
    assert told.says == "RuntimeError: token=[redacted]"
    assert "abcd1234efgh" not in told.where


def of_python(*checks: Check) -> PlanResult:
    return run(Plan(phases=(Phase("p", checks),), diagnose=False))


def test_a_plan_is_built_of_objects() -> None:
    nowhere = endpoint("ws://127.0.0.1:9/ws", token="abcdefgh")
    result = of_python(
        Check(name="tcp", endpoint=nowhere, end=End(unreachable="tcp")),
        Check(name="said", endpoint=nowhere, steps=(Say("hi"),)),
        Check(name="called", call=called_checks.returns),
        Check(name="after", call=called_checks.returns, control="said"),
    )
    assert [check.outcome for check in result.checks] == ["passed", "failed", "passed", "void"]


def _inside() -> object:
    def inner(given: Given) -> None: ...

    return inner


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ((Check(name="c"),), "'c' has neither an endpoint nor a call"),
        ((Check(name="c", call=lambda given: None),), "stands at the top of a module"),
        ((Check(name="c", call=_inside()),), "stands at the top of a module"),  # type: ignore
        ((Check(name="c", call=called_checks.returns, control="d"),), "no check before 'c'"),
        (
            (Check(name="c", call=called_checks.returns, steps=(Say("hi"),)),),
            "takes no steps or ends",
        ),
        ((Check(name="c", call=called_checks.returns),) * 2, "a second check is named 'c'"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(checks: tuple[Check, ...], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        of_python(*checks)


SCRIPT = """
import time
from hangup.plan import Check, Phase, Plan, run

def works(given):
    pass

def hangs(given):
    time.sleep(60)

if __name__ == "__main__":
    checks = (Check(name="a", call=works), Check(name="b", call=hangs, deadline=2))
    for check in run(Plan(phases=(Phase("all", checks),))).checks:
        print(check.name, check.outcome, check.where)
"""


def test_a_script_calls_its_own_functions(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    first, second = done.stdout.splitlines()
    assert first == "a passed "
    assert second == "b hung script.py:9 in hangs: time.sleep(60)"


def test_to_import_it_is_cheap() -> None:
    code = "import sys, hangup.plan; print('msgspec' in sys.modules, 'yaml' in sys.modules)"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
    assert done.stdout.split() == [b"False", b"False"]
