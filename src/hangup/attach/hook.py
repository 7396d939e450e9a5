"""Waits until a server's module is imported, and attaches the recorder to it then.

It runs at the start of every Python process of a recorded command, so it imports next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

RECORD, ANNOTATE = "HANGUP_RECORD", "HANGUP_ANNOTATE"
MODULES = ("uvicorn.config", "hypercorn.utils", "daphne.server", "granian.asgi")
"""The modules of the table in `hangup.attach.servers`, which is imported with the first of them."""


class Finder:
    """Finds modules as usual, and calls back when one of those named has been imported."""

    def __init__(self, names: Sequence[str], imported: Callable[[ModuleType], None]) -> None:
        self._names, self._imported = names, imported
        self._looking: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give the usual spec of a watched module, with a loader that calls back."""
        if name not in self._names or name in self._looking:
            return None
        self._looking.add(name)  # find_spec asks us again
        try:
            spec = find_spec(name)
        finally:
            self._looking.discard(name)
        if spec is not None and spec.loader is not None:
            _call_back(spec.loader, self._imported)
        return spec


def _call_back(loader: Any, imported: Callable[[ModuleType], None]) -> None:
    run = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        run(module)
        imported(module)

    loader.exec_module = exec_module


def install(environ: Mapping[str, str]) -> None:
    """Watch for servers in this process, when the environment says that it is to be recorded."""
    if environ.get(RECORD):
        sys.meta_path.insert(0, Finder(MODULES, lambda module: attach(module, environ)))


def attach(module: ModuleType, environ: Mapping[str, str]) -> None:
    """Change one server's module; what fails is told on stderr, and the server runs on bare."""
    try:
        servers = import_module("hangup.attach.servers")
        wrap = wrapper(environ)
        for place in servers.PLACES:
            if place.module == module.__name__:
                place.attach(module, wrap)
    except Exception as exc:  # noqa: BLE001 - the server must start whatever is wrong with us
        tell(f"nothing is recorded: {type(exc).__name__}: {exc}")


def wrapper(environ: Mapping[str, str]) -> Callable[[Any], Any]:
    """Give what puts a recorder around an application, all with one sink; at most one around each.

    The first application decides whether there is a sink and a recorder at all.
    """
    made: list[Any] = []

    def wrap(app: Any) -> Any:
        try:
            recorder = import_module("hangup.recorder").Recorder
            if is_recorded(app, recorder):
                return app
            if not made:
                made.append(import_module("hangup.store.chosen").sink_of(environ))
                tell(f"recording into {environ[RECORD]}")
            return recorder(app, sink=made[0], annotate=bool(environ.get(ANNOTATE)))
        except Exception as exc:  # noqa: BLE001 - as in `attach`
            tell(f"nothing is recorded: {exc}")
            return app

    return wrap


def is_recorded(app: Any, recorder: type) -> bool:
    """Whether an application is a recorder, or holds one as middleware hold what they wrap."""
    for _ in range(20):
        if isinstance(app, recorder):
            return True
        app = getattr(app, "app", None)
        if app is None:
            break
    return False


def tell(sentence: str) -> None:
    """Say something on stderr, when there is one."""
    if sys.stderr is not None:
        print(f"hangup: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
