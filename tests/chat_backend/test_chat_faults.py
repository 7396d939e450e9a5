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

pytestmark = pytest.mark.timeout(240)
AT_ONCE = 3
OFFERS = {"subprotocol-dropped": ("--subprotocol", "hangup.v1")}
PING, PONG = '{"type": "ping"}', "pong"
QUESTION = {
    "type": "user_message",
    "text": "What is twelve times twelve, please, and how do you work it out?",
}


def diagnosis(port: int, *options: str) -> dict[str, Any]:
    token = issue(SECRET.encode(), "alice")
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


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Diagnose them all, some at a time: most of it is waiting."""

    def look(name: str, folder: Path) -> dict[str, Any]:
        with serving(folder, "--fault", name) as server:
            return diagnosis(server.port, *asked(question=FAULTS[name].asks), *OFFERS.get(name, ()))

    folders = {name: tmp_path_factory.mktemp(name) for name in FAULTS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(folders, pool.map(look, folders, folders.values()), strict=True))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str, found: dict[str, dict[str, Any]]) -> None:
    causes, document = FAULTS[name].causes, found[name]
    assert document["verdict"] == "fault"
    assert document["layer"] in {cause.partition(".")[0] for cause in causes}
    possible = {each["cause"] for each in document["alternatives"]}
    assert document["cause"] in causes or (document["cause"] is None and causes[0] in possible)


def test_without_a_fault_the_same_looks_find_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        verdicts = [
            diagnosis(server.port, *asked(question=question))["verdict"]
            for question in (False, True)
        ]
    assert verdicts == ["healthy", "healthy"]


@pytest.mark.parametrize("name", ["undefined-name", "crash-before-accept", "not-ready"])
def test_a_chat_that_lets_nobody_in_is_not_ready(name: str, tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", name) as server:
        status, told = get(f"http://127.0.0.1:{server.port}/health/ready")
    assert (status, told["parts"]["log"]) == (503, "ok")
    assert told["parts"]["socket"] != "ok"
