"""Real servers and proxies for tests; a missing program fails them and says what installs it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hangup.lab.apps.asgi import PATH
from hangup.lab.errors import ProgramMissingError
from hangup.lab.process import ServerProcess, stop_all
from hangup.lab.proxies import front
from hangup.lab.servers import NODE_MODULES_FROM, serve

NODE_MODULES = Path(__file__).parent / "node" / "node_modules"

ALONE = ("bars", "load", "load_locust", "worlds")
"""Folders whose tests measure time or memory, or judge servers by their time."""

# A slow machine is no reason to fail, and a run finds what the same code's last run found. Examples
# that nobody has tried yet are for `--hypothesis-profile=new`.
UNTIMED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("new", **UNTIMED)
settings.register_profile("same", derandomize=True, **UNTIMED)
settings.load_profile("same")

StartServer = Callable[..., str]
StartProxy = Callable[..., str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(Path(__file__).parent).parts[0] in ALONE:
            item.add_marker(pytest.mark.alone)


class _Started:
    """Servers started once and shared by all tests that ask for the same; dead ones start anew."""

    def __init__(self) -> None:
        self._processes: dict[Any, ServerProcess] = {}

    def url(self, key: Any, begin: Callable[[], ServerProcess]) -> str:
        process = self._processes.get(key)
        if process is None or not process.running:
            try:
                process = begin()
            except ProgramMissingError as exc:
                pytest.fail(str(exc), pytrace=False)
            self._processes[key] = process
        return f"ws://127.0.0.1:{process.port}{PATH}"

    def stop(self) -> None:
        stop_all(self._processes.values(), grace=1.5)


@pytest.fixture(scope="session", autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of plans are kept in a folder of the tests' own, and never in the user's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def _started() -> Iterator[_Started]:
    started = _Started()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def node_modules() -> dict[str, str]:
    """The environment in which Node finds `ws`."""
    if not (NODE_MODULES / "ws").is_dir():
        pytest.fail("Node's ws is not installed; install it with: make test", pytrace=False)
    return {NODE_MODULES_FROM: os.fspath(NODE_MODULES)}


@pytest.fixture(scope="session")
def start_server(_started: _Started, request: pytest.FixtureRequest) -> StartServer:
    """Give `start_server(name, app="echo", **env) -> ws URL`; the same call shares one server."""

    def start(name: str, app: str = "echo", **env: str) -> str:
        if name == "node-ws":
            env = {**request.getfixturevalue("node_modules"), **env}
        key = ("server", name, app, *sorted(env.items()))
        return _started.url(key, lambda: serve(name, app, env=env))

    return start


@pytest.fixture(scope="session")
def start_proxy(_started: _Started) -> StartProxy:
    """Give `start_proxy(name, upstream, **options) -> ws URL`; `upstream` is a URL or a port."""

    def start(name: str, upstream: str | int, **options: Any) -> str:
        port = int(str(upstream).rpartition(":")[2].partition("/")[0])
        key = ("proxy", name, port, *sorted(options.items()))
        return _started.url(key, lambda: front(name, port, **options))

    return start
