"""What the marker `websocket` brings: deadlines, strict known failures, no skip at run time."""

from __future__ import annotations

import faulthandler
import functools
import inspect
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from hangup.pytest_plugin.apart import (
    AFTER_A_HANG,
    DUMPED,
    HUNG,
    KILLED,
    STUCK,
    Apart,
    possible,
    stacks_file,
)
from hangup.pytest_plugin.deadline import Deadlines, HungError
from hangup.pytest_plugin.guard import GuardedError


def prepare(config: pytest.Config, marked: list[pytest.Item]) -> None:
    """Make known failures strict, and watch over the marked tests.

    Raises:
        pytest.UsageError: a deadline is no number of seconds.
    """
    for item in marked:
        deadline_of(item)
        for known in list(item.iter_markers("xfail")):
            strict = {"strict": True, "raises": Exception, **known.kwargs}
            item.add_marker(pytest.mark.xfail(*known.args, **strict), append=False)
    stacks = stacks_file() if possible(config) else None
    steps = Marked(stacks)
    config.add_cleanup(steps.close)
    config.pluginmanager.register(steps, "hangup-marked")
    if stacks:
        config.add_cleanup(stacks.close)
        config.pluginmanager.register(Apart(deadline_of, stacks), "hangup-apart")


def deadline_of(item: pytest.Item, step: str = "call") -> float | None:
    """Give the seconds that a step of a marked test may take, None for one that is not.

    Its fixtures, which may start a server, have those of the settings at least.
    """
    marker = item.get_closest_marker("websocket")
    if marker is None:
        return None
    usual = _seconds(item, item.config.getini("hangup_deadline"))
    own = _seconds(item, marker.kwargs.get("deadline", usual))
    return own if step == "call" else max(own, usual)


def _seconds(item: pytest.Item, given: object) -> float:
    try:
        seconds = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise pytest.UsageError(f"{item.nodeid}: {given!r} is no deadline in seconds")
    return seconds


class Marked:
    """Puts each step of a marked test under its deadline."""

    def __init__(self, stacks: IO[str] | None) -> None:
        self._deadlines, self._stacks = Deadlines(), stacks
        self._stderr = os.fdopen(os.dup(sys.__stderr__.fileno() if sys.__stderr__ else 2), "w")

    def close(self) -> None:
        """Close what was opened."""
        self._stderr.close()

    def _step(self, item: pytest.Item, step: str) -> Generator[None, object, object]:
        seconds = deadline_of(item, step)
        if seconds is None:
            return (yield)
        try:
            with self._deadlines.within(seconds), self._last_resort(seconds):
                return (yield)
        except HungError:
            item.stash[HUNG] = True
            raise

    @contextmanager
    def _last_resort(self, seconds: float) -> Iterator[None]:
        """Have the stack written by C when Python cannot; alone, the process has to end by it."""
        if self._stacks:
            faulthandler.dump_traceback_later(seconds + DUMPED, file=self._stacks)
        else:
            faulthandler.dump_traceback_later(seconds + KILLED, exit=True, file=self._stderr)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the fixtures."""
        return (yield from _no_skip(item, self._step(item, "setup")))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the test, which returns nothing."""
        _forbid_a_result(item)
        return (yield from _no_skip(item, self._step(item, "call")))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the end of the fixtures; what hung is not waited for again."""
        if not item.stash.get(HUNG, False):
            return (yield from self._step(item, "teardown"))
        try:
            with self._deadlines.within(AFTER_A_HANG), self._last_resort(AFTER_A_HANG):
                return (yield)
        except HungError:
            item.stash[STUCK] = True
            return None


def _no_skip(
    item: pytest.Item, step: Generator[None, object, object]
) -> Generator[None, object, object]:
    """Fail a skip that was decided while the test ran; one that its marker declares is meant."""
    marker = item.get_closest_marker("websocket")
    declared = any(item.iter_markers("skip")) or any(item.iter_markers("skipif"))
    try:
        return (yield from step)
    except pytest.skip.Exception as exc:
        if marker is None or declared or not marker.kwargs.get("required", True):
            raise
        raise GuardedError("not executed", f"it was skipped at run time: {exc.msg}") from None


def _forbid_a_result(item: pytest.Item) -> None:
    """Fail a test that returns something, as one does that should have asserted it."""
    function = getattr(item, "obj", None)
    marked = item.get_closest_marker("websocket")
    if not (marked and inspect.isroutine(function)) or inspect.iscoroutinefunction(function):
        return

    @functools.wraps(function)
    def returns_nothing(*args: Any, **named: Any) -> None:
        result = function(*args, **named)
        if inspect.iscoroutine(result):
            result.close()
            raise GuardedError("not executed", "it returned a coroutine, which nobody awaits")
        if result is not None:
            raise GuardedError("not executed", f"it returned {result!r:.80}, and asserted nothing")

    item.obj = returns_nothing  # type: ignore[attr-defined]
