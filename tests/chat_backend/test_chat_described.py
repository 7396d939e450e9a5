"""The chat's own AsyncAPI document leads to a plan, which passes against the chat."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agents import Scripted
from chat_server import get, serving
from talking import Served, parts, play

from bars.program import hangup
from hangup.bridge import AgentEvent
from hangup.bridge.words import CONTROL
from hangup.chat.tokens import issue
from hangup.lab.chats import SECRET

WITHIN = 90.0
pytestmark = pytest.mark.timeout(WITHIN + 60)


class Priced(AgentEvent, frozen=True, kw_only=True, tag="priced"):
    """A price is known."""

    price: float


def played(folder: Path, token: str) -> list[dict[str, Any]]:
    environ = os.environ | {"BEARER": token, "CHAT_TOKEN": token}
    command = [sys.executable, "-m", "hangup", "test", "plan.yaml", "--json", "--no-store"]
    run = subprocess.run(command, env=environ, capture_output=True, timeout=WITHIN, cwd=folder)
    assert run.returncode in (0, 1), run.stderr.decode()
    phases = json.loads(run.stdout)["phases"]
    return [check for phase in phases for check in phase["checks"]]


def test_a_plan_of_its_document_passes(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        status, document = get(f"http://127.0.0.1:{server.port}/asyncapi.json")
        (tmp_path / "asyncapi.json").write_text(json.dumps(document))
        hangup("init", "--asyncapi", "asyncapi.json", "--output", "plan.yaml", cwd=tmp_path)
        checks = played(tmp_path, issue(SECRET.encode(), "alice"))
    assert status == 200
    assert document["servers"]["here"]["host"] == f"127.0.0.1:{server.port}"
    assert {check["name"]: check for check in checks if check["outcome"] != "passed"} == {}
    assert len(checks) == 1 + len(CONTROL) + 2


def test_a_chat_that_does_not_keep_its_document_fails_the_plan(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        _, document = get(f"http://127.0.0.1:{server.port}/asyncapi.json")
        document["components"]["schemas"]["Welcome"]["properties"]["seq"] = {"type": "string"}
        document["operations"] = {
            name: document["operations"][name] for name in ("on_ping", "tell")
        }
        (tmp_path / "asyncapi.json").write_text(json.dumps(document))
        hangup("init", "--asyncapi", "asyncapi.json", "--output", "plan.yaml", cwd=tmp_path)
        checks = played(tmp_path, issue(SECRET.encode(), "alice"))
    assert {check["outcome"] for check in checks} == {"failed"}


def test_events_of_the_agent_are_in_it(tmp_path: Path) -> None:
    found: list[Any] = []

    async def scene(chat: Served) -> None:
        found.extend(await asyncio.to_thread(get, f"{chat.http}/asyncapi.json"))

    play(parts(tmp_path, Scripted(), events=(Priced,)), scene)
    status, document = found
    assert (status, document["info"]["version"]) == (200, "b-1")
    schema = document["components"]["schemas"]["Priced"]
    assert schema["properties"]["price"] == {"type": "number"}
    assert {"seq", "run", "step", "at", "price"} <= set(schema["required"])
