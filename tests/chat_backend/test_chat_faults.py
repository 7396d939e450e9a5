"""Each fault of the chat is found from outside, as its user would look for it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from chat_server import SECRET, get, serving

from hangup.chat.faults import FAULTS
from hangup.chat.tokens import issue

pytestmark = pytest.mark.timeout(420)
AT_ONCE = 3
LIFETIMES = {"expiry-masked": 4.0}
"""Seconds for which the token of a look is valid, where that matters."""
PING, PONG = '{"type": "ping"}', "pong"
QUESTION = {
    "type": "user_message",
    "text": "What is twelve times twelve, please, and how do you work it out?",
}


def diagnosis(port: int, *options: str, lifetime: float = 3600.0) -> dict[str, Any]:
    token = issue(SECRET.encode(), "alice", lifetime=lifetime)
    other = issue(SECRET.encode(), "bob")
    command = [sys.executable, "-m", "hangup", f"ws://127.0.0.1:{port}/ws", "--json"]
    command += ["--token", token, "--other-token", other, *options]
    run = subprocess.run(command, capture_output=True, timeout=50, check=False)
    document: dict[str, Any] = json.loads(run.stdout or run.stderr)
    return document


def asked(*, question: bool) -> list[str]:
    if not question:
        return ["--send", PING, "--expect", PONG]
    said = ["--send", PING, "--send", json.dumps(QUESTION)]
    different = {**QUESTION, "text": "count to three"}
    more = ["--differently", json.dumps(different)]
    return [*said, "--expect", PONG, "--expect", "agent_completed", *more]


def look(name: str, folder: Path) -> dict[str, Any]:
    fault, lifetime = FAULTS[name], LIFETIMES.get(name, 3600.0)
    with serving(folder, "--fault", name) as server:
        return diagnosis(server.port, *asked(question=fault.asks), *fault.look, lifetime=lifetime)


def is_right(name: str, document: dict[str, Any]) -> bool:
    """Whether a verdict names the fault, or its layer with the fault among what is possible."""
    causes = FAULTS[name].causes
    if document["verdict"] != "fault" or document["cause"] in causes:
        return document["verdict"] == "fault"
    possible = {each["cause"] for each in document["alternatives"]}
    layers = {cause.partition(".")[0] for cause in causes}
    return document["cause"] is None and document["layer"] in layers and causes[0] in possible


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Diagnose them all, some at a time: most of it is waiting. What came out wrong is run alone.

    A machine that is busy with other diagnoses is a fault that no fault declares.
    """
    folders = {name: tmp_path_factory.mktemp(name) for name in FAULTS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        documents = dict(zip(folders, pool.map(look, folders, folders.values()), strict=True))
    wrong = [name for name in FAULTS if not is_right(name, documents[name])]
    return documents | {name: look(name, tmp_path_factory.mktemp(name)) for name in wrong}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str, found: dict[str, dict[str, Any]]) -> None:
    document = found[name]
    assert is_right(name, document), (document["verdict"], document["cause"], FAULTS[name].causes)


LOOKS = {(fault.asks, fault.look) for fault in FAULTS.values()}


def test_without_a_fault_the_same_looks_find_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def verdict(how: tuple[bool, tuple[str, ...]]) -> str:
        question, options = how
        with serving(tmp_path_factory.mktemp("healthy")) as server:
            found = diagnosis(server.port, *asked(question=question), *options)
        return str(found["verdict"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = dict(zip(LOOKS, pool.map(verdict, LOOKS), strict=True))
    assert verdicts == dict.fromkeys(LOOKS, "healthy")


@pytest.mark.parametrize("name", ["undefined-name", "crash-before-accept", "not-ready"])
def test_a_chat_that_lets_nobody_in_is_not_ready(name: str, tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", name) as server:
        status, told = get(f"http://127.0.0.1:{server.port}/health/ready")
    assert (status, told["parts"]["log"]) == (503, "ok")
    assert told["parts"]["socket"] != "ok"


def test_a_health_check_that_goes_past_the_fault_says_ready(tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", "health-lies") as server:
        status, told = get(f"http://127.0.0.1:{server.port}/health/ready")
    assert (status, told["status"]) == (200, "ready")
