"""The portable commands run where Windows' lacks are real: what it has not is taken away here.

This is no Windows: its sockets, paths and terminals are for the workflow's machines. But each
branch of ours for it is taken, and a use of what it has not ends the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

StartServer = Callable[..., str]
LIKE_WINDOWS = """
import asyncio, click, logging, os, select, signal, socket, sqlite3, ssl, subprocess, sys
import tempfile, click.testing, cryptography.x509, jinja2, multiprocessing
import rich.console, rich.live, rich.table, websockets.client
import websockets.extensions.permessage_deflate, yaml, zstandard

__import__("sysconfig").get_config_vars()

for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "uvloop"):
    sys.modules[name] = None
for name in ("fork", "killpg", "getuid", "geteuid", "sysconf", "setsid", "register_at_fork"):
    delattr(os, name)
for name in ("SIGALRM", "SIGKILL", "SIGHUP", "SIGUSR1", "setitimer", "pthread_kill"):
    delattr(signal, name)
del select.poll

class Loop(asyncio.SelectorEventLoop):
    def add_signal_handler(self, *args): raise NotImplementedError
    def remove_signal_handler(self, *args): raise NotImplementedError
    async def subprocess_exec(self, *args, **kwargs): raise NotImplementedError

class UsualLoop(Loop):
    def add_reader(self, *args): raise NotImplementedError
    remove_reader = add_writer = remove_writer = add_reader

class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = UsualLoop

asyncio.set_event_loop_policy(Policy())
asyncio.SelectorEventLoop = Loop
sys.platform = "win32"
from hangup.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def hangup(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIKE_WINDOWS, *args],
        cwd=cwd,
        env={**os.environ, "XDG_STATE_HOME": str(cwd)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_a_diagnosis_is_made_saved_judged_and_explained(
    start_server: StartServer, tmp_path: Path
) -> None:
    url = start_server("uvicorn", "crash_after_accept")
    made = hangup(
        url, "--json", "-q", "--save", "traces.ndjson", "--report", "a.html", cwd=tmp_path
    )
    assert made.returncode == 1, made.stderr
    verdict = json.loads(made.stdout)["verdict"]
    for command in ("judge", "explain"):
        again = hangup(command, "traces.ndjson", "--json", cwd=tmp_path)
        assert json.loads(again.stdout)["verdict"] == verdict, again.stderr


def test_a_slow_reader_and_a_crowd_are_played(start_server: StartServer, tmp_path: Path) -> None:
    url = start_server("uvicorn", "echo")
    options = ("--send", "hello", "--expect", "hello", "--read-slowly", "1", "--crowd", "12")
    made = hangup(url, "--json", "-q", *options, cwd=tmp_path)
    assert made.returncode == 0, made.stdout + made.stderr


def test_a_first_plan_is_written_and_passes(start_server: StartServer, tmp_path: Path) -> None:
    url = start_server("uvicorn", "echo")
    written = hangup("init", url, "-o", "plan.yaml", cwd=tmp_path)
    assert written.returncode == 0, written.stderr
    passed = hangup("test", "plan.yaml", cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.parametrize(
    ("args", "status"),
    [(("preflight", "app.py"), 1), (("logs", "server.log"), 1), (("incidents",), 2)],
    ids=lambda value: str(value),
)
def test_files_are_read(args: tuple[str, ...], status: int, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await send({'type': 'websocket.accept'})\n"
        "    await send({'type': 'websocket.close', 'code': 1006})\n"
    )
    (tmp_path / "server.log").write_text(
        "ERROR: Exception in ASGI application\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/chat.py", line 9, in chat\n'
        "    user = decode(token)\n"
        "NameError: name 'decode' is not defined\n"
    )
    done = hangup(*args, cwd=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
