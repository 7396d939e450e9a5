"""The chat passes every check of the ready plan, alone and as three processes behind balancers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chat_server import balanced, serving
from postgres_server import PostgresServer
from redis_server import RedisServer

from bars.program import hangup
from hangup.chat.tokens import issue
from hangup.lab import certificates
from hangup.lab.chats import SECRET

PLACES = ("sqlite", "nginx", "haproxy")
WITHIN = 200.0
pytestmark = pytest.mark.timeout(WITHIN + 30)
REFUSED = {
    # Who has none may still log in by a message, within 5 s.
    "without a credential": "{close: 4401}\n        steps: [{wait: 7}]",
    "with a wrong credential": "{status: 401}",
    "with an expired credential": "{status: 401}",
}


def adapted(text: str) -> str:
    """Adapt the ready plan as its head says: names of messages, and the ends of refusals."""
    text = text.replace("PIECE: agent_partial", "PIECE: partial")
    for name, end in REFUSED.items():
        head, found, rest = text.partition(f"- name: {name}\n")
        assert found
        text = head + found + rest.replace("ends: {status: 403}", f"ends: {end}", 1)
    return text


def played(folder: Path, port: int) -> dict[str, Any]:
    environ = os.environ | {
        "ALICE_TOKEN": issue(SECRET.encode(), "alice"),
        "BOB_TOKEN": issue(SECRET.encode(), "bob"),
        "JWT_KEY": SECRET,
    }
    url, plan = f"wss://127.0.0.1:{port}/ws", folder / "plan.yaml"
    ready = hangup("init", "--ready", url, "--cacert", certificates.ca_file(), cwd=folder)
    plan.write_text(adapted(ready.stdout.decode()))
    command = [sys.executable, "-m", "hangup", "test", str(plan), "--json", "--no-store"]
    run = subprocess.run(command, env=environ, capture_output=True, timeout=WITHIN)
    assert run.returncode in (0, 1), run.stderr.decode()
    document: dict[str, Any] = json.loads(run.stdout)
    return document


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[dict[str, dict[str, Any]]]:
    """Run the plan against all three at once: most of its time is spent in watching silence."""
    folders = {place: tmp_path_factory.mktemp(place) for place in PLACES}
    pem = certificates.key_file()
    with ExitStack() as stack:
        redis = RedisServer(tmp_path_factory.mktemp("redis"))
        stack.callback(redis.kill)
        alone = serving(folders["sqlite"], "--cert", pem, "--key", pem)
        ports = {"sqlite": stack.enter_context(alone).port}
        for number, place in enumerate(PLACES[1:]):
            url = redis.url.replace("/0", f"/{number + 1}")
            threads = ("--postgres", postgres.url) if place == "haproxy" else ()
            front = balanced(place, folders[place], pem, "--redis", url, *threads)
            ports[place] = stack.enter_context(front)
        with ThreadPoolExecutor() as pool:
            made = {place: pool.submit(played, folders[place], ports[place]) for place in PLACES}
        yield {place: future.result() for place, future in made.items()}


@pytest.mark.parametrize("place", PLACES)
def test_every_check_passes(runs: dict[str, dict[str, Any]], place: str) -> None:
    checks = [check for phase in runs[place]["phases"] for check in phase["checks"]]
    assert {check["name"]: check for check in checks if check["outcome"] != "passed"} == {}
    assert len(checks) == 18
