"""The examples of the documentation: what people type, what is shown to come of it, and a stage.

A stage is a folder with the files that examples name, and an endpoint in place of the one that
they name. What cannot be run there has its reason in a table.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from doc_pages import arguments_of, commands_in
from json_printed import CAUGHT, SEEN

from hangup.store.kept import Store

NOT_RUN = (
    (r"^chat\b", "it serves until it is ended"),
    (r"^(record|ui|mcp)\b", "it serves until it is ended"),
    (r"^watch\b(?!.*(--once|--show))", "it looks until it is ended"),
    (r"^lab score\b", "it runs many worlds, for minutes"),
    (r"^lab run the proxy refuses", "its world is written by the reader of the guide"),
    (r"--idle \d\d", "it watches a connection for about a minute"),
    (r"^load\b.*--connections (\d{3}|1000|2000)\b", "it is load, of many connections or for long"),
    (r"^load wss://", "it is load on another machine"),
    (r"--resolve", "the host is the reader's"),
    (r"--recorder https:", "it reads a log of another machine"),
    (r"/var/lib/", "it reads a store of a server"),
    (r"^incidents [0-9a-f]{4}", "the id is that of a failure of the reader's"),
    (r"^incidents --hangup-id", "the id is that of a connection of the reader's"),
    (r"^compare (r11|.*--json)", "the runs are the reader's"),
    (r"^watch\b.*--show", "the history is the reader's"),
    (r"^init --har", "the recording is the reader's"),
    (r"^explain\b|^draw session", "the recording is the reader's"),
)
"""What cannot be run on a stage, by an expression on the call, and why."""
ELSEWHERE = (
    ("README.md", "the chat is another one, which the test of the quick start runs"),
    ("only-in-the-browser.md", "the server is another one"),
    ("read-logs.md", "the log is another one"),
    ("shrink-a-message.md", "the server is one that breaks"),
    ("record-a-server.md", "the store is that of a server"),
    ("watch-an-endpoint.md", "the endpoint is another one"),
)
"""Pages that show what came of something that is not on the stage, and what that is."""
URL = re.compile(r"wss?://(?:[a-z]+\.example\.com|127\.0\.0\.1:8000)(?:/ws)?")
DIRECT = re.compile(r"ws://10\.0\.0\.5:8000(?:/ws)?")
PLAN = """
variables: {BASE: %s}
environments: {staging: {}}
endpoint: ${BASE}
phases:
  - name: chat
    checks:
      - {name: it opens}
      - {name: it echoes, steps: [{send: hello}, {expect: hello}]}
"""
API = {
    "asyncapi": "2.6.0",
    "info": {"title": "echo", "version": "1"},
    "servers": {"local": {"url": "ws://127.0.0.1:8000", "protocol": "ws"}},
    "channels": {
        "/ws": {"publish": {"message": {"payload": {"type": "string", "examples": ["hello"]}}}}
    },
}
LOG = """\
2026-11-25 13:58:21,634 ERROR Exception in ASGI application
Traceback (most recent call last):
  File "/srv/app/auth.py", line 212, in check_token
    return time.time()
NameError: name 'time' is not defined
"""
SECRETS = ("TOKEN", "CHAT_TOKEN", "ALICE", "BOB", "ALICE_TOKEN", "OTHER_TOKEN")


@dataclass(frozen=True, slots=True)
class Example:
    """The calls of one block, and what is shown after it in the same section."""

    calls: tuple[str, ...]
    shown: tuple[str, ...]


def examples_of(text: str) -> Iterator[Example]:
    """Give the blocks of a page that call hangup, in order."""
    for section in re.split(r"^#+ ", text, flags=re.M):
        parts = re.split(r"^```console\n(.*?)^```$", section, flags=re.M | re.S)
        for block, after in zip(parts[1::2], parts[2::2], strict=True):
            calls = tuple(commands_in(block, "hangup"))
            if calls:
                yield Example(calls, tuple(re.findall(r"^```text\n(.*?)^```$", after, re.M | re.S)))


def why_not(call: str) -> str:
    """Say why a call is not run; "" for one that is."""
    plain = " ".join(shlex.split(call, comments=True))
    return next((why for pattern, why in NOT_RUN if re.search(pattern, plain)), "")


class Stage:
    """A folder to run examples in, and the endpoint that they meet, with the way around it."""

    def __init__(self, folder: Path, endpoint: str, direct: str) -> None:
        self.folder, self.endpoint, self.direct = folder, endpoint, direct
        files = {
            "token.txt": "a-token",
            "conversation.yaml": "steps: [{send: hello}, {expect: hello}]\n",
            "plan.yaml": PLAN % endpoint,
            "api.yaml": json.dumps(API),
            "server.log": LOG,
            "error.log": LOG,
            "proxy-error.log": "",
            "app.json": "",
            "access.log": "",
            "message.bin": "hello",
            "users.csv": "name,token\nalice,a\nbob,b\n",
            "src/app.py": "import asyncio\n",
        }
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        for name in ("access.log.gz", "error.log.1.gz"):
            (folder / name).write_bytes(gzip.compress(LOG.encode()))
        store = Store(folder / "hangup.db")
        store.put(CAUGHT)
        store.put(SEEN)
        store.close()

    def run(self, call: str) -> subprocess.CompletedProcess[str]:
        """Run one call as it stands, the endpoint put in the place of the one that it names."""
        self._prepare(call)
        here = DIRECT.sub(self.direct, URL.sub(self.endpoint, call))
        kept = {k: v for k, v in os.environ.items() if not k.startswith("HANGUP_")}
        environ = {
            **kept,
            **{name: f"the-token-of-{name.lower()}" for name in SECRETS},
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        return subprocess.run(
            [sys.executable, "-m", "hangup", *arguments_of(here)],
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _prepare(self, call: str) -> None:
        """Have the files there, or not there, that a call takes for granted."""
        if call.startswith("init"):
            (self.folder / "plan.yaml").unlink(missing_ok=True)
        if "--env staging" in call:
            (self.folder / "plan.yaml").write_text(PLAN % self.endpoint)
        taken = re.match(r"(?:judge|draw) (\w+\.ndjson)", call)
        if taken and not (self.folder / taken[1]).exists():
            self.run(f"{self.endpoint} --save {taken[1]}")


def missing(shown: str, printed: str) -> list[str]:
    """Give the paragraphs of what is shown that are not in what was printed, numbers aside.

    The lines of one may come in another order, since experiments end as they may.
    """
    whole = _stable(printed)
    paragraphs = re.split(r"\n\s*\n|^\[?\.\.\.\]?$", shown, flags=re.M)
    return [each.strip() for each in paragraphs if not _is_in(each, whole)]


def _is_in(paragraph: str, whole: str) -> bool:
    lines = map(_stable, paragraph.splitlines())
    return _stable(paragraph) in whole or all(line in whole for line in lines)


def _stable(text: str) -> str:
    """Give what is the same each time: no numbers, units of time, bars, or breaks of lines."""
    text = re.sub(r"[━╌]+", " ", text)
    text = re.sub(r"\d[\d.,:]*( ?(?:ms|µs|s)\b)?", "#", text)
    return " ".join(text.split())
