"""Real documents of every command that prints JSON, each made as a user would make it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

from hangup.demo.worlds import WORLDS
from hangup.incident import Caught, CloseTried, ConnectionSeen, MessageSeen
from hangup.store.kept import Store

PLAN = """
endpoint: {url}
phases:
  - name: connection
    checks:
      - {{name: it opens}}
      - {{name: it is refused, ends: {{status: 403}}}}
  - name: chat
    checks:
      - name: it answers
        steps: [{{send: hello}}, {{expect: hello}}]
claims:
  - {{claim: nobody gets in, refuted-by: it opens}}
impact:
  - {{capability: chat, amount: 5, unit: USD, checks: [it is refused]}}
"""
LOG = """\
2026-11-25 13:58:21,634 ERROR Exception in ASGI application
Traceback (most recent call last):
  File "/srv/app/auth.py", line 212, in check_token
    return time.time()
NameError: name 'time' is not defined
2026/11/25 13:58:22 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting \
to upstream, client: 10.0.0.7, server: x, request: "GET /ws HTTP/1.1", upstream: "http://10.0.0.5/"
"""
LOG += '10.0.0.7 - - [25/Nov/2026:13:58:21 +0000] "GET /ws HTTP/1.1" 101 120 "-" "x" 60.001\n' * 30
BAD = """
from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.websocket("/ws")
async def chat(socket: WebSocket):
    await socket.accept()
    await socket.send_text(undefined)
"""
NOW = time.time()
CAUGHT = Caught(
    at=NOW,
    kind="masked-exception",
    exception="NameError",
    message="name 'time' is not defined",
    frame="app/auth.py:212 in check_token",
    chain=("KeyError: 'sub'",),
    phase="auth",
    close=CloseTried(code=1011, reason="Internal error"),
    path="/ws",
    connection="c1",
    build="2.3.1",
)
SEEN = ConnectionSeen(
    at=NOW - 0.01,
    connection="c1",
    peer="10.0.0.7:51000",
    path="/ws",
    phases=(("accepted", 0.004),),
    messages=(MessageSeen(after=0.005, sent=True, size=17, data=b"x", site="app.py:1 in f"),),
    count=1,
    notes=((0.1, "run_started"),),
)
LINES = """
import sys
sys.path.insert(0, {here!r})
import json_printed
from hangup.store.lines import JsonLines
sink = JsonLines(1)
sink.put(json_printed.CAUGHT); sink.put(json_printed.SEEN); sink.close()
sink._write((), 3)
"""
LOCUST = """
from types import SimpleNamespace
from hangup.load.locust.batch import Batch, Count, Kind, Totals
from hangup.load.locust.shown import as_json
kind = Kind(kind="closed-1011-empty", opened=True, wanted=False, code=1011, reason="",
            closed_by="remote", words="closed 1011", cause=None, layer="session", sure=0.5)
totals = Totals()
totals.add(Batch(opened=1, broken=1, counts=(Count(kind=kind, count=1, after={"upgrade": 1},
                                                   lifetimes={0: 1}),)))
print(as_json(SimpleNamespace(totals=totals, trouble=["a worker left"])))
"""


class Printed:
    """Runs commands in a folder, and gives the documents that they print."""

    def __init__(self, folder: Path, echo: str) -> None:
        self.folder, self.echo = folder, echo

    def run(self, *words: str, program: tuple[str, ...] = ("-m", "hangup")) -> str:
        """Run one, and give what it prints; each status is right that is no mistake of ours."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("HANGUP_")}
        done = subprocess.run(
            [sys.executable, *program, *words],
            cwd=self.folder,
            env={**environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode in (0, 1, 3), done.stderr
        return done.stdout

    def document(self, *words: str) -> Any:
        """Run one that prints a document."""
        return json.loads(self.run(*words, "--json"))

    def lines(self, *words: str) -> list[Any]:
        """Run one that prints a document in each line."""
        return [json.loads(line) for line in self.run(*words, "--json").splitlines()]

    def write(self, name: str, text: str) -> str:
        """Write a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return name


def _diagnosis(printed: Printed) -> list[Any]:
    document = printed.document("diagnose", printed.echo, "--save", "traces.ndjson")
    return [document, printed.document("judge", "traces.ndjson")]


def _trace(printed: Printed) -> list[Any]:
    printed.run("diagnose", printed.echo, "--save", "saved.ndjson")
    return [json.loads(line) for line in (printed.folder / "saved.ndjson").read_text().splitlines()]


def _test(printed: Printed) -> list[Any]:
    return [printed.document("test", printed.write("plan.yaml", PLAN.format(url=printed.echo)))]


def _compare(printed: Printed) -> list[Any]:
    for name in ("before", "after"):
        printed.run("test", printed.write(f"{name}.yaml", PLAN.format(url=printed.echo)),
                    "--report", f"{name}.json")  # fmt: skip
    return [printed.document("compare", "before.json", "after.json")]


def _load(printed: Printed) -> list[Any]:
    order = ("load", printed.echo, "-q", "--connections", "4", "--messages", "2", "--every", "0.1")
    says = ("--send", "hello", "--expect", "hello", "--fail-if", "p99>9s")
    broken = ("load", printed.echo.replace("/ws", "/no"), "-q", "--connections", "2")
    limit = ("load", printed.echo, "-q", "--connections", "2", "--find-limit")
    return [printed.document(*each) for each in ((*order, *says), broken, limit)]


def _watch(printed: Printed) -> list[Any]:
    where = ("--history", "w.sqlite", "--every", "1", "--command", "exit 3")
    refused = printed.echo.replace("/ws", "/no")
    once = printed.lines("watch", refused, "--once", *where)
    return [*once, *printed.lines("watch", "--show", "--history", "w.sqlite")]


def _incidents(printed: Printed) -> list[Any]:
    store = Store(printed.folder / "h.db")
    store.put(CAUGHT)
    store.put(SEEN)
    store.close()
    return [printed.document("incidents", *id, "--store", "h.db") for id in ((), (CAUGHT.id,))]


def _recorded(printed: Printed) -> list[Any]:
    code = LINES.format(here=str(Path(__file__).parent))
    return [json.loads(line) for line in printed.run(program=("-c", code)).splitlines()]


def _shrink(printed: Printed) -> list[Any]:
    world = next(each for each in WORLDS if each.name == "poison")
    with world.start() as running:
        words = ("shrink", running.url, "--token", running.token, "--send", world.sends[1], "-q")
        return [printed.document(*words)]


def _preflight(printed: Printed) -> list[Any]:
    printed.write("src/app.py", dedent(BAD))
    return [printed.document("preflight", "src")]


PRINTED: dict[str, Callable[[Printed], list[Any]]] = {
    "Diagnosis": _diagnosis,
    "Demo": lambda printed: [printed.document("demo", "-q")],
    "Trace": _trace,
    "Test": _test,
    "Compare": _compare,
    "Load": _load,
    "Locust": lambda printed: [json.loads(printed.run(program=("-c", LOCUST)))],
    "Watch": _watch,
    "Incidents": _incidents,
    "Recorded lines": _recorded,
    "Logs": lambda printed: [printed.document("logs", printed.write("server.log", LOG))],
    "Preflight": _preflight,
    "Shrink": _shrink,
    "Score": lambda printed: [printed.document("lab", "score", "no WebSocket library", "-q")],
    "Cases": lambda printed: [printed.document("lab", "cases")],
    "Measurement": lambda printed: [printed.document("lab", "expect", "websockets")],
}
"""How the documents of each entry of the page are made."""
