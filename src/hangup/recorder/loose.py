"""Catches what no handler tells of: lost tasks and coroutines, no JSON, exceptions only logged.

Python tells of these to process-wide hooks only. Each hook passes on to the one before it; a
context variable says to which connection the work belongs.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sys
import warnings
import weakref
from collections.abc import Callable
from contextvars import Context, ContextVar
from threading import Lock
from typing import Any

from hangup.recorder.connection import Connection
from hangup.recorder.frames import stack

current: ContextVar[Connection | None] = ContextVar("hangup_connection", default=None)
"""The connection that the running code works for."""

_loops: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()
_installing = Lock()
_installed = False


def watch() -> None:
    """Hook into the process, once, and into the running loop, once."""
    global _installed
    if not _installed:
        with _installing:
            if not _installed:
                _installed = True
                _hook_warnings()
                _hook_json()
                _hook_logging()
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a server that runs on another kind of loop
        return
    if loop not in _loops:
        _loops.add(loop)
        _hook_loop(loop)


def connection_of(task: Any) -> Connection | None:
    """Give the connection that a task was started for."""
    if hasattr(task, "get_context"):
        return task.get_context().get(current)  # type: ignore[no-any-return]
    # Before Python 3.12 only the garbage collector says which context a task holds.
    contexts = (each for each in gc.get_referents(task) if isinstance(each, Context))
    return next((context.get(current) for context in contexts), None)


def _hook_loop(loop: asyncio.AbstractEventLoop) -> None:
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        try:
            _task_failed(context)
        except Exception:  # noqa: BLE001 - our bug must not hide the failure from its handler
            _count()
        if before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(handle)


def _task_failed(context: dict[str, Any]) -> None:
    task = context.get("task") or context.get("future")
    exc = context.get("exception")
    if not isinstance(task, asyncio.Task) or exc is None:
        return
    connection = connection_of(task)
    if connection:
        coroutine = getattr(task.get_coro(), "__qualname__", "a coroutine")
        connection.task_failed(exc, f"task {coroutine} ended and nobody awaited it")


def _hook_warnings() -> None:
    # The interpreter looks this name up whenever a coroutine is dropped.
    before: Callable[[Any], None] | None = getattr(warnings, "_warn_unawaited_coroutine", None)
    if before is None:
        return

    def warn(coroutine: Any) -> None:
        try:
            connection = current.get()
            if connection:
                name = getattr(coroutine, "__qualname__", "of unknown name")
                code = getattr(coroutine, "cr_code", None)
                connection.never_awaited(name, code, stack(sys._getframe(1)))
        except Exception:  # noqa: BLE001 - our bug must not hide the warning
            _count()
        before(coroutine)

    warnings._warn_unawaited_coroutine = warn  # type: ignore[attr-defined]


def _hook_json() -> None:
    before = json.JSONEncoder.default

    def default(self: json.JSONEncoder, o: Any) -> Any:
        """Raise TypeError, as the encoder's own method does."""
        try:
            return before(self, o)
        except TypeError as exc:
            connection = current.get()
            if connection:
                connection.encoding_failed(exc)
            raise

    json.JSONEncoder.default = default  # type: ignore[method-assign]


def _hook_logging() -> None:
    before = logging.getLogRecordFactory()

    def record(*args: Any, **options: Any) -> logging.LogRecord:
        made = before(*args, **options)
        connection = current.get()
        if connection and made.exc_info and made.levelno >= logging.ERROR:
            connection.logged(made.exc_info[1])
        return made

    logging.setLogRecordFactory(record)


def _count() -> None:
    connection = current.get()
    if connection:
        connection.recording.failures += 1
