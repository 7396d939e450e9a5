"""What real proxies write of upgrades, refusals and dead upstreams is counted."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from planted import found_in
from served import call
from websockets.sync.client import connect

from hangup.lab.process import ServerProcess, free_port
from hangup.lab.proxies import PROXIES
from hangup.lab.proxy import Route
from hangup.logs.reading import Logs

LOGGING: dict[str, tuple[str, str]] = {
    "nginx": (
        "access_log off;",
        """log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status '
        '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
        access_log /dev/stdout timed;""",
    ),
    "haproxy": (
        "defaults\n",
        "    log stdout format raw local0\ndefaults\n    log global\n    option httplog\n",
    ),
    "caddy": (f"    bind {'127.0.0.1'}\n", "    bind 127.0.0.1\n    log\n"),
    "apache": (
        'ErrorLog "|/bin/cat"\n',
        'ErrorLog error.log\nCustomLog access.log "%h %l %u %t \\"%r\\" %>s %b"\n',
    ),
}
"""What in the lab's configuration is replaced so that each logs, by what."""
TIMED = ("nginx", "haproxy", "caddy")
Logged = Callable[[str, int, Callable[[str], int]], Logs]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    """Runs a proxy before an upstream, calls it, and reads its log."""

    def logged_(name: str, upstream: int, calls: Callable[[str], int]) -> Logs:
        proxy = PROXIES[name]
        if proxy.path is None:
            pytest.fail(f"{name} is not installed; install it with: make test", pytrace=False)
        route = Route(port=free_port(), upstream=upstream)
        old, new = LOGGING[name]
        config = proxy.config(route, tmp_path)
        assert old in config
        (tmp_path / "config").write_text(config.replace(old, new).replace("level ERROR", ""))
        if os.geteuid() == 0:
            shutil.chown(tmp_path, "nobody")
        # HAProxy's -q keeps its own log quiet too.
        argv = [word for word in proxy.argv(proxy.path, route, tmp_path) if word != "-q"]
        log = tmp_path / "proxy.log"
        command = ["sh", "-c", 'exec "$0" "$@" >> "$LOG" 2>&1', *argv]
        with ServerProcess(command, route.port, env={"LOG": str(log)}) as process:
            process.wait_ready()
            number = calls(f"ws://127.0.0.1:{route.port}/ws?token=s3cr3t-v4lue-9")
            return found_in(awaited(tmp_path, number))[1]

    return logged_


def three_times(url: str) -> int:
    for _ in range(3):
        with connect(url) as websocket:
            websocket.send("hello")
            websocket.recv(10)
    return 3


def once(url: str) -> int:
    call(url)
    return 1


def awaited(folder: Path, number: int) -> bytes:
    """Give the logs once they hold the lines of access: proxies write them after the answer."""
    deadline = time.monotonic() + 10
    while True:
        written = b"".join(path.read_bytes() for path in sorted(folder.glob("*.log")))
        lines = [line for line in written.splitlines() if b"/ws?" in line]
        of_access = [line for line in lines if b"[error]" not in line and b"log.error" not in line]
        if len(of_access) >= number or time.monotonic() > deadline:
            return written
        threading.Event().wait(0.01)


@pytest.mark.parametrize("name", LOGGING)
def test_upgrades_are_counted(name: str, logged: Logged, start_server: Callable[..., str]) -> None:
    upstream = int(start_server("uvicorn").rpartition(":")[2].partition("/")[0])
    logs = logged(name, upstream, three_times)
    (count,) = logs.access.websockets().values()
    assert dict(count.statuses) == {101: 3}
    assert count.timed == (3 if name in TIMED else 0)


@pytest.mark.parametrize("name", LOGGING)
def test_a_dead_upstream_is_counted(name: str, logged: Logged) -> None:
    logs = logged(name, free_port(), once)
    (count,) = logs.access.websockets().values()
    assert dict(count.statuses) in ({502: 1}, {503: 1})


@pytest.mark.parametrize("name", ["nginx", "apache", "caddy"])
def test_the_error_of_a_dead_upstream_is_told(name: str, logged: Logged) -> None:
    logs = logged(name, free_port(), once)
    assert [text for text in logs.access.proxy_errors if "onnection refused" in text] != []
