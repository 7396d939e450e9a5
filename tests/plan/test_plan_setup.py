"""What is done before and after the phases, and what is kept of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plan_servers import Seen, answering, dripping

from hangup.plan import PlanResult, parse_plan, run

StartServer = Callable[..., str]
SECRET = "s3cret-and-long"
PHASES = "phases: [{name: p, checks: [{name: c, KEYS}]}]"
ECHOES = (
    "steps: [{send: {id: '%{THREAD}', in: 't-%{THREAD}'}}, {expect: {id: 7, in: t-7}, within: 2}]"
)


class Http:
    """An HTTP server, and what it was asked."""

    def __init__(self, url: str, seen: Seen) -> None:
        self.url, self.seen = url, seen


def answer(method: str, target: str) -> tuple[int, Any]:
    if target == "/threads":
        return 201, {"id": 7, "login": {"token": SECRET}}
    if target == "/large":
        return 200, b" " * 2_000_000
    return (204, b"") if method == "DELETE" else (500, f"boom\n at the {SECRET}".encode())


@pytest.fixture
def http() -> Iterator[Http]:
    seen: Seen = []
    with answering(answer, seen) as url:
        yield Http(url, seen)


@pytest.fixture
def ran(start_server: StartServer) -> Callable[..., PlanResult]:
    url = start_server("uvicorn")

    def go(text: str, keys: str = "required: true", **settings: str) -> PlanResult:
        text = f"endpoint: {url}\ndiagnose: false\n{text}\n{PHASES.replace('KEYS', keys)}"
        return run(parse_plan(text, "plan.yaml", None, settings))

    return go


def test_kept_values_stand_in_messages_with_their_types(
    http: Http, ran: Callable[..., PlanResult]
) -> None:
    keep = "keep: {THREAD: id}, json: {a: 1}, status: 201"
    result = ran(f"setup: [{{request: {{url: {http.url}/threads, {keep}}}}}]", ECHOES)
    assert result.passed, result
    assert [phase.name for phase in result.phases] == ["setup", "p"]
    assert (http.seen[0][0], json.loads(http.seen[0][3])) == ("POST", {"a": 1})


def test_kept_values_stand_in_urls(http: Http, ran: Callable[..., PlanResult]) -> None:
    setup = f"setup: [{{request: {{url: {http.url}/threads, json: 1, keep: {{T: id}}}}}}]"
    undo = f"teardown: [{{request: {{url: '{http.url}/threads/%{{T}}', method: DELETE}}}}]"
    result = ran(f"{setup}\n{undo}", "endpoint: 'ws://127.0.0.1:1/%{T}', ends: {unreachable: tcp}")
    assert result.passed, result
    assert http.seen[-1][:2] == ("DELETE", "/threads/7")
    assert result.phases[1].checks[0].traces[0].url == "ws://127.0.0.1:1/7"


def test_a_setup_that_fails_lets_no_phase_run_and_the_teardown_does(
    ran: Callable[..., PlanResult], tmp_path: Path
) -> None:
    undone = tmp_path / "undone"
    result = ran(
        "setup: [{run: [sh, -c, 'echo fine; echo the reason >&2; exit 3']}, {run: ['true']}]\n"
        f"teardown: [{{run: [touch, {undone}]}}]"
    )
    setup, phase, teardown = result.phases
    assert not result.passed
    assert [check.outcome for check in setup.checks] == ["failed", "not-executed"]
    assert setup.checks[0].says == "it ended with 3; its last line: the reason"
    assert (phase.run, phase.checks) == (False, ())
    assert phase.why == "setup 1: run sh: it ended with 3; its last line: the reason"
    assert teardown.checks[0].outcome == "passed"
    assert undone.exists()


def test_a_teardown_that_fails_fails_the_plan_and_all_of_it_is_done(
    ran: Callable[..., PlanResult], tmp_path: Path
) -> None:
    undone = tmp_path / "undone"
    result = ran(f"teardown: [{{run: [sh, -c, exit 1]}}, {{run: [touch, {undone}]}}]")
    assert [check.outcome for check in result.phases[-1].checks] == ["failed", "passed"]
    assert (result.passed, result.phases[0].checks[0].outcome) == (False, "passed")
    assert undone.exists()


def test_output_is_told_of_a_failure_only(ran: Callable[..., PlanResult]) -> None:
    result = ran("setup: [{run: [echo, do not tell]}]")
    assert (result.passed, "do not tell" in str(result)) == (True, False)


@pytest.mark.parametrize(
    ("task", "outcome", "says"),
    [
        ("run: [sleep, '30'], within: 0.3", "hung", "it did not end within 0.3 s"),
        ("run: [no-such-command]", "failed", "it cannot be run: No such file or directory"),
        ("request: {url: 'http://127.0.0.1:9'}", "failed", "no answer: Connection refused"),
        ("request: {url: URL/oops}", "failed", "wanted 2xx; it gave 500 Internal Server Error: bo"),
        ("request: {url: URL/threads, status: 200}", "failed", "wanted 200; it gave 201 Created"),
        ("request: {url: URL/threads, keep: {A: no.0}}", "failed", "the answer has nothing at 'no"),
        ("request: {url: URL/large}", "failed", "the answer is larger than 1 MiB"),
    ],
)
def test_what_goes_wrong_is_told(
    http: Http, ran: Callable[..., PlanResult], task: str, outcome: str, says: str
) -> None:
    result = ran(f"setup: [{{{task.replace('URL', http.url)}}}]")
    (check,) = result.phases[0].checks
    assert (check.outcome, check.says[: len(says)]) == (outcome, says)
    assert SECRET not in check.says or "oops" in task
    assert not result.phases[1].run


def test_what_runs_on_in_the_background_holds_nothing_up(ran: Callable[..., PlanResult]) -> None:
    assert ran("setup: [{run: [sh, -c, 'sleep 20 & echo ready'], within: 10}]").elapsed_s < 9


def test_a_kept_secret_is_not_told(http: Http, ran: Callable[..., PlanResult]) -> None:
    setup = (
        f"setup: [{{request: {{url: {http.url}/threads, json: 1, keep: {{TOKEN: login.token}}}}}}]"
    )
    undo = f"teardown: [{{request: {{url: {http.url}/oops}}}}]"
    keys = "steps: [{send: '%{TOKEN}'}, {expect: 'no-%{TOKEN}', within: 0.2}]"
    result = ran(f"{setup}\n{undo}", keys)
    assert result.phases[1].checks[0].outcome == "failed"
    assert "s3cret" not in repr([(c.says, c.where, c.traces) for c in result.checks])


def test_a_secret_of_a_header_is_a_reference_and_is_sent(
    http: Http, ran: Callable[..., PlanResult]
) -> None:
    headers = "headers: {Authorization: 'Bearer ${KEY}'}"
    result = ran(
        f"setup: [{{request: {{url: {http.url}/threads, method: POST, {headers}}}}}]",
        KEY="a-key-of-mine",
    )
    assert result.passed
    assert http.seen[0][2]["authorization"] == "Bearer a-key-of-mine"


def test_the_end_of_the_budget_leaves_time_for_the_teardown(
    ran: Callable[..., PlanResult], tmp_path: Path
) -> None:
    undone = tmp_path / "undone"
    result = ran(
        f"budget: 0.4\nteardown: [{{run: [touch, {undone}]}}]", "steps: [{wait: 20}], deadline: 30"
    )
    assert result.phases[0].checks[0].outcome == "hung"
    assert undone.exists()


def test_ctrl_c_leaves_the_teardown_to_be_done(start_server: StartServer, tmp_path: Path) -> None:
    plan, undone = tmp_path / "plan.yaml", tmp_path / "undone"
    plan.write_text(
        f"endpoint: {start_server('uvicorn')}\nsetup: [{{run: [echo]}}]\n"
        f"teardown: [{{run: [touch, {undone}]}}]\n"
        + PHASES.replace("KEYS", "steps: [{wait: 30}], deadline: 40")
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "hangup", "test", str(plan)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout
    assert any(b"setup: 1 of 1" in line for line in process.stdout)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert (process.returncode, undone.exists()) == (130, True)


def test_what_was_never_made_need_not_be_undone(http: Http, ran: Callable[..., PlanResult]) -> None:
    setup = (
        f"setup: [{{run: ['false']}}, {{request: {{url: {http.url}/threads, keep: {{T: id}}}}}}]"
    )
    result = ran(f"{setup}\nteardown: [{{request: {{url: '{http.url}/%{{T}}', method: DELETE}}}}]")
    (undo,) = result.phases[-1].checks
    assert (undo.outcome, undo.says) == ("not-executed", "nothing was kept under 'T'")
    assert (undo.as_expected, http.seen) == (True, [])


def test_a_task_that_fails_does_not_tell_what_one_before_it_kept(
    http: Http, ran: Callable[..., PlanResult]
) -> None:
    kept = f"{{request: {{url: {http.url}/threads, keep: {{TOKEN: login.token}}}}}}"
    result = ran(f"setup: [{kept}, {{request: {{url: {http.url}/oops}}}}]")
    says = result.phases[0].checks[1].says
    assert says == "wanted 2xx; it gave 500 Internal Server Error: boom at the [redacted]"


def test_an_answer_that_never_ends_is_waited_for_no_longer(
    ran: Callable[..., PlanResult],
) -> None:
    with dripping() as url:
        result = ran(f"setup: [{{request: {{url: {url}}}, within: 0.5}}]")
    (check,) = result.phases[0].checks
    assert (check.outcome, check.says) == ("hung", "no answer within 0.5 s")
    assert check.elapsed_s < 5
