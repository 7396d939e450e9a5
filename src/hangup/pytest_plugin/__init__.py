"""The pytest plugin: a pass of a WebSocket test means something, and no such test can hang.

pytest loads it at every start, so it imports nothing else of ours until a test needs it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Generator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hangup.attach.hook import Finder

if TYPE_CHECKING:
    from hangup.pytest_plugin.fixtures import Connect, Users
    from hangup.pytest_plugin.guard import Guard

MODULES = (
    "websockets.client",
    "websockets.legacy.client",
    "aiohttp.client",
    "wsproto.connection",
    "httpx_ws",
    "starlette.testclient",
)
"""The modules of the table in `hangup.pytest_plugin.clients`."""
MARKER = (
    "websocket(deadline=30, ends=None, required=True, opens=True): a test of a WebSocket. It is"
    " ended after `deadline` seconds; `ends` is the close code or status that is expected, or"
    " several; `required` fails a skip at run time; `opens` fails it when it opened no connection."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("hangup", "WebSockets (hangup)")
    group.addoption("--hangup-url", metavar="URL", help="the endpoint that `ws_connect` dials")
    group.addoption(
        "--hangup-report",
        metavar="FILE",
        action="append",
        default=[],
        help="tell what became of the tests; .html, .md, .json or .xml by ending; repeatable",
    )
    parser.addini("hangup_endpoint", "the endpoint that `ws_connect` dials", default="")
    parser.addini("hangup_deadline", "seconds that a marked test may take", default="30")
    parser.addini("hangup_guard", "whose passes are doubted: all, marked or off", default="all")
    parser.addini("hangup_apart", "hung tests end in a process of their own", "bool", default=True)


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker, and begin to watch."""
    config.addinivalue_line("markers", MARKER)
    guard = config.getini("hangup_guard")
    if guard not in ("all", "marked", "off"):
        raise pytest.UsageError(f"hangup_guard: it is all, marked or off, not {guard!r}")
    if paths := config.getoption("hangup_report"):
        from hangup.pytest_plugin.report import Report

        config.pluginmanager.register(Report(config, paths), "hangup-report")
    if guard != "off":
        watching = Watching(config)
        config.pluginmanager.register(watching, "hangup-watching")
        config.add_cleanup(watching.stop)


class Watching:
    """Waits for a marked test, or for a client library to be imported, and calls the guard then."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._guard: Guard | None = None
        self._finder = Finder(MODULES, self._imported)
        sys.meta_path.insert(0, self._finder)
        for name in MODULES:
            if name in sys.modules:
                self._imported(sys.modules[name])

    def stop(self) -> None:
        """Watch no longer."""
        sys.meta_path.remove(self._finder)
        if self._guard:
            self._guard.stop()

    def _imported(self, module: ModuleType) -> None:
        from hangup.pytest_plugin.clients import watch

        try:
            watch(module)
        except Exception as exc:  # noqa: BLE001 - a release that we do not know must still work
            warnings.warn(f"hangup does not watch {module.__name__}: {exc!r}", stacklevel=2)
        self._call()

    def _call(self) -> Guard:
        if self._guard is None:
            from hangup.pytest_plugin.guard import Guard

            self._guard = Guard(self._config)
        return self._guard

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Call the guard when there are marked tests, and the one who ends those that hang."""
        marked = [item for item in items if item.get_closest_marker("websocket")]
        if marked:
            from hangup.pytest_plugin.marked import prepare

            self._call()
            prepare(self._config, marked)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Doubt a test that passes."""
        if self._guard is not None:
            self._guard.begin(item)
        result = yield
        if self._guard is not None:
            self._guard.end(item)
        return result


@pytest.fixture(scope="session")
def ws_endpoint(pytestconfig: pytest.Config) -> str:
    """Give the URL that is tested: `--hangup-url`, HANGUP_URL, or what the settings say."""
    from hangup.pytest_plugin.fixtures import endpoint

    return endpoint(pytestconfig)


@pytest.fixture(scope="session")
def ws_user(pytestconfig: pytest.Config) -> Users:
    """Give `ws_user(name)`: a user of [tool.hangup.users], whose credential stands elsewhere."""
    from hangup.pytest_plugin.fixtures import Users

    return Users(pytestconfig)


@pytest.fixture
def ws_connect(request: pytest.FixtureRequest) -> Connect:
    """Give `ws_connect(...)`, for `with` and for `async with`: a connection that cannot hang."""
    from hangup.pytest_plugin.fixtures import Connect

    return Connect(request)
