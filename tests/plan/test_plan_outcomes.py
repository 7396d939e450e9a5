"""Each check has one outcome, and nothing that was not declared passes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

StartServer = Callable[..., str]
Run = Callable[..., dict[str, Any]]

CHECKS = {
    "it opens": ("passed", "open until we close it", ""),
    "it echoes": ("passed", "", "steps: [{send: hi}, {expect: '^hi$', within: 2}]"),
    "JSON is compared by its fields": (
        "passed",
        "",
        "steps: [{send: {type: a, of: [{id: x1}]}}, "
        "{expect: {type: a, of.0.id: {matches: ^x}}, within: 2}]",
    ),
    "each of several counts": ("passed", "", "connections: 4"),
    "a reply that does not come": (
        "failed",
        "a message matching 'bye' did not come within 0.3 s",
        "steps: [{send: hi}, {expect: bye, within: 0.3}]",
    ),
    "a type is no text": (
        "failed",
        'a message with n: "1" did not come within 0.3 s',
        "steps: [{send: {n: 1}}, {expect: {n: '1'}, within: 0.3}]",
    ),
    "nothing may come": (
        "failed",
        "1 messages came where none may",
        "steps: [{send: hi}, {silence: 0.3}]",
    ),
    "it must be refused": (
        "failed",
        "expected: refused with 403; it was: open until we closed it",
        "ends: {status: 403}",
    ),
    "it waits beyond its deadline": (
        "hung",
        "nothing decided it within 0.4 s",
        "deadline: 0.4\nsteps: [{expect: x}]",
    ),
    "events in order": (
        "passed",
        "",
        "steps: [{send: {type: a}}, {send: {type: noise}}, {send: {type: b}}, {events: [a, b]}]",
    ),
    "events out of order": (
        "failed",
        "'b' came where 'a' must come",
        "steps: [{send: {type: b}}, {send: {type: a}}, {events: [a, b]}]",
    ),
    "an event that comes twice": (
        "failed",
        "'b' came again",
        "steps: [{send: {type: a}}, {send: {type: b}}, {send: {type: b}}, {events: [a, b]}]",
    ),
    "an event that never comes": (
        "failed",
        "1 of 2 events came; missing: b",
        "steps: [{send: {type: a}}, {events: [a, b], within: 0.3}]",
    ),
    "a stream that is whole": (
        "passed",
        "",
        "steps: [{send: {n: 1}}, {send: {n: 2}}, {send: end}, "
        "{stream: n, until: end, number: n, first: 5, gap: 5, at-least: 2}]",
    ),
    "a stream that lacks a piece": (
        "failed",
        "piece numbers jump from 4 to 6",
        "steps: [{send: {n: 4}}, {send: {n: 6}}, {send: end}, {stream: n, until: end, number: n}]",
    ),
    "a rate": (
        "failed",
        "0 messages in 0.2 s is 0 a second where 5 are the least",
        "steps: [{rate: {at-least: 5, for: 0.2}}]",
    ),
    "what is kept over a reconnect": (
        "passed",
        "",
        "steps: [{send: {n: 41}}, {expect: n, keep: {last: n}}, {reconnect: {abruptly: true}}, "
        "{send: {after: '%{last}'}}, {expect: {after: 41}, within: 5}]",
    ),
    "what cannot be kept": (
        "failed",
        "nothing stands at 'm' to be kept as 'last'",
        "steps: [{send: {n: 41}}, {expect: n, keep: {last: m}}]",
    ),
    "what is known to fail so": (
        "known-issue",
        "no room yet",
        "endpoint: ${URL}x\nknown-issue: {why: no room yet, ends: {status: 403}}",
    ),
    "what is known to fail and does not": (
        "failed",
        "it passes: what is known of it is over (no room yet)",
        "known-issue: {why: no room yet, ends: {status: 403}}",
    ),
    "what is known and fails otherwise": (
        "failed",
        "it fails in another way than is known",
        "endpoint: ${URL}x\nknown-issue: {why: no room yet, ends: {status: 500}}",
    ),
    "its control failed": (
        "void",
        "its control 'it must be refused'",
        "control: it must be refused",
    ),
    "its control passed": ("passed", "", "control: it opens"),
    "nobody has its token": ("not-executed", "the environment has no NOT_SET_HERE", "as: somebody"),
}


def plan_of(checks: dict[str, str], **more: str) -> str:
    """A plan of one phase; each check has its further keys, one a line."""
    lines = [
        "endpoint: ${URL}",
        "diagnose: false",
        "users: {somebody: {token: {env: NOT_SET_HERE}}}",
        *(f"{key}: {value}" for key, value in more.items()),
        "phases:",
        "  - name: all",
        "    checks:",
    ]
    for name, keys in checks.items():
        lines += [f"      - name: {name}", *(f"        {line}" for line in keys.splitlines())]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def run(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    url = start_server("uvicorn")

    def ran(text: str, status: int, *options: str) -> dict[str, Any]:
        path = tmp_path_factory.mktemp("plan") / "plan.yaml"
        path.write_text(text)
        command = [sys.executable, "-m", "hangup", "test", str(path), "--json"]
        done = subprocess.run(
            [*command, "--set", f"URL={url}", *options],
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return ran


@pytest.fixture(scope="module")
def outcomes(run: Run) -> dict[str, dict[str, Any]]:
    document = run(plan_of({name: keys for name, (_, _, keys) in CHECKS.items()}), 1)
    (phase,) = document["phases"]
    return {check["name"]: check for check in phase["checks"]}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_has_the_outcome_that_is_true(
    outcomes: dict[str, dict[str, Any]], name: str
) -> None:
    outcome, says, _ = CHECKS[name]
    assert outcomes[name]["outcome"] == outcome
    assert says in outcomes[name]["says"]


def test_a_check_that_hangs_says_where_it_stood(outcomes: dict[str, dict[str, Any]]) -> None:
    hung = outcomes["it waits beyond its deadline"]
    assert hung["where"] == "step 1 of 1: waiting for a message matching 'x'"
    assert hung["elapsed_s"] < 5


def test_a_plan_whose_checks_all_pass_gives_0(run: Run) -> None:
    assert run(plan_of({"a": "", "b": "control: a"}), 0)["outcome"] == "passed"


def test_what_is_not_required_may_be_left_out(run: Run) -> None:
    assert run(plan_of({"a": "as: somebody\nrequired: false"}), 0)["outcome"] == "passed"
    assert run(plan_of({"a": "as: somebody"}), 1)["outcome"] == "failed"


def test_what_is_not_required_may_not_fail(run: Run) -> None:
    assert run(plan_of({"a": "ends: {status: 403}\nrequired: false"}), 1)["outcome"] == "failed"


def test_a_shut_gate_says_why_the_rest_is_not_run(run: Run) -> None:
    text = plan_of({"a": "ends: {status: 403}"}) + "\n  - {name: later, checks: [{name: b}]}"
    first, later = run(text, 1)["phases"]
    assert (first["run"], later["run"], later["checks"]) == (True, False, [])
    assert later["why"] == "the gate of 'all' is shut: 'a' not as expected"


def test_claims_are_decided_by_checks_that_passed(run: Run) -> None:
    claims = (
        "\nclaims:\n  - {claim: refused, refuted-by: a}\n  - {claim: open, supported-by: a}\n"
        "  - {claim: unknown, refuted-by: b}"
    )
    document = run(plan_of({"a": "", "b": "as: somebody\nrequired: false"}) + claims, 0)
    assert [(each["claim"], each["verdict"]) for each in document["hypotheses"]] == [
        ("refused", "refuted"),
        ("open", "supported"),
        ("unknown", "untested"),
    ]


def test_the_budget_ends_a_plan(run: Run) -> None:
    waiting = "steps: [{wait: 5}]\ndeadline: 9"
    document = run(plan_of({"a": waiting, "b": waiting}, budget="0.5"), 1)
    first, second = document["phases"][0]["checks"]
    assert (first["outcome"], second["outcome"]) == ("hung", "not-executed")
    assert document["elapsed_s"] < 4.5


def test_a_failed_check_is_diagnosed(start_server: StartServer, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    url = start_server("uvicorn", "crash_after_accept")
    plan.write_text(f"endpoint: {url}\nphases: [{{name: p, checks: [{{name: c}}]}}]")
    command = [sys.executable, "-m", "hangup", "test", str(plan), "--json"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    (check,) = json.loads(done.stdout)["phases"][0]["checks"]
    assert (check["outcome"], check["layer"]) == ("failed", "session")
    assert check["closure"]["closed_by"] == "remote"


def test_a_token_is_nowhere_in_what_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOT_SET_HERE", "s3cret-and-long")
    text = plan_of(
        {"a": "as: somebody\nsteps: [{send: s3cret-and-long}, {expect: never, within: 0.2}]"}
    )
    assert "s3cret" not in json.dumps(run(text, 1))


def test_an_unusable_plan_gives_2(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("phasen: []")
    command = [sys.executable, "-m", "hangup", "test", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert f"{plan}:1:1: unknown key 'phasen'; did you mean 'phases'?" in done.stderr
